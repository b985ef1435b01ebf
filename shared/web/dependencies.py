"""What endpoints ask for by type: a session (no transaction yet), the cipher, the look-up hash."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from shared.crypto import BlindIndex, FieldCipher
from shared.db import Database


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    async with database.sessions() as session:
        yield session


async def _cipher(request: Request) -> FieldCipher:
    cipher: FieldCipher = request.app.state.cipher
    return cipher


async def _index(request: Request) -> BlindIndex:
    index: BlindIndex = request.app.state.index
    return index


Session = Annotated[AsyncSession, Depends(_session)]
Cipher = Annotated[FieldCipher, Depends(_cipher)]
Index = Annotated[BlindIndex, Depends(_index)]
