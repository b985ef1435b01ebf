"""`python -m deploy.migration_lint`: squawk over the SQL of every migration, part of `make lint`.

A migration runs while the service works, so it may not lock what others need: expand first (new
columns and tables, indexes CONCURRENTLY), contract in a later release. Revisions of before the
first release only ever meet empty tables; of them only what is wrong on those too is told.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from alembic.script import ScriptDirectory

from shared import migrations

ROOT = Path(__file__).parents[1]
OPTIONS = ("--pg-version=17", "--assume-in-transaction")
FIRST_RELEASE = {"referral": "0011", "caseload": "0011", "consent": "0008", "analytics": "0011"}
"""The newest revision of each service that the first release has; fixed by that release."""
NOT_OURS = (
    # Lengths are part of the public contract, and checked by the schemas too.
    "prefer-text-field",
    # Counters and versions that the schemas bound below 2^31; what grows without end is BIGINT.
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    # An autocommit block ends the transaction of its revision, and begins another.
    "transaction-nesting",
    "ban-uncommitted-transaction",
)
HARMLESS_ON_EMPTY_TABLES = (
    "require-concurrent-index-creation",
    "require-concurrent-index-deletion",
    "constraint-missing-not-valid",
    "ban-drop-constraint",
    "ban-drop-column",
    "adding-serial-primary-key-field",
)


def revisions(service: str) -> Iterator[str]:
    """Every revision of a service, the newest first."""
    scripts = ScriptDirectory.from_config(migrations.config_of(folder_of(service)))
    return (script.revision for script in scripts.walk_revisions())


def folder_of(service: str) -> Path:
    """Where a service's migrations are."""
    return ROOT / "services" / service / "migrations"


def write_down(folder: Path) -> dict[bool, list[Path]]:
    """Writes every revision's SQL into the folder; the files by whether tables may hold rows."""
    files: dict[bool, list[Path]] = {False: [], True: []}
    for service, first_release in FIRST_RELEASE.items():
        for revision in revisions(service):
            path = folder / f"{service}-{revision}.sql"
            path.write_text(migrations.sql_of(folder_of(service), revision))
            files[revision > first_release].append(path)
    return files


def check(files: list[Path], *, rows: bool) -> bool:
    """Whether squawk has nothing to say; what it says goes to standard output."""
    program = str(Path(sys.executable).with_name("squawk"))
    excluded = NOT_OURS if rows else NOT_OURS + HARMLESS_ON_EMPTY_TABLES
    command = [program, *OPTIONS, "--exclude", ",".join(excluded), *map(str, files)]
    return not files or subprocess.run(command, check=False).returncode == 0


def main() -> None:
    """Ends with 1 when there is something to mend."""
    with tempfile.TemporaryDirectory() as folder:
        files = write_down(Path(folder))
        fine = [check(files[rows], rows=rows) for rows in (False, True)]
    if not all(fine):
        sys.exit('A migration would stop others while it runs (CONTRIBUTING.md, "A migration").')


if __name__ == "__main__":
    main()
