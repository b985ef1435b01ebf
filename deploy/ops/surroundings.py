"""The environment in which a service's own tools run: that of its processes."""

import os
from collections.abc import Mapping
from pathlib import Path

from deploy.local.files import Secrets
from deploy.local.services import service_keys
from deploy.ops.system import Service, System
from shared.settings import ASYNC_DRIVER

SECRETS = "secrets.json"


def environment_of(system: System, service: Service, data_dir: Path) -> Mapping[str, str]:
    """This process's own environment; for a service of an embedded stack also what the stack gives
    it: keys, database, broker and issuer. What is set outside goes first, as the keys of a ring
    that is being changed."""
    if not (data_dir / SECRETS).exists():
        return os.environ
    stack = {
        **service_keys(service.name, Secrets(data_dir / SECRETS)),
        "NOPSA_DATABASE_URL": service.dsn.replace("postgresql://", ASYNC_DRIVER, 1),
        "NOPSA_KAFKA_BOOTSTRAP": system.kafka.bootstrap,
        "NOPSA_ISSUER": system.issuer or "",
    }
    return {**stack, **os.environ}
