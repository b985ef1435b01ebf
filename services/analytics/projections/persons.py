"""Who is whom: linked and merged refs are one person, unlinked ones two again, and a case that
turned out to be another person's is theirs.

The facts keep the refs they were told under; reports count the persons behind them.
"""

from typing import Any, cast

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.analytics.tables import CaseFact, ClientAlias
from shared import aliases, telemetry
from shared.contracts.caseload import CaseClientCorrected
from shared.contracts.referral import PersonsJoined
from shared.messages import Received


async def learn(session: AsyncSession, event: Received) -> None:
    """Two refs are one person, or two again."""
    await aliases.learn(session, ClientAlias, cast(PersonsJoined, event.data))


async def correct_client(session: AsyncSession, event: Received) -> None:
    """The case is another person's; the newest word stands."""
    data = cast(CaseClientCorrected, event.data)
    values: dict[str, Any] = {"client_ref": data.client_ref, "client_version": data.version}
    upsert = insert(CaseFact).values(case_id=data.aggregate_id, **values)
    await session.execute(
        upsert.on_conflict_do_update(
            index_elements=[col(CaseFact.case_id)],
            set_={name: upsert.excluded[name] for name in values},
            where=upsert.excluded.client_version > col(CaseFact.client_version),
        )
    )
    telemetry.tag(case_id=str(data.aggregate_id))
