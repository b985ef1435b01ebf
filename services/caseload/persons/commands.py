"""Following who is whom, inside the consumer's transaction.

A link joins nothing that is under way: a person who has two cases, or a case and a place in line,
keeps both, neither is closed by itself, and both show that they are of the same person, so that
their team can agree on who goes on. What begins from now on joins what there is. An unlink takes
the alias away, and gives back what came meanwhile.

An event that comes late, or again, changes nothing: the newest word on a ref stands.
"""

from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.persons import giving_back, queries
from services.caseload.persons.rules import Parting
from services.caseload.returns.commands import ask_again
from services.caseload.tables import ClientAlias
from shared import aliases, outbox
from shared.clock import utc_now
from shared.contracts.referral import ClientUnlinked, PersonsJoined
from shared.messages import Received


async def join(session: AsyncSession, event: Received) -> None:
    """Two refs are one person from now on."""
    await queries.lock(session)
    await aliases.learn(session, ClientAlias, cast(PersonsJoined, event.data))


async def part(session: AsyncSession, event: Received) -> None:
    """Two refs are two persons: what each is referred for, and has answered, is their own again."""
    data = cast(ClientUnlinked, event.data)
    await queries.lock(session)
    if not await aliases.learn(session, ClientAlias, data):
        return
    persons = await queries.persons_of(session, [data.linked_ref, data.client_ref])
    parting = Parting(
        goer=data.linked_ref,
        theirs=persons.refs(data.linked_ref),
        ours=persons.refs(data.client_ref),
    )
    if parting.theirs & parting.ours:
        return
    await giving_back.name(session, parting, data.referral_ids)
    messages = await giving_back.give_back(session, parting, utc_now())
    await ask_again(session, parting.theirs, parting.ours)
    await ask_again(session, parting.ours, parting.theirs)
    await session.flush()
    await outbox.append(session, messages)
