"""Reading what was sent in words; every look is logged in the same transaction."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.referral.clients.schemas import IdentityView, PurposeOfUse
from services.referral.content.rules import due_on
from services.referral.content.schemas import BeyondBasis, ContentView
from services.referral.intake.schemas import ContactPersonBody, HousingBody
from services.referral.intake.taking import content_context
from services.referral.tables import Referral
from shared import audit, telemetry
from shared.auth import Caller
from shared.contracts.codes import LawfulBasis, PartnerKind, Reason, Urgency
from shared.crypto import FieldCipher
from shared.problems import NOT_FOUND, Problem

THING = "referral_content"
"""What the audit log calls it."""


async def read_content(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    referral_id: UUID,
    purpose: PurposeOfUse,
    *,
    kept_days: int,
) -> ContentView:
    """What was told. Raises `not_found`, also when its time of keeping is past."""
    async with session.begin():
        referral = await session.get(Referral, referral_id)
        if referral is None or referral.erased_at is not None:
            raise Problem(NOT_FOUND)
        telemetry.tag(referral_id=str(referral.id))
        entry = audit.Entry(
            f"{THING}.read",
            "referral",
            subject_id=referral.id,
            client_ref=referral.client_ref,
            purpose=purpose,
            basis=referral.lawful_basis,
        )
        await audit.record(session, caller, entry)
        told = cipher.decrypt_json(referral.content_sealed, content_context(referral.id))
        return _view(referral, told, kept_days)


def _view(referral: Referral, told: dict[str, Any], kept_days: int) -> ContentView:
    person = {name: told["client"].get(name) for name in IdentityView.model_fields}
    return ContentView(
        id=referral.id,
        client_ref=referral.client_ref,
        source_kind=PartnerKind(referral.source_kind),
        lawful_basis=LawfulBasis(referral.lawful_basis),
        no_consent_reason=told.get("no_consent_reason"),
        urgency=Urgency(referral.urgency),
        reasons=[Reason(reason) for reason in referral.reasons],
        client=IdentityView.model_validate(person),
        housing=HousingBody.model_validate(referral.housing) if referral.housing else None,
        narrative=told.get("narrative"),
        leaves_institution_on=referral.leaves_institution_on,
        contact_person=ContactPersonBody.model_validate(told["contact_person"]),
        received_at=referral.received_at,
        beyond_basis=_beyond_basis(referral, kept_days),
    )


def _beyond_basis(referral: Referral, kept_days: int) -> BeyondBasis | None:
    if referral.refused_on is None:
        return None
    return BeyondBasis(
        refused_on=referral.refused_on,
        due_on=due_on(referral.refused_on, kept_days),
        erased_at=referral.beyond_basis_erased_at,
    )
