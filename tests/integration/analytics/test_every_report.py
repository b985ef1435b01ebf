"""Every report answers, empty or not, and takes every filter and option that it lists."""

from services.analytics.reports.catalogue import REPORTS
from tests.integration.analytics.conftest import Service
from tests.integration.analytics.events import TEAM

VALUES = {
    "team": str(TEAM),
    "county": "09",
    "municipality": "398",
    "source_kind": "prison",
    "age_group": "30-64",
    "on": "2022-06-30",
    "split_on": "2022-06-30",
    "target": "0.4",
    "price_year": "2024",
}


async def test_a_report_of_nothing_is_no_error_with_any_filter(service: Service) -> None:
    for name, report in REPORTS.items():
        for taken in ((), (*report.filters, *report.options)):
            asked = {each: VALUES[each] for each in taken}
            data = await service.data(name, **asked)
            assert await service.data(name, "reports:read", **asked) == data, "nothing to hide"
            for row in data.get("rows", []):
                assert set(row) <= set(report.columns)
