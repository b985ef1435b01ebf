"""The event process's part of retention: looks at every closed matter and erases what is past.

A batch is one short transaction: the matters, the persons nothing is left of, the audit rows, the
report and the position, so that a run goes on where it was, whatever happens to the process.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.clients.groups import Groups, groups_of
from services.referral.housekeeping import count_old, forget_old
from services.referral.retention import queries
from services.referral.retention.places import OF_A_PERSON, OF_A_REFERRAL
from services.referral.retention.queries import Candidate
from services.referral.retention.rules import Matter, Rule, is_past
from services.referral.retention.schemas import MatterReport, Report
from services.referral.settings import Settings
from services.referral.tables import Client, Referral, RetentionRun
from shared import audit
from shared.auth import Caller
from shared.db import Database
from shared.jobs import JobState, Lease, Runner, finish

BATCH = 100
PURPOSE = "retention"


async def erase_for_ever(settings: Settings, database: Database) -> None:
    """The part of the event process that works on retention runs."""
    await Eraser(settings, database).runner.run()


class Eraser:
    """Does retention runs, one at a time."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self.runner: Runner[RetentionRun] = Runner(
            database,
            RetentionRun,
            self._work,
            _fail,
            lease_seconds=settings.job_lease_seconds,
            poll_seconds=settings.job_poll_seconds,
        )

    async def _work(self, lease: Lease[RetentionRun]) -> None:
        with suppress_instrumentation():
            while await self._batch(lease):
                pass
            async with self._database.sessions() as session, session.begin():
                run = await lease.prolonged(session)
                await _tidy(session, run)
                finish(run, JobState.DONE)

    async def _batch(self, lease: Lease[RetentionRun]) -> bool:
        """Looks at the next matters; False when there are no more."""
        async with self._database.sessions() as session, session.begin():
            run = await lease.prolonged(session)
            found = await queries.next_closed(session, run.position, BATCH, lock=not run.dry_run)
            if not found:
                return False
            report = Report.model_validate(run.report)
            rules = _rules_of(report)
            due = [one for one in found if _is_due(one, rules, run.as_of)]
            _count(report, found, due)
            if run.dry_run:
                report.persons += await _count_persons(session, due, rules, run.as_of)
            else:
                await _erase(session, run.caller, due, report)
            run.report = report.model_dump(mode="json")
            run.position = found[-1].id
            return True


async def _fail(session: AsyncSession, run: RetentionRun) -> None:
    """What was erased so far stays so; the report says how far it came."""


def _rules_of(report: Report) -> dict[Matter, Rule]:
    """The rules as they were when the run was asked for."""
    return {one.matter: Rule(one.years, one.source, one.service_function) for one in report.matters}


def _is_due(one: Candidate, rules: Mapping[Matter, Rule], as_of: date) -> bool:
    return one.closed_on is not None and is_past(one.closed_on, rules[one.matter], as_of)


def _count(report: Report, found: Sequence[Candidate], due: Sequence[Candidate]) -> None:
    gone = {one.id for one in due}
    lines: dict[Matter, MatterReport] = {line.matter: line for line in report.matters}
    for one in found:
        line = lines[one.matter]
        if one.id in gone:
            line.erased += 1
            continue
        line.kept += 1
        if one.closed_on is not None:
            line.oldest_kept = min(line.oldest_kept or one.closed_on, one.closed_on)


async def _erase(
    session: AsyncSession, caller: Caller, due: Sequence[Candidate], report: Report
) -> None:
    if not due:
        return
    rows = Counter(report.rows)
    ids = [one.id for one in due]
    for place in OF_A_REFERRAL:
        rows[place.name] += await place.erase(session, ids)
    await session.execute(
        update(Referral).where(col(Referral.id).in_(ids)).values(erased_at=func.now())
    )
    entries = [
        audit.Entry("referral.erase", "referral", one.id, one.client_ref, PURPOSE, one.matter)
        for one in due
    ]
    persons = await _persons_without_rest(session, {one.client_ref for one in due})
    refs = sorted(ref for person in persons for ref in person)
    for place in OF_A_PERSON:
        rows[place.name] += await place.erase(session, refs)
    await session.execute(
        update(Client).where(col(Client.client_ref).in_(refs)).values(erased_at=func.now())
    )
    entries += [audit.Entry("client.erase", "client", ref, ref, PURPOSE) for ref in refs]
    await audit.record(session, caller, *entries)
    report.persons += len(persons)
    report.rows = dict(rows)


async def _persons_without_rest(
    session: AsyncSession, refs: Collection[UUID]
) -> set[frozenset[UUID]]:
    """The persons behind these refs to whom nothing belongs that is kept, all their refs locked.

    Taking a referral in locks the person too: either it comes first, and the person stays, or it
    finds nobody by that code any more.
    """
    groups = await _locked_groups(session, refs)
    members = {ref for group in groups.values() for ref in group}
    kept = {one.client_ref for one in await queries.remaining_of(session, members)}
    return {group for group in groups.values() if not group & kept}


async def _locked_groups(session: AsyncSession, refs: Collection[UUID]) -> Groups:
    while True:
        groups = await groups_of(session, refs)
        members = sorted({ref for group in groups.values() for ref in group})
        await session.execute(
            select(col(Client.client_ref))
            .where(col(Client.client_ref).in_(members))
            .order_by(col(Client.client_ref))
            .with_for_update()
        )
        if await groups_of(session, refs) == groups:
            return groups


async def _count_persons(
    session: AsyncSession, due: Sequence[Candidate], rules: Mapping[Matter, Rule], as_of: date
) -> int:
    """How many persons would be erased with the last of their matters being among these."""
    groups = await groups_of(session, {one.client_ref for one in due})
    members = {ref for group in groups.values() for ref in group}
    remaining = await queries.remaining_of(session, members)
    last = {one.id for one in due}
    count = 0
    for group in set(groups.values()):
        theirs = [one for one in remaining if one.client_ref in group]
        all_due = all(_is_due(one, rules, as_of) for one in theirs)
        count += all_due and max(one.id for one in theirs) in last
    return count


async def _tidy(session: AsyncSession, run: RetentionRun) -> None:
    """What is left over of requests and imports; and how many referrals are open."""
    report = Report.model_validate(run.report)
    old = await (count_old(session) if run.dry_run else forget_old(session))
    report.idempotency_answers = old.idempotency_answers
    report.imports = old.imports
    report.open = await queries.count_open(session)
    run.report = report.model_dump(mode="json")
