"""The dashboard as people meet it: in Chromium, without scripts, on a telephone and on paper."""

import re
from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from services.analytics.reports.catalogue import REPORTS
from shared.settings import KafkaSettings
from tests.integration.analytics.conftest import Service
from tests.integration.analytics.lived import YEAR, lived_service
from tests.support.databases import Databases
from tests.support.programs import needed

pytestmark = pytest.mark.browser

READS = "reports:read"
PERIOD = f"from={YEAR['from']}&to={YEAR['to']}"
MONTH = "from=2022-03-01&to=2022-03-31"
FLAWS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
async def service(postgres: Databases, kafka: KafkaSettings) -> AsyncIterator[Service]:
    """A service in which a year was lived."""
    needed("chromium", comes_by="apt-get install chromium")
    async with lived_service(postgres, kafka) as lived:
        yield lived


@pytest.fixture(scope="module")
async def browser(service: Service) -> AsyncIterator[Browser]:
    """Debian's Chromium; it has no sandbox for root."""
    program = needed("chromium", comes_by="apt-get install chromium")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield started
        await started.close()


async def opened(
    browser: Browser,
    service: Service,
    width: int = 1280,
    *,
    scripts: bool = False,
    period: str = PERIOD,
) -> Page:
    """The dashboard, logged in by the form, in a window of that width."""
    context: BrowserContext = await browser.new_context(
        base_url=str(service.http.base_url),
        java_script_enabled=scripts,
        bypass_csp=scripts,
        locale="fi-FI",
        viewport={"width": width, "height": 800},
    )
    page = await context.new_page()
    await page.goto(f"/dashboard?{period}")
    await page.get_by_label("Pääsytunniste").fill(service.mint.token(READS))
    await page.get_by_role("button", name="Kirjaudu sisään").click()
    await page.get_by_role("heading", name="Tiimien työ lukuina").wait_for()
    await page.wait_for_load_state()
    return page


async def test_it_is_read_narrowed_and_left_without_any_script(
    browser: Browser, service: Service
) -> None:
    page = await opened(browser, service)
    assert page.url.endswith(f"/dashboard?{PERIOD}&lang=fi")
    assert await page.get_by_role("img").count() == len(REPORTS)
    await page.get_by_role("link", name="Svenska").click()
    assert await page.locator("html").get_attribute("lang") == "sv"
    assert f"{PERIOD}&lang=sv" in page.url, "what was chosen is still chosen"
    await page.locator("summary", has_text="Avgränsa").click()
    await page.get_by_label("Kommun").select_option(label="Lahtis")
    await page.get_by_role("button", name="Visa").click()
    assert "municipality=398" in page.url
    assert await page.get_by_text("kan inte avgränsas så: Kommun").count() == 1
    await page.get_by_role("button", name="Logga ut").click()
    assert await page.get_by_role("heading", name="Logga in").count() == 1
    await page.goto("/dashboard")
    assert "/dashboard/login" in page.url
    await page.context.close()


async def test_on_a_telephone_nothing_is_wider_than_the_screen(
    browser: Browser, service: Service
) -> None:
    page = await opened(browser, service, width=360, scripts=True)
    await page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    sizes = await page.evaluate(
        "[...document.querySelectorAll('figure svg text')].map(each =>"
        " parseFloat(each.getAttribute('font-size')) * each.getScreenCTM().a)"
    )
    assert min(sizes) >= 9, "no letters too small to read"
    await page.context.close()


async def test_on_paper_every_table_is_open(browser: Browser, service: Service) -> None:
    page = await opened(browser, service, scripts=True)
    table = page.locator("#client-flow table")
    assert not await table.is_visible()
    await page.emulate_media(media="print")
    tables = page.locator("article table")
    assert await tables.count() > len(REPORTS)
    for number in range(await tables.count()):
        assert await tables.nth(number).is_visible()
    assert not await page.get_by_role("button", name="Kirjaudu ulos").is_visible()
    paper = await page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) > 3
    await page.context.close()


async def test_the_keyboard_reaches_the_filters_and_opens_a_table(
    browser: Browser, service: Service
) -> None:
    page = await opened(browser, service, scripts=True)
    await page.keyboard.press("Tab")
    assert await focused(page) == "Siirry sisältöön"
    reached = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        reached.append(await focused(page))
        if reached[-1] == "Rajaa":
            await page.keyboard.press("Enter")
        if reached[-1].startswith("Luvut taulukkona"):
            break
    await page.keyboard.press("Enter")
    for part in ("Svenska", "Kirjaudu ulos", "Rajaa", "from", "team", "target", "Näytä"):
        assert part in reached
    assert await page.locator("#client-flow table").is_visible()
    await page.context.close()


async def focused(page: Page) -> str:
    """What has the focus, by its name or its text."""
    return str(
        await page.evaluate(
            "(document.activeElement.name || document.activeElement.innerText).trim()"
        )
    )


async def test_axe_finds_nothing_amiss(browser: Browser, service: Service) -> None:
    page = await opened(browser, service, scripts=True, period=MONTH)
    await page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = await Axe().run(page, options=FLAWS)
    assert found.violations_count == 0, found.generate_report()
    await page.goto("/dashboard/login")
    found = await Axe().run(page, options=FLAWS)
    assert found.violations_count == 0, found.generate_report()
    await page.context.close()
