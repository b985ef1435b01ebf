"""Reading persons and possible matches; every person shown is logged in the transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.clients import identity as identities
from services.referral.clients import rules
from services.referral.clients.groups import groups_of, primaries_of
from services.referral.clients.matching import MatchFact
from services.referral.clients.schemas import (
    ClientView,
    IdentityView,
    LinkedView,
    MatchState,
    MatchView,
    PurposeOfUse,
)
from services.referral.tables import Client, ClientLink, PossibleMatch, Referral
from shared import audit
from shared.auth import Caller
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.crypto import FieldCipher
from shared.pagination import Page, decode_cursor, page_of
from shared.problems import NOT_FOUND, Problem


async def read_client(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    client_ref: UUID,
    purpose: PurposeOfUse,
) -> tuple[ClientView, int]:
    """The person behind a ref, by whichever of their refs, and the version of their primary one.
    Raises `not_found`, also for a person who was erased: nobody is behind that ref any more."""
    async with session.begin():
        group = (await groups_of(session, [client_ref])).get(client_ref, frozenset())
        primaries = await primaries_of(session, group)
        clients = await _clients(session, group)
        primary = clients.get(primaries.get(client_ref, client_ref))
        if primary is None or primary.erased_at is not None:
            raise Problem(NOT_FOUND)
        links = await _links(session, group)
        referral_ids = await session.scalars(
            select(col(Referral.id))
            .where(col(Referral.client_ref).in_(group))
            .order_by(col(Referral.id))
        )
        entries = [
            audit.Entry("client.read", "client", ref, client_ref=ref, purpose=purpose)
            for ref in sorted(group)
        ]
        await audit.record(session, caller, *entries)
        return _view(cipher, primary, clients, links, list(referral_ids)), primary.version


async def list_possible_matches(
    session: AsyncSession,
    caller: Caller,
    purpose: PurposeOfUse,
    *,
    limit: int,
    cursor: str | None,
) -> Page[MatchView]:
    """A page of the pairs to look at, the longest found first, under their primary refs.

    A pair that links made one person meanwhile is left out.
    """
    async with session.begin():
        conditions = [col(PossibleMatch.state) == MatchState.OPEN]
        behind = decode_cursor(cursor)
        if behind is not None:
            conditions.append(col(PossibleMatch.id) > behind)
        rows = (
            await session.scalars(
                select(PossibleMatch)
                .where(*conditions)
                .order_by(col(PossibleMatch.id))
                .limit(limit + 1)
            )
        ).all()
        refs = {ref for row in rows[:limit] for ref in (row.client_a, row.client_b)}
        primaries = await primaries_of(session, refs)
        page = page_of(rows, limit, lambda row: row.id, lambda row: _match(row, primaries))
        page.items = [pair for pair in page.items if pair.clients[0] != pair.clients[1]]
        shown = sorted({ref for pair in page.items for ref in pair.clients})
        entries = [
            audit.Entry("client.review", "client", ref, client_ref=ref, purpose=purpose)
            for ref in shown
        ]
        await audit.record(session, caller, *entries)
        return page


async def _clients(session: AsyncSession, refs: frozenset[UUID]) -> dict[UUID, Client]:
    rows = await session.scalars(select(Client).where(col(Client.client_ref).in_(refs)))
    return {row.client_ref: row for row in rows}


async def _links(session: AsyncSession, group: frozenset[UUID]) -> Sequence[ClientLink]:
    rows = await session.scalars(
        select(ClientLink).where(col(ClientLink.linked_ref).in_(group)).order_by(col(ClientLink.id))
    )
    return rows.all()


def _view(
    cipher: FieldCipher,
    primary: Client,
    clients: dict[UUID, Client],
    links: Sequence[ClientLink],
    referral_ids: list[UUID],
) -> ClientView:
    told = {ref: identities.of(cipher, client) for ref, client in clients.items()}
    identity = told[primary.client_ref]
    for link in links:
        identity = told[link.linked_ref] | identity
    born = identities.birth_date(identity)
    return ClientView(
        client_ref=primary.client_ref,
        identity=_identity(identity),
        municipality=primary.municipality,
        language=primary.language,
        age_group=rules.age_group(born, utc_now().astimezone(FINLAND).date()),
        non_disclosure_order=any(client.non_disclosure_order for client in clients.values()),
        referral_ids=referral_ids,
        links=[
            LinkedView(
                id=link.id,
                linked_ref=link.linked_ref,
                final=link.final,
                linked_at=link.linked_at,
                identity=_identity(told[link.linked_ref]),
            )
            for link in links
        ],
        registered_at=primary.registered_at,
    )


def _identity(identity: dict[str, Any]) -> IdentityView:
    shown = {name: identity.get(name) for name in IdentityView.model_fields}
    return IdentityView.model_validate(shown)


def _match(row: PossibleMatch, primaries: dict[UUID, UUID]) -> MatchView:
    return MatchView(
        id=row.id,
        clients=sorted((primaries[row.client_a], primaries[row.client_b])),
        score=row.score,
        agree=[MatchFact(fact) for fact in row.agree],
        state=MatchState(row.state),
        found_at=row.found_at,
    )
