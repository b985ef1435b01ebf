"""The nopsa command. Each group of commands lives in its own module and is registered here."""

from __future__ import annotations

import typer

from deploy.cli import (
    backup,
    contracts,
    demo,
    dlq,
    doctor,
    export,
    imports,
    lag,
    rebuild,
    replay,
    retention,
    rotate,
    settings,
    simulate,
    token,
    trace,
    up,
)

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
app.command()(simulate.simulate)
app.add_typer(dlq.app, name="dlq")
app.command()(replay.replay)
app.command()(lag.lag)
app.command()(doctor.doctor)
app.command()(settings.settings)
app.command()(rotate.rotate_keys)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(rebuild.rebuild)
app.command()(export.export)


@app.callback()
def nopsa() -> None:
    """Referrals and casework for mobile outreach teams."""


if __name__ == "__main__":
    app()
