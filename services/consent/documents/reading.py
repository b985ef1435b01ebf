"""The claim check: a record system reads a text it was told of, if it still may at that moment.

The document's row lock decides between a reading and a withdrawal that come together: who has it
first is first, and a reading that waited for a withdrawal finds nothing.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.documents import copies
from services.consent.documents.commands import text_context
from services.consent.documents.permission import permission
from services.consent.tables import DocumentText
from shared import audit
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import Sector
from shared.crypto import FieldCipher
from shared.problems import NOT_FOUND, Problem


@dataclass(frozen=True)
class Content:
    """A text as its reader gets it."""

    number: int
    media_type: str
    sha256: str
    content: bytes


async def read_content(
    session: AsyncSession, cipher: FieldCipher, caller: Caller, record: Sector, document_id: UUID
) -> Content:
    """The text that the record was told of last; the reading is logged with its basis.

    Raises `not_found` also where the record was never told, or may read it no more.
    """
    async with session.begin():
        work = await copies.locked(session, document_id)
        copy = work.copies.get(record) if work else None
        if work is None or copy is None or copy.withdrawn_at is not None:
            raise Problem(NOT_FOUND)
        now_granted = await permission(session, work.document, record, utc_now())
        if not now_granted.granted:
            raise Problem(NOT_FOUND)
        text = await session.get_one(DocumentText, (document_id, copy.announced))
        copy.read = text.number
        await audit.record(session, caller, copies.entry("read", work, now_granted.basis))
    content = cipher.decrypt(text.content, text_context(document_id, text.number))
    return Content(text.number, text.media_type, text.sha256, content)
