"""Saying that two refs are one person, and taking it back: each one transaction, logged, once per
idempotency key. Answers are kept in the clear and hold refs alone."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.referral.clients import joining, merging
from services.referral.clients.groups import (
    groups_of,
    lock,
    lock_links,
    lock_primaries,
    lock_referrals,
    primaries_of,
)
from services.referral.clients.joining import Joined
from services.referral.clients.schemas import (
    DismissBody,
    DismissedView,
    LinkBody,
    LinkView,
    MatchState,
    MergeBody,
    PurposeOfUse,
    UnlinkBody,
    UnlinkedView,
)
from services.referral.tables import Client, ClientLink, PossibleMatch
from services.referral.webhooks.news import telling
from shared import audit, outbox
from shared.auth import Caller
from shared.clock import utc_now
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer, once, request_key
from shared.problems import (
    CONFLICT,
    ILLEGAL_TRANSITION,
    NOT_FOUND,
    PRECONDITION_FAILED,
    VALIDATION_FAILED,
    FieldError,
    Problem,
)
from shared.web import etag


@dataclass(frozen=True)
class Change:
    """A request to change who is whom: who asks, of which person, the version they read."""

    caller: Caller
    client_ref: UUID
    expected: int
    idempotency_key: str | None


async def link(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, change: Change, body: LinkBody
) -> Answer:
    """Links the person to another ref, or to an identity code. The ref that is linked to is kept,
    and so is the person's own when nobody else has the code.

    Raises `not_found`, `precondition_failed`, `conflict` when they are one person already or two
    for certain, and `validation_failed` for a ref that is nobody's.
    """

    async def work() -> Answer:
        if body.identity_code is not None:
            joined = await _join_code(session, cipher, index, change, body.identity_code)
        else:
            async with _telling(session, change.client_ref, body.to):
                person, kept = await _two(session, change, body.to, "/to")
                _refuse_same(person, kept)
                joined = await joining.join(session, kept, person, utc_now())
        return await _linked(session, change, "client.link", joined)

    return await _once(session, index, change, "link", body.model_dump(mode="json"), work)


async def unlink(
    session: AsyncSession, index: BlindIndex, change: Change, body: UnlinkBody
) -> Answer:
    """Undoes a link of the person's. Raises `not_found` when there is none, and
    `illegal_transition` for a merge."""

    async def work() -> Answer:
        async with _telling(session, change.client_ref):
            rows = await _whole(session, change.client_ref)
            primaries = await primaries_of(session, [change.client_ref])
            kept = _present(rows.get(primaries.get(change.client_ref, change.client_ref)), change)
            link = _named(await _links(session, rows), change.client_ref, body)
            if link.final:
                raise Problem(ILLEGAL_TRANSITION, "A merge is final: it allows no unlink.")
            messages = await joining.part(session, link, rows, kept, utc_now())
        await _log(session, change, "client.unlink", kept.client_ref, link.linked_ref)
        await outbox.append(session, messages)
        view = UnlinkedView(client_ref=kept.client_ref, unlinked_ref=link.linked_ref)
        return Answer(200, view.model_dump(mode="json"), {"ETag": etag(kept.version)})

    sent = body.model_dump(mode="json", by_alias=True)
    return await _once(session, index, change, "unlink", sent, work)


async def merge(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, change: Change, body: MergeBody
) -> Answer:
    """Makes two refs one person for good; a ref that is linked there already is merged too.

    Raises the problems of `link`, and `conflict` for a ref that is linked to another one.
    """

    async def work() -> Answer:
        now = utc_now()
        async with _telling(session, change.client_ref, body.into):
            person, target = await _two(session, change, body.into, "/into")
            if person is target:
                link = await _link_to(session, change.client_ref, target)
                source = await session.get_one(Client, change.client_ref)
            else:
                link = (await joining.join(session, target, person, now)).link
                source = person
            messages = await merging.finish(session, cipher, link, target, source, now)
        return await _linked(session, change, "client.merge", Joined(link, target, messages))

    return await _once(session, index, change, "merge", body.model_dump(mode="json"), work)


async def dismiss(
    session: AsyncSession, index: BlindIndex, change: Change, body: DismissBody
) -> Answer:
    """The two are two. Raises `not_found` when nobody took them for one."""

    async def work() -> Answer:
        person, other = await _two(session, change, body.other, "/other")
        groups = await groups_of(session, [person.client_ref, other.client_ref])
        pairs = joining.between(groups[person.client_ref], groups[other.client_ref])
        done = await session.scalars(
            update(PossibleMatch)
            .where(pairs, col(PossibleMatch.state) == MatchState.OPEN)
            .values(state=MatchState.DISMISSED, decided_at=utc_now())
            .returning(col(PossibleMatch.id))
        )
        if not done.all():
            raise Problem(NOT_FOUND, "The two are no possible match that is open.")
        await _log(session, change, "client.dismiss", person.client_ref, other.client_ref)
        view = DismissedView(client_ref=person.client_ref, other=other.client_ref)
        return Answer(200, view.model_dump(mode="json"), {"ETag": etag(person.version)})

    return await _once(session, index, change, "dismiss", body.model_dump(mode="json"), work)


async def _once(
    session: AsyncSession,
    index: BlindIndex,
    change: Change,
    operation: str,
    sent: object,
    work: Callable[[], Awaitable[Answer]],
) -> Answer:
    request = request_key(
        index,
        caller=change.caller.client_id,
        key=change.idempotency_key,
        operation=f"POST /v1/clients/{change.client_ref}/{operation}",
        body=sent,
    )

    async def alone() -> Answer:
        await lock_links(session)
        return await work()

    async with session.begin():
        return await once(session, request, alone)


@asynccontextmanager
async def _telling(session: AsyncSession, *refs: UUID | None) -> AsyncIterator[None]:
    """Around a change of who is whom. A consent that was given under one ref counts for all of the
    person's: partners are told of what they then see of any of these persons' referrals."""
    referrals = await lock_referrals(session, [ref for ref in refs if ref is not None])
    async with telling(session, referrals):
        yield


async def _join_code(
    session: AsyncSession, cipher: FieldCipher, index: BlindIndex, change: Change, code: str
) -> Joined:
    """The person turns out to be whoever has the code, or the first to have it."""
    of_code = await joining.ref_of_code(session, index, code)
    async with _telling(session, change.client_ref, of_code):
        person, holder = await joining.holder_of(session, index, change.client_ref, code)
        person = _present(person, change)
        _refuse_same(person, holder)
        return await joining.join_code(session, cipher, index, person, holder, code, utc_now())


async def _two(
    session: AsyncSession, change: Change, other: UUID | None, pointer: str
) -> tuple[Client, Client]:
    """The person, at the version that was read, and the other one, both locked."""
    refs = {change.client_ref} if other is None else {change.client_ref, other}
    locked = await lock_primaries(session, refs, also=refs)
    person = _present(locked.get(change.client_ref), change)
    if other not in locked or locked[other].erased_at is not None:
        unknown = FieldError(pointer, "client_unknown", "there is nobody under this ref")
        raise Problem(VALIDATION_FAILED, errors=[unknown])
    return person, locked[other]


async def _whole(session: AsyncSession, client_ref: UUID) -> dict[UUID, Client]:
    """All refs of the person, locked: nobody links or unlinks them meanwhile."""
    groups = await groups_of(session, [client_ref])
    return await lock(session, groups.get(client_ref, ()))


def _present(person: Client | None, change: Change) -> Client:
    if person is None or person.erased_at is not None:
        raise Problem(NOT_FOUND)
    if person.version != change.expected:
        raise Problem(PRECONDITION_FAILED)
    return person


def _refuse_same(person: Client, other: Client | None) -> None:
    if person is other:
        raise Problem(CONFLICT, "They are one person already.")


async def _links(session: AsyncSession, refs: Collection[UUID]) -> Sequence[ClientLink]:
    rows = await session.scalars(select(ClientLink).where(col(ClientLink.linked_ref).in_(refs)))
    return rows.all()


def _named(links: Sequence[ClientLink], client_ref: UUID, body: UnlinkBody) -> ClientLink:
    """The link that is named by its id, or by its two refs, or by the ref that was linked."""
    pair = {client_ref, body.from_ref}
    for link in links:
        if link.id == body.link or {link.linked_ref, link.primary_ref} == pair:
            return link
    for link in links:
        if link.linked_ref == body.from_ref:
            return link
    raise Problem(NOT_FOUND)


async def _link_to(session: AsyncSession, client_ref: UUID, target: Client) -> ClientLink:
    """The link from this ref to the person's primary one, not yet final."""
    for link in await _links(session, [client_ref]):
        if link.primary_ref == target.client_ref and not link.final:
            return link
    raise Problem(CONFLICT, "They are one person already, by another link or for good.")


async def _linked(session: AsyncSession, change: Change, action: str, joined: Joined) -> Answer:
    """The answer, after the audit rows and the events, which come last."""
    link, kept = joined.link, joined.kept
    await _log(session, change, action, kept.client_ref, link.linked_ref)
    await outbox.append(session, joined.messages)
    view = LinkView(
        id=link.id,
        client_ref=kept.client_ref,
        linked_ref=link.linked_ref,
        final=link.final,
        linked_at=link.linked_at,
    )
    return Answer(200, view.model_dump(mode="json"), {"ETag": etag(kept.version)})


async def _log(session: AsyncSession, change: Change, action: str, *refs: UUID) -> None:
    purpose = PurposeOfUse.ADMINISTRATION
    entries = [audit.Entry(action, "client", ref, client_ref=ref, purpose=purpose) for ref in refs]
    await audit.record(session, change.caller, *entries)
