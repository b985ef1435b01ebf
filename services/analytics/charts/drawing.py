"""A picture drawn as SVG, by Vega-Altair and vl-convert; pure, and heavy on the processor.

No more than 380 points wide, so that it can be read on a telephone without being made smaller. The
drawing carries no data but what is seen: no tooltips, and no labels for screen readers beside the
title and the description, which are the picture's own.
"""

import textwrap
from typing import Any

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from services.analytics.charts.pictures import Drawing, Mark, Picture
from services.analytics.charts.sheet import CHARACTERS_OF_TITLE, FAINT, FONT, INK, sheet

LABEL_WIDTH = 126
PLOT_WIDTH = 150
LINES_WIDTH = 290
LINES_HEIGHT = 150
BAR = 15
LINE_OF_TEXT = 13
CHARACTERS_OF_LABEL = 22
GRID = "#dfe4ea"
COLOURS = ("#12557f", "#b4541a", "#3c7a57", "#7b4a93", "#6b6b00")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 6])
HIDDEN_POINT = "×"
Spec = dict[str, Any]
CONFIG: Spec = {
    "aria": False,
    "font": FONT,
    "view": {"stroke": None},
    "text": {"color": INK, "fontSize": 12},
    "axis": {"labelColor": INK, "labelFontSize": 12, "gridColor": GRID, "tickColor": GRID},
    "legend": {"labelColor": INK, "labelFontSize": 12},
    "title": {
        "anchor": "start",
        "frame": "bounds",
        "color": INK,
        "fontSize": 13,
        "fontWeight": 600,
        "subtitleColor": FAINT,
        "subtitleFontSize": 12,
    },
}


def svg(picture: Picture, number: int = 0) -> str:
    """The picture as SVG text. `number` keeps it apart from the others on a page, which has the
    title as a heading of its own; 0 is a picture that stands alone and shows its title."""
    with debug_mode(False):
        specs = [_drawn(each) for each in picture.drawings] or [_empty(picture.nothing)]
    common = {"background": None, "config": CONFIG}
    drawn = [vl_convert.vegalite_to_svg({**spec, **common}) for spec in specs]
    return sheet(drawn, picture, number)


def _drawn(drawing: Drawing) -> Spec:
    return {
        **(_lines(drawing) if drawing.lines else _bars(drawing)),
        "title": _wrapped(drawing.title, CHARACTERS_OF_TITLE),
    }


def _bars(drawing: Drawing) -> Spec:
    labels = list(dict.fromkeys(mark.label for mark in drawing.marks))
    lines = [_wrapped(label, CHARACTERS_OF_LABEL) for label in labels]
    each = max(len(drawing.series), 1)
    step = max(BAR * each + 7, LINE_OF_TEXT * max(map(len, lines)) + 5)
    place = alt.Y(
        "label:N",
        title=None,
        scale=alt.Scale(domain=labels, paddingInner=0.25),
        axis=alt.Axis(
            labels=False, ticks=False, minExtent=LABEL_WIDTH, domainColor=FAINT, offset=0
        ),
    )
    beside = {"yOffset": alt.YOffset("series:N", sort=list(drawing.series))} if each > 1 else {}
    most = max((mark.high or mark.value or 0) for mark in drawing.marks) or 1
    shares = [mark.target or 0 for mark in drawing.marks]
    length = alt.X(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[0, max(most, *shares)], nice=False),
        axis=alt.Axis(labels=False, ticks=False, grid=False, domain=False),
    )
    layers = [
        _labels(dict(zip(labels, lines, strict=True)), place),
        _of(drawing, lambda mark: mark.value is not None)
        .mark_bar(height=alt.RelativeBandSize(0.9))
        .encode(y=place, x=length, color=_colour(drawing), **beside),
        _of(drawing, lambda mark: mark.value is not None)
        .mark_text(align="left", dx=5)
        .encode(y=place, x=alt.X("end:Q"), text="text:N", **beside),
        _of(drawing, lambda mark: mark.value is None)
        .mark_text(align="left", dx=5, fontStyle="italic", color=FAINT)
        .encode(y=place, x=alt.value(0), text="text:N", **beside),
        *(
            _of(drawing, lambda mark: mark.low != mark.high)
            .mark_rule(strokeWidth=width, color=colour)
            .encode(y=place, x="low:Q", x2="high:Q", **beside)
            for width, colour in ((6, "white"), (2, INK))
        ),
        _of(drawing, lambda mark: mark.target is not None)
        .mark_tick(thickness=2, color=COLOURS[1], height=18)
        .encode(y=place, x="target:Q"),
    ]
    return _layered(layers, PLOT_WIDTH, step * len(labels))


