"""The dashboard over HTTP: who gets in, what is on the page, what the browser may do with it."""

import csv
import io
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from http.cookies import SimpleCookie

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.analytics.reports.catalogue import REPORTS
from shared.settings import KafkaSettings
from tests.integration.analytics.conftest import ALL, Service
from tests.integration.analytics.events import TEAM
from tests.integration.analytics.lived import YEAR, lived_service
from tests.support.databases import Databases

pytestmark = pytest.mark.xdist_group("dashboard")

READS = "reports:read"
Measured = Callable[[str, object], None]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
async def service(postgres: Databases, kafka: KafkaSettings) -> AsyncIterator[Service]:
    """A service in which a year was lived; the tests of this file only read."""
    async with lived_service(postgres, kafka) as lived:
        yield lived


def origin(service: Service) -> str:
    return str(service.http.base_url).rstrip("/")


async def log_in(service: Service, token: str, query: str = "", **headers: str) -> httpx.Response:
    sent = {**FORM, "Origin": origin(service), **headers}
    path = f"/dashboard/login{query}"
    return await service.http.post(path, content=f"token={token}", headers=sent)


async def look(service: Service, cookie: str, path: str = "/dashboard") -> httpx.Response:
    return await service.http.get(path, headers={"Cookie": f"nopsa_dashboard={cookie}"})


@pytest.mark.parametrize(
    ("language", "title"),
    [("fi", "Tiimien työ lukuina"), ("sv", "Teamens arbete i siffror"), ("en", "The teams' work")],
)
async def test_every_report_is_on_the_page_in_the_readers_language(
    service: Service, language: str, title: str, record_property: Measured
) -> None:
    began = time.perf_counter()
    headers = service.mint.headers(READS) | {"Accept-Language": language}
    answer = await service.http.get("/dashboard", params=YEAR, headers=headers)
    seconds = time.perf_counter() - began
    assert answer.status_code == 200
    page = answer.text
    assert f'<html lang="{language}">' in page
    assert title in page.replace("&#39;", "'")
    assert page.count('role="img"') == len(REPORTS) == page.count("<h3 ")
    assert len(set(re.findall(r'id="([^"]+)"', page))) == len(re.findall(r'id="([^"]+)"', page))
    record_property("measured", f"dashboard ({language}): {len(page)} bytes in {seconds:.2f} s")


async def charts(service: Service) -> Counter[str]:
    """How many charts were drawn so far, how many kept from before, and how many failed."""
    told = text_string_to_metric_families((await service.http.get("/metrics")).text)
    samples = (one for family in told for one in family.samples)
    return Counter(
        {
            one.labels["outcome"]: int(one.value)
            for one in samples
            if one.name == "nopsa_charts_total"
        }
    )


async def test_a_page_that_was_drawn_is_not_drawn_again(
    service: Service, record_property: Measured
) -> None:
    took, done = [], []
    for _ in range(2):
        began, before = time.perf_counter(), await charts(service)
        await service.get("/dashboard", READS, **YEAR, lang="sv", county="09")
        took.append(time.perf_counter() - began)
        done.append(await charts(service) - before)
    assert done[0]["drawn"] == done[1]["kept"] > 0
    assert done[1]["drawn"] == 0
    record_property("measured", f"dashboard: {took[0]:.2f} s new, {took[1]:.2f} s drawn before")


async def test_the_figures_are_those_of_the_interface(service: Service) -> None:
    for scopes in (READS, ALL):
        data = await service.data("client-flow", scopes, team=str(TEAM))
        page = (await service.get("/dashboard", scopes, **YEAR, team=str(TEAM), lang="en")).text
        for label, figure in (("All clients", "distinct_clients"), ("Ended", "ended")):
            text = "not shown" if data[figure] is None else f"{data[figure]:,}"
            assert f'<tr><th scope="row">{label}</th><td class="number">{text}</td>' in page


async def test_small_numbers_are_hidden_from_who_may_not_see_them(service: Service) -> None:
    outside = (await service.get("/dashboard", READS, **YEAR, lang="en")).text
    inside = (await service.get("/dashboard", ALL, **YEAR, lang="en")).text
    assert "not shown" in outside
    assert "not shown" not in inside


async def test_a_report_that_a_filter_cannot_narrow_shows_no_figures(service: Service) -> None:
    page = (await service.get("/dashboard", READS, **YEAR, municipality="398", lang="en")).text
    assert page.count("This report cannot be narrowed by: Municipality.") == 1
    assert page.count('role="img"') == len(REPORTS) - 1


async def test_a_wrong_choice_is_told_beside_the_form(service: Service) -> None:
    query = {"from": "2022-12-31", "to": "2022-01-01", "lang": "en"}
    answer = await service.get("/dashboard", READS, **query)
    assert answer.status_code == 422
    assert "Last day: this value cannot be used." in answer.text
    sent = {"team": '"><script>alert(1)</script>', "lang": "en"}
    answer = await service.get("/dashboard", READS, **sent)
    assert answer.status_code == 422
    assert "<script" not in answer.text


async def test_empty_fields_choose_nothing(service: Service) -> None:
    query = {**YEAR, "team": "", "county": "", "target": "", "lang": "fi"}
    assert (await service.get("/dashboard", READS, **query)).status_code == 200


async def test_who_is_not_logged_in_gets_the_form_and_comes_back_to_what_was_asked(
    service: Service,
) -> None:
    answer = await service.http.get("/dashboard?county=09&lang=sv&next=//evil.example")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/dashboard/login?county=09&lang=sv"
    form = await service.http.get(answer.headers["location"])
    assert form.status_code == 200
    assert 'action="/dashboard/login?county=09&amp;lang=sv"' in form.text
    done = await log_in(service, service.mint.token(READS), "?county=09&lang=sv")
    assert (done.status_code, done.headers["location"]) == (303, "/dashboard?county=09&lang=sv")


