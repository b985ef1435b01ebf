"""Recording what came as FHIR: read, and handed to the same commands as REST."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from services.consent.consents.commands import Giving, give_consent
from services.consent.consents.schemas import ConsentBody, ConsentView
from services.consent.denials.commands import Denying, deny
from services.consent.denials.schemas import DenialView
from services.consent.fhir import incoming, outgoing, parsing
from services.consent.fhir.outgoing import Resource
from shared.auth import Caller
from shared.crypto import BlindIndex
from shared.problems import Problem

FIRST_VERSION = 1


@dataclass(frozen=True)
class Taken:
    """What was recorded, and whether that was so before."""

    resource: Resource
    replayed: bool


async def record(
    session: AsyncSession, index: BlindIndex, caller: Caller, content: bytes, key: str | None
) -> Taken:
    """Records the consent or denial in a body of bytes, once per idempotency key.

    Raises `malformed_json`, `invalid_resource`, and the problems of REST, with FHIRPaths.
    """
    body = incoming.read(parsing.parse(content))
    try:
        if isinstance(body, ConsentBody):
            answer = await give_consent(session, index, Giving(caller, body, key))
            given = ConsentView.model_validate(answer.body)
            return Taken(outgoing.of_consent(given, FIRST_VERSION), answer.replayed)
        answer = await deny(session, index, Denying(caller, body, key))
        denied = DenialView.model_validate(answer.body)
        return Taken(outgoing.of_denial(denied, FIRST_VERSION), answer.replayed)
    except Problem as problem:
        raise incoming.in_fhir(problem) from None
