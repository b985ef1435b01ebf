"""What is shown of a case beyond its status, from its row in the life of cases."""

from collections.abc import Mapping
from typing import TypedDict
from uuid import UUID

from services.caseload.assessments.schemas import AssessmentView
from services.caseload.cadence.schemas import CadenceView
from services.caseload.housing.schemas import HousingView
from services.caseload.motivation.queries import view_of as motivation_of
from services.caseload.motivation.schemas import MotivationView
from services.caseload.notices import Notice, Sign, notice
from services.caseload.segments.schemas import SegmentView
from services.caseload.tables import CaseLife
from shared.contracts.codes import HousingStatus, Sector


class Living(TypedDict):
    """The fields of a case's view that its life gives."""

    previous_case: UUID | None
    assessment: AssessmentView | None
    motivation: MotivationView | None
    cadence: CadenceView | None
    housing: HousingView | None
    segment: SegmentView | None
    open_questions: list[Notice]
    flags: list[Notice]


def views_of(life: CaseLife, signs: Mapping[Sign, bool]) -> Living:
    """The views of a case's life; `signs` are those that stand elsewhere."""
    return Living(
        previous_case=life.previous_case,
        assessment=_assessment(life),
        motivation=motivation_of(life),
        cadence=_cadence(life),
        housing=_housing(life),
        segment=_segment(life),
        open_questions=_signs({Sign.CONSENT_TO_BE_ASKED: life.consent_to_ask}),
        flags=_signs(
            {
                Sign.CONTACT_ESCALATED: life.contact_escalated,
                **signs,
                Sign.NURSE_MEETINGS_EXCEEDED: life.over_nurse_limit,
            }
        ),
    )


def _assessment(life: CaseLife) -> AssessmentView | None:
    if life.assessment_started_at is None:
        return None
    joint = life.assessment_joint_with
    return AssessmentView(
        started_at=life.assessment_started_at,
        completed_at=life.assessment_completed_at,
        joint_with=Sector(joint) if joint else None,
    )


def _cadence(life: CaseLife) -> CadenceView | None:
    if life.days_between_visits is None:
        return None
    return CadenceView(days_between=life.days_between_visits, tapering=life.tapering)


def _housing(life: CaseLife) -> HousingView | None:
    if life.housing_status is None:
        return None
    return HousingView(status=HousingStatus(life.housing_status), since=life.housing_since)


def _segment(life: CaseLife) -> SegmentView | None:
    if life.support_need is None or life.complexity is None:
        return None
    return SegmentView(support_need=life.support_need, complexity=life.complexity)


def _signs(given: dict[Sign, bool]) -> list[Notice]:
    return [notice(sign) for sign, is_given in given.items() if is_given]
