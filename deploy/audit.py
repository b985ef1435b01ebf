"""`python -m deploy.audit`: known weaknesses of the pinned packages, where an advisory source can
be reached; where it cannot, that is said and no error. Part of `make ops-check`."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements" / "base.txt"
OPTIONS = ("--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json")


@dataclass(frozen=True)
class Finding:
    """What is known of the packages, by their names."""

    checked: list[str]
    unknown: list[str]
    weak: list[str]

    @property
    def reachable(self) -> bool:
        """Whether anybody could be asked."""
        return bool(self.checked)

    def __str__(self) -> str:
        if not self.reachable:
            return "No advisory source is reachable from here: nothing was audited."
        told = f"{len(self.checked)} packages audited, {len(self.weak)} with known weaknesses."
        if self.unknown:
            told += f" Not known to the source: {', '.join(self.unknown)}."
        return "\n".join([told, *self.weak])


def finding_of(answer: dict[str, Any]) -> Finding:
    """What pip-audit's answer says."""
    found = Finding([], [], [])
    for one in answer["dependencies"]:
        if "skip_reason" in one:
            found.unknown.append(one["name"])
            continue
        found.checked.append(one["name"])
        for weakness in one["vulns"]:
            mended = ", ".join(weakness["fix_versions"]) or "no version yet"
            found.weak.append(
                f"{one['name']} {one['version']}: {weakness['id']}, mended in {mended}"
            )
    return found


def audit() -> Finding:
    """Asks pip-audit about the packages of the image."""
    program = str(Path(sys.executable).with_name("pip-audit"))
    command = [program, "--requirement", str(LOCK), *OPTIONS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        return Finding([], [], [])
    return finding_of(json.loads(done.stdout))


def main() -> None:
    """Ends with 1 when a package has a known weakness."""
    found = audit()
    print(found)
    sys.exit(bool(found.weak))


if __name__ == "__main__":
    main()
