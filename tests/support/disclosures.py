"""Disclosures as the services tell them, and a log that has taken some in."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.consent.disclosures import commands
from shared.contracts.disclosure import Disclosed
from shared.db import Database
from shared.ids import id_as_of
from shared.messages import Received

BEGAN = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)
WORKER = "01980000-0000-7000-8000-000000000301"
TEAM = "01980000-0000-7000-8000-000000000201"


def disclosed(client_ref: UUID, minute: int = 0, **changes: Any) -> Disclosed:
    """A worker looked at the client's case, so many minutes after it all began."""
    at = BEGAN + timedelta(minutes=minute)
    values = {
        "aggregate_id": id_as_of(at),
        "version": 1,
        "occurred_at": at,
        "client_ref": client_ref,
        "service": "caseload",
        "audit_id": minute + 1,
        "actor": "worker",
        "org": TEAM,
        "worker": WORKER,
        "action": "case.read",
        "subject_type": "case",
        "subject_id": uuid4(),
        "data_class": "case",
        "purpose": "care",
    }
    return Disclosed.model_validate(values | changes)


def received(data: Disclosed) -> Received:
    """The event as the consumer hands it on."""
    return Received(data.aggregate_id, "", data.occurred_at, None, data)


async def note(database: Database, *told: Disclosed) -> None:
    """Takes them in, one transaction each."""
    for data in told:
        async with database.sessions() as session, session.begin():
            await commands.note(session, received(data))
