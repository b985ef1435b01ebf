"""What may be told whatever the client permits or forbids, each right with the law that gives it.

Data, to be read by a lawyer before it is relied on: sections 35 (1301/2014) and 25 (417/2007) were
compared with their wording as enacted, later amendments and the other acts were not. A right is
relied on by whoever asks (`statutory_right` of the question), who answers for its facts;
`same_register` alone follows from who they are.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.consent.decisions.asking import Purpose, RequesterSector
from shared.contracts.codes import ConsentDirection

D = ConsentDirection
S = RequesterSector


class RightCode(StrEnum):
    """The rights, as decisions name them."""

    SAME_REGISTER = "same_register"
    DANGER_TO_LIFE = "danger_to_life"
    CHILD_PROTECTION = "child_protection"
    SUPPORT_NEED = "support_need"
    OLDER_PERSON = "older_person"


class ClaimedRight(StrEnum):
    """Those that one may rely on by saying so."""

    DANGER_TO_LIFE = RightCode.DANGER_TO_LIFE.value
    CHILD_PROTECTION = RightCode.CHILD_PROTECTION.value
    SUPPORT_NEED = RightCode.SUPPORT_NEED.value
    OLDER_PERSON = RightCode.OLDER_PERSON.value


@dataclass(frozen=True)
class Right:
    """In which directions, to whom and for what a law lets tell; `says` is its content in short."""

    law: str
    says: str
    directions: frozenset[ConsentDirection]
    receivers: frozenset[RequesterSector]
    purposes: frozenset[Purpose]


_CARE = frozenset({Purpose.CARE, Purpose.COORDINATION})
_TO_SOCIAL = (frozenset({D.HEALTH_TO_SOCIAL}), frozenset({S.SOCIAL}))

RIGHTS: dict[RightCode, Right] = {
    RightCode.SAME_REGISTER: Right(
        "Act on the Processing of Client Data in Healthcare and Social Welfare (703/2023)",
        "Who produces a service for the organiser handles its clients' data in the organiser's own "
        "register. Nothing is disclosed, so there is nothing to consent to or to deny.",
        frozenset({D.SOCIAL_TO_HEALTH, D.HEALTH_TO_SOCIAL}),
        frozenset(S),
        frozenset(Purpose),
    ),
    RightCode.DANGER_TO_LIFE: Right(
        "General Data Protection Regulation (EU) 2016/679, Article 9(2)(c)",
        "Vital interests of the client or of another person, while the client is physically or "
        "legally incapable of giving consent.",
        frozenset({D.SOCIAL_TO_HEALTH, D.HEALTH_TO_SOCIAL}),
        frozenset({S.SOCIAL, S.HEALTH}),
        _CARE,
    ),
    RightCode.CHILD_PROTECTION: Right(
        "Child Welfare Act (417/2007), section 25",
        "Duty to notify of a child whose need of protection has to be looked into, secrecy "
        "notwithstanding.",
        *_TO_SOCIAL,
        _CARE,
    ),
    RightCode.SUPPORT_NEED: Right(
        "Social Welfare Act (1301/2014), section 35",
        "Contact for an assessment of the need of support; without the client's consent where they "
        "are evidently unable to answer for their own care, health or safety, or a child's "
        "interest absolutely requires it.",
        *_TO_SOCIAL,
        _CARE,
    ),
    RightCode.OLDER_PERSON: Right(
        "Act on Supporting the Functional Capacity of the Older Population (980/2012), section 25",
        "Duty to notify of an older person who is evidently unable to answer for their own care, "
        "health or safety.",
        *_TO_SOCIAL,
        _CARE,
    ),
}
