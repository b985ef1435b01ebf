"""Plain words for why an assignment was made as it was."""

from services.caseload.assignment.rules import Why

WORDS: dict[Why, str] = {
    Why.WISHED: "The sender wished for this team.",
    Why.SERVES: "The team covers the client's municipality and serves their target group.",
    Why.MUNICIPALITY_NOT_COVERED: "No team, or not this one, covers the client's municipality.",
    Why.TARGET_GROUP_NOT_SERVED: "The client is not of the target groups that are served here.",
    Why.GUIDANCE_UNIT_ASKED_LAST: "A guidance unit is asked only when no team serves the client.",
    Why.GUIDANCE_UNIT_OF_COUNTY: "It is the guidance unit of the client's county.",
    Why.CHOSEN: "Chosen: the best score among those with room.",
    Why.CHOSEN_IN_PAIR: "Chosen for the work pair: the best score with room in their sector.",
    Why.NO_ROOM: "No room: as many open cases as the capacity allows.",
    Why.LOWER_SCORE: "Room, but somebody else scored better, or as well with a smaller id.",
    Why.OTHER_TEAM_FIRST: "Room, but a team before this one in line had room too.",
    Why.TEAM_NOT_IN_LINE: "The worker's team was not in line for this client.",
    Why.LANGUAGE_SPOKEN: "Speaks the client's language.",
    Why.LANGUAGE_NOT_SPOKEN: "Does not speak the client's language.",
    Why.PAIR_NEEDED: "The reasons ask for both social and health work: a work pair has the case.",
    Why.PAIR_INCOMPLETE: "The reasons ask for a work pair, but only one sector had room: one "
    "worker begins.",
    Why.REDIRECTED: "No team of the county could take the client: redirected to its guidance unit.",
    Why.WAITS_FOR_ROOM: "Everybody in line is full: the client waits and is next by urgency.",
    Why.NO_TEAM: "No team and no guidance unit serves the client: the place in line is kept.",
}
