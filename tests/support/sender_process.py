"""The webhook sender as a process, to be killed: `python -m tests.support.sender_process`.

Its settings come from the environment, as those of the event process do.
"""

import asyncio

from services.referral.settings import Settings
from services.referral.webhooks.sender import send_for_ever
from shared.db import Database


def main() -> None:
    """Sends until killed."""
    settings = Settings.model_validate({})
    asyncio.run(send_for_ever(settings, Database(settings)))


if __name__ == "__main__":
    main()
