"""The process that draws: `python -m services.analytics.charts.rendering`.

Takes a picture a line as JSON on its standard input, answers with its SVG as a JSON string, or null
when it could not be drawn. Ends when its input does, so it cannot outlive the service.
"""

import json
import signal
import sys
from typing import Any

from services.analytics.charts.drawing import svg
from services.analytics.charts.pictures import Drawing, Mark, Picture


def main() -> None:
    """Draws until there is nothing more to read. Ctrl-C is for the service to heed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_drawn(asked["picture"], asked["number"])), flush=True)


def _drawn(document: dict[str, Any], number: int) -> str | None:
    try:
        return svg(read(document), number)
    except Exception as error:  # whatever the library finds wrong, the next picture is another
        print(f"not drawn: {type(error).__name__}", file=sys.stderr, flush=True)
        return None


def read(document: dict[str, Any]) -> Picture:
    """The picture of its JSON document."""
    drawings = tuple(
        Drawing(
            each["lines"],
            each["title"],
            tuple(each["series"]),
            tuple(Mark(**mark) for mark in each["marks"]),
        )
        for each in document["drawings"]
    )
    return Picture(**{**document, "notes": tuple(document["notes"]), "drawings": drawings})


if __name__ == "__main__":
    main()
