"""A posted ServiceRequest or Bundle taken apart into the resources of one referral.

References are resolved inside what was sent, never by a call to anywhere.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.messageheader import MessageHeader
from fhir.resources.R4B.reference import Reference
from fhir.resources.R4B.servicerequest import ServiceRequest
from pydantic import BaseModel

from services.referral.fhir import rules, systems
from services.referral.fhir.findings import Findings, refuse
from services.referral.fhir.parsing import CLASSES, parse, validated

Resource = TypeVar("Resource", bound=BaseModel)
Other = TypeVar("Other", bound=BaseModel)

CONTAINABLE = frozenset(CLASSES) - {"ServiceRequest", "MessageHeader", "Task"}
ENVELOPE_LEFT_OUT = frozenset({"id", "meta", "language", "timestamp", "signature", "link"})


@dataclass(frozen=True)
class Found(Generic[Resource]):
    """A resource, the FHIRPath where it was found, and its place among a Bundle's entries."""

    resource: Resource
    at: str
    entry: int | None = None


@dataclass
class Order:
    """The resources of one referral."""

    request: Found[ServiceRequest]
    others: list[Found[Any]] = field(default_factory=list)
    names: dict[str, Found[Any]] = field(default_factory=dict)
    bundle: Bundle | None = None
    used: set[str] = field(default_factory=set)

    def within(
        self, bundle: Bundle, others: Sequence[Found[Any]], names: Mapping[str, Found[Any]]
    ) -> "Order":
        """The order with what came beside it in a Bundle."""
        self.bundle = bundle
        self.others.extend(others)
        self.names.update(names)
        return self

    def of(self, kind: type[Other]) -> list[Found[Other]]:
        """The resources of a type."""
        return [found for found in self.others if isinstance(found.resource, kind)]

    def resolve(self, reference: Reference | None) -> Found[Any] | None:
        """What a reference points to inside the request; None when it is not there."""
        if reference is None or not reference.reference:
            return None
        name = reference.reference.partition("/_history/")[0]
        found = self.names.get(name)
        if found is not None:
            self.used.add(found.at)
        return found


def order_of_request(raw: Mapping[str, Any], findings: Findings) -> Order | None:
    """The order of a ServiceRequest that contains what it refers to."""
    _expect("ServiceRequest", raw)
    return _order(raw, "ServiceRequest", None, findings)


def order_of_bundle(raw: Mapping[str, Any], findings: Findings) -> Order | None:
    """The order of a transaction or message with one ServiceRequest."""
    _expect("Bundle", raw)
    bundle, entries = _envelope(raw, findings)
    if bundle is None:
        return None
    requests: list[Order] = []
    others: list[Found[Any]] = []
    names: dict[str, Found[Any]] = {}
    for number, entry in enumerate(entries):
        at = f"Bundle.entry[{number}].resource"
        resource = _resource_of(entry, at, findings)
        if resource is None:
            continue
        found: Found[Any] | None
        if resource["resourceType"] == "ServiceRequest":
            order = _order(resource, at, number, findings)
            requests += [order] if order else []
            found = order.request if order else None
        else:
            found = _parsed(resource, at, number, findings)
            others += [found] if found else []
        if found is not None:
            _name(names, found, entry, resource, findings)
    _check_message(bundle, others, findings)
    _check_one_request(entries, findings)
    return requests[0].within(bundle, others, names) if requests else None


def _check_one_request(entries: list[dict[str, Any]], findings: Findings) -> None:
    resources = [entry.get("resource") for entry in entries]
    kinds = [one.get("resourceType") for one in resources if isinstance(one, dict)]
    if "ServiceRequest" not in kinds:
        findings.add("Bundle.entry", "required", "a referral needs a ServiceRequest")
    if kinds.count("ServiceRequest") > 1:
        findings.add("Bundle.entry", "business_rule", "one referral a Bundle; bulk import has many")


def _expect(name: str, raw: Mapping[str, Any]) -> None:
    if raw.get("resourceType") != name:
        raise refuse("", "structure", f"a resource of type {name} is taken at this address")


def _envelope(
    raw: Mapping[str, Any], findings: Findings
) -> tuple[Bundle | None, list[dict[str, Any]]]:
    """The Bundle without its resources, and its entries as they came."""
    kept = {
        name: value
        for name, value in raw.items()
        if name not in ENVELOPE_LEFT_OUT | {"resourceType"} and not name.startswith("_")
    }
    entries = kept.pop("entry", [])
    if "implicitRules" in kept:
        findings.add("Bundle.implicitRules", "modifier_unknown", "it may change the meaning of all")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        findings.add("Bundle.entry", "structure", "R4 wants a list of objects here")
    if findings.any or validated(Bundle, kept, "Bundle", findings) is None:
        return None, []
    if len(entries) > rules.MAX_RESOURCES:
        raise refuse("Bundle.entry", "too_costly", f"at most {rules.MAX_RESOURCES} entries")
    shells = [{k: v for k, v in entry.items() if k != "resource"} for entry in entries]
    bundle = validated(Bundle, {**kept, "entry": shells}, "Bundle", findings)
    if bundle is not None:
        _check_requests(bundle, entries, findings)
    return bundle, entries


