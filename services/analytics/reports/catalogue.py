"""Every report by name. A new one is a module beside this one, and a line in each of the two."""

from enum import StrEnum

from services.analytics.reports import client_flow, referral_sources
from services.analytics.reports.report import Report


class ReportName(StrEnum):
    """The reports there are."""

    CLIENT_FLOW = "client-flow"
    REFERRAL_SOURCES = "referral-sources"


REPORTS: dict[ReportName, Report] = {
    ReportName.CLIENT_FLOW: client_flow.REPORT,
    ReportName.REFERRAL_SOURCES: referral_sources.REPORT,
}
