"""The process that draws: it holds nobody up, and a new one takes over when it dies."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from services.analytics.charts.pictures import Picture, picture
from services.analytics.charts.renderer import Renderer
from services.analytics.reports.catalogue import ReportName
from shared.problems import UNAVAILABLE, Problem

pytestmark = pytest.mark.xdist_group("dashboard")


@pytest.fixture(scope="module")
async def renderer() -> AsyncIterator[Renderer]:
    """One that has drawn already."""
    made = Renderer()
    await made.svg(chart(1))
    yield made
    await made.close()


def chart(cases: int) -> Picture:
    rows = [{"closing_reason": "other", "cases": cases, "share": 1.0}]
    return picture(ReportName.ENDINGS, {"rows": rows}, "2022", "en")


async def test_a_new_process_draws_when_the_old_one_died(renderer: Renderer) -> None:
    assert renderer._process is not None
    renderer._process.kill()
    await renderer._process.wait()
    assert ">7</text>" in await renderer.svg(chart(7))


async def test_what_cannot_be_drawn_is_a_problem_and_the_next_is_drawn(renderer: Renderer) -> None:
    with pytest.raises(Problem) as refused:
        await renderer.svg(replace(chart(5), notes=(None,)))
    assert refused.value.kind is UNAVAILABLE
    assert ">8</text>" in await renderer.svg(chart(8))


async def test_a_caller_that_gives_up_gets_nobody_elses_picture(renderer: Renderer) -> None:
    impatient = asyncio.create_task(renderer.svg(chart(21)))
    await asyncio.sleep(0)
    impatient.cancel()
    assert ">22</text>" in await renderer.svg(chart(22))


async def test_the_service_goes_on_while_a_chart_is_drawn(
    renderer: Renderer, record_property: Callable[[str, object], None]
) -> None:
    began = time.perf_counter()
    drawn = [asyncio.create_task(renderer.svg(chart(100 + number))) for number in range(8)]
    turns = 0
    while not all(task.done() for task in drawn):
        turns += 1
        await asyncio.sleep(0.001)
    each = (time.perf_counter() - began) / len(drawn)
    assert turns > len(drawn) * 3, "the loop turns many times for each drawing"
    record_property("measured", f"a chart is drawn in {each * 1000:.0f} ms, beside the service")
