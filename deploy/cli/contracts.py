"""`nopsa contracts`: writes the event schemas and the AsyncAPI document from the code."""

from rich.console import Console

from shared.contracts import generate


def contracts() -> None:
    """Write the published event schemas again."""
    names = generate.write()
    Console().print(f"{len(names)} documents written to {generate.FOLDER.name}/")
