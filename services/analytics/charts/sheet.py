"""The sheet a picture stands on: its title, its drawings below one another, its notes; pure."""

import re
import textwrap
from html import escape

from services.analytics.charts.pictures import Picture

FONT = "Arial, sans-serif"
INK, FAINT = "#1d2733", "#4c5866"
CHARACTERS_OF_TITLE = 44
CHARACTERS_OF_NOTE = 56
LINE = 15
MARGIN, GAP = 5, 8
_ROLES = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')
_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')


def sheet(drawings: list[str], picture: Picture, number: int) -> str:
    """The drawings on one sheet, with its name and its alternative in words (SVG 2, 5.8; WAI-ARIA
    role img). A page says title and notes beside it, so there it has a `number` and no such texts.
    """
    parts: list[str] = []
    bottom = width = 0.0
    if not number:
        bottom = _written(parts, picture.title, CHARACTERS_OF_TITLE, bottom, "bold", INK)
        bottom = _written(parts, picture.subtitle, CHARACTERS_OF_TITLE, bottom, "normal", FAINT)
        width = MARGIN + CHARACTERS_OF_TITLE * 7.0
    for drawing in drawings:
        wide, high = _size(drawing)
        inner = _ROLES.sub("", drawing).partition(">")[2].removesuffix("</svg>")
        parts.append(f'<g transform="translate(0,{bottom:g})">{inner}</g>')
        bottom, width = bottom + high + GAP, max(width, wide)
    for note in () if number else picture.notes:
        bottom = _written(parts, note, CHARACTERS_OF_NOTE, bottom, "normal", FAINT)
    return _whole("".join(parts), picture, number, f"{width:g}", f"{bottom + MARGIN:g}")


def _whole(inner: str, picture: Picture, number: int, width: str, height: str) -> str:
    names = f"chart{number}-title chart{number}-desc"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="{names}">'
        f'<title id="chart{number}-title">{escape(picture.title)}</title>'
        f'<desc id="chart{number}-desc">{escape(picture.description)}</desc>'
        f'<rect width="{width}" height="{height}" fill="white"/>{inner}</svg>'
    )


def _written(
    parts: list[str], text: str, characters: int, top: float, weight: str, colour: str
) -> float:
    """Writes a text in as many lines as it needs; where the next thing begins."""
    size = 12 if characters == CHARACTERS_OF_NOTE else 13
    for line in textwrap.wrap(text, characters):
        top += LINE
        parts.append(
            f'<text x="{MARGIN}" y="{top:g}" font-family="{FONT}" font-size="{size}px" '
            f'font-weight="{weight}" fill="{colour}">{escape(line)}</text>'
        )
    return top + MARGIN


def _size(drawing: str) -> tuple[float, float]:
    found = _SIZE.search(drawing)
    return (float(found.group(1)), float(found.group(2))) if found else (0.0, 0.0)
