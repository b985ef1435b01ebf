"""`nopsa token`: an access token of one of the region's clients, alone on standard output."""

from __future__ import annotations

from typing import Annotated

import httpx
import typer

from deploy.cli.running import DEFAULT_DATA_DIR, DataDir, fail, running_stack
from deploy.local.stack import fetch_token


def token(
    name: Annotated[str, typer.Argument(help="The client: landlord, prison, worker, admin ...")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Print an access token for a running stack."""
    document = running_stack(data_dir)
    clients = document["clients"]
    if name not in clients:
        raise fail(f"There is no client {name}. There are: {', '.join(clients)}")
    try:
        typer.echo(fetch_token(document["issuer"], clients[name]))
    except httpx.HTTPError as error:
        raise fail(f"The stack on {data_dir} gave no token; is it running? ({error})") from error
