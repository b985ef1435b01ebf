"""Writing a consultation down: one transaction, once per idempotency key."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload.anonymity import refuse_identifying
from services.caseload.consultations import queries
from services.caseload.consultations.schemas import ConsultationBody
from services.caseload.references import named_team
from services.caseload.tables import Consultation
from shared import audit, outbox
from shared.auth import Caller
from shared.calendar import noon_of
from shared.clock import utc_now
from shared.contracts.codes import PartnerKind, Reason
from shared.contracts.registers import ConsultationHeld
from shared.crypto import FieldCipher
from shared.idempotency import Answer, RequestKey, once
from shared.ids import new_id


async def hold(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    request: RequestKey | None,
    body: ConsultationBody,
) -> Answer:
    """Keeps the consultation and tells that it was held. Nothing of it leads to a client.

    Raises `identifying_value`, and `validation_failed` for a team that is not the caller's.
    """
    refuse_identifying("/text", body.text)

    async def work() -> Answer:
        await named_team(session, caller, body.team)
        row = _row(cipher, body)
        session.add(row)
        await session.flush()
        await audit.record(session, caller, queries.entry("consultation.create", row))
        await outbox.append(session, [outbox.message(_held(row), key=row.id)])
        kept = queries.record_of(row).model_dump(mode="json")
        return Answer(201, kept, {"Location": f"/v1/consultations/{row.id}"})

    async with session.begin():
        return await once(session, request, work)


def _row(cipher: FieldCipher, body: ConsultationBody) -> Consultation:
    row_id = new_id()
    text = body.text
    return Consultation(
        id=row_id,
        team=body.team,
        asked_by_kind=body.asked_by_kind,
        topics=sorted({str(topic) for topic in body.topics}),
        minutes=body.minutes,
        held_on=body.on,
        text_sealed=cipher.encrypt(text.encode(), queries.seal_of(row_id)) if text else None,
        recorded_at=utc_now(),
    )


def _held(row: Consultation) -> ConsultationHeld:
    return ConsultationHeld(
        aggregate_id=row.id,
        version=1,
        occurred_at=min(noon_of(row.held_on), row.recorded_at),
        team=row.team,
        asked_by_kind=PartnerKind(row.asked_by_kind),
        topics=tuple(Reason(topic) for topic in row.topics),
        minutes=row.minutes,
        held_on=row.held_on,
    )
