"""Every report by name. A new one is a module beside this one, and a line in each of the two."""

from enum import StrEnum

from services.analytics.reports import (
    age_groups,
    client_flow,
    consents,
    contact_times,
    counterfactual_cost,
    durations,
    endings,
    goals,
    handovers,
    housing_outcomes,
    mobile_share,
    motivation,
    multi_service,
    referral_sources,
    segments,
    service_gaps,
    service_ladder,
    throughput,
    visits,
)
from services.analytics.reports.report import Report


class ReportName(StrEnum):
    """The reports there are."""

    CLIENT_FLOW = "client-flow"
    REFERRAL_SOURCES = "referral-sources"
    ENDINGS = "endings"
    DURATIONS = "durations"
    CONTACT_TIMES = "contact-times"
    VISITS = "visits"
    THROUGHPUT = "throughput"
    SERVICE_LADDER = "service-ladder"
    MOBILE_SHARE = "mobile-share"
    COUNTERFACTUAL_COST = "counterfactual-cost"
    SERVICE_GAPS = "service-gaps"
    HANDOVERS = "handovers"
    HOUSING_OUTCOMES = "housing-outcomes"
    GOALS = "goals"
    MOTIVATION = "motivation"
    CONSENTS = "consents"
    SEGMENTS = "segments"
    AGE_GROUPS = "age-groups"
    MULTI_SERVICE = "multi-service"


REPORTS: dict[ReportName, Report] = {
    ReportName.CLIENT_FLOW: client_flow.REPORT,
    ReportName.REFERRAL_SOURCES: referral_sources.REPORT,
    ReportName.ENDINGS: endings.REPORT,
    ReportName.DURATIONS: durations.REPORT,
    ReportName.CONTACT_TIMES: contact_times.REPORT,
    ReportName.VISITS: visits.REPORT,
    ReportName.THROUGHPUT: throughput.REPORT,
    ReportName.SERVICE_LADDER: service_ladder.REPORT,
    ReportName.MOBILE_SHARE: mobile_share.REPORT,
    ReportName.COUNTERFACTUAL_COST: counterfactual_cost.REPORT,
    ReportName.SERVICE_GAPS: service_gaps.REPORT,
    ReportName.HANDOVERS: handovers.REPORT,
    ReportName.HOUSING_OUTCOMES: housing_outcomes.REPORT,
    ReportName.GOALS: goals.REPORT,
    ReportName.MOTIVATION: motivation.REPORT,
    ReportName.CONSENTS: consents.REPORT,
    ReportName.SEGMENTS: segments.REPORT,
    ReportName.AGE_GROUPS: age_groups.REPORT,
    ReportName.MULTI_SERVICE: multi_service.REPORT,
}
