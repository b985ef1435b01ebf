"""Amending a referral: what was sent and what changes make a whole referral, checked as one."""

from datetime import date
from functools import partial
from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.referral.changes import commands, rules
from services.referral.changes.commands import Change, Effect
from services.referral.changes.schemas import AmendmentBody
from services.referral.clients import commands as clients
from services.referral.clients import identity as identities
from services.referral.clients.groups import lock
from services.referral.clients.identity import IDENTITY_CODE
from services.referral.clients.joining import learn_code
from services.referral.clients.rules import age_group
from services.referral.intake import checks
from services.referral.intake.schemas import ReferralBody
from services.referral.intake.taking import content_context, content_of
from services.referral.tables import Referral
from services.referral.transitions import Action, Move
from shared import outbox
from shared.calendar import FINLAND
from shared.clock import utc_now
from shared.contracts.codes import AmendedField
from shared.contracts.referral import ReferralAmended
from shared.crypto import BlindIndex, FieldCipher
from shared.idempotency import Answer
from shared.identity_code import normalise
from shared.problems import VALIDATION_FAILED, FieldError, Problem
from shared.web.errors import field_errors

Sent = dict[str, Any]


async def amend(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    change: Change,
    body: AmendmentBody,
    *,
    allow_test_codes: bool,
) -> Answer:
    """Changes the fields that are named. Raises what `commands.make` raises, and
    `validation_failed` when the referral would not be one any more."""

    def prepare(referral: Referral) -> Effect:
        if referral.erased_at is not None:
            return _nothing
        before = _as_sent(cipher, referral)
        named = rules.amended(before, body.named())
        after = _checked(before, named, utc_now().astimezone(FINLAND).date(), allow_test_codes)
        return partial(_amend, session, cipher, index, before, after)

    named = body.named()
    told = named.get(AmendedField.CLIENT, {}).get(IDENTITY_CODE)
    shows_who = _normal(told, allow_test_codes) if told else None
    return await commands.make(
        session, index, change, Action.AMEND, named, prepare, shows_who=shows_who
    )


def _normal(code: str, allow_test_codes: bool) -> str | None:
    """The identity code in normal form; None for one that will be refused."""
    try:
        return normalise(code, allow_test_codes=allow_test_codes)
    except ValueError:
        return None


async def _nothing(_: Referral, __: Move) -> list[outbox.Message]:
    return []


def _as_sent(cipher: FieldCipher, referral: Referral) -> Sent:
    """The referral as its sender has sent it, with what it changed until now."""
    content: Sent = cipher.decrypt_json(referral.content_sealed, content_context(referral.id))
    leaves_on = referral.leaves_institution_on
    return content | {
        "lawful_basis": referral.lawful_basis,
        "urgency": referral.urgency,
        "reasons": referral.reasons,
        "housing": referral.housing,
        "leaves_institution_on": leaves_on.isoformat() if leaves_on else None,
        "team": str(referral.wished_team) if referral.wished_team else None,
    }


def _checked(before: Sent, named: Sent, today: date, allow_test_codes: bool) -> ReferralBody:
    try:
        body = ReferralBody.model_validate(named)
    except ValidationError as error:
        raise Problem(VALIDATION_FAILED, errors=field_errors(error.errors())) from None
    checked = checks.checked(body, allow_test_codes=allow_test_codes, today=today)
    if rules.code_error(before, _as_sent_in(checked)):
        wrong = FieldError(
            "/client/identity_code",
            "identity_code_cannot_change",
            "another code is another person: mark this referral entered-in-error, send a new one",
        )
        raise Problem(VALIDATION_FAILED, errors=[wrong])
    return checked


def _as_sent_in(body: ReferralBody) -> Sent:
    """The fields of a whole body as `_as_sent` gives them."""
    told = body.model_dump(
        mode="json", include={"urgency", "reasons", "housing", "leaves_institution_on", "team"}
    )
    return content_of(body) | told


async def _amend(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    sent: Sent,
    body: ReferralBody,
    referral: Referral,
    _: Move,
) -> list[outbox.Message]:
    now_sent = _as_sent_in(body)
    fields = rules.changed(sent, now_sent)
    if not fields:
        return []
    _write(cipher, referral, body)
    referral.version += 1
    before, after = _of(sent, fields), _of(now_sent, fields)
    words = {"before": before, "after": after}
    commands.keep(session, cipher, referral, Action.AMEND, words, fields=fields)
    messages = []
    if AmendedField.CLIENT in fields:
        messages = await _tell_person(session, cipher, index, referral, before, after)
    facts = _facts(referral, body)
    amended = await commands.told(session, referral, ReferralAmended, changed=fields, **facts)
    return [*messages, amended]


def _of(told: Sent, fields: tuple[AmendedField, ...]) -> Sent:
    return {str(name): told.get(name) for name in fields}


def _write(cipher: FieldCipher, referral: Referral, body: ReferralBody) -> None:
    referral.urgency = body.urgency
    referral.reasons = [str(reason) for reason in body.reasons]
    referral.municipality = body.client.municipality
    referral.housing = body.housing.model_dump(mode="json") if body.housing else None
    referral.leaves_institution_on = body.leaves_institution_on
    referral.wished_team = body.team
    referral.beyond_basis_erased_at = None
    referral.content_sealed = cipher.encrypt_json(content_of(body), content_context(referral.id))


async def _tell_person(
    session: AsyncSession,
    cipher: FieldCipher,
    index: BlindIndex,
    referral: Referral,
    before: Sent,
    after: Sent,
) -> list[outbox.Message]:
    """What is known of the person follows; a code that was missing may show who they are."""
    now = utc_now()
    old, new = before[AmendedField.CLIENT], after[AmendedField.CLIENT]
    messages = []
    if new.get(IDENTITY_CODE) != old.get(IDENTITY_CODE):
        messages = await learn_code(
            session, cipher, index, referral.client_ref, new[IDENTITY_CODE], now
        )
    (client,) = (await lock(session, [referral.client_ref])).values()
    await clients.correct(session, cipher, index, client, old, new, now)
    return messages


def _facts(referral: Referral, body: ReferralBody) -> dict[str, Any]:
    """The codes of the referral as they are now."""
    born = identities.birth_date(content_of(body)[AmendedField.CLIENT])
    housing = body.housing
    return {
        "urgency": body.urgency,
        "reasons": body.reasons,
        "municipality": body.client.municipality,
        "age_group": age_group(born, utc_now().astimezone(FINLAND).date()),
        "language": body.client.language,
        "housing_status": housing.status if housing else None,
        "eviction_stage": housing.eviction_stage if housing else None,
        "leaves_institution_on": referral.leaves_institution_on,
        "wished_team": referral.wished_team,
    }
