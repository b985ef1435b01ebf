"""Following who is whom. Runs inside the consumer's transaction.

No consent is moved: each stays with the ref it was given under, so that an unlink gives each ref
back what is its own. Documents that the other record had on the word of the other ref, or has no
more on a denial under it, are withdrawn.
"""

from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.documents.withdrawing import withdraw_denied
from services.consent.tables import ClientAlias
from shared import aliases
from shared.auth import Caller
from shared.contracts.referral import PersonsJoined
from shared.messages import Received
from shared.outbox import Message, append

REGISTER = Caller("nopsa-consent", "nopsa-consent", frozenset())
"""Who the audit log names for what a link or an unlink brings about."""


async def learn(session: AsyncSession, event: Received) -> None:
    """Two refs are one client from now on, or two again."""
    data = cast(PersonsJoined, event.data)
    if not await aliases.learn(session, ClientAlias, data):
        return
    messages: list[Message] = []
    for ref in sorted({data.client_ref, data.linked_ref}):
        messages += await withdraw_denied(session, REGISTER, ref)
    await append(session, messages)
