"""Every ground that an assignment, or a place in line, can have; words are in `wording`."""

from enum import StrEnum


class Why(StrEnum):
    """Why a team or a worker was chosen or was not, or why a client is where they are in line."""

    WISHED = "wished_team"
    SERVES = "serves_the_client"
    MUNICIPALITY_NOT_COVERED = "municipality_not_covered"
    TARGET_GROUP_NOT_SERVED = "target_group_not_served"
    INTAKE_PAUSED = "intake_paused"
    OVER_QUOTA = "over_quota"
    OUTSIDE_AGREEMENT = "outside_agreement"
    TAKES_OVER = "takes_over"
    GUIDANCE_UNIT_ASKED_LAST = "guidance_unit_asked_last"
    GUIDANCE_UNIT_OF_COUNTY = "guidance_unit_of_county"
    TEAM_NOT_IN_LINE = "team_not_in_line"

    CHOSEN = "chosen"
    CHOSEN_IN_PAIR = "chosen_in_pair"
    ABSENT = "absent"
    NO_ROOM = "no_room"
    LOWER_SCORE = "lower_score"
    OTHER_TEAM_FIRST = "other_team_first"
    NOT_PICKED = "not_picked"

    EARLIER_WORKER = "earlier_worker"
    PROFESSION_ASKED_FOR = "profession_asked_for"
    OTHER_PROFESSION = "other_profession"
    LANGUAGE_SPOKEN = "language_spoken"
    LANGUAGE_NOT_SPOKEN = "language_not_spoken"
    COMPETENCE_FITS = "competence_fits"
    PART_TIME = "part_time"

    PAIR_NEEDED = "pair_needed"
    PAIR_INCOMPLETE = "pair_incomplete"
    REDIRECTED = "redirected_to_guidance_unit"
    REDIRECTED_TO_TEAM = "redirected_to_team"
    WAITS_FOR_ROOM = "waits_for_room"
    WAITS_FOR_INTAKE = "waits_for_intake"
    NO_TEAM = "no_team_serves_the_client"
    LIVES_ELSEWHERE = "lives_elsewhere_now"
    REASSIGNED = "reassigned"
    BEYOND_CAPACITY = "beyond_capacity"

    IMMEDIATE = "urgency_immediate"
    URGENT = "urgency_urgent"
    ROUTINE = "urgency_routine"
    AGED = "waited_long"
    LEAVES_SOON = "leaves_institution_soon"
    LONGEST_FIRST = "longest_waiting_first"
    MOVED = "moved_by_lead"
