"""Who looks at the dashboard: by a bearer token as everywhere, or by a cookie that holds one.

The cookie is made by the login form and lives no longer than its token. It is sent to the dashboard
only (`Path`), never to the interface under `/v1`, never by another site (`SameSite=Strict`), and no
script can read it (`HttpOnly`). A form that another site sends is refused by its Origin.
"""

import time
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import Request, Response

from shared.auth import Caller, InvalidTokenError, TokenChecker, authenticate
from shared.problems import RATE_LIMITED, UNAVAILABLE, Problem
from shared.web.rate import RateLimiter

COOKIE = "nopsa_dashboard"
PATH = "/dashboard"
READS = "reports:read"


async def caller_of(request: Request) -> Caller | None:
    """Who asks, or None for who has to log in first. Raises the 401 problem for a bad header, 429
    over the caller's rate."""
    checker: TokenChecker = request.app.state.checker
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return _admitted(request, await authenticate(checker, authorization))
    caller = await holder(checker, request.cookies.get(COOKIE, ""))
    return None if caller is None else _admitted(request, caller)


async def holder(checker: TokenChecker, token: str) -> Caller | None:
    """Whose token it is; None if it is not a good one."""
    if not token:
        return None
    try:
        return await checker.check(token)
    except InvalidTokenError:
        return None
    except httpx.HTTPError:
        raise Problem(
            UNAVAILABLE, "The token issuer cannot be reached.", headers={"Retry-After": "5"}
        ) from None


async def sent_token(request: Request) -> str:
    """The token of the login form's body."""
    form = parse_qs((await request.body()).decode(errors="replace"))
    return form.get("token", [""])[0].strip().removeprefix("Bearer ")


def comes_from_here(request: Request) -> bool:
    """Whether a form was sent by a page of this very address. Browsers name the origin of every
    form they send; who names none is no browser, and has no cookie that it did not set itself."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    return urlsplit(origin).netloc == request.headers.get("host", "")


def remember(request: Request, response: Response, token: str, caller: Caller) -> None:
    """Sets the cookie, for as long as the token lives."""
    left = max((caller.expires_at or 0) - int(time.time()), 0)
    response.set_cookie(
        COOKIE,
        token,
        max_age=left,
        path=PATH,
        secure=_is_secure(request),
        httponly=True,
        samesite="strict",
    )


def forget(request: Request, response: Response) -> None:
    """Takes the cookie away."""
    response.delete_cookie(
        COOKIE, path=PATH, secure=_is_secure(request), httponly=True, samesite="strict"
    )


def _admitted(request: Request, caller: Caller) -> Caller:
    """Notes who calls and what they may still call, as the door does for the interface."""
    limiter: RateLimiter = request.app.state.limiter
    rate = limiter.take(caller.client_id)
    request.state.caller, request.state.rate = caller, rate
    if rate.retry_after:
        raise Problem(RATE_LIMITED, headers={"Retry-After": str(rate.retry_after)})
    return caller


def _is_secure(request: Request) -> bool:
    """Over HTTPS always, and also where a gateway before us may have taken it off: all but this
    very machine."""
    return request.url.scheme == "https" or not _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
