"""Receipts: a record system confirms what it stored. The same receipt again is the same answer."""

from datetime import UTC
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.consent.documents import copies, rules
from services.consent.documents.copies import Work, stand_of
from services.consent.documents.rules import Action, Outcome, State
from services.consent.documents.schemas import ReceiptBody, ReceiptView
from services.consent.tables import DocumentCopy, DocumentReceipt
from shared import audit, outbox, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import Sector
from shared.contracts.records import DocumentConflict, DocumentStored, DocumentStoredInBoth
from shared.idempotency import Answer
from shared.problems import (
    NOT_FOUND,
    RECEIPT_CONFLICT,
    VALIDATION_FAILED,
    FieldError,
    Problem,
)


async def take_receipt(
    session: AsyncSession, caller: Caller, document_id: UUID, body: ReceiptBody
) -> Answer:
    """Notes what the caller's record stored, and how far the document has come with it.

    Raises `not_found` also where the record was never told of the document, `validation_failed`
    for a text it was not told of, and `receipt_conflict`, which is noted too, for a second id.
    """
    async with session.begin():
        work = await copies.locked(session, document_id)
        copy = work.copies.get(body.record) if work else None
        if work is None or copy is None:
            raise Problem(NOT_FOUND)
        telemetry.tag(document_id=str(document_id))
        number = await _number(session, copy, body)
        key = (copy.document_id, copy.record, number, body.record_id)
        known = await session.get(DocumentReceipt, key)
        receipt = known or await _note(session, caller, work, _receipt(copy, number, body))
    if receipt.outcome == Outcome.CONFLICT:
        raise Problem(RECEIPT_CONFLICT)
    return Answer(201, _view(receipt).model_dump(mode="json"), replayed=known is not None)


async def _number(session: AsyncSession, copy: DocumentCopy, body: ReceiptBody) -> int:
    """Which text a receipt is for. One without a version is for the text that the record read
    last, unless it was sent before: an old receipt never confirms a newer text."""
    if body.version is not None:
        return body.version
    receipts = DocumentReceipt
    sent_before: int | None = await session.scalar(
        select(col(receipts.number))
        .where(
            col(receipts.document_id) == copy.document_id,
            col(receipts.record) == copy.record,
            col(receipts.record_id) == body.record_id,
            col(receipts.stored_at) == body.stored_at,
        )
        .limit(1)
    )
    return sent_before or copy.read or copy.announced


def _receipt(copy: DocumentCopy, number: int, body: ReceiptBody) -> DocumentReceipt:
    return DocumentReceipt(
        document_id=copy.document_id,
        record=copy.record,
        number=number,
        record_id=body.record_id,
        stored_at=body.stored_at.astimezone(UTC),
        received_at=utc_now(),
        outcome=rules.outcome_of(stand_of(copy), number, body.record_id),
    )


async def _note(
    session: AsyncSession, caller: Caller, work: Work, receipt: DocumentReceipt
) -> DocumentReceipt:
    copy = work.copies[Sector(receipt.record)]
    _check(copy, receipt)
    session.add(receipt)
    _apply(work, copy, receipt)
    await audit.record(session, caller, copies.entry("receipt", work, receipt.outcome))
    await session.flush()
    await outbox.append(session, work.events.messages)
    return receipt


def _check(copy: DocumentCopy, receipt: DocumentReceipt) -> None:
    errors = []
    if receipt.number > copy.announced:
        errors.append(
            FieldError("/version", "version_unknown", "your record was told of no such text")
        )
    if rules.is_ahead(receipt.stored_at, receipt.received_at):
        errors.append(FieldError("/stored_at", "in_the_future", "must not be in the future"))
    if errors:
        raise Problem(VALIDATION_FAILED, errors=errors)


def _apply(work: Work, copy: DocumentCopy, receipt: DocumentReceipt) -> None:
    at, record = receipt.received_at, Sector(receipt.record)
    if receipt.outcome == Outcome.CONFLICT:
        work.act(Action.CONTRADICT, at)
        work.events.add(DocumentConflict, at=at, number=receipt.number, record=record)
    if receipt.outcome != Outcome.STORED:
        return
    copy.stored, copy.record_id, copy.stored_at = (
        receipt.number,
        receipt.record_id,
        receipt.stored_at,
    )
    work.events.add(DocumentStored, at=at, number=receipt.number, record=record)
    action = rules.confirmation(work.stand)
    work.act(action, at)
    if work.document.state == State.STORED_IN_BOTH:
        work.events.add(DocumentStoredInBoth, at=at)


def _view(receipt: DocumentReceipt) -> ReceiptView:
    return ReceiptView(
        document_id=receipt.document_id,
        record=Sector(receipt.record),
        version=receipt.number,
        record_id=receipt.record_id,
        stored_at=receipt.stored_at,
        received_at=receipt.received_at,
        outcome=Outcome(receipt.outcome),
    )
