"""What a sender may know of its referral, as ServiceRequest, Task and Bundles of them.

Everything here is made of the `ReferralView` that REST shows, and of nothing else. Who the person
is, is not repeated: the subject is masked.
"""

from collections.abc import Sequence
from typing import Any

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.messageheader import MessageHeader
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.servicerequest import ServiceRequest
from fhir.resources.R4B.task import Task
from pydantic import BaseModel

from services.referral.fhir import rules, systems
from services.referral.fhir.orders import Found, Order
from services.referral.following.queries import etag_of
from services.referral.following.schemas import ReferralView
from shared.web.outcomes import note, outcome

MASKED = {"extension": [{"url": systems.DATA_ABSENT_REASON, "valueCode": "masked"}]}
NOT_KEPT = "taken as part of the referral, not kept as a resource of its own"
LEFT_OUT = "not kept"

CLASSES: dict[str, type[BaseModel]] = {
    "ServiceRequest": ServiceRequest,
    "Task": Task,
    "Bundle": Bundle,
    "OperationOutcome": OperationOutcome,
    "CapabilityStatement": CapabilityStatement,
}


def as_json(resource: dict[str, Any]) -> str:
    """A resource as JSON, having passed the library's model of it."""
    return CLASSES[resource["resourceType"]].model_validate(resource).model_dump_json()


def view_of_receipt(receipt: dict[str, Any]) -> ReferralView:
    """The view of a referral that was taken just now: what the receipt says."""
    unknown = {"business_status": None, "team": None, "contact_due_at": None}
    return ReferralView.model_validate({**unknown, **receipt})


def weak_etag(view: ReferralView) -> str:
    """REST's ETag of the same view, weak as FHIR has it."""
    return f"W/{etag_of(view)}"


def service_request(view: ReferralView) -> dict[str, Any]:
    """The referral as the request that it is to its sender."""
    return {
        "resourceType": "ServiceRequest",
        "id": str(view.id),
        "meta": _meta(view),
        "identifier": _identifiers(view),
        "status": rules.REQUEST_STATUS_OF[view.status],
        "intent": "order",
        "subject": MASKED,
        "authoredOn": view.received_at.isoformat(),
    }


def task(view: ReferralView) -> dict[str, Any]:
    """How it goes on: status and businessStatus as REST shows them, the team when told."""
    return {
        "resourceType": "Task",
        "id": str(view.id),
        "meta": _meta(view),
        "identifier": _identifiers(view),
        "status": view.status.value,
        **_business_status(view),
        "intent": "order",
        "code": {"coding": [{"system": systems.TASK_CODE, "code": systems.FULFILL}]},
        "focus": {"reference": f"ServiceRequest/{view.id}"},
        "for": MASKED,
        "authoredOn": view.received_at.isoformat(),
        **_team_and_time(view),
        "note": [{"text": view.next_step}],
    }


def searchset(base: str, views: Sequence[ReferralView], query: str) -> dict[str, Any]:
    """The tasks that a search found; the self link says what was understood of it."""
    entries = [
        {
            "fullUrl": f"{base}/Task/{view.id}",
            "resource": task(view),
            "search": {"mode": "match"},
        }
        for view in views
    ]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries),
        "link": [{"relation": "self", "url": f"{base}/Task{query}"}],
        **({"entry": entries} if entries else {}),
    }


def left_out(expressions: Sequence[str]) -> dict[str, Any]:
    """The outcome of a success: what was sent and is not kept."""
    told = [note(LEFT_OUT, expression) for expression in expressions[: rules.MAX_ISSUES]]
    return outcome(told or [note("all of it was taken")])


def transaction_response(
    order: Order, view: ReferralView, *, created: bool, whole: bool
) -> dict[str, Any]:
    """An entry for every entry sent, in its order."""
    sent = order.bundle.entry if order.bundle and order.bundle.entry else []
    kept = {order.request.entry: service_request(view)}
    kept |= {found.entry: task(view) for found in order.of(Task)}
    entries: list[dict[str, Any]] = []
    for number in range(len(sent)):
        resource = kept.get(number)
        if resource is None:
            entries.append({"response": {"status": "200 OK", "outcome": outcome([note(NOT_KEPT)])}})
            continue
        response: dict[str, Any] = {
            "status": "201 Created" if created else "200 OK",
            "location": f"{resource['resourceType']}/{view.id}",
            "etag": weak_etag(view),
        }
        entries.append({**({"resource": resource} if whole else {}), "response": response})
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}


def message_response(base: str, order: Order, view: ReferralView) -> dict[str, Any]:
    """The message that answers a message: taken, and here is how it stands."""
    header = order.of(MessageHeader)[0]
    code = next(iter(rules.MESSAGE_EVENTS))
    sent = header.resource.id or _uuid_of(order, header) or str(view.id)
    answer: dict[str, Any] = {
        "resourceType": "MessageHeader",
        "id": str(view.id),
        "eventCoding": {"system": systems.MESSAGE_EVENT, "code": code},
        "source": {"name": "nopsa", "endpoint": base},
        "response": {"identifier": sent, "code": "ok"},
        "focus": [{"reference": f"ServiceRequest/{view.id}"}],
    }
    resources: tuple[dict[str, Any], ...] = (answer, service_request(view), task(view))
    return {
        "resourceType": "Bundle",
        "type": "message",
        "timestamp": view.received_at.isoformat(),
        "entry": [
            {"fullUrl": f"{base}/{one['resourceType']}/{one['id']}", "resource": one}
            for one in resources
        ],
    }


def _uuid_of(order: Order, header: Found[MessageHeader]) -> str | None:
    entries = order.bundle.entry if order.bundle and order.bundle.entry else []
    full_url = entries[header.entry or 0].fullUrl if entries else None
    return full_url.removeprefix("urn:uuid:") if full_url else None


def _meta(view: ReferralView) -> dict[str, Any]:
    return {"versionId": etag_of(view).strip('"')}


def _identifiers(view: ReferralView) -> list[dict[str, Any]]:
    ours = {"type": _type(systems.FILLER), "system": systems.REFERENCE, "value": view.reference}
    if view.external_id is None:
        return [ours]
    return [{"type": _type(systems.PLACER), "value": view.external_id}, ours]


def _type(code: str) -> dict[str, Any]:
    return {"coding": [{"system": systems.IDENTIFIER_TYPE, "code": code}]}


def _business_status(view: ReferralView) -> dict[str, Any]:
    if view.business_status is None:
        return {}
    coding = {"system": systems.BUSINESS_STATUS, "code": view.business_status.value}
    return {"businessStatus": {"coding": [coding]}}


def _team_and_time(view: ReferralView) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if view.team is not None:
        identifier = {"system": systems.TEAM, "value": str(view.team)}
        told["owner"] = {"type": "Organization", "identifier": identifier}
    if view.contact_due_at is not None:
        told["restriction"] = {"period": {"end": view.contact_due_at.isoformat()}}
    return told
