"""What the image is made of: pinned by hash, listed, licensed, audited where that can be done."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import audit
from deploy.local.process import CODE_ROOT

pytestmark = pytest.mark.ops
LOCK = CODE_ROOT / "requirements" / "base.txt"
UNWANTED = ("Affero", "AGPL", "SSPL", "Commercial", "Proprietary")


def pinned() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s\\]+)", LOCK.read_text(), re.MULTILINE))


def program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def test_every_package_of_the_image_is_pinned_by_hash() -> None:
    for block in re.split(r"\n(?=[a-z0-9])", LOCK.read_text()):
        if "==" in block.partition("\n")[0]:
            assert "--hash=sha256:" in block, block.partition("\n")[0]


def test_an_audit_tells_weaknesses_from_what_could_not_be_asked() -> None:
    weakness = {"id": "PYSEC-1", "fix_versions": ["2.0"]}
    weak = {"name": "one", "version": "1.0", "vulns": [weakness]}
    answer = {"dependencies": [weak, {"name": "two", "skip_reason": "not found"}]}
    found = audit.finding_of(answer)
    assert found.weak == ["one 1.0: PYSEC-1, mended in 2.0"]
    assert str(found).startswith("1 packages audited, 1 with known weaknesses.")
    none = audit.finding_of({"dependencies": [{"name": "two", "skip_reason": "not found"}]})
    assert str(none) == "No advisory source is reachable from here: nothing was audited."


@pytest.mark.ops_only
def test_the_bill_of_materials_names_every_pinned_package(tmp_path: Path) -> None:
    made = tmp_path / "sbom.json"
    command = [program("cyclonedx-py"), "requirements", str(LOCK), "--of", "JSON", "-o", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    named = {(one["name"], one["version"]) for one in json.loads(made.read_text())["components"]}
    assert named == set(pinned().items())


@pytest.mark.ops_only
def test_every_package_has_a_licence_that_may_be_used() -> None:
    command = [program("pip-licenses"), "--from=mixed", "--format=json", "--packages", *pinned()]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert listed
    for one in listed:
        assert one["License"] not in ("", "UNKNOWN"), one["Name"]
        assert not any(word in one["License"] for word in UNWANTED), one


@pytest.mark.ops_only
def test_no_package_has_a_known_weakness() -> None:
    found = audit.audit()
    if not found.reachable:
        pytest.skip(str(found))
    assert found.weak == []
