"""Taking one referral: one transaction for the answer, the person, the referral, the audit row
and the events.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from services.referral import wording
from services.referral.intake.schemas import Receipt, ReferralBody
from services.referral.intake.taking import sent, take
from services.referral.partners.queries import partner_of
from services.referral.partners.rules import is_authority
from services.referral.tables import Partner, Referral
from shared import outbox
from shared.auth import Caller
from shared.contracts.codes import PartnerKind, ReferralStatus
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer, once, request_key
from shared.problems import Problem


@dataclass(frozen=True)
class Intake:
    """One request to take a referral: who sends what, and how to answer."""

    caller: Caller
    body: ReferralBody
    idempotency_key: str
    language: str


async def submit_referral(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, intake: Intake
) -> Answer:
    """Takes the referral, once per idempotency key and per external_id. Answers the receipt.

    Raises the problems of idempotency, `not_a_partner`, `partner_suspended` and
    `external_id_conflict`.
    """
    request = request_key(
        index,
        caller=intake.caller.client_id,
        key=intake.idempotency_key,
        operation="POST /v1/referrals",
        body=intake.body.model_dump(mode="json"),
    )
    referral = sent(index, intake.body)

    async def work() -> Answer:
        partner = await partner_of(session, intake.caller)
        taking = await take(session, cipher, index, intake.caller, partner, [referral])
        (taken,) = taking.outcomes
        if isinstance(taken, Problem):
            raise taken
        await outbox.append(session, taking.messages)
        return _answer(taken.referral, partner, intake.language, status=201 if taken.new else 200)

    async with session.begin():
        return await once(session, request, work)


def _answer(referral: Referral, partner: Partner, language: str, *, status: int) -> Answer:
    authority = is_authority(PartnerKind(partner.kind))
    receipt = Receipt(
        id=referral.id,
        reference=referral.reference,
        status=ReferralStatus.REQUESTED,
        received_at=referral.received_at,
        external_id=referral.external_id,
        next_step=wording.next_step(language, authority=authority),
    )
    headers = {"Location": f"/v1/referrals/{referral.id}", "Content-Language": language}
    return Answer(status, receipt.model_dump(mode="json"), headers)
