"""Code lists that cross a boundary, in the field's standard words (see README, "Words").

A code once published keeps its meaning; new ones may be added.
"""

from enum import StrEnum


class PartnerKind(StrEnum):
    """Who may refer."""

    LANDLORD = "landlord"
    PRISON = "prison"
    PROBATION = "probation"
    HOSPITAL_WARD = "hospital_ward"
    HEALTH_CENTRE = "health_centre"
    ADULT_SOCIAL_WORK = "adult_social_work"
    SUBSTANCE_SERVICE = "substance_service"
    CHILD_WELFARE = "child_welfare"
    POLICE = "police"
    SOCIAL_EMERGENCY = "social_emergency"
    IMMIGRATION_SERVICE = "immigration_service"
    EMPLOYMENT_SERVICE = "employment_service"
    NGO = "ngo"
    RELATIVE = "relative"
    SELF = "self"
    OTHER = "other"


AUTHORITY_KINDS = frozenset(
    {
        PartnerKind.PRISON,
        PartnerKind.PROBATION,
        PartnerKind.HOSPITAL_WARD,
        PartnerKind.HEALTH_CENTRE,
        PartnerKind.ADULT_SOCIAL_WORK,
        PartnerKind.SUBSTANCE_SERVICE,
        PartnerKind.CHILD_WELFARE,
        PartnerKind.POLICE,
        PartnerKind.SOCIAL_EMERGENCY,
    }
)
"""Social, health, prison, probation and police: the kinds that may learn what became of a
referral. All others may learn it only by the client's consent."""


class Urgency(StrEnum):
    """How fast the team should make contact; hours are the team's policy."""

    IMMEDIATE = "immediate"
    URGENT = "urgent"
    ROUTINE = "routine"


class LawfulBasis(StrEnum):
    """On what basis the person was referred (Social Welfare Act 1301/2014, section 35)."""

    CONSENT = "consent"
    DUTY_TO_NOTIFY = "duty_to_notify"
    SELF = "self"
    PRIVATE_NOTIFIER = "private_notifier"


class Reason(StrEnum):
    """Why the person is referred."""

    HOUSING_LOSS_RISK = "housing_loss_risk"
    HOMELESSNESS = "homelessness"
    RENT_ARREARS = "rent_arrears"
    SUBSTANCE_USE = "substance_use"
    MENTAL_HEALTH = "mental_health"
    DEBT = "debt"
    RELEASE = "release"
    DISCHARGE = "discharge"
    ISOLATION = "isolation"
    DAILY_LIVING = "daily_living"
    VIOLENCE = "violence"
    NEIGHBOUR_DISTURBANCE = "neighbour_disturbance"
    OTHER = "other"


class HousingStatus(StrEnum):
    """Homelessness types of ARA's statistics, with `at_risk`, `housed` and `unknown`."""

    AT_RISK = "at_risk"
    OUTDOORS = "outdoors"
    HOSTEL = "hostel"
    INSTITUTION = "institution"
    RELEASED_WITHOUT_HOUSING = "released_without_housing"
    WITH_FRIENDS = "with_friends"
    HOUSED = "housed"
    UNKNOWN = "unknown"


class EvictionStage(StrEnum):
    """How far an eviction has gone."""

    NONE = "none"
    WARNING = "warning"
    COURT = "court"
    ORDER = "order"
    ENFORCEMENT = "enforcement"


class AgeGroup(StrEnum):
    """The coarsest age that routing, the statutory clock and reports need."""

    UNDER_18 = "under_18"
    FROM_18_TO_29 = "18-29"
    FROM_30_TO_64 = "30-64"
    FROM_65_TO_75 = "65-75"
    OVER_75 = "over_75"
    UNKNOWN = "unknown"


class ReferralStatus(StrEnum):
    """Status of a referral in HL7 Task's words."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class BusinessStatus(StrEnum):
    """Where the work is, in the teams' own words (HL7 Task.businessStatus)."""

    REDIRECTED = "redirected"
    WAITLISTED = "waitlisted"
    CONTACT_ATTEMPTED = "contact_attempted"
    CONTACTED = "contacted"
    ASSESSMENT = "assessment"
    SUPPORT = "support"
    HANDOVER_PROPOSED = "handover_proposed"
    HANDOVER_ACCOMPANIED = "handover_accompanied"
    HANDOVER_CONFIRMED = "handover_confirmed"
    RETURNED = "returned"
    ENDED = "ended"


