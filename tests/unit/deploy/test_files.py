"""The data folder keeps its secrets to its owner and itself to one stack."""

import stat
from pathlib import Path

import pytest

from deploy.local.files import FolderInUse, FolderLock, Secrets, write_private


def test_private_files_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_secrets_are_made_once(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    assert Secrets(path).get("one", lambda: "first") == "first"
    assert Secrets(path).get("one", lambda: "second") == "first"


def test_one_stack_at_a_time(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.acquire()
    with pytest.raises(FolderInUse, match="Another nopsa is running"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()
