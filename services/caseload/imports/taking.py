"""Settling a batch of lines in the open transaction, in bulk and whatever else is done meanwhile.

One batch at a time in the whole service (an advisory lock), so that what is looked up here (which
external ids and which clients are known) still holds when it is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.caseload.imports import rules
from services.caseload.imports.reading import Record
from services.caseload.imports.rules import Outcome
from services.caseload.imports.schemas import PastCase
from services.caseload.imports.telling import History, Row, history_of
from services.caseload.sight import in_sight
from services.caseload.tables import Base, Case, ImportedCase, Placement, Team, Visit
from shared import audit, outbox
from shared.auth import Caller
from shared.contracts.codes import CaseStatus
from shared.crypto import BlindIndex
from shared.problems import FieldError

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('case-imports', 0))")
_TEAM_UNKNOWN = FieldError("/team", "team_unknown", "there is no such team that you may write for")
_HAS_OPEN_CASE = FieldError(
    "/client_key", "client_has_open_case", "the client has another open case; close one of the two"
)

CaseKey = tuple[UUID, str]
ClientKey = tuple[str, str]


@dataclass(frozen=True)
class Settled:
    """What became of a line."""

    line: int
    outcome: Outcome
    external_id: str | None = None
    case_id: UUID | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass
class Batch:
    """What is known of the teams, cases and clients that a batch names, and what it adds."""

    teams: dict[UUID, Team]
    cases: dict[CaseKey, UUID]
    clients: dict[ClientKey, UUID]
    with_open_case: set[UUID]
    added: list[History] = field(default_factory=list)

    def settle(self, record: Record) -> Settled:
        """What becomes of a line, given those before it."""
        past = record.case
        if past is None:
            return Settled(record.line, Outcome.REFUSED, errors=record.errors)
        team = self.teams.get(past.team)
        if team is None:
            return _refused(record.line, past, _TEAM_UNKNOWN)
        known = self.cases.get((team.id, past.external_id))
        if known is not None:
            return Settled(record.line, Outcome.DUPLICATE, past.external_id, known)
        client_ref = self.clients[team.county, past.client_key]
        if past.closed_on is None:
            if client_ref in self.with_open_case:
                return _refused(record.line, past, _HAS_OPEN_CASE)
            self.with_open_case.add(client_ref)
        history = history_of(past, team, client_ref)
        self.cases[team.id, past.external_id] = history.case_id
        self.added.append(history)
        return Settled(record.line, Outcome.ACCEPTED, past.external_id, history.case_id)


async def settle(
    session: AsyncSession,
    index: BlindIndex,
    caller: Caller,
    import_id: UUID,
    records: Sequence[Record],
    now: datetime,
) -> tuple[list[Settled], list[outbox.Message]]:
    """Settles the lines in their order; what became of them, and the events to be appended."""
    await session.execute(_LOCK)
    batch = await _look_up(session, index, caller, [r.case for r in records if r.case])
    settled = [batch.settle(record) for record in records]
    await _write(session, import_id, batch.added)
    await audit.record(session, caller, *map(_entry, batch.added))
    return settled, [message for history in batch.added for message in history.messages(now)]


def client_refs(index: BlindIndex, county: str, client_key: str) -> list[UUID]:
    """The pseudonyms that a county's key of a client can stand for, under the current key of the
    look-up hash first. The key of another county is another client's."""
    hashes = index.candidates("case-import client", f"{county}/{client_key}")
    return [uuid5(NAMESPACE_OID, found.hex()) for found in hashes]


async def _look_up(
    session: AsyncSession, index: BlindIndex, caller: Caller, cases: Sequence[PastCase]
) -> Batch:
    teams = await _teams(session, caller, {past.team for past in cases})
    ours = [past for past in cases if past.team in teams]
    known = await _known(session, {(past.team, past.external_id) for past in ours})
    keys = {(teams[past.team].county, past.client_key) for past in ours}
    clients = await _clients(session, index, keys)
    return Batch(teams, known, clients, await _with_open_case(session, set(clients.values())))


async def _teams(session: AsyncSession, caller: Caller, ids: set[UUID]) -> dict[UUID, Team]:
    rows = await session.scalars(
        select(Team).where(col(Team.id).in_(ids), in_sight(caller, col(Team.id)))
    )
    return {team.id: team for team in rows}


async def _known(session: AsyncSession, keys: set[CaseKey]) -> dict[CaseKey, UUID]:
    columns = (col(ImportedCase.team), col(ImportedCase.external_id))
    rows = await session.execute(
        select(*columns, col(ImportedCase.case_id)).where(tuple_(*columns).in_(keys))
    )
    return {(team, external_id): case_id for team, external_id, case_id in rows}


async def _clients(
    session: AsyncSession, index: BlindIndex, keys: set[ClientKey]
) -> dict[ClientKey, UUID]:
    """The pseudonym of each client: the one they have, else one under the current key."""
    candidates = {key: client_refs(index, *key) for key in keys}
    older = {ref for refs in candidates.values() for ref in refs[1:]}
    had = set(
        await session.scalars(select(col(Case.client_ref)).where(col(Case.client_ref).in_(older)))
    )
    return {
        key: next((ref for ref in refs[1:] if ref in had), refs[0])
        for key, refs in candidates.items()
    }


async def _with_open_case(session: AsyncSession, client_refs: set[UUID]) -> set[UUID]:
    return set(
        await session.scalars(
            select(col(Case.client_ref)).where(
                col(Case.client_ref).in_(client_refs), col(Case.status) != CaseStatus.CLOSED
            )
        )
    )


async def _write(session: AsyncSession, import_id: UUID, added: Sequence[History]) -> None:
    await _insert(session, Case, [history.case_row() for history in added])
    await _insert(session, ImportedCase, [_imported(import_id, history) for history in added])
    await _insert(session, Visit, [visit for history in added for visit in history.visits])
    placements = [placement for history in added for placement in history.placements]
    await _insert(session, Placement, placements)


async def _insert(session: AsyncSession, table: type[Base], rows: Sequence[Row]) -> None:
    """In one statement: nulls are written too, else each set of columns would be one of its own."""
    if rows:
        await session.execute(insert(table), rows, execution_options={"render_nulls": True})


def _imported(import_id: UUID, history: History) -> Row:
    past = history.past
    return {
        "team": history.team.id,
        "external_id": past.external_id,
        "case_id": history.case_id,
        "import_id": import_id,
        "source_kind": past.source_kind,
        "age_group": rules.age_group(past.birth_year, past.opened_on),
    }


def _refused(line: int, past: PastCase, error: FieldError) -> Settled:
    return Settled(line, Outcome.REFUSED, past.external_id, errors=(error,))


def _entry(history: History) -> audit.Entry:
    return audit.Entry(
        "case.import",
        "case",
        subject_id=history.case_id,
        client_ref=history.client_ref,
        purpose="administration",
    )