def _check_requests(bundle: Bundle, entries: list[dict[str, Any]], findings: Findings) -> None:
    """Transactions say what to do with each entry: create it, unconditionally, by its type."""
    if bundle.type != "transaction":
        return
    for number, shell in enumerate(bundle.entry or []):
        at = f"Bundle.entry[{number}].request"
        request = shell.request
        if request is None:
            findings.add(at, "missing", "an entry of a transaction needs a request")
            continue
        for condition in ("ifNoneExist", "ifMatch", "ifNoneMatch", "ifModifiedSince"):
            if getattr(request, condition) is not None:
                findings.add(f"{at}.{condition}", "not_supported", "conditions are not supported")
        resource = entries[number].get("resource")
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if kind is not None and (request.url or "").lstrip("/") != kind:
            findings.add(f"{at}.url", "business_rule", "POST each entry to the name of its type")


def _resource_of(
    entry: Mapping[str, Any], at: str, findings: Findings, types: Container[str] = CLASSES
) -> dict[str, Any] | None:
    """The resource of an entry when it is of a type that a referral may have there."""
    resource = entry.get("resource")
    if not isinstance(resource, dict):
        findings.add(at, "missing", "an entry needs a resource")
        return None
    if not isinstance(resource.get("resourceType"), str):
        findings.add(at, "structure", "a resource needs its resourceType")
        return None
    if resource["resourceType"] not in types:
        findings.add(at, "not_supported", "a referral takes no resource of this type")
        return None
    return resource


def _order(raw: Mapping[str, Any], at: str, entry: int | None, findings: Findings) -> Order | None:
    """The order of a ServiceRequest, with what it contains."""
    contained = raw.get("contained", [])
    bare = {name: value for name, value in raw.items() if name != "contained"}
    request = parse(ServiceRequest, "ServiceRequest", bare, at, findings)
    if not isinstance(contained, list):
        findings.add(f"{at}.contained", "structure", "R4 wants a list here")
        return None
    others, names = [], {}
    if len(contained) > rules.MAX_RESOURCES:
        raise refuse(f"{at}.contained", "too_costly", f"at most {rules.MAX_RESOURCES} contained")
    for number, inner in enumerate(contained):
        place = f"{at}.contained[{number}]"
        resource = _resource_of({"resource": inner}, place, findings, CONTAINABLE)
        found = _parsed(resource, place, None, findings) if resource else None
        if found is None or resource is None:
            continue
        others.append(found)
        if isinstance(resource.get("id"), str):
            names[f"#{resource['id']}"] = found
    return Order(Found(request, at, entry), others, names) if request else None


def _parsed(
    raw: Mapping[str, Any], at: str, entry: int | None, findings: Findings
) -> Found[Any] | None:
    name = raw["resourceType"]
    resource = parse(CLASSES[name], name, raw, at, findings)
    return Found(resource, at, entry) if resource is not None else None


def _name(
    names: dict[str, Found[Any]],
    found: Found[Any],
    entry: Mapping[str, Any],
    resource: Mapping[str, Any],
    findings: Findings,
) -> None:
    """Notes the names under which other entries may refer to this one."""
    for name in set(_names(entry.get("fullUrl"), resource)):
        if name in names:
            findings.add(found.at, "duplicate", "two entries go by the same fullUrl or id")
        names[name] = found


def _names(full_url: Any, resource: Mapping[str, Any]) -> Iterator[str]:
    kind, own = resource["resourceType"], resource.get("id")
    if isinstance(own, str):
        yield f"{kind}/{own}"
    if isinstance(full_url, str):
        yield full_url
        *_, last_but_one, last = ["", *full_url.split("/")]
        if last_but_one == kind:
            yield f"{kind}/{last}"


def _check_message(bundle: Bundle, others: Sequence[Found[Any]], findings: Findings) -> None:
    """A message begins with its header, which must say that it is a referral."""
    headers = [found for found in others if isinstance(found.resource, MessageHeader)]
    if bundle.type != "message":
        for header in headers:
            findings.add(header.at, "not_supported", "only a message has a MessageHeader")
        return
    if not headers or headers[0].entry != 0:
        findings.add("Bundle.entry[0].resource", "missing", "a message begins with MessageHeader")
        return
    at, said = headers[0].at, headers[0].resource
    event = said.eventCoding
    ours = event is not None and event.system == systems.MESSAGE_EVENT
    if not ours or event.code not in rules.MESSAGE_EVENTS:
        findings.add(f"{at}.event", "code_unknown", "the event of this message is no referral")
    if said.response is not None:
        findings.add(f"{at}.response", "business_rule", "this message is an answer")
