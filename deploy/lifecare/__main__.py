"""`python -m deploy.lifecare social` (or `health`): one record system's adapter, until stopped."""

import argparse
import asyncio
import contextlib
import logging
import signal

from deploy.lifecare.adapter import Adapter
from deploy.lifecare.settings import Record, read


async def _run(record: Record) -> None:
    work = asyncio.ensure_future(Adapter(record, read()).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work


def main() -> None:
    """Reads which record this is, and works."""
    parser = argparse.ArgumentParser(prog="python -m deploy.lifecare", description=__doc__)
    parser.add_argument("record", choices=("social", "health"))
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(_run(parser.parse_args().record))


if __name__ == "__main__":
    main()
