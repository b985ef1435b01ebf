"""Taking a referral in that came as FHIR: read, map, and hand it to the same intake as REST."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.referral.fhir import mapping, wire
from services.referral.fhir.findings import Findings
from services.referral.fhir.orders import Order
from services.referral.intake import checks
from services.referral.intake.commands import Intake, Intakes
from services.referral.intake.schemas import ReferralBody
from shared.auth import Caller
from shared.crypto import BlindIndex
from shared.idempotency import Answer, fingerprints_of
from shared.jsontext import canonical
from shared.problems import IDEMPOTENCY_KEY_MISSING, FieldError, Problem

TakeApart = Callable[[Mapping[str, Any], Findings], Order | None]
KEY_PURPOSE = "fhir-idempotency"


@dataclass(frozen=True)
class Posted:
    """What was posted: the resources, the referral they make, and what of them is not kept."""

    order: Order
    body: ReferralBody
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Sender:
    """Who posts, with which Idempotency-Key if any, and in which language to answer."""

    caller: Caller
    key: str | None
    language: str


def read(content: bytes, take_apart: TakeApart, *, allow_test_codes: bool, today: date) -> Posted:
    """The referral in a body of bytes. Raises `malformed_json`, `invalid_resource` or
    `validation_failed`, with a FHIRPath for all that is wrong."""
    findings = Findings()
    order = take_apart(wire.read(content), findings)
    if order is None or findings.any:
        raise findings.problem()
    draft = mapping.write(order, findings, today)
    if findings.any:
        raise findings.problem()

    def check(body: ReferralBody) -> ReferralBody:
        return checks.checked(body, allow_test_codes=allow_test_codes, today=today)

    return Posted(order, draft.body(check), tuple(findings.left_out))


async def submit(intakes: Intakes, index: BlindIndex, sender: Sender, posted: Posted) -> Answer:
    """Takes the referral once. Answers the receipt, as intake does."""
    key = sender.key or _derived_key(index, posted)
    intake = Intake(sender.caller, posted.body, key, sender.language)
    return await intakes.submit(intake)


def _derived_key(index: BlindIndex, posted: Posted) -> str:
    """The key that the sender's own identifiers stand for.

    A Bundle's identifier names the sending: another content under it is refused as with a key. A
    request's identifier is the external_id, which keeps its own rule, so the content is part of
    the key. Raises `idempotency_key_missing` when there is neither.
    """
    bundle = posted.order.bundle
    identifier = bundle.identifier if bundle else None
    if identifier is not None and identifier.value:
        named = f"bundle\n{identifier.system}\n{identifier.value}"
        return index.current(KEY_PURPOSE, named).hex()
    if posted.body.external_id is not None:
        content = canonical(posted.body.model_dump(mode="json"))
        return fingerprints_of(index, KEY_PURPOSE, content)[0].hex()
    raise Problem(
        IDEMPOTENCY_KEY_MISSING,
        errors=[
            FieldError(
                f"{posted.order.request.at}.identifier",
                "required",
                "give the request an identifier of yours, or send a header Idempotency-Key",
            )
        ],
    )
