"""Starting and changing a multi-service path: one transaction under the case's row lock."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.caseload import days
from services.caseload.paths import queries, rules
from services.caseload.paths.schemas import ServicePathBody, ServicePathView
from services.caseload.references import refusal
from services.caseload.tables import Case, ServicePath
from shared import audit, outbox
from shared.auth import Caller
from shared.clock import utc_now
from shared.contracts.caseload import ServicePathChanged
from shared.contracts.codes import CaseStatus
from shared.crypto import FieldCipher
from shared.ids import new_id
from shared.problems import (
    ILLEGAL_TRANSITION,
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
    Problem,
)

Put = tuple[ServicePathView, int, bool]


async def put_path(
    session: AsyncSession,
    cipher: FieldCipher,
    caller: Caller,
    case_id: UUID,
    body: ServicePathBody,
    expected: int | None,
) -> Put:
    """Starts the path of a case, or changes it when `expected` is its present version.

    Any professional of the case's team may start one, and of any organisation on it change it.
    Returns the path, its version and whether it is new. Raises `not_found`, `illegal_transition`
    on a closed case, `precondition_required`, `precondition_failed` and `validation_failed`.
    """
    async with session.begin():
        case = await queries.find_case(session, caller, case_id, lock=True)
        if case.status == CaseStatus.CLOSED:
            raise Problem(ILLEGAL_TRANSITION, "A closed case takes no change of its path.")
        path = await session.get(ServicePath, case_id)
        _check_version(path, expected)
        _check_body(case, body)
        made = path is None
        path = _new(case, cipher, body) if path is None else _changed_to(path, case, cipher, body)
        session.add(path)
        await session.flush()
        act = "service_path.create" if made else "service_path.update"
        await audit.record(session, caller, queries.entry(act, case))
        message = outbox.message(_event(case, path), key=case.client_ref)
        await outbox.append(session, [message])
        return queries.view_of(cipher, case, path), path.version, made


def _check_version(path: ServicePath | None, expected: int | None) -> None:
    if path is None and expected is not None:
        raise Problem(PRECONDITION_FAILED)
    if path is not None and expected is None:
        raise Problem(PRECONDITION_REQUIRED)
    if path is not None and path.version != expected:
        raise Problem(PRECONDITION_FAILED)


def _check_body(case: Case, body: ServicePathBody) -> None:
    if body.next_review < days.today():
        raise refusal("/next_review", "in_the_past", "must be today or later")
    if not rules.joins_services(_organisations(case, body)):
        detail = "a path joins the team and at least one other organisation"
        raise refusal("/participants", "one_organisation", detail)


def _organisations(case: Case, body: ServicePathBody) -> list[str]:
    everybody = [body.coordinator, *body.participants]
    return rules.organisations_of(str(case.team), (each.organisation for each in everybody))


def _new(case: Case, cipher: FieldCipher, body: ServicePathBody) -> ServicePath:
    path_id = new_id()
    values = _values(path_id, case, cipher, body)
    return ServicePath(case_id=case.id, id=path_id, started_at=utc_now(), version=1, **values)


def _changed_to(
    path: ServicePath, case: Case, cipher: FieldCipher, body: ServicePathBody
) -> ServicePath:
    for name, value in _values(path.id, case, cipher, body).items():
        setattr(path, name, value)
    path.version += 1
    return path


def _values(
    path_id: UUID, case: Case, cipher: FieldCipher, body: ServicePathBody
) -> dict[str, Any]:
    return {
        "coordinator": body.coordinator.model_dump(mode="json"),
        "participants": [each.model_dump(mode="json") for each in body.participants],
        "organisations": _organisations(case, body),
        "plan_sealed": cipher.encrypt(body.plan.encode(), queries.seal_of(path_id)),
        "next_review_on": body.next_review,
    }


def _event(case: Case, path: ServicePath) -> ServicePathChanged:
    roles = {each["role"] for each in [path.coordinator, *path.participants]}
    return ServicePathChanged(
        aggregate_id=path.id,
        version=path.version,
        occurred_at=utc_now(),
        client_ref=case.client_ref,
        case_id=case.id,
        team=case.team,
        organisations=len(path.organisations),
        roles=tuple(sorted(roles)),
        next_review_on=path.next_review_on,
    )
