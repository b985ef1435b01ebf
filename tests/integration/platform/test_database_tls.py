"""A service comes to PostgreSQL over TLS, with the certificate of its own role, or not at all: with
the access rules of `deploy/postgres` and the certificates of `prepare.sh`."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from pydantic import SecretStr

from deploy.local.files import Secrets
from deploy.local.postgres import Postgres
from deploy.local.process import CODE_ROOT
from deploy.local.supervisor import Supervisor
from services.consent.app import MIGRATIONS
from shared import migrations
from shared.db import Database
from shared.settings import DatabaseSettings, KafkaSettings, PlatformSettings
from tests.support.kafka_house import prepared
from tests.support.settings import settings_for

RULES = CODE_ROOT / "deploy" / "postgres" / "pg_hba.conf"
pytestmark = [pytest.mark.ops, pytest.mark.xdist_group("database_tls")]
REFUSALS = (asyncpg.PostgresError, OSError)


@dataclass(frozen=True)
class GuardedPostgres:
    """A server that takes only TLS, and the certificates to reach it with."""

    server: Postgres
    secrets: Path

    def address(self, role: str, database: str | None = None, host: str = "localhost") -> str:
        """Where a role finds a database, its own when none is named."""
        told = (self.secrets / f"database_url_{role}").read_text().strip().rpartition("/")[0]
        return f"{told.replace('postgres:5432', f'{host}:{self.server.port}')}/{database or role}"

    def settings(self, role: str, **changes: Any) -> DatabaseSettings:
        """How a service is told to reach its database."""
        values = {
            "database_url": SecretStr(self.address(role)),
            "database_sslmode": "verify-full",
            "database_sslrootcert": self.secrets / "ca.pem",
            "database_sslcert": self.secrets / f"{role}.crt",
            "database_sslkey": self.secrets / f"{role}.key",
        }
        return DatabaseSettings.model_validate(values | changes)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedPostgres]:
    """The server, with the databases of the services."""
    folder = tmp_path_factory.mktemp("guarded")
    secrets = prepared(folder / "secrets")
    supervisor = Supervisor(folder)
    server = Postgres(folder, Secrets(folder / "secrets.json"), durable=False)
    server.prepare(supervisor.run)
    cluster = folder / "postgres"
    for name in ("postgres.crt", "postgres.key", "ca.pem"):
        shutil.copy(secrets / name, cluster / name)
        (cluster / name).chmod(0o600)
        server._home.own(cluster / name)
    administrator = "host all postgres 127.0.0.1/32 scram-sha-256\n"
    (cluster / "pg_hba.conf").write_text(administrator + RULES.read_text())
    spec = server.spec()
    options = ("ssl=on", "ssl_cert_file=postgres.crt", "ssl_key_file=postgres.key")
    tls = [part for one in (*options, "ssl_ca_file=ca.pem") for part in ("-c", one)]
    command = replace(spec.command, argv=[*spec.command.argv, *tls])
    supervisor.add(replace(spec, command=command))
    supervisor.spawn(["postgres"])
    supervisor.wait_ready(["postgres"])
    make_databases(server, secrets)
    yield GuardedPostgres(server, secrets)
    supervisor.close()


def make_databases(server: Postgres, secrets: Path) -> None:
    """What the image of PostgreSQL runs when the cluster is new."""
    password = urlsplit(server.admin_dsn).password
    environment = {
        "PATH": f"{server._home.programs}:{os.defpath}",
        "SECRETS": str(secrets),
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGPASSWORD": str(password),
    }
    command = ["/bin/sh", str(RULES.with_name("init.sh"))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
async def database(guarded: GuardedPostgres) -> AsyncIterator[Database]:
    """A service's pool, told to use TLS."""
    told = guarded.settings("consent").model_dump(exclude={"database_url"})
    opened = Database(
        settings_for(
            PlatformSettings,
            guarded.address("consent"),
            kafka=KafkaSettings(bootstrap="127.0.0.1:1"),
            **told,
        )
    )
    yield opened
    await opened.close()


async def test_pool_migrations_and_plain_connections_use_the_certificate_of_their_role(
    guarded: GuardedPostgres, database: Database
) -> None:
    settings = guarded.settings("consent")
    await migrations.upgrade(settings, MIGRATIONS)
    await database.ping()
    connection = await asyncpg.connect(settings.asyncpg_dsn)
    rows = await connection.fetch(
        "SELECT ssl, version, client_dn FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
        "WHERE usename = 'consent'"
    )
    await connection.close()
    assert len(rows) == 2
    assert {tuple(row) for row in rows} == {(True, "TLSv1.3", "/CN=consent")}


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("no TLS", id="no-tls"),
        pytest.param("no certificate", id="no-certificate"),
        pytest.param("another role's certificate", id="another-role"),
        pytest.param("another service's database", id="another-database"),
        pytest.param("a server of another name", id="another-name"),
        pytest.param("a server nobody vouches for", id="another-authority"),
    ],
)
async def test_nobody_gets_in_otherwise(guarded: GuardedPostgres, wrong: str) -> None:
    another = guarded.secrets / "caseload.crt", guarded.secrets / "caseload.key"
    elsewhere = SecretStr(guarded.address("consent", "caseload"))
    by_number = SecretStr(guarded.address("consent", host="127.0.0.1"))
    changes: dict[str, dict[str, Any]] = {
        "no TLS": {"database_sslmode": "disable"},
        "no certificate": {"database_sslcert": None, "database_sslkey": None},
        "another role's certificate": {
            "database_sslcert": another[0],
            "database_sslkey": another[1],
        },
        "another service's database": {"database_url": elsewhere},
        "a server of another name": {"database_url": by_number},
        "a server nobody vouches for": {"database_sslrootcert": another[0]},
    }
    settings = guarded.settings("consent", **changes[wrong])
    with pytest.raises(REFUSALS):
        await asyncpg.connect(settings.asyncpg_dsn, timeout=5)
