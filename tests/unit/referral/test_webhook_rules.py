"""When a webhook message goes out, is tried again, and is given up; and where it may go."""

import ipaddress
import itertools
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.webhooks import rules
from services.referral.webhooks.addresses import (
    Address,
    EndpointRefusedError,
    Policy,
    Reach,
    check,
    parse,
    reach,
)
from services.referral.webhooks.courier import check_endpoint
from services.referral.webhooks.rules import (
    RECEIPT,
    RETRY_DELAYS,
    Outcome,
    Shown,
    State,
    Step,
    Told,
)
from shared.contracts.codes import BusinessStatus, ReferralStatus

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ACCEPTED = Shown(ReferralStatus.ACCEPTED)
CONTACTED = Shown(ReferralStatus.REQUESTED, BusinessStatus.CONTACTED)
NEVER = ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "198.18.0.0/15",
         "192.0.2.0/24", "::/128", "fe80::/10", "ff00::/8", "::ffff:0:0/96", "2002::/16",
         "2001::/32", "64:ff9b::/96", "2001:db8::/32", "fec0::/10",
         "192.0.0.0/24", "192.88.99.0/24", "2001::/23")  # fmt: skip
INSIDE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
          "::1/128", "fc00::/7")  # fmt: skip
METADATA = ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")


def within(networks: tuple[str, ...]) -> st.SearchStrategy[Address]:
    """Any address in any of the networks."""
    return st.sampled_from([ip_network(n) for n in networks]).flatmap(
        lambda n: st.integers(int(n.network_address), int(n.broadcast_address)).map(
            lambda number: (IPv4Address if n.version == 4 else IPv6Address)(number)
        )
    )


def test_the_schedule_is_the_promised_one() -> None:
    spelt = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert [pause.total_seconds() for pause in RETRY_DELAYS] == spelt
    pauses = [rules.next_pause(attempt, jitter=0) for attempt in range(1, 11)]
    assert pauses == [*RETRY_DELAYS, None]


@given(st.integers(1, 9), st.floats(0, 1), st.floats(0.000_001, 1))
def test_jitter_lengthens_a_pause_by_a_tenth_at_most(
    attempt: int, jitter: float, scale: float
) -> None:
    pause = rules.next_pause(attempt, jitter=jitter, scale=scale)
    planned = RETRY_DELAYS[attempt - 1] * scale
    tick = timedelta(microseconds=2)
    assert pause is not None
    assert planned - tick <= pause <= planned * 1.1 + tick


@given(st.integers(1, 9), st.integers(0, 10**7))
def test_retry_after_lengthens_a_pause_up_to_a_day_and_never_shortens_it(
    attempt: int, seconds: int
) -> None:
    asked = timedelta(seconds=seconds)
    pause = rules.next_pause(attempt, jitter=0, retry_after=asked)
    assert pause == max(RETRY_DELAYS[attempt - 1], min(asked, timedelta(days=1)))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        (" 7 ", 7),
        ("999999999999999999999", 86_400),
        ("Mon, 23 Nov 2026 09:01:00 GMT", 60),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 86_400),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: int | None) -> None:
    wait = rules.parse_retry_after(header, NOW)
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text(max_size=40))
def test_any_retry_after_is_read_without_harm(header: str) -> None:
    wait = rules.parse_retry_after(header, NOW)
    assert wait is None or timedelta() <= wait <= timedelta(days=1)


def test_only_2xx_is_a_success_and_410_alone_says_gone() -> None:
    outcomes = {status: rules.outcome_of(status) for status in range(200, 600)}
    delivered = [s for s, outcome in outcomes.items() if outcome == Outcome.DELIVERED]
    assert delivered == list(range(200, 300))
    assert [s for s, o in outcomes.items() if o == Outcome.REDIRECTED] == list(range(300, 400))
    assert [s for s, o in outcomes.items() if o == Outcome.ENDPOINT_GONE] == [410]


_EXPECTED = {
    (State.PENDING, Step.SUCCEED): State.DELIVERED,
    (State.PENDING, Step.RETRY): State.PENDING,
    (State.PENDING, Step.GIVE_UP): State.FAILED,
    (State.PENDING, Step.SUPERSEDE): State.SUPERSEDED,
    (State.PENDING, Step.RESEND): State.PENDING,
    (State.DELIVERED, Step.RESEND): State.PENDING,
    (State.FAILED, Step.RESEND): State.PENDING,
    (State.SUPERSEDED, Step.RESEND): State.PENDING,
}