async def test_a_login_lasts_no_longer_than_its_token_and_no_script_can_read_it(
    service: Service,
) -> None:
    token = service.mint.token(READS, exp=int(time.time()) + 120)
    done = await log_in(service, token)
    [cookie] = SimpleCookie(done.headers["set-cookie"]).values()
    assert 100 < int(cookie["max-age"]) <= 120
    assert (cookie["path"], cookie["samesite"]) == ("/dashboard", "strict")
    assert cookie["httponly"]
    assert not cookie["secure"], "over plain HTTP to this very machine"
    assert (await look(service, cookie.value, "/dashboard?lang=fi")).status_code == 200
    far = await log_in(service, token, Host="reports.example", Origin="https://reports.example")
    assert "secure" in far.headers["set-cookie"].lower()


async def test_the_cookie_opens_nothing_but_the_dashboard(service: Service) -> None:
    refused = await look(service, service.mint.token(ALL), "/v1/reports")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("token", "status", "said"),
    [
        ({"scope": READS, "aud": "others"}, 401, "expired or is wrong"),
        ({"scope": READS, "exp": 1}, 401, "expired or is wrong"),
        ({"scope": "cases:read"}, 403, "reports:read"),
    ],
)
async def test_a_token_that_is_not_good_enough_sets_no_cookie(
    service: Service, token: dict[str, str], status: int, said: str
) -> None:
    claims = dict(token)
    made = service.mint.token(claims.pop("scope"), **claims)
    answer = await log_in(service, made, "?lang=en")
    assert answer.status_code == status
    assert said in answer.text
    assert "set-cookie" not in answer.headers
    assert made not in answer.text
    cookie = await look(service, made, "/dashboard?lang=en")
    assert cookie.status_code == (303 if status == 401 else 403)


@pytest.mark.parametrize("place", ["login", "logout"])
@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
async def test_a_form_of_another_site_is_refused(
    service: Service, place: str, headers: dict[str, str]
) -> None:
    sent = f"token={service.mint.token(READS)}"
    answer = await service.http.post(f"/dashboard/{place}", content=sent, headers=FORM | headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_logging_out_forgets_the_token(service: Service) -> None:
    headers = {"Origin": origin(service)}
    answer = await service.http.post("/dashboard/logout", headers=headers)
    assert answer.status_code == 303
    [cookie] = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie.value, cookie["max-age"]) == ("", "0")


async def test_a_bad_bearer_token_gets_the_document_that_programs_read(service: Service) -> None:
    answer = await service.http.get("/dashboard", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    lacking = await service.get("/dashboard", "cases:read", lang="en")
    assert lacking.status_code == 403
    assert "reports:read" in lacking.text


async def test_the_browser_may_run_nothing_keep_nothing_and_show_it_in_no_frame(
    service: Service,
) -> None:
    for path in ("/dashboard?lang=fi", "/dashboard/login", "/dashboard/reports/endings.svg"):
        answer = await service.get(path, READS)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert " style=" not in answer.text
        assert "<script" not in answer.text


async def test_a_report_can_be_had_as_a_file(service: Service) -> None:
    token, asked = service.mint.token(READS), "?from=2022-01-01&to=2022-12-31&lang=fi"
    answers = {
        ending: await look(service, token, f"/dashboard/reports/endings.{ending}{asked}")
        for ending in ("csv", "json", "svg")
    }
    for ending, answer in answers.items():
        assert f"endings_2022-01-01_2022-12-31.{ending}" in answer.headers["content-disposition"]
    rows = answers["json"].json()["data"]["rows"]
    listed = list(csv.DictReader(io.StringIO(answers["csv"].text)))
    assert [row["closing_reason"] for row in listed] == [row["closing_reason"] for row in rows]
    assert "Miksi asiakkuudet päättyivät" in answers["svg"].text
    assert (await look(service, token, "/dashboard/reports/moods.csv")).status_code == 404
    assert (await look(service, "", "/dashboard/reports/endings.csv")).status_code == 401


async def test_a_report_is_a_chart_for_who_asks_for_one(service: Service) -> None:
    headers = service.mint.headers(READS) | {"Accept": "image/svg+xml", "Accept-Language": "fi"}
    answer = await service.http.get("/v1/reports/client-flow", params=YEAR, headers=headers)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-language"] == "fi"
    assert answer.headers["vary"] == "Accept, Accept-Language"
    assert "<title" in answer.text
    assert "Asiakasvirta" in answer.text


async def test_definitions_and_notes_are_in_the_readers_language_and_codes_are_codes(
    service: Service,
) -> None:
    told = {}
    for language in ("fi", "sv", "en", "de"):
        headers = service.mint.headers(READS) | {"Accept-Language": language}
        listed = (await service.http.get("/v1/reports", headers=headers)).json()["items"]
        path = "/v1/reports/counterfactual-cost"
        one = (await service.http.get(path, params=YEAR, headers=headers)).json()
        assert one["definition"] == next(
            item["definition"] for item in listed if item["name"] == "counterfactual-cost"
        )
        told[language] = one
    assert len({one["definition"] for one in told.values()}) == 3
    assert told["de"]["definition"] == told["en"]["definition"]
    assert "yksittäisestä ihmisestä" in told["fi"]["notes"][0]
    assert any("prices of 2022" in said for said in told["en"]["data"]["assumptions"])
    assert any("vuoden 2022 hinnat" in said for said in told["fi"]["data"]["assumptions"])
    assert told["fi"]["data"]["rows"] == told["en"]["data"]["rows"]
