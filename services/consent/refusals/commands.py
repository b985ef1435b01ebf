"""Recording a refusal: the row, its audit row and its event in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.consents.rules import BACKDATING
from services.consent.fields import check_recorder
from services.consent.refusals import queries, rules
from services.consent.refusals.schemas import RefusalBody
from services.consent.tables import Refusal
from shared import audit, outbox, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.consent import ConsentRefused
from shared.crypto import BlindIndex
from shared.idempotency import Answer, once, request_key
from shared.ids import new_id
from shared.problems import VALIDATION_FAILED, FieldError, Problem


@dataclass(frozen=True)
class Refusing:
    """One request to record a refusal."""

    caller: Caller
    body: RefusalBody
    idempotency_key: str | None


async def refuse(session: AsyncSession, index: BlindIndex, refusing: Refusing) -> Answer:
    """Records a refusal, once per idempotency key. Answers the refusal.

    Raises the problems of idempotency and `validation_failed`.
    """
    request = request_key(
        index,
        caller=refusing.caller.client_id,
        key=refusing.idempotency_key,
        operation="POST /v1/refusals",
        body=refusing.body.model_dump(mode="json"),
    )

    async def work() -> Answer:
        now = utc_now()
        _check(refusing, now)
        refusal = _refusal(refusing.body, now)
        telemetry.tag(refusal_id=str(refusal.id))
        session.add(refusal)
        await session.flush()
        await audit.record(session, refusing.caller, _entry(refusal))
        await outbox.append(session, [outbox.message(_refused(refusal), key=refusal.client_ref)])
        view = queries.view(refusal).model_dump(mode="json")
        return Answer(201, view, {"Location": f"/v1/refusals/{refusal.id}"})

    async with session.begin():
        return await once(session, request, work)


def _check(refusing: Refusing, now: datetime) -> None:
    body = refusing.body
    errors = check_recorder(refusing.caller, body.recorded_by)
    if body.refused_at is not None and not rules.is_recordable(body.refused_at, now):
        advice = f"must be in the last {BACKDATING.days} days"
        errors.append(FieldError("/refused_at", "refused_at_out_of_reach", advice))
    if errors:
        raise Problem(VALIDATION_FAILED, errors=errors)


def _refusal(body: RefusalBody, now: datetime) -> Refusal:
    return Refusal(
        id=new_id(),
        client_ref=body.client_ref,
        refused_at=body.refused_at or now,
        given_by=body.given_by,
        form=body.form,
        recorded_by=body.recorded_by,
        recorded_at=now,
    )


def _refused(refusal: Refusal) -> ConsentRefused:
    return ConsentRefused(
        aggregate_id=refusal.id,
        version=1,
        occurred_at=refusal.recorded_at,
        client_ref=refusal.client_ref,
        refused_at=refusal.refused_at,
    )


def _entry(refusal: Refusal) -> audit.Entry:
    return audit.Entry(
        "refusal.record",
        queries.THING,
        subject_id=refusal.id,
        client_ref=refusal.client_ref,
        basis=refusal.form,
    )
