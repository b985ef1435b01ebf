"""The lint of migrations tells what would stop others, on tables with rows and on empty ones."""

from pathlib import Path

import pytest

from deploy import migration_lint
from deploy.local.process import CODE_ROOT
from shared.migrations import SERVER_SETTINGS

pytestmark = pytest.mark.ops
LIMITS = "".join(f"SET {name} = '{value}';\n" for name, value in SERVER_SETTINGS.items())


@pytest.mark.parametrize(
    ("statement", "on_rows", "on_empty"),
    [
        ("ALTER TABLE cases ADD COLUMN mood TEXT;", True, True),
        ("CREATE INDEX cases_mood ON cases (mood);", False, True),
        ("ALTER TABLE cases DROP COLUMN mood;", False, True),
        ("ALTER TABLE cases RENAME COLUMN mood TO temper;", False, False),
        ("ALTER TABLE cases ALTER COLUMN mood TYPE BIGINT;", False, False),
    ],
)
def test_what_locks_a_table_for_long_is_told(
    tmp_path: Path, statement: str, on_rows: bool, on_empty: bool
) -> None:
    file = tmp_path / "migration.sql"
    file.write_text(LIMITS + statement)
    assert migration_lint.check([file], rows=True) is on_rows
    assert migration_lint.check([file], rows=False) is on_empty


def test_every_service_is_looked_at() -> None:
    folders = CODE_ROOT.glob("services/*/migrations")
    assert migration_lint.FIRST_RELEASE.keys() == {folder.parent.name for folder in folders}
