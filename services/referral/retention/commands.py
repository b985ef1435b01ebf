"""Asking for a retention run; the event process does it."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.referral.retention import queries
from services.referral.retention.rules import Matter, Rule
from services.referral.retention.schemas import MatterReport, Report, RunBody
from services.referral.tables import RetentionRun
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.crypto import BlindIndex
from shared.idempotency import Answer, once, request_key
from shared.ids import new_id
from shared.jobs import JobState
from shared.problems import VALIDATION_FAILED, FieldError, Problem


async def start_run(
    session: AsyncSession,
    index: BlindIndex,
    caller: Caller,
    body: RunBody,
    rules: Mapping[Matter, Rule],
    *,
    today: date,
    may_run_ahead: bool,
    key: str | None,
) -> Answer:
    """Queues a run, once per idempotency key, with the rules as they are now. Answers the run.

    Raises `validation_failed` for erasing as of a day to come, unless that is allowed.
    """
    as_of = body.as_of or today
    if as_of > today and not body.dry_run and not may_run_ahead:
        detail = "only a dry run may look ahead; nothing is erased before its time"
        raise Problem(
            VALIDATION_FAILED, errors=[FieldError("/as_of", "as_of_in_the_future", detail)]
        )
    request = request_key(
        index,
        caller=caller.client_id,
        key=key,
        operation="POST /v1/retention-runs",
        body=body.model_dump(mode="json"),
    )

    async def work() -> Answer:
        run = _queued(caller, body.dry_run, as_of, rules)
        session.add(run)
        await audit.record(
            session, caller, audit.Entry("retention.start", "retention_run", subject_id=run.id)
        )
        view = queries.view(run).model_dump(mode="json")
        return Answer(202, view, {"Location": f"/v1/retention-runs/{run.id}"})

    async with session.begin():
        return await once(session, request, work)


def _queued(
    caller: Caller, dry_run: bool, as_of: date, rules: Mapping[Matter, Rule]
) -> RetentionRun:
    matters = [MatterReport(matter=matter, **vars(rule)) for matter, rule in rules.items()]
    return RetentionRun(
        id=new_id(),
        state=JobState.QUEUED,
        caller_subject=caller.subject,
        caller_client_id=caller.client_id,
        caller_org=caller.org,
        caller_worker=caller.worker,
        created_at=utc_now(),
        dry_run=dry_run,
        as_of=as_of,
        report=Report(matters=matters).model_dump(mode="json"),
    )
