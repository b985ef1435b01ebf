"""Tokens bent in every part: none opens the door but the good one."""

import base64
import json
import random
import time
from collections.abc import Iterator
from typing import Any

from joserfc.jwk import ECKey

from tests.integration.referral.conftest import SCOPES, Service
from tests.integration.referral.test_door import bad_tokens
from tests.support.attacks import Attack
from tests.support.deeper import examples
from tests.support.tokens import token_mint

PATH = "/v1/me"
ODD_VALUES: tuple[Any, ...] = (None, "", 0, -1, True, [], {}, ["nopsa"], "x" * 300, "\x00", 1e400)
FLIPS = 60


def packed(document: Any) -> str:
    """A part of a token."""
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def bent_claims(target: Service) -> Iterator[tuple[str, str]]:
    """Well-signed tokens with a claim that is missing, odd or another's."""
    now = int(time.time())
    partner = target.partners["prison"]
    bent: list[tuple[str, Any]] = [
        *((claim, odd) for claim in ("iss", "aud", "exp") for odd in ODD_VALUES),
        *((claim, odd) for claim in ("sub", "client_id") for odd in (None, "")),
        ("aud", "another-api"),
        ("iss", f"{target.mint.url}/"),
        ("iss", "https://elsewhere.example"),
        ("exp", now - 31),
        ("exp", str(now - 60)),
        ("nbf", now + 60),
        ("nbf", now + 10**6),
        ("iat", now + 10**6),
    ]
    accepted = {("aud", '["nopsa"]')}
    for claim, value in bent:
        if (claim, json.dumps(value)) not in accepted:
            token = target.mint.token(SCOPES, org=partner, **{claim: value})
            yield f"{claim}={value!r:.40}", token


def bent_headers(target: Service) -> Iterator[tuple[str, str]]:
    """Tokens whose header says something else than what was signed, or signed so."""
    _, claims, signature = target.mint.token(SCOPES, org=target.partners["prison"]).split(".")
    usual = {"alg": "ES256", "typ": "at+jwt", "kid": "mint-1"}
    own = ECKey.generate_key("P-256", {"kid": "own"})
    changes: list[dict[str, Any]] = [
        *({"alg": odd} for odd in ("none", "None", "NONE", "", "HS256", "ES384", "RS256", None)),
        *({"kid": odd} for odd in (None, "", "../../etc/passwd", "' OR 1=1", "x" * 3000)),
        *({"typ": odd} for odd in (None, "JWT", "id_token", "at+jwt; x", [])),
        *({"crit": odd} for odd in (["exp"], ["b64"], [], "exp")),
        {"jwk": own.as_dict(private=False)},
        {"jku": "http://127.0.0.1:1/jwks"},
        {"x5u": "http://127.0.0.1:1/x"},
        {"b64": False, "crit": ["b64"]},
        {"zip": "DEF"},
    ]
    for change in changes:
        yield f"header {change!r:.50}", f"{packed(usual | change)}.{claims}.{signature}"
    for name, key, head in (
        ("its own key", own, {}),
        ("its own key in the header", own, {"jwk": own.as_dict(private=False), "kid": "own"}),
    ):
        yield name, target.mint.token(SCOPES, key=key, header=head)
    for typ in ("JWT", "id+jwt"):
        yield f"typ {typ}, well signed", target.mint.token(SCOPES, header={"typ": typ})


def bent_bytes(target: Service) -> Iterator[tuple[str, str]]:
    """Bits flipped in each part, parts left out, repeated or swollen."""
    good = target.mint.token(SCOPES, org=target.partners["prison"])
    head, claims, signature = good.split(".")
    chance = random.Random(8)
    for nth in range(examples(FLIPS)):
        parts = [bytearray(base64.urlsafe_b64decode(p + "==")) for p in (head, claims, signature)]
        part = parts[nth % 3]
        part[chance.randrange(len(part))] ^= 1 << chance.randrange(8)
        yield f"a bit of part {nth % 3}", ".".join(packed(bytes(p)) for p in parts)
    for text in (".", "..", "...", f"{head}.{claims}", f"{head}.{claims}.", f"{good}.{good}"):
        yield f"shape {text[:20]!r}", text
    yield "swollen claims", f"{head}.{claims * 40}.{signature}"
    yield "swollen header", f"{'A' * 30_000}.{claims}.{signature}"
    yield "a repeated claim", _repeated(head, claims, signature)
    yield "zeros for a signature", f"{head}.{claims}.{packed(bytes(64))}"
    yield "nested parts", f"{head}.{packed(b'[' * 3000)}.{signature}"
    yield "no ASCII", f"{head}.{claims}.{signature}é"


def _repeated(head: str, claims: str, signature: str) -> str:
    plain = base64.urlsafe_b64decode(claims + "==")
    doubled = plain[:-1] + b', "scope": "partners:admin"}'
    return f"{head}.{packed(doubled)}.{signature}"


async def _try(target: Service, attack: Attack, tokens: Iterator[tuple[str, str]]) -> None:
    for what, token in tokens:
        authorization = f"Bearer {token}".encode()
        answer = await target.http.get(PATH, headers={b"Authorization": authorization})
        told = answer.headers.get("content-type") == "application/problem+json"
        attack.expect_refused(
            answer.status_code == 401 and told,
            f"{what}: {answer.status_code}",
        )
    good = await target.http.get(PATH, headers=target.sender("prison"))
    if good.status_code == 200:
        attack.take()
    else:
        attack.went_wrong(f"the good token: {good.status_code}")


async def test_the_classic_forgeries_of_tokens(target: Service, attack: Attack) -> None:
    async with token_mint() as foreign:
        tokens = bad_tokens(target.mint, foreign)
    await _try(target, attack, iter(tokens.items()))


async def test_a_token_with_bent_claims(target: Service, attack: Attack) -> None:
    await _try(target, attack, bent_claims(target))


async def test_a_token_with_a_bent_header(target: Service, attack: Attack) -> None:
    await _try(target, attack, bent_headers(target))


async def test_a_token_with_bent_bytes(target: Service, attack: Attack) -> None:
    await _try(target, attack, bent_bytes(target))


async def test_a_good_token_of_nobody_we_know(target: Service, attack: Attack) -> None:
    """Claims that are valid but odd: an `org` that is no partner, scopes in other spellings."""
    odd = ("", " ", "*", "%", "null", "' OR '1'='1", "../", "\x00", "x" * 5000, [], {}, 1)
    for org in odd:
        for path in ("/v1/referrals", PATH):
            answer = await target.http.get(path, headers=target.mint.headers(SCOPES, org=org))
            attack.expect_refused(answer.status_code in (401, 403, 404), f"org {org!r:.30} {path}")
    for scope in ("REFERRALS:READ", "referrals:read\x00", "referrals", "*", "referrals:*", "read"):
        headers = target.mint.headers(scope, org=target.partners["prison"])
        answer = await target.http.get("/v1/referrals", headers=headers)
        attack.expect_refused(answer.status_code == 403, f"scope {scope!r}: {answer.status_code}")
