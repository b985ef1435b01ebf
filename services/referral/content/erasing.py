"""Erases what goes beyond the basis of referrals whose client refused, when it is due.

Runs in the event process; several may run at once: each referral is looked at again under its lock,
in the transaction that erases. What an amendment told before is erased with it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.changes.commands import change_context
from services.referral.content.queries import THING
from services.referral.content.rules import HOUSING, within_basis
from services.referral.intake.taking import content_context
from services.referral.settings import Settings
from services.referral.tables import Referral, ReferralChange
from shared import audit, sweeping
from shared.auth import Caller
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.contracts.codes import LawfulBasis
from shared.crypto import FieldCipher
from shared.db import Database
from shared.worker import Part

CLOCK = Caller("nopsa-referral", "nopsa-referral", frozenset())
"""Who the audit log names for what nobody did."""
AT_A_TIME = 100
SWEEP_SECONDS = 60.0
PURPOSE = "refusal"


def sweeper(settings: Settings) -> Part:
    """The part of the event process that looks every minute."""
    look = partial(erase_due, settings.cipher(), settings.refused_kept_days)
    return sweeping.sweeper("refused", SWEEP_SECONDS, look)


async def erase_due(
    cipher: FieldCipher, kept_days: int, database: Database, today: date | None = None
) -> int:
    """Erases what was refused so many days ago or longer (in Finland); of how many referrals."""
    day = today or utc_now().astimezone(FINLAND).date()
    refused_by = day - timedelta(days=kept_days)
    erased = 0
    with suppress_instrumentation():
        while due := await _due(database, refused_by):
            for referral_id in due:
                async with database.sessions() as session, session.begin():
                    erased += await _erase(session, cipher, referral_id, refused_by)
    return erased


async def _due(database: Database, refused_by: date) -> Sequence[UUID]:
    async with database.sessions() as session:
        found = await session.scalars(
            select(col(Referral.id))
            .where(
                col(Referral.refused_on) <= refused_by,
                col(Referral.beyond_basis_erased_at).is_(None),
                col(Referral.erased_at).is_(None),
            )
            .order_by(col(Referral.refused_on))
            .limit(AT_A_TIME)
        )
        return found.all()


async def _erase(
    session: AsyncSession, cipher: FieldCipher, referral_id: UUID, refused_by: date
) -> bool:
    """Erases unless the client consented, or somebody else erased, since it was found."""
    referral = await session.get_one(Referral, referral_id, with_for_update=True)
    refused_on, erased = referral.refused_on, referral.beyond_basis_erased_at
    if refused_on is None or refused_on > refused_by or erased or referral.erased_at:
        return False
    basis = LawfulBasis(referral.lawful_basis)
    context = content_context(referral.id)
    told = cipher.decrypt_json(referral.content_sealed, context)
    referral.content_sealed = cipher.encrypt_json(within_basis(basis, told), context)
    referral.housing = within_basis(basis, {HOUSING: referral.housing})[HOUSING]
    referral.beyond_basis_erased_at = utc_now()
    await _erase_changes(session, cipher, referral_id, basis)
    entry = audit.Entry(
        f"{THING}.erase", "referral", referral.id, referral.client_ref, PURPOSE, basis
    )
    await audit.record(session, CLOCK, entry)
    return True


async def _erase_changes(
    session: AsyncSession, cipher: FieldCipher, referral_id: UUID, basis: LawfulBasis
) -> None:
    changes = await session.scalars(
        select(ReferralChange).where(col(ReferralChange.referral_id) == referral_id)
    )
    for change in changes:
        context = change_context(change.id)
        words = within_basis(basis, cipher.decrypt_json(change.content_sealed, context))
        kept = {
            name: within_basis(basis, told) if isinstance(told, dict) else told
            for name, told in words.items()
        }
        change.content_sealed = cipher.encrypt_json(kept, context)