class RedirectReason(StrEnum):
    """Why a partner's agreement sends a referral to the county's guidance unit. It is taken all
    the same."""

    OVER_QUOTA = "over_quota"
    OUTSIDE_AGREEMENT = "outside_agreement"


class AmendedField(StrEnum):
    """What a sender may change of a referral it sent."""

    URGENCY = "urgency"
    CLIENT = "client"
    HOUSING = "housing"
    REASONS = "reasons"
    NARRATIVE = "narrative"
    LEAVES_INSTITUTION_ON = "leaves_institution_on"
    CONTACT_PERSON = "contact_person"
    TEAM = "team"


class CancellationReason(StrEnum):
    """Why a sender takes a referral back."""

    NO_LONGER_NEEDED = "no_longer_needed"
    CLIENT_DECLINED = "client_declined"
    HELPED_ELSEWHERE = "helped_elsewhere"
    MOVED_AWAY = "moved_away"
    DECEASED = "deceased"
    DUPLICATE = "duplicate"
    OTHER = "other"


class ErrorReason(StrEnum):
    """Why a referral should never have been sent."""

    WRONG_PERSON = "wrong_person"
    WRONG_DETAILS = "wrong_details"
    DUPLICATE = "duplicate"
    SENT_BY_MISTAKE = "sent_by_mistake"
    OTHER = "other"


class CaseStatus(StrEnum):
    """Status of a case."""

    ASSIGNED = "assigned"
    CONTACTING = "contacting"
    CONTACTED = "contacted"
    ASSESSMENT = "assessment"
    SUPPORT = "support"
    TAPERING = "tapering"
    HANDOVER = "handover"
    CLOSED = "closed"


class Profession(StrEnum):
    """A worker's profession."""

    SOCIAL_WORKER = "social_worker"
    SOCIAL_COUNSELLOR = "social_counsellor"
    PSYCHIATRIC_NURSE = "psychiatric_nurse"
    PEER_WORKER = "peer_worker"
    OTHER = "other"


class Sector(StrEnum):
    """Whose employee a worker is, and whose record a document belongs to."""

    SOCIAL = "social"
    HEALTH = "health"


class ContactChannel(StrEnum):
    """How a contact was tried."""

    PHONE = "phone"
    MESSAGE = "message"
    VISIT = "visit"
    OUTREACH = "outreach"
    PARTNER = "partner"
    OTHER = "other"


class ContactOutcome(StrEnum):
    """What came of a contact attempt; only `reached` is a contact."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    WRONG_DETAILS = "wrong_details"
    REFUSED = "refused"
    LEFT_MESSAGE = "left_message"


class ClosingReason(StrEnum):
    """Why a case ended."""

    HANDED_OVER = "handed_over"
    GOALS_ATTAINED = "goals_attained"
    CLIENT_WITHDREW = "client_withdrew"
    NOT_REACHED = "not_reached"
    MOVED_AWAY = "moved_away"
    OTHER_SERVICE = "other_service"
    DECEASED = "deceased"
    OTHER = "other"
    REFERRAL_CANCELLED = "referral_cancelled"


class AlternativeService(StrEnum):
    """What would have been given instead, had this service not been there."""

    ROUND_THE_CLOCK = "round_the_clock"
    COMMUNAL = "communal"
    SUPPORTED = "supported"
    OTHER_OPEN_CARE = "other_open_care"
    NONE = "none"


class ConsentDirection(StrEnum):
    """From whom to whom information may flow; each direction is a consent of its own."""

    SOCIAL_TO_HEALTH = "social_to_health"
    HEALTH_TO_SOCIAL = "health_to_social"
    TO_PARTNER = "to_partner"


class DocumentKind(StrEnum):
    """A document that belongs into both records where the client permits it. The code is also its
    class of data in a consent's targets."""

    CONSENT_FORM = "consent_form"
    JOINT_PLAN = "joint_plan"
    HANDOVER_SUMMARY = "handover_summary"


