"""A sender's change to its referral: one transaction, logged, once per idempotency key.

Who may not learn how far the work is (`RECEIPT_ONLY`) gets the same answer in every state: its
referral as it may see it, which does not change. Where the state no longer allows the change, the
wish is logged as one without effect, and the change is made and undone, so that the clock tells no
more than the answer. Everybody else is told `illegal_transition`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral import transitions
from services.referral.changes.schemas import CancelBody, ErrorBody
from services.referral.clients.groups import lock_links, lock_referrals, primaries_of
from services.referral.clients.joining import ref_of_code
from services.referral.following import queries as following
from services.referral.following.rules import ViewClass, view_class
from services.referral.partners.queries import partner_of
from services.referral.tables import Partner, Referral, ReferralChange
from services.referral.transitions import Action, Move
from services.referral.webhooks.news import telling
from shared import audit, outbox, telemetry
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.codes import LawfulBasis, PartnerKind, ReferralStatus
from shared.contracts.referral import ReferralCancelled, ReferralEnteredInError, SentReferral
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer, once, request_key
from shared.ids import new_id
from shared.problems import ILLEGAL_TRANSITION, NOT_FOUND, PRECONDITION_FAILED, Problem
from shared.web import is_current


@dataclass(frozen=True)
class Change:
    """A request to change a referral: who asks, which one, what they read of it."""

    caller: Caller
    referral_id: UUID
    if_match: str
    idempotency_key: str | None
    language: str


Effect = Callable[[Referral, Move], Awaitable[list[outbox.Message]]]
"""What a change does where the state allows it; the events that tell it."""


async def cancel(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, change: Change, body: CancelBody
) -> Answer:
    """The sender takes its referral back. Raises what `make` raises."""

    async def effect(referral: Referral, move: Move) -> list[outbox.Message]:
        words = {} if body.text is None else {"text": body.text}
        keep(session, cipher, referral, Action.CANCEL, words, reason=body.reason)
        return await _take_back(session, referral, move, ReferralCancelled, body.reason)

    sent = body.model_dump(mode="json")
    return await make(session, index, change, Action.CANCEL, sent, lambda _: effect)


async def mark_entered_in_error(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, change: Change, body: ErrorBody
) -> Answer:
    """The referral should never have been sent. Raises what `make` raises."""
    action = Action.MARK_ENTERED_IN_ERROR

    async def effect(referral: Referral, move: Move) -> list[outbox.Message]:
        keep(session, cipher, referral, action, {}, reason=body.reason)
        return await _take_back(session, referral, move, ReferralEnteredInError, body.reason)

    sent = body.model_dump(mode="json")
    return await make(session, index, change, action, sent, lambda _: effect)


async def make(
    session: AsyncSession,
    index: BlindIndex,
    change: Change,
    action: Action,
    sent: object,
    prepare: Callable[[Referral], Effect],
    *,
    shows_who: str | None = None,
) -> Answer:
    """Answers with the referral as its sender sees it after the change.

    `prepare` checks the request against what was sent before and may refuse it, whatever the
    state. `shows_who`: an identity code that the change tells of the person. Raises `not_found`
    for another's referral, `precondition_failed` when the sender sees something else by now,
    `illegal_transition`, and the problems of idempotency.
    """
    request = request_key(
        index,
        caller=change.caller.client_id,
        key=change.idempotency_key,
        operation=f"POST /v1/referrals/{change.referral_id}/{action}",
        body=sent,
    )

    async def work() -> Answer:
        partner = await partner_of(session, change.caller)
        of_person = await _lock_persons(session, index, partner, change, shows_who)
        referral = await _lock(session, partner, change.referral_id)
        seen = await following.view_of(session, partner, referral, change.language)
        if not is_current(change.if_match, following.etag_of(seen)):
            raise Problem(PRECONDITION_FAILED)
        effect = prepare(referral)
        move = transitions.after(ReferralStatus(referral.status), action)
        if move is None and not _sees_receipt_only(partner, referral):
            refusal = f"A referral that is {seen.status} allows no {action}."
            raise Problem(ILLEGAL_TRANSITION, refusal)
        concerned = {one.id: one for one in [*of_person, referral]}
        await _carry_out(session, referral, list(concerned.values()), move, effect)
        await audit.record(session, change.caller, _entry(referral, action, move))
        return await _answer(session, partner, referral, change.language)

    async with session.begin():
        return await once(session, request, work)


def keep(
    session: AsyncSession,
    cipher: FieldCipher,
    referral: Referral,
    action: Action,
    words: Any,
    *,
    fields: tuple[str, ...] = (),
    reason: str | None = None,
) -> None:
    """Keeps what the sender did and said; a referral once sent is never silently another."""
    change_id = new_id()
    session.add(
        ReferralChange(
            id=change_id,
            referral_id=referral.id,
            action=action,
            fields=[str(field) for field in fields],
            reason=reason,
            content_sealed=cipher.encrypt_json(words, change_context(change_id)),
            changed_at=utc_now(),
        )
    )


def change_context(change_id: UUID) -> str:
    """What the sealed words of a change are bound to."""
    return f"referral_changes/{change_id}"


async def told(
    session: AsyncSession, referral: Referral, event: type[SentReferral], **facts: Any
) -> outbox.Message:
    """The event of a change, at the referral's present version, under the person's primary ref."""
    primaries = await primaries_of(session, [referral.client_ref])
    client_ref = primaries[referral.client_ref]
    common = {
        "aggregate_id": referral.id,
        "version": referral.version,
        "occurred_at": utc_now(),
        "client_ref": client_ref,
        "partner_id": referral.partner_id,
        "source_kind": referral.source_kind,
    }
    data = event.model_validate(common | facts)
    return outbox.message(data, key=client_ref, correlation_id=referral.id)


async def _take_back(
    session: AsyncSession,
    referral: Referral,
    move: Move,
    event: type[SentReferral],
    reason: str | None,
) -> list[outbox.Message]:
    referral.status = move[0]
    referral.version += 1
    return [await told(session, referral, event, reason=reason)]


async def _lock_persons(
    session: AsyncSession, index: BlindIndex, partner: Partner, change: Change, code: str | None
) -> list[Referral]:
    """All referrals of the person and of whoever has the code, locked: the two may become one, and
    what partners see of any of them may change with it. None where no code is told."""
    if code is None:
        return []
    await lock_links(session)
    of_referral = await session.scalar(
        select(col(Referral.client_ref)).where(
            col(Referral.id) == change.referral_id, col(Referral.partner_id) == partner.id
        )
    )
    if of_referral is None:
        raise Problem(NOT_FOUND)
    of_code = await ref_of_code(session, index, code)
    return await lock_referrals(
        session, [of_referral] if of_code is None else [of_referral, of_code]
    )


async def _lock(session: AsyncSession, partner: Partner, referral_id: UUID) -> Referral:
    referral: Referral | None = await session.scalar(
        select(Referral)
        .where(col(Referral.id) == referral_id, col(Referral.partner_id) == partner.id)
        .with_for_update()
    )
    if referral is None:
        raise Problem(NOT_FOUND)
    telemetry.tag(referral_id=str(referral.id))
    return referral


def _sees_receipt_only(partner: Partner, referral: Referral) -> bool:
    seen = view_class(PartnerKind(partner.kind), LawfulBasis(referral.lawful_basis))
    return seen == ViewClass.RECEIPT_ONLY


async def _carry_out(
    session: AsyncSession,
    referral: Referral,
    concerned: Sequence[Referral],
    move: Move | None,
    effect: Effect,
) -> None:
    """Makes the change and tells it, of all that it concerns; without a move both are undone again.

    The keys of the outbox are the last locks that are taken: what follows waits for nobody.
    """
    stays = (ReferralStatus(referral.status), None)
    async with session.begin_nested() as made:
        async with telling(session, concerned):
            messages = await effect(referral, move or stays)
            await session.flush()
        await outbox.append(session, messages)
        if move is None:
            await made.rollback()
    await session.refresh(referral)


def _entry(referral: Referral, action: Action, move: Move | None) -> audit.Entry:
    return audit.Entry(
        f"referral.{action}" if move else f"referral.{action}.without_effect",
        "referral",
        subject_id=referral.id,
        client_ref=referral.client_ref,
        basis=referral.lawful_basis,
    )


async def _answer(
    session: AsyncSession, partner: Partner, referral: Referral, language: str
) -> Answer:
    view = await following.view_of(session, partner, referral, language)
    headers = {"ETag": following.etag_of(view), "Content-Language": language}
    return Answer(200, view.model_dump(mode="json"), headers)