def _labels(lines: dict[str, list[str]], place: alt.Y) -> alt.Chart:
    """Labels beside their bars, each in as many lines as it needs, around the middle."""
    rows = [
        {"label": label, "line": line, "down": LINE_OF_TEXT * (number - (len(found) - 1) / 2)}
        for label, found in lines.items()
        for number, line in enumerate(found)
    ]
    said = _chart_of(rows).mark_text(align="right", dx=-7, dy=alt.ExprRef("datum.down"))
    beside: alt.Chart = said.encode(y=place, x=alt.value(0), text="line:N")
    return beside


def _lines(drawing: Drawing) -> Spec:
    whole = all(float(mark.value or 0).is_integer() for mark in drawing.marks)
    step = 1 if whole else alt.Undefined
    day = alt.X(
        "label:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%-m/%Y", labelOverlap=True, grid=False, tickCount=5),
    )
    height = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(zero=True),
        axis=alt.Axis(tickCount=4, tickMinStep=step, minExtent=34, domain=False, ticks=False),
    )
    dash = alt.StrokeDash(
        "series:N",
        scale=alt.Scale(domain=list(drawing.series), range=list(DASHES[: len(drawing.series)])),
        legend=None,
    )
    shown = _of(drawing, lambda mark: mark.value is not None)
    layers = [
        shown.mark_line(strokeWidth=2).encode(
            x=day, y=height, color=_colour(drawing), strokeDash=dash, detail="run:N"
        ),
        shown.mark_point(filled=True, size=14, opacity=1).encode(
            x=day, y=height, color=_colour(drawing)
        ),
        _of(drawing, lambda mark: mark.hidden)
        .mark_text(text=HIDDEN_POINT, fontSize=12)
        .encode(x=day, y=alt.value(-7), color=_colour(drawing)),
    ]
    return _layered(layers, LINES_WIDTH, LINES_HEIGHT)


def _of(drawing: Drawing, wanted: Any) -> alt.Chart:
    """The marks that are wanted; consecutive ones of a series make a run, so that no line leads
    over what is not there."""
    runs: dict[str, int] = {}
    values = []
    for mark in drawing.marks:
        if wanted(mark):
            values.append(_row(mark, runs.get(mark.series, 0)))
        if mark.value is None:
            runs[mark.series] = runs.get(mark.series, 0) + 1
    return _chart_of(values)


def _chart_of(rows: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _layered(layers: list[alt.Chart], width: float, height: float) -> Spec:
    """The layers above one another, without those of nothing. Each is Altair's; they are put
    together here, since the library copies all it holds at every step, which took longer than the
    drawing itself."""
    drawn = []
    for each in layers:
        if rows := each.data.values:
            whole = each.to_dict(validate=False)
            parts = {part: whole[part] for part in ("mark", "encoding")}
            drawn.append({"data": {"values": rows}, **parts})
    return {"layer": drawn, "width": width, "height": height}


def _row(mark: Mark, run: int) -> dict[str, Any]:
    end = max(mark.value or 0, mark.high or 0, mark.target or 0)
    return {**vars(mark), "run": f"{mark.series} {run}", "end": end}


def _colour(drawing: Drawing) -> Any:
    if not drawing.series:
        return alt.value(COLOURS[0])
    domain = list(drawing.series)
    legend = alt.Legend(
        title=None,
        orient="bottom",
        direction="vertical",
        labelLimit=0,
        symbolType="stroke" if drawing.lines else "square",
        symbolStrokeWidth=2,
    )
    colours = list(COLOURS[: len(domain)])
    return alt.Color("series:N", scale=alt.Scale(domain=domain, range=colours), legend=legend)


def _empty(text: str) -> Spec:
    said = _chart_of([{"text": text}]).mark_text(align="left", color=FAINT)
    placed = said.encode(x=alt.value(0), y=alt.value(12), text="text:N")
    return _layered([placed], LINES_WIDTH, 24)


def _wrapped(text: str, characters: int) -> list[str]:
    return textwrap.wrap(text, characters, break_long_words=False)
