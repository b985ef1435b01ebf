"""The dashboard as it was: its page as one file, and a picture of its main charts."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import vl_convert

from deploy.demo.calling import Callers
from deploy.demo.following import FINLAND

WHO = "lead"
CHARTS = ("client-flow", "referral-sources", "contact-times", "visits", "handovers", "goals")
COLUMNS = 3
COLUMN_WIDTH, GAP = 400, 24
SCALE = 1.5
_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')
_STYLE = '<link rel="stylesheet" href="/dashboard/style.css">'


def save_dashboard(callers: Callers, folder: Path) -> tuple[Path, Path]:
    """Writes `dashboard.html` and `dashboard.png` of today into the folder; where they are."""
    today = datetime.now(FINLAND).date().isoformat()
    period = f"from={today}&to={today}"
    page = callers.text(WHO, "analytics", f"/dashboard?{period}&lang=en", "text/html")
    style = callers.text(WHO, "analytics", "/dashboard/style.css", "text/css")
    charts = [
        callers.text(WHO, "analytics", f"/v1/reports/{name}?{period}", "image/svg+xml")
        for name in CHARTS
    ]
    folder.mkdir(parents=True, exist_ok=True)
    html, png = folder / "dashboard.html", folder / "dashboard.png"
    html.write_text(page.replace(_STYLE, f"<style>{style}</style>"), "utf-8")
    png.write_bytes(vl_convert.svg_to_png(_together(charts), scale=SCALE))
    return html.resolve(), png.resolve()


def _together(charts: list[str]) -> str:
    """The charts beside and below one another, each where the column is shortest."""
    ends = [GAP] * COLUMNS
    placed = []
    for chart in charts:
        found = _SIZE.search(chart)
        height = float(found.group(2)) if found else 0.0
        column = ends.index(min(ends))
        place = f'<svg x="{GAP + column * COLUMN_WIDTH}" y="{ends[column]}" '
        placed.append(chart.replace("<svg ", place, 1))
        ends[column] += round(height) + GAP
    width = GAP + COLUMNS * COLUMN_WIDTH
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{max(ends)}"><rect width="100%" height="100%" fill="white"/>'
        f"{''.join(placed)}</svg>"
    )
