"""A token that was found good is known for as long as it and the keys hold, and no longer."""

import time

import httpx
import pytest
from joserfc.jwk import ECKey

from shared import auth
from shared.auth import InvalidTokenError, TokenChecker
from tests.support.tokens import TokenMint, token_mint


async def test_a_known_token_ends_when_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    async with token_mint() as mint, httpx.AsyncClient() as http:
        checker = TokenChecker(mint.url, "nopsa", http)
        token = mint.token("referrals:write")
        assert (await checker.check(token)).scopes == {"referrals:write"}
        later = time.time() + 300 + auth.LEEWAY_SECONDS + 1
        monkeypatch.setattr(time, "time", lambda: later)
        with pytest.raises(InvalidTokenError):
            await checker.check(token)


async def test_a_known_token_is_unknown_once_its_key_is_withdrawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(auth, "MIN_REFRESH_SECONDS", 0)
    async with token_mint() as mint, httpx.AsyncClient() as http:
        checker = TokenChecker(mint.url, "nopsa", http)
        token = mint.token("referrals:write")
        await checker.check(token)
        await _withdraw_key(mint, checker)
        with pytest.raises(InvalidTokenError):
            await checker.check(token)


async def _withdraw_key(mint: TokenMint, checker: TokenChecker) -> None:
    mint.key = ECKey.generate_key("P-256", {"kid": "mint-1", "use": "sig"})
    await checker.issuer.keys(newer_than=time.monotonic())


async def test_no_more_tokens_are_known_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "MOST_KNOWN", 2)
    async with token_mint() as mint, httpx.AsyncClient() as http:
        checker = TokenChecker(mint.url, "nopsa", http)
        for name in ("a", "b", "c"):
            caller = await checker.check(mint.token("referrals:write", client_id=name))
            assert caller.client_id == name
        assert len(checker._known) == 2
