"""Events of referrals and cases, as the two other services tell them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from services.caseload.imports.schemas import PastCase
from services.caseload.imports.telling import history_of
from services.caseload.tables import Team
from shared.contracts import EventData, event_class
from shared.contracts.caseload import (
    CaseAssigned,
    CaseClosed,
    CaseEvent,
    CasePlaced,
    CaseRedirected,
    CaseWaitlisted,
    PlacementEnded,
    ReferralAccepted,
)
from shared.contracts.referral import ReferralReceived

TEAM = UUID("01980000-0000-7000-8000-000000000201")
START = datetime(2022, 3, 1, 9, tzinfo=UTC)


def received(referral_id: UUID, client_ref: UUID, kind: str, at: datetime = START) -> Any:
    return ReferralReceived.model_validate(
        {
            "aggregate_id": referral_id,
            "version": 1,
            "occurred_at": at,
            "client_ref": client_ref,
            "partner_id": uuid4(),
            "source_kind": kind,
            "urgency": "urgent",
            "lawful_basis": "consent",
            "reasons": ["homelessness"],
            "municipality": "398",
            "age_group": "30-64",
            "language": "fi",
            "received_at": at,
            "pending_since": at,
        }
    )


def _of_case(
    event: type[CaseEvent], case_id: UUID, client_ref: UUID, version: int, **facts: Any
) -> Any:
    common = {
        "aggregate_id": case_id,
        "version": version,
        "occurred_at": START + timedelta(hours=version),
        "client_ref": client_ref,
        "referral_ids": [],
        "team": TEAM,
    }
    return event.model_validate(common | facts)


def accepted(referral_id: UUID, case_id: UUID, client_ref: UUID, version: int) -> Any:
    facts = {"contact_due_at": START, "joined_open_case": False, "referral_id": referral_id}
    return _of_case(ReferralAccepted, case_id, client_ref, version, **facts)


def redirected(referral_id: UUID, case_id: UUID, client_ref: UUID, version: int) -> Any:
    facts = {"reason": "team_paused", "referral_id": referral_id, "team": uuid4()}
    return _of_case(CaseRedirected, case_id, client_ref, version, **facts)


def waitlisted(referral_id: UUID, case_id: UUID, client_ref: UUID, version: int) -> Any:
    facts = {"contact_due_at": START, "referral_id": referral_id, "team": None}
    return _of_case(CaseWaitlisted, case_id, client_ref, version, **facts)


def assigned(
    case_id: UUID, client_ref: UUID, opened_at: datetime, version: int = 2, **facts: Any
) -> Any:
    told = {
        "workers": [uuid4()],
        "opened_at": opened_at,
        "contact_due_at": opened_at,
        "county": "09",
        "municipality": "398",
    }
    return _of_case(CaseAssigned, case_id, client_ref, version, **(told | facts))


def closed(
    case_id: UUID, client_ref: UUID, closed_at: datetime, version: int = 5, **facts: Any
) -> Any:
    told = {"reason": "handed_over", "closed_at": closed_at, "alternative_service": "supported"}
    return _of_case(CaseClosed, case_id, client_ref, version, **(told | facts))


def imported(cases: Iterable[dict[str, Any]], county: str = "04") -> list[EventData]:
    """Past cases as the caseload service tells them, of what it puts on the topic."""
    told = []
    for case in cases:
        past = PastCase.model_validate(case)
        team = Team(id=past.team, county=county)
        client_ref = uuid5(NAMESPACE_OID, past.client_key)
        for message in history_of(past, team, client_ref).messages(START):
            told.append(_parsed(dict(message.headers)["ce_type"], message.value))
    return told


def _parsed(event_type: str, value: bytes) -> EventData:
    event = event_class(event_type)
    assert event is not None
    return event.model_validate_json(value)


def placed(placement_id: UUID, client_ref: UUID, version: int = 1, **facts: Any) -> Any:
    told = {
        "service_type": "supported",
        "production": "purchased",
        "channel": "on_site",
        "starts_on": "2022-02-01",
    }
    return CasePlaced.model_validate(
        _of_placement(placement_id, client_ref, version) | told | facts
    )


def placement_ended(placement_id: UUID, client_ref: UUID, version: int, ends_on: str) -> Any:
    common = _of_placement(placement_id, client_ref, version)
    return PlacementEnded.model_validate(common | {"ends_on": ends_on})


def _of_placement(placement_id: UUID, client_ref: UUID, version: int) -> dict[str, Any]:
    return {
        "aggregate_id": placement_id,
        "version": version,
        "occurred_at": START + timedelta(hours=version),
        "client_ref": client_ref,
        "team": TEAM,
        "county": "09",
    }