@pytest.mark.parametrize(("state", "step"), list(itertools.product(State, Step)))
def test_every_step_from_every_state(state: State, step: Step) -> None:
    assert rules.after(state, step) == _EXPECTED.get((state, step))


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("pause", [timedelta(seconds=1), None])
def test_what_a_try_does_to_its_delivery(outcome: Outcome, pause: timedelta | None) -> None:
    step = rules.step_of(outcome, pause)
    if outcome == Outcome.DELIVERED:
        assert step == Step.SUCCEED
    elif outcome == Outcome.NOTHING_NEW:
        assert step == Step.SUPERSEDE
    elif outcome == Outcome.ENDPOINT_GONE or pause is None:
        assert step == Step.GIVE_UP
    else:
        assert step == Step.RETRY


@pytest.mark.parametrize(
    ("before", "now", "authority", "told"),
    [
        (RECEIPT, ACCEPTED, True, True),
        (ACCEPTED, ACCEPTED, True, False),
        (ACCEPTED, RECEIPT, True, True),
        (RECEIPT, RECEIPT, False, False),
        (RECEIPT, CONTACTED, False, True),
        (CONTACTED, CONTACTED, False, False),
        (CONTACTED, RECEIPT, False, False),
    ],
)
def test_what_is_told(before: Shown, now: Shown, authority: bool, told: bool) -> None:
    assert rules.changed(before, now, authority=authority) is told
    assert rules.still_news(Told(before), now, authority=authority) is told


def test_what_may_have_got_lost_is_told_again() -> None:
    assert rules.still_news(Told(ACCEPTED, sure=False), ACCEPTED, authority=True)
    assert not rules.still_news(Told(CONTACTED, sure=False), RECEIPT, authority=False)


@given(within(NEVER) | st.sampled_from(METADATA).map(ip_address))
def test_some_addresses_are_never_an_endpoint(address: Address) -> None:
    assert reach(address) == Reach.FORBIDDEN
    assert not Policy(allow_private=True).allows(address)


@given(within(INSIDE))
def test_addresses_inside_need_a_setting(address: Address) -> None:
    known = str(address) in METADATA
    assert reach(address) == (Reach.FORBIDDEN if known else Reach.PRIVATE)
    assert not Policy().allows(address)
    assert Policy(allow_private=True).allows(address) is not known


@pytest.mark.parametrize("text", ["8.8.8.8", "193.166.4.1", "2001:4860:4860::8888", "2a00::1"])
def test_public_addresses_are_allowed(text: str) -> None:
    assert Policy().allows(ip_address(text))


@given(st.ip_addresses())
def test_every_public_address_is_global_unicast_and_carries_no_other(address: Address) -> None:
    if reach(address) != Reach.PUBLIC:
        return
    assert address.is_global
    assert not address.is_multicast
    assert not address.is_reserved
    assert getattr(address, "ipv4_mapped", None) is None
    assert getattr(address, "sixtofour", None) is None


@given(st.lists(st.ip_addresses(), min_size=1, max_size=4))
def test_one_bad_address_spoils_a_name(addresses: list[ipaddress.IPv4Address]) -> None:
    policy = Policy()
    if all(policy.allows(address) for address in addresses):
        check([*addresses], policy)
    else:
        with pytest.raises(EndpointRefusedError, match="address_refused"):
            check([*addresses], policy)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.org/", "https_required"),
        ("ftp://hooks.example.org/", "url_invalid"),
        ("hooks.example.org", "url_invalid"),
        ("https:///path", "url_invalid"),
        ("https://ex ample.org/", "url_invalid"),
        ("https://exa%00mple.org/", "url_invalid"),
        ("https://[fe80::1%25eth0]/", "url_invalid"),
        ("https://user:word@hooks.example.org/", "url_credentials"),
        ("https://user@hooks.example.org/", "url_credentials"),
        ("https://hooks.example.org:22/", "port_refused"),
        ("https://hooks.example.org:0/", "port_refused"),
        ("https://hooks.example.org:70000/", "port_refused"),
    ],
)
def test_what_a_url_must_not_be(url: str, code: str) -> None:
    with pytest.raises(EndpointRefusedError, match=code):
        parse(url, Policy())


def test_a_url_is_taken_apart_as_it_will_be_sent_to() -> None:
    endpoint = parse("https://Hooks.Example.org:8443/a?b=c", Policy())
    assert (endpoint.host, endpoint.port) == ("hooks.example.org", 8443)
    assert parse("https://käyttäjä.fi/", Policy()).host == "xn--kyttj-gradb.fi"
    assert parse("http://127.0.0.1:1234/", Policy(allow_http=True, ports=frozenset())).port == 1234
    with pytest.raises(EndpointRefusedError, match="port_refused"):
        parse("https://h.fi:0/", Policy(ports=frozenset()))


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://017700000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0.0.0.0/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://192.168.1.1/",
    ],
)
async def test_an_inside_address_is_refused_however_it_is_spelt(url: str) -> None:
    with pytest.raises(EndpointRefusedError, match="address_refused"):
        await check_endpoint(url, Policy())


async def test_a_name_that_does_not_resolve_yet_is_taken() -> None:
    await check_endpoint("https://nobody.invalid/", Policy())
