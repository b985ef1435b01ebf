"""`python -m deploy.keycloak.realm`: the realm, from the demo region's API clients in
`deploy/local/region.json`. A test compares what is written with what this would write.

Tokens are those of RFC 9068, signed with ES256, for the audience nopsa; a client's scopes are its
own, `org` and `worker` are claims of the client. Secrets are named, not written.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.local.region import read_region

FILE = Path(__file__).with_name("realm.json")
CLAIM = {"access.token.claim": "true", "id.token.claim": "false", "userinfo.token.claim": "false"}
TOKEN_SECONDS, EVENT_SECONDS = 600, 30 * 24 * 3600


def realm() -> dict[str, Any]:
    """The realm as Keycloak imports it."""
    clients: Mapping[str, Mapping[str, Any]] = read_region()["clients"]
    scopes = sorted({scope for client in clients.values() for scope in client["scope"].split()})
    return {
        "realm": "nopsa",
        "displayName": "nopsa: the demo region",
        "enabled": True,
        "sslRequired": "external",
        "registrationAllowed": False,
        "bruteForceProtected": True,
        "defaultSignatureAlgorithm": "ES256",
        "accessTokenLifespan": TOKEN_SECONDS,
        "eventsEnabled": True,
        "eventsExpiration": EVENT_SECONDS,
        "adminEventsEnabled": True,
        "defaultDefaultClientScopes": [],
        "defaultOptionalClientScopes": [],
        "clientScopes": [_everybody(), *(_scope(name, told=True) for name in scopes)],
        "clients": [_client(name, client) for name, client in clients.items()],
    }


def text() -> str:
    """The realm as it is written."""
    return json.dumps(realm(), indent=2, ensure_ascii=False) + "\n"


def secret_name(client: str) -> str:
    """What stands in the realm for a client's secret."""
    return "CLIENT_SECRET_" + client.upper().replace("-", "_")


def _scope(name: str, *, told: bool) -> dict[str, Any]:
    attributes = {
        "include.in.token.scope": str(told).lower(),
        "display.on.consent.screen": "false",
    }
    return {"name": name, "protocol": "openid-connect", "attributes": attributes}


def _everybody() -> dict[str, Any]:
    """What every token has: the audience, the subject and the client's id."""
    note = {"user.session.note": "client_id", "claim.name": "client_id", "jsonType.label": "String"}
    return _scope("nopsa", told=False) | {
        "protocolMappers": [
            _mapper("audience", "oidc-audience-mapper", {"included.custom.audience": "nopsa"}),
            _mapper("client_id", "oidc-usersessionmodel-note-mapper", note),
            _mapper("sub", "oidc-sub-mapper", {}),
        ]
    }


def _client(name: str, client: Mapping[str, Any]) -> dict[str, Any]:
    """A client that gets tokens for itself, by its secret, and in no other way."""
    return {
        "clientId": name,
        "protocol": "openid-connect",
        "enabled": True,
        "publicClient": False,
        "clientAuthenticatorType": "client-secret",
        "secret": "${" + secret_name(name) + "}",
        "serviceAccountsEnabled": True,
        "standardFlowEnabled": False,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "fullScopeAllowed": False,
        "attributes": {
            "access.token.header.type.rfc9068": "true",
            "access.token.signed.response.alg": "ES256",
        },
        "defaultClientScopes": ["nopsa", *client["scope"].split()],
        "optionalClientScopes": [],
        "protocolMappers": list(_claims(client)),
    }


def _claims(client: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("org", "worker"):
        if client.get(name):
            value = {
                "claim.name": name,
                "claim.value": client[name],
                "jsonType.label": "String",
            }
            yield _mapper(name, "oidc-hardcoded-claim-mapper", value)


def _mapper(name: str, kind: str, config: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": kind,
        "config": {**config, **CLAIM},
    }


def main() -> None:
    """Writes the file."""
    FILE.write_text(text())


if __name__ == "__main__":
    main()
