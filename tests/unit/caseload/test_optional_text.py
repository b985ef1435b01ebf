"""A text that may be left out may also be sent as null."""

from uuid import uuid4

from services.caseload.consultations.schemas import ConsultationBody
from services.caseload.goals.schemas import GoalBody
from services.caseload.handovers.schemas import Receiver


def test_a_consultation_without_text() -> None:
    sent = {"team": uuid4(), "asked_by_kind": "ngo", "topics": ["debt"], "minutes": 5}
    body = ConsultationBody.model_validate({**sent, "on": "2026-03-02", "text": None})
    assert body.text is None


def test_a_goal_without_text() -> None:
    assert GoalBody.model_validate({"area": "housing", "text": None}).text is None


def test_a_receiver_with_an_id_alone() -> None:
    assert Receiver.model_validate({"id": str(uuid4()), "name": None}).name is None
