"""Which addresses an endpoint may have: pure rules against reaching inside (SSRF).

A name is checked by what it resolves to, never by how it is spelt.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_network

import httpx

Address = IPv4Address | IPv6Address

HTTPS, HTTP = "https", "http"
_DEFAULT_PORTS = {HTTPS: 443, HTTP: 80}
_POSSIBLE_PORTS = range(1, 65_536)
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")


class Reach(StrEnum):
    """How far an address reaches."""

    PUBLIC = "public"
    PRIVATE = "private"
    """Loopback, private, unique local and carrier-grade NAT: allowed by a setting only."""
    FORBIDDEN = "forbidden"
    """Never an endpoint, whatever the settings say."""


_PRIVATE = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
    )
)
_METADATA = frozenset(
    (
        IPv4Address("169.254.169.254"),
        IPv4Address("100.100.100.200"),
        IPv4Address("168.63.129.16"),
        IPv4Address("192.0.0.192"),
        IPv6Address("fd00:ec2::254"),
        IPv6Address("fd20:ce::254"),
    )
)
"""Where clouds hand out the machine's own credentials."""

_PROTOCOLS = tuple(
    ip_network(network) for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23")
)
"""Protocol assignments and the old 6to4 relays (RFC 6890, RFC 7526), which Python's older releases
take for global in part."""

_GLOBAL_UNICAST_V6 = ip_network("2000::/3")


def reach(address: Address) -> Reach:
    """How far an address reaches. What carries an IPv4 address inside IPv6 (mapped, 6to4, Teredo,
    NAT64) is forbidden: it would lead where the plain address may not."""
    if address in _METADATA:
        return Reach.FORBIDDEN
    if any(address in network for network in _PRIVATE):
        return Reach.PRIVATE
    if any(address in network for network in _PROTOCOLS):
        return Reach.FORBIDDEN
    if not address.is_global or address.is_multicast or address.is_reserved:
        return Reach.FORBIDDEN
    if isinstance(address, IPv6Address) and (
        address not in _GLOBAL_UNICAST_V6 or address.sixtofour or address.teredo
    ):
        return Reach.FORBIDDEN
    return Reach.PUBLIC


class EndpointRefusedError(Exception):
    """An endpoint that must not be called. `code` is stable, `advice` says what to change."""

    def __init__(self, code: str, advice: str) -> None:
        super().__init__(code)
        self.code = code
        self.advice = advice


@dataclass(frozen=True)
class Policy:
    """What the operator allows. Without any `ports` every port is allowed."""

    allow_http: bool = False
    allow_private: bool = False
    ports: frozenset[int] = frozenset({443, 80, 8443})

    def allows(self, address: Address) -> bool:
        """Whether a message may go to this address."""
        found = reach(address)
        return found == Reach.PUBLIC or (found == Reach.PRIVATE and self.allow_private)

    def has_port(self, port: int) -> bool:
        """Whether an endpoint may listen on this port."""
        return port in self.ports if self.ports else port in _POSSIBLE_PORTS

    @property
    def described_ports(self) -> str:
        """The allowed ports, for a person."""
        return " or ".join(str(port) for port in sorted(self.ports)) or "1 to 65535"


@dataclass(frozen=True)
class Endpoint:
    """An endpoint's URL, taken apart by the one parser that also sends to it."""

    url: httpx.URL
    host: str
    port: int


def parse(url: str, policy: Policy) -> Endpoint:
    """The endpoint of a URL. Raises `EndpointRefusedError` when the policy has no room for it."""
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError):
        raise EndpointRefusedError("url_invalid", "Give an absolute https URL.") from None
    if parsed.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host):
        raise EndpointRefusedError("url_invalid", "Give an absolute https URL.")
    if parsed.scheme == HTTP and not policy.allow_http:
        raise EndpointRefusedError("https_required", "Only https is taken here.")
    if parsed.userinfo:
        raise EndpointRefusedError(
            "url_credentials", "Leave name and password out; every message is signed."
        )
    port = _DEFAULT_PORTS[parsed.scheme] if parsed.port is None else parsed.port
    if not policy.has_port(port):
        raise EndpointRefusedError("port_refused", f"Use port {policy.described_ports}.")
    return Endpoint(parsed, host, port)


def check(addresses: list[Address], policy: Policy) -> None:
    """Raises `EndpointRefusedError` unless every address may be called: one that may not is not
    made good by another that may."""
    if not all(policy.allows(address) for address in addresses):
        raise EndpointRefusedError(
            "address_refused", "The address is not on the public internet; use one that is."
        )
