"""Programs that are no Python package: without them tests skip, and fail on a build machine."""

import os
import shutil
import sys
from pathlib import Path

import pytest


def needed(name: str, *, comes_by: str | None = None) -> str:
    """The path of a program, of the environment's own folder first. Where it is missing the test
    skips and says so; where `CI` is "true" it fails, since there `.ci/run` installs it."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is not None:
        return found
    message = f"{name} is not installed here" + (f" ({comes_by})" if comes_by else "")
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
