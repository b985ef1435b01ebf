"""The caseload service as a process of its own, whose memory can be looked at: its HTTP side and
its history imports, `python -m tests.support.caseload_process`. Says its address, then serves; its
logs go to standard error, so that nobody has to read on.
"""

import asyncio

from services.caseload.app import build
from services.caseload.imports.processing import import_for_ever
from services.caseload.settings import Settings
from shared import logs
from shared.db import Database
from tests.support.servers import served


async def main() -> None:
    """Serves until killed."""
    settings = Settings.model_validate({})
    logs.set_up(settings.service_name, "app")
    async with served(build(settings)) as url:
        print(url, flush=True)
        await import_for_ever(settings, Database(settings))


if __name__ == "__main__":
    asyncio.run(main())
