"""PostgreSQL 17 on the loopback address: one cluster, one database and one role per service.

A role owns its database and may not connect to any other. The cluster survives kill -9: a start
that was cut short leaves nothing behind, and PostgreSQL recovers its own data.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from deploy.local.files import Secrets
from deploy.local.ports import free_port
from deploy.local.postgres_home import PostgresHome, find_home
from deploy.local.process import Command, ProcessFailed, Spec

_ADMIN = "postgres"
_OLD_SERVER_SECONDS = 15.0

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Values of rows and statements hold personal data, and logs must not.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Tests leave thousands of databases behind, and it would visit each of them in turn.
    "autovacuum": "off",
    # They open thousands of connections, and each would stretch the password 4096 times.
    "scram_iterations": "1",
}

_CREATE = """\
SELECT format('CREATE ROLE %I LOGIN', '{name}')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') \\gexec
ALTER ROLE {name} PASSWORD '{password}';
SELECT format('CREATE DATABASE %I OWNER %I', '{name}', '{name}')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec
REVOKE ALL ON DATABASE {name} FROM PUBLIC;
"""


class Postgres:
    """The cluster of one data folder. `prepare` once, run `spec()`, then `create_databases`."""

    def __init__(self, data_dir: Path, kept: Secrets, *, durable: bool = True) -> None:
        self._data_dir = data_dir
        self._kept = kept
        self._durable = durable
        self.port = free_port()

    @cached_property
    def _home(self) -> PostgresHome:
        # Found when first needed: for root it may mean copying programs to a reachable place.
        return find_home(self._data_dir)

    def dsn(self, database: str) -> str:
        """The address of a service's database, for its own role."""
        return self._address(database)

    @property
    def admin_dsn(self) -> str:
        """The superuser's address: for tests and repairs, never for a service."""
        return self._address(_ADMIN)

    def prepare(self, run: Callable[[Command], None]) -> None:
        """Make the cluster where there is none; wait for an earlier server that is ending."""
        cluster = self._home.cluster
        if cluster.exists():
            _wait_for_old_server(cluster / "postmaster.pid")
            return
        # Made aside and renamed, so that a cluster is whole or not there.
        draft = cluster.with_name(f"{cluster.name}.new")
        password_file = cluster.with_name(f"{cluster.name}.password")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password_file.touch(mode=0o600)
        password_file.write_text(self._password(_ADMIN))
        self._home.own(draft)
        self._home.own(password_file)
        try:
            run(self._initdb(draft, password_file))
        finally:
            password_file.unlink()
        draft.rename(cluster)

    def spec(self) -> Spec:
        """The server process. SIGINT is PostgreSQL's fast and clean shutdown."""
        settings = _SETTINGS | ({} if self._durable else _NOT_DURABLE) | {"port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Spec(
            command=Command(
                name="postgres",
                argv=[self._program("postgres"), "-D", str(self._home.cluster), *options],
                env=_environment(),
                cwd=Path("/"),
                death_signal=signal.SIGINT,
                uid=self._home.uid,
            ),
            tier=0,
            ready=self._accepts,
            stop_signal=signal.SIGINT,
            grace_seconds=20.0,
        )

    def create_databases(self, names: Sequence[str]) -> None:
        """Make sure that each name has its role and its database, closed to the others."""
        script = f"REVOKE ALL ON DATABASE {_ADMIN}, template1 FROM PUBLIC;\n" + "".join(
            _CREATE.format(name=name, password=self._password(name)) for name in names
        )
        # By standard input and environment: every user of the machine can read arguments.
        result = subprocess.run(
            [self._program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1"],
            input=script,
            env=_environment() | self._psql_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise ProcessFailed(f"The databases could not be created: {result.stderr.strip()}")

    def _initdb(self, folder: Path, password_file: Path) -> Command:
        argv = [
            self._program("initdb"),
            f"--pgdata={folder}",
            f"--username={_ADMIN}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--lc-collate=C",
            "--lc-ctype=C",
            "--lc-messages=C",
            "--lc-monetary=C",
            "--lc-numeric=C",
            "--lc-time=C",
        ]
        if not self._durable:
            argv += ["--no-sync", "--set=scram_iterations=1"]
        return Command("initdb", argv, _environment(), cwd=Path("/"), uid=self._home.uid)

    def _accepts(self) -> bool:
        result = subprocess.run(
            [self._program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)],
            env=_environment(),
            check=False,
        )
        return result.returncode == 0

    def _program(self, name: str) -> str:
        return str(self._home.programs / name)

    def _password(self, role: str) -> str:
        return self._kept.get(f"postgres/{role}", lambda: secrets.token_hex(24))

    def _address(self, name: str) -> str:
        return f"postgresql://{name}:{self._password(name)}@127.0.0.1:{self.port}/{name}"

    def _psql_environment(self) -> dict[str, str]:
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": _ADMIN,
            "PGDATABASE": _ADMIN,
            "PGPASSWORD": self._password(_ADMIN),
        }


def _environment() -> dict[str, str]:
    """Little enough that no PG* variable of the caller changes what the programs do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _wait_for_old_server(pid_file: Path) -> None:
    """After kill -9 of the stack its server ends on its own; starting earlier would fail."""
    deadline = time.monotonic() + _OLD_SERVER_SECONDS
    while time.monotonic() < deadline and _alive(pid_file):
        time.sleep(0.05)


def _alive(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text().split("\n", 1)[0]), 0)
    except (OSError, ValueError):
        return False
    return True
