"""Our consents and denials as R4 Consent resources, made of the views that REST shows."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.consent import Consent

from services.consent.consents.rules import Giver, Status
from services.consent.consents.schemas import ConsentView, TargetedScope
from services.consent.denials.rules import Status as DenialStatus
from services.consent.denials.schemas import DenialView
from services.consent.fhir import systems

_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
Resource = dict[str, Any]


def of_consent(view: ConsentView, version: int) -> Resource:
    """A consent: what is permitted, either everything that the direction leads to or, inside a
    provision that denies, the targets."""
    period = _period(view.valid_from, view.valid_to)
    targets = _targets(view)
    if targets is None:
        provision: Resource = {"type": "permit", "period": period}
    else:
        nested = [{"type": "permit", "period": period, **target} for target in targets]
        provision = {"type": "deny", "period": period, "provision": nested}
    active = view.status == Status.GIVEN
    return _resource(view, version, systems.OPT_IN, active=active) | {"provision": provision}


def of_denial(view: DenialView, version: int) -> Resource:
    """A denial: one provision that denies, as far as its actors and classes narrow it."""
    actors: list[Resource] = []
    if view.partner is not None:
        actors = [_actor(systems.PARTNER, str(view.partner))]
    elif view.organisations is not None:
        actors = [organisation(name) for name in view.organisations]
    provision: Resource = {"type": "deny"}
    if actors:
        provision["actor"] = actors
    if view.data_classes is not None:
        provision["class"] = _classes(view.data_classes)
    active = view.status == DenialStatus.IN_FORCE
    return _resource(view, version, systems.OPT_OUT, active=active) | {"provision": provision}


def searchset(address: str, base: str, resources: Sequence[Resource]) -> Resource:
    """What a search found."""
    entries = [
        {
            "fullUrl": f"{base}/Consent/{resource['id']}",
            "resource": resource,
            "search": {"mode": "match"},
        }
        for resource in resources
    ]
    found: Resource = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries),
        "link": [{"relation": "self", "url": address}],
    }
    return found | ({"entry": entries} if entries else {})


def as_json(resource: Mapping[str, Any]) -> str:
    """The resource as JSON, having passed the library's model of it."""
    model = Bundle if resource["resourceType"] == "Bundle" else Consent
    return model.model_validate(dict(resource)).model_dump_json()


def organisation(name: str) -> Resource:
    """An organisation as a receiver: an OID travels as a URI, another id under a name of ours."""
    if _OID.fullmatch(name):
        return _actor(systems.URI, f"{systems.OID}{name}")
    return _actor(systems.ORGANISATION, name)


def _resource(
    view: ConsentView | DenialView, version: int, policy: str, *, active: bool
) -> Resource:
    direction = view.direction or systems.EVERY_DIRECTION
    return {
        "resourceType": "Consent",
        "id": str(view.id),
        "meta": {"versionId": str(version)},
        "extension": [
            {"url": systems.FORM, "valueCode": view.form},
            {
                "url": systems.RECORDED_BY,
                "valueIdentifier": {"system": systems.WORKER, "value": str(view.recorded_by)},
            },
        ],
        "status": "active" if active else "inactive",
        "scope": _concept(systems.CONSENT_SCOPE, "patient-privacy"),
        "category": [_concept(systems.DIRECTION, direction)],
        "patient": _patient(view.client_ref),
        "dateTime": _text(view.recorded_at),
        "performer": [_giver(view)],
        "policyRule": _concept(systems.ACT_CODE, policy),
    }


def _targets(view: ConsentView) -> list[Resource] | None:
    if view.partner is not None:
        facts = [str(fact) for fact in view.facts]
        return [_target(_actor(systems.PARTNER, str(view.partner)), facts)]
    if not isinstance(view.scope, TargetedScope):
        return None
    return [_target(organisation(one.organisation), one.data_classes) for one in view.scope.targets]


def _target(actor: Resource, classes: Sequence[str]) -> Resource:
    return {"actor": [actor], "class": _classes(classes)}


def _actor(system: str, value: str) -> Resource:
    return {
        "role": _concept(systems.PARTICIPATION, systems.RECIPIENT),
        "reference": {"type": "Organization", "identifier": {"system": system, "value": value}},
    }


def _classes(codes: Sequence[str]) -> list[Resource]:
    return [{"system": systems.DATA_CLASS, "code": code} for code in codes]


def _giver(view: ConsentView | DenialView) -> Resource:
    if view.given_by == Giver.CLIENT:
        return _patient(view.client_ref)
    return {"type": "RelatedPerson", "display": "legal representative"}


def _patient(client_ref: UUID) -> Resource:
    identifier = {"system": systems.CLIENT_REF, "value": str(client_ref)}
    return {"type": "Patient", "identifier": identifier}


def _concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": str(code)}]}


def _period(start: datetime, end: datetime | None) -> Resource:
    return {"start": _text(start)} | ({"end": _text(end)} if end else {})


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