class PartnerFact(StrEnum):
    """What a client may consent to tell a partner that is not an authority."""

    CONTACTED = "contacted"
    ENDED = "ended"


class GoalArea(StrEnum):
    """What a small goal of a client's plan is about."""

    HOUSING = "housing"
    MONEY = "money"
    BENEFITS = "benefits"
    DAILY_LIVING = "daily_living"
    SUBSTANCE_USE = "substance_use"
    MENTAL_HEALTH = "mental_health"
    PHYSICAL_HEALTH = "physical_health"
    PEOPLE = "people"
    WORK_AND_STUDY = "work_and_study"
    SERVICES = "services"
    OTHER = "other"


class VisitLocation(StrEnum):
    """Where client and worker meet."""

    HOME = "home"
    OUTSIDE = "outside"
    OFFICE = "office"
    REMOTE = "remote"


class VisitCancelledBy(StrEnum):
    """Who called a booked visit off."""

    CLIENT = "client"
    TEAM = "team"


class VisitCancelReason(StrEnum):
    """Why a booked visit did not take place."""

    NO_SHOW = "no_show"
    ILLNESS = "illness"
    NOT_WANTED = "not_wanted"
    RESCHEDULED = "rescheduled"
    WORKER_ABSENT = "worker_absent"
    CASE_CLOSED = "case_closed"
    OTHER = "other"


class HandoverDecline(StrEnum):
    """Why a receiving service does not take a client over."""

    NO_ROOM = "no_room"
    NOT_TARGET_GROUP = "not_target_group"
    OTHER_SERVICE_FITS = "other_service_fits"
    OTHER = "other"


class HandoverFailure(StrEnum):
    """Why a handover came to nothing; `no_answer` is found by the clock, not by a person."""

    NO_ANSWER = "no_answer"
    CLIENT_WITHDREW = "client_withdrew"
    CLIENT_NOT_REACHED = "client_not_reached"
    RECEIVER_WITHDREW = "receiver_withdrew"
    CASE_CLOSED = "case_closed"
    OTHER = "other"


class HousingService(StrEnum):
    """A step of the service ladder: support to the own home, and the housing services of the
    Social Welfare Act 1301/2014, sections 21-21 c."""

    HOME_SUPPORT = "home_support"
    SUPPORTED = "supported"
    COMMUNAL = "communal"
    ROUND_THE_CLOCK = "round_the_clock"
    TEMPORARY = "temporary"


class Production(StrEnum):
    """Who produces a service: the county itself, or a producer it buys from."""

    OWN = "own"
    PURCHASED = "purchased"


class ServiceChannel(StrEnum):
    """How a service is given: at its own place, where the client is, or digitally."""

    ON_SITE = "on_site"
    MOBILE = "mobile"
    DIGITAL = "digital"


class GapStatus(StrEnum):
    """Status of a gap seen in the service system."""

    REPORTED = "reported"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class IntakeState(StrEnum):
    """Whether a team takes referrals of a partner kind."""

    OPEN = "open"
    PAUSED = "paused"


class AbsenceKind(StrEnum):
    """Why a worker takes no new cases for a while. Stays within the caseload service."""

    LEAVE = "leave"
    SICKNESS = "sickness"
    TRAINING = "training"
    OTHER = "other"


class ReassignmentReason(StrEnum):
    """Why a case got other workers."""

    WORKLOAD = "workload"
    ABSENCE = "absence"
    WORKER_LEFT = "worker_left"
    COMPETENCE = "competence"
    LANGUAGE = "language"
    CLIENT_WISH = "client_wish"
    OTHER = "other"


class DisclosedClass(StrEnum):
    """Of what kind the client's data were that somebody used or was told."""

    IDENTITY = "identity"
    REFERRAL = "referral"
    CASE = "case"
    HANDOVER = "handover"
    PLACEMENT = "placement"
    SERVICE_PATH = "service_path"
    CONSENT = "consent"
    DOCUMENT = "document"
    LOG = "log"
    OTHER = "other"
