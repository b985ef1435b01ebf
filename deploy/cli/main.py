"""The nopsa command. Each group of commands lives in its own module and is registered here."""

from __future__ import annotations

import typer

from deploy.cli import contracts, demo, imports, retention, token, trace, up

app = typer.Typer(
    name="nopsa",
    help="Referrals and casework for mobile outreach teams.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up.up)
app.command()(demo.demo)
app.command()(token.token)
app.command()(trace.trace)
app.command()(contracts.contracts)
app.command("import")(imports.import_file)
app.command("import-cases")(imports.import_cases)
app.command()(retention.retention)


@app.callback()
def nopsa() -> None:
    """Referrals and casework for mobile outreach teams."""


if __name__ == "__main__":
    app()
