"""How a referral that was taken is told: its events, in their order, and its audit row."""

from uuid import UUID

from services.referral.agreements.commands import Standing
from services.referral.clients.commands import Person
from services.referral.intake.admission import Admission, NewReferral
from shared import audit, outbox, telemetry
from shared.contracts.referral import ReferralReceived, ReferralRedirectedByAgreement


def tell(admission: Admission) -> tuple[audit.Entry, list[outbox.Message]]:
    """Both, in the referral's trace."""
    with telemetry.within(admission.span):
        telemetry.tag(referral_id=str(admission.referral.id))
        return _entry(admission), _messages(admission)


def _messages(admission: Admission) -> list[outbox.Message]:
    """The person's registration if they are new, then what became of the referral."""
    client_ref = admission.found.person_ref
    data = [
        _received(admission.referral, admission.person, client_ref),
        *_redirected(admission.referral, admission.standing, client_ref),
    ]
    registered, trace = admission.found.registered, outbox.current_trace()
    return [
        outbox.message(event, key=client_ref, correlation_id=admission.referral.id, trace=trace)
        for event in ([registered, *data] if registered else data)
    ]


def _entry(admission: Admission) -> audit.Entry:
    """Who was referred, on what basis."""
    referral = admission.referral
    return audit.Entry(
        "referral.submit",
        "referral",
        subject_id=referral.id,
        client_ref=referral.client_ref,
        basis=referral.lawful_basis,
    )


def _received(referral: NewReferral, person: Person, client_ref: UUID) -> ReferralReceived:
    housing = referral.housing or {}
    return ReferralReceived.model_validate(
        {
            "aggregate_id": referral.id,
            "version": 1,
            "occurred_at": referral.received_at,
            "client_ref": client_ref,
            "partner_id": referral.partner_id,
            "source_kind": referral.source_kind,
            "urgency": referral.urgency,
            "lawful_basis": referral.lawful_basis,
            "reasons": referral.reasons,
            "municipality": referral.municipality,
            "age_group": person.age_group,
            "language": person.language,
            "housing_status": housing.get("status"),
            "eviction_stage": housing.get("eviction_stage"),
            "leaves_institution_on": referral.leaves_institution_on,
            "wished_team": referral.wished_team,
            "redirect_reason": referral.redirect_reason,
            "received_at": referral.received_at,
            "pending_since": referral.pending_since,
        }
    )


def _redirected(
    referral: NewReferral, standing: Standing, client_ref: UUID
) -> list[ReferralRedirectedByAgreement]:
    if standing.redirect_reason is None:
        return []
    return [
        ReferralRedirectedByAgreement(
            aggregate_id=referral.id,
            version=referral.version,
            occurred_at=referral.received_at,
            client_ref=client_ref,
            partner_id=referral.partner_id,
            reason=standing.redirect_reason,
            agreement_version=standing.version,
        )
    ]
