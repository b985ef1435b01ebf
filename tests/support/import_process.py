"""The importer as a process, to be killed: `python -m tests.support.import_process`.

Its settings come from the environment, as those of the event process do.
"""

import asyncio

from services.referral.imports.processing import import_for_ever
from services.referral.settings import Settings
from shared.db import Database


def main() -> None:
    """Takes imports until killed."""
    settings = Settings.model_validate({})
    asyncio.run(import_for_ever(settings, Database(settings)))


if __name__ == "__main__":
    main()
