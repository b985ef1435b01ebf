"""The sweep of deadlines as a process, to be killed: `python -m tests.support.deadline_process`.

Its settings come from the environment, as those of the event process do.
"""

import asyncio

from services.caseload.deadlines.sweeping import sweeper
from services.caseload.settings import Settings
from shared.db import Database


def main() -> None:
    """Sweeps until killed."""
    settings = Settings.model_validate({})
    asyncio.run(sweeper(settings)(Database(settings)))


if __name__ == "__main__":
    main()
