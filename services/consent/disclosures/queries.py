"""Reading a client's log; every look is logged in its turn."""

from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.disclosures import wording
from services.consent.disclosures.acts import Act, act_of, kind_of
from services.consent.disclosures.schemas import DisclosureView, What, Who, Why
from services.consent.disclosures.wording import BASES, KINDS, PURPOSES, Telling
from services.consent.persons.queries import refs_of
from services.consent.tables import Disclosure
from shared import audit
from shared.auth import Caller
from shared.contracts.codes import DisclosedClass
from shared.pagination import Page, decode_cursor, page_of

PURPOSE = "administration"


async def list_disclosures(
    session: AsyncSession,
    caller: Caller,
    client_ref: UUID,
    language: str,
    *,
    limit: int,
    cursor: str | None,
) -> Page[DisclosureView]:
    """A page of a client's log under all their refs, the newest act first."""
    behind = decode_cursor(cursor)
    async with session.begin():
        refs = await refs_of(session, client_ref)
        conditions: list[ColumnElement[bool]] = [col(Disclosure.client_ref).in_(refs)]
        if behind is not None:
            conditions.append(col(Disclosure.id) < behind)
        rows = await session.scalars(
            select(Disclosure)
            .where(*conditions)
            .order_by(col(Disclosure.id).desc())
            .limit(limit + 1)
        )
        entries = [
            audit.Entry("disclosure.read", "client", ref, client_ref=ref, purpose=PURPOSE)
            for ref in sorted(refs)
        ]
        await audit.record(session, caller, *entries)
        return page_of(rows.all(), limit, lambda row: row.id, lambda row: view_of(row, language))


def view_of(row: Disclosure, language: str) -> DisclosureView:
    """The row as the client reads it."""
    telling = _telling(row)
    return DisclosureView(
        id=row.id,
        number=row.number,
        at=row.occurred_at,
        client_ref=row.client_ref,
        service=row.service,
        who=Who(
            kind=telling.kind,
            text=wording.word(KINDS[telling.kind], language),
            client_id=row.actor,
            organisation=None if telling.receiver else row.org,
            worker=row.worker,
        ),
        receiver=telling.receiver,
        what=What(
            act=telling.act,
            data_class=telling.data_class,
            text=wording.what(telling, language),
            action=row.action,
            subject_type=row.subject_type,
            subject_id=row.subject_id,
        ),
        why=Why(
            purpose=row.purpose,
            purpose_text=wording.known(PURPOSES, row.purpose, language),
            basis=row.basis,
            basis_text=wording.known(BASES, row.basis, language),
        ),
        text=wording.sentence(telling, language),
    )


def _telling(row: Disclosure) -> Telling:
    act = act_of(row.action)
    kind = kind_of(
        service=row.service, action=row.action, actor=row.actor, org=row.org, worker=row.worker
    )
    receiver = row.org if act == Act.SENT else None
    who = row.worker or (None if receiver else row.org)
    return Telling(
        at=row.occurred_at,
        kind=kind,
        who=who,
        act=act,
        data_class=DisclosedClass(row.data_class),
        receiver=receiver,
        purpose=row.purpose,
        basis=row.basis,
    )
