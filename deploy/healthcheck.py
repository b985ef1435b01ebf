"""`python -m deploy.healthcheck`: whether the process beside it answers; for containers, which have
no curl. Standard library only. Liveness alone: a lost database is no reason to restart."""

import os
import sys
import urllib.request

SECONDS = 3


def main() -> None:
    """Ends with 0 when `/healthz` answers 200, else with 1."""
    port = os.environ.get("NOPSA_HTTP_PORT", "8080")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=SECONDS):
            return
    except OSError as error:
        sys.exit(f"no answer: {error}")


if __name__ == "__main__":
    main()
