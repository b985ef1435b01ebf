"""A referral service that sends webhooks fast, and a partner's receiver.

Issuer, receiving server and the usual service are started once for the folder; every test gets
empty tables and a receiver of its own.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial

import pytest

from shared.settings import KafkaSettings
from tests.integration.referral.webhooks.house import House, open_house
from tests.support.databases import Databases
from tests.support.receiver import Receiver, Reception, receiving
from tests.support.tokens import TokenMint, token_mint

Opened = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture(scope="package")
async def issuer() -> AsyncIterator[TokenMint]:
    """The token issuer of the folder."""
    async with token_mint() as minted:
        yield minted


@pytest.fixture(scope="package")
async def reception() -> AsyncIterator[Reception]:
    """The server that receives messages."""
    async with receiving() as started:
        yield started


@pytest.fixture
def receiver(reception: Reception) -> Receiver:
    """A partner's endpoint."""
    return reception.receiver()


@pytest.fixture(scope="package")
async def usual(
    postgres: Databases, kafka: KafkaSettings, issuer: TokenMint, reception: Reception
) -> AsyncIterator[House]:
    """The service with the usual settings."""
    async with open_house(postgres, kafka, issuer, reception.receiver()) as opened:
        yield opened


@pytest.fixture
async def house(usual: House, receiver: Receiver) -> House:
    """The usual service, with nothing in it but partners."""
    await usual.service.rows(
        "TRUNCATE webhooks, referrals, clients, partner_consents, outbox, audit, idempotency "
        "CASCADE"
    )
    await usual.service.rows("UPDATE partners SET suspended = false")
    return replace(usual, receiver=receiver)


@pytest.fixture
def opened(
    postgres: Databases, kafka: KafkaSettings, issuer: TokenMint, receiver: Receiver
) -> Opened:
    """`async with opened(setting=...) as house` for a service with settings of the test's own."""
    return partial(open_house, postgres, kafka, issuer, receiver)
