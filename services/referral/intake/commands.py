"""Taking referrals: those of one caller that come at the same moment share a transaction, with the
answers, the persons, the referrals, the audit rows and the events of each.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from services.referral import wording
from services.referral.intake.schemas import Receipt, ReferralBody
from services.referral.intake.taking import Sent, Taken, sent, take
from services.referral.partners.queries import partner_of
from services.referral.partners.rules import is_authority
from services.referral.tables import Partner
from shared import outbox, telemetry
from shared.auth import Caller
from shared.contracts.codes import PartnerKind, ReferralStatus
from shared.crypto import BlindIndex, FieldCipher
from shared.db import Database
from shared.idempotency import Answer, RequestKey, first_answers, keep_answers, required_key
from shared.problems import Problem
from shared.together import Together


@dataclass(frozen=True)
class Intake:
    """One request to take a referral: who sends what, and how to answer."""

    caller: Caller
    body: ReferralBody
    idempotency_key: str
    language: str


@dataclass(frozen=True)
class _Submission:
    """An intake, and by what a repeat of it is known."""

    intake: Intake
    request: RequestKey
    referral: Sent

    @property
    def names(self) -> Set[tuple[str, str]]:
        """Who share one of these are not taken together, but one after the other."""
        return {("key", self.request.key), *self.referral.names}


class Intakes:
    """The way in for referrals, one by one as their senders see it."""

    def __init__(self, database: Database, cipher: FieldCipher, index: BlindIndex) -> None:
        self._database = database
        self._cipher = cipher
        self._index = index
        self._together = Together(
            self._submit_all,
            group=lambda one: _who(one.intake.caller),
            names=lambda one: one.names,
        )

    async def submit(self, intake: Intake) -> Answer:
        """Takes the referral, once per idempotency key and per external_id. Answers the receipt.

        Raises the problems of idempotency, `not_a_partner`, `partner_suspended` and
        `external_id_conflict`.
        """
        referral = sent(self._index, intake.body)
        request = required_key(
            self._index,
            caller=intake.caller.client_id,
            key=intake.idempotency_key,
            operation="POST /v1/referrals",
            body=referral.text,
        )
        return await self._together.do(_Submission(intake, request, referral))

    async def _submit_all(self, submissions: Sequence[_Submission]) -> list[Answer | Problem]:
        """The outcome of each; all of one caller."""
        spans = [one.referral.span for one in submissions]
        with telemetry.together("referrals.submit", spans):
            async with self._database.sessions() as session, session.begin():
                first = await first_answers(session, [one.request for one in submissions])
                new = [one for one, answer in zip(submissions, first, strict=True) if not answer]
                taken = iter(await self._take(session, new))
                return [answer or next(taken) for answer in first]

    async def _take(
        self, session: AsyncSession, new: Sequence[_Submission]
    ) -> Sequence[Answer | Problem]:
        if not new:
            return []
        caller = new[0].intake.caller
        try:
            partner = await partner_of(session, caller)
        except Problem as problem:
            return [problem] * len(new)
        referrals = [one.referral for one in new]
        taking = await take(session, self._cipher, self._index, caller, partner, referrals)
        outcomes = [
            _outcome(taken, partner, one.intake.language)
            for one, taken in zip(new, taking.outcomes, strict=True)
        ]
        await keep_answers(
            session,
            [
                (one.request, outcome)
                for one, outcome in zip(new, outcomes, strict=True)
                if isinstance(outcome, Answer)
            ],
        )
        await outbox.append(session, taking.messages)
        return outcomes


def _who(caller: Caller) -> tuple[str | None, ...]:
    """All of a caller that matters here, whichever token it holds."""
    return caller.client_id, caller.org, caller.worker


def _outcome(taken: Taken | Problem, partner: Partner, language: str) -> Answer | Problem:
    if isinstance(taken, Problem):
        return taken
    referral = taken.referral
    authority = is_authority(PartnerKind(partner.kind))
    receipt = Receipt(
        id=referral.id,
        reference=referral.reference,
        status=ReferralStatus.REQUESTED,
        received_at=referral.received_at,
        external_id=referral.external_id,
        next_step=wording.next_step(language, authority=authority),
    )
    headers = {"Location": f"/v1/referrals/{referral.id}", "Content-Language": language}
    return Answer(201 if taken.new else 200, receipt.model_dump(mode="json"), headers)
