"""Re-encryption: what older keys sealed is sealed anew with the current one, beside normal work.

Rows go in batches, each in one short transaction under their row locks, so that whoever writes a
row meanwhile waits for it or is waited for, and nothing is overwritten. A run that is broken off
goes on where it stopped: what is sealed with the current key is passed over.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Table,
    and_,
    bindparam,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from shared import configuration
from shared.crypto import FieldCipher, UnreadableError
from shared.db import Database
from shared.settings import PlatformSettings

BATCH = 200


@dataclass(frozen=True)
class Sealed:
    """A column of ciphertexts; `context` is what ties each to its row, such as `goals/{id}`."""

    table: Table
    column: str
    context: str

    @property
    def name(self) -> str:
        """The column as an operator reads it."""
        return f"{self.table.name}.{self.column}"

    @property
    def content(self) -> Column[bytes]:
        """The column itself."""
        found: Column[bytes] = self.table.c[self.column]
        return found

    @property
    def key(self) -> list[Column[Any]]:
        """The columns of the primary key."""
        return list(self.table.primary_key.columns)

    @property
    def needed(self) -> list[Column[Any]]:
        """The columns that the context names."""
        names = [name for _, name, _, _ in Formatter().parse(self.context) if name]
        return [self.table.c[name] for name in names]

    def is_sealed(self) -> ColumnElement[bool]:
        """There is something; what was erased is empty."""
        return and_(self.content.is_not(None), func.length(self.content) > 0)

    def is_older(self, current: str) -> ColumnElement[bool]:
        """Another key than the current one sealed it."""
        name = current.encode()
        prefix = bytes([len(name)]) + name
        begins = func.substring(self.content, 1, len(prefix))
        return and_(self.is_sealed(), begins != literal(prefix, LargeBinary))


@dataclass
class Progress:
    """How far one column is: rows sealed anew, rows that no key of the ring opens, rows left."""

    name: str
    left: int
    done: int = 0
    unreadable: int = 0


Extra = Callable[[PlatformSettings, Database], AsyncIterator[Progress]]
"""What a service has to renew beside its sealed columns."""


async def keys_in_use(session: AsyncSession, sealed: Sequence[Sealed]) -> dict[str, dict[str, int]]:
    """Rows by column and by the name of the key that sealed them."""
    found: dict[str, dict[str, int]] = {}
    for one in sealed:
        length = func.get_byte(one.content, 0)
        name = func.convert_from(func.substring(one.content, 2, length), "UTF8")
        rows = await session.execute(
            select(name, func.count()).where(one.is_sealed()).group_by(name)
        )
        found[one.name] = {row[0]: row[1] for row in rows}
    return found


async def renew(database: Database, cipher: FieldCipher, one: Sealed) -> AsyncIterator[Progress]:
    """Seals what older keys sealed anew; tells after every batch."""
    async with database.sessions() as session:
        older = select(func.count()).select_from(one.table).where(one.is_older(cipher.current))
        progress = Progress(one.name, await session.scalar(older) or 0)
    yield progress
    behind: tuple[Any, ...] | None = None
    while True:
        async with database.sessions() as session, session.begin():
            behind = await _renew_batch(session, cipher, one, behind, progress)
        if behind is None:
            return
        yield progress


async def _renew_batch(
    session: AsyncSession,
    cipher: FieldCipher,
    one: Sealed,
    behind: tuple[Any, ...] | None,
    progress: Progress,
) -> tuple[Any, ...] | None:
    """The next rows by their key; the last of them, or None when there were none."""
    query = (
        select(*one.key, *(column for column in one.needed if column not in one.key), one.content)
        .where(one.is_older(cipher.current))
        .order_by(*one.key)
        .limit(BATCH)
        .with_for_update()
    )
    if behind is not None:
        query = query.where(tuple_(*one.key) > tuple_(*map(literal, behind)))
    rows = (await session.execute(query)).mappings().all()
    anew = []
    for row in rows:
        context = one.context.format(**row)
        try:
            plain = cipher.decrypt(row[one.column], context)
        except UnreadableError:
            progress.unreadable += 1
            continue
        key = {f"key_{column.name}": row[column.name] for column in one.key}
        anew.append({**key, "anew": cipher.encrypt(plain, context)})
    if anew:
        same = and_(*(column == bindparam(f"key_{column.name}") for column in one.key))
        changed = update(one.table).where(same).values({one.column: bindparam("anew")})
        await session.execute(changed, anew)
    progress.done += len(anew)
    progress.left = max(0, progress.left - len(rows))
    return tuple(rows[-1][column.name] for column in one.key) if rows else None


def run(
    settings_class: type[PlatformSettings],
    sealed: Sequence[Sealed],
    extras: Sequence[Extra] = (),
) -> None:
    """`python -m services.<name>.sealed count|rotate`: prints a line of JSON for every step."""
    work = {"count": _count, "rotate": _rotate}.get("".join(sys.argv[1:]))
    if work is None:
        sys.exit("say count or rotate")
    settings = configuration.read(settings_class)
    asyncio.run(_with_database(settings, work, sealed, extras))


Work = Callable[[PlatformSettings, Database, Sequence[Sealed], Sequence[Extra]], Awaitable[None]]


async def _with_database(
    settings: PlatformSettings, work: Work, sealed: Sequence[Sealed], extras: Sequence[Extra]
) -> None:
    database = Database(settings)
    try:
        await work(settings, database, sealed, extras)
    finally:
        await database.close()


async def _count(
    settings: PlatformSettings,
    database: Database,
    sealed: Sequence[Sealed],
    extras: Sequence[Extra],
) -> None:
    async with database.sessions() as session:
        in_use = await keys_in_use(session, sealed)
    ring = settings.cipher().names
    print(json.dumps({"current": ring[0], "ring": ring, "in_use": in_use}))


async def _rotate(
    settings: PlatformSettings,
    database: Database,
    sealed: Sequence[Sealed],
    extras: Sequence[Extra],
) -> None:
    cipher = settings.cipher()
    works = [renew(database, cipher, one) for one in sealed]
    for steps in [*works, *(extra(settings, database) for extra in extras)]:
        async for progress in steps:
            print(json.dumps(vars(progress)), flush=True)
