"""ServiceRequest and what came with it to the body of a referral; from there on the pipeline is the
same as for REST. README.md has the table."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from fhir.resources.R4B.codeableconcept import CodeableConcept
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.consent import Consent
from fhir.resources.R4B.identifier import Identifier
from fhir.resources.R4B.messageheader import MessageHeader
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.reference import Reference
from fhir.resources.R4B.task import Task

from services.referral.fhir import extensions, rules, senders, systems
from services.referral.fhir.basis import write_basis
from services.referral.fhir.draft import Draft
from services.referral.fhir.findings import Findings
from services.referral.fhir.orders import Found, Order
from services.referral.fhir.persons import as_date, is_uuid, write_client
from services.referral.fhir.reasons import SERVICES, reason_of
from shared.contracts.codes import Reason

LEAVING = frozenset({Reason.RELEASE, Reason.DISCHARGE})
WISHED_TIME = "Toivottu ajankohta: "
STANDS_ALONE = (Task, Consent, MessageHeader)
DEAD_CONDITIONS = frozenset({"refuted", "entered-in-error"})


def write(order: Order, findings: Findings, today: date) -> Draft:
    """The draft of the referral; what cannot be mapped is in the findings."""
    request, at = order.request.resource, order.request.at
    draft = Draft(at)
    remarks: list[str] = []
    if request.doNotPerform:
        findings.add(f"{at}.doNotPerform", "business_rule", "asks that something is not done")
    patient = _patient(order, findings)
    _check_service(order, findings)
    draft.put("/external_id", *_external_id(order, findings))
    draft.put("/urgency", *_urgency(order, findings))
    if patient is not None:
        remarks += write_client(patient, draft, findings, today)
    remarks += senders.write_contact_person(order, patient, draft, findings, today)
    write_basis(order, patient, draft, findings, today)
    extensions.write(order.request, draft, findings)
    reasons, words = _reasons(order, patient, findings)
    draft.put("/reasons", [str(reason) for reason in reasons], f"{at}.reasonCode")
    remarks += _time(order, reasons, draft, today)
    _write_team(order, draft, findings)
    _check_support(order, patient, findings)
    _write_narrative(order, [*words, *remarks], draft)
    _check_unused(order, findings)
    return draft


def _patient(order: Order, findings: Findings) -> Found[Patient] | None:
    """The person; a reference to a Patient elsewhere names nobody here."""
    at = f"{order.request.at}.subject"
    found = order.resolve(order.request.resource.subject)
    if found is None:
        findings.add(
            at, "reference_unresolved", "send the Patient contained, or as an entry of the Bundle"
        )
    elif not isinstance(found.resource, Patient):
        findings.add(at, "not_supported", "a referral is about a Patient")
    else:
        return found
    return None


def _check_service(order: Order, findings: Findings) -> None:
    """Without a code the request is for the one service that is given here."""
    code = order.request.resource.code
    codings = code.coding if code and code.coding else []
    if code is not None and not any((one.system, one.code) in SERVICES for one in codings):
        findings.add(f"{order.request.at}.code", "code_unknown", "this service is not given here")


def _external_id(order: Order, findings: Findings) -> tuple[str | None, str]:
    """The placer's identifier; the only one, if none is marked so."""
    at = f"{order.request.at}.identifier"
    known = [
        (number, one)
        for number, one in enumerate(order.request.resource.identifier or [])
        if one.value
    ]
    placed = [(number, one) for number, one in known if _is_placer(one)] or known
    if len(placed) > 1:
        findings.add(at, "ambiguous", "mark the sender's own identifier with the type PLAC")
    if not placed:
        return None, at
    number, identifier = placed[0]
    return identifier.value, f"{at}[{number}].value"


def _is_placer(identifier: Identifier) -> bool:
    codings = identifier.type.coding if identifier.type else None
    return any(coding.code == systems.PLACER for coding in codings or [])


def _urgency(order: Order, findings: Findings) -> tuple[str, str]:
    at = f"{order.request.at}.priority"
    told = {order.request.resource.priority: at}
    told |= {task.resource.priority: f"{task.at}.priority" for task in order.of(Task)}
    told.pop(None, None)
    if len(told) > 1:
        findings.add(at, "business_rule", "request and task differ in priority")
    priority, place = next(iter(told.items()), (rules.NO_PRIORITY, at))
    return rules.URGENCY_OF[priority or rules.NO_PRIORITY], place


def _reasons(
    order: Order, patient: Found[Patient] | None, findings: Findings
) -> tuple[list[Reason], list[str]]:
    """Our reasons, and words for what was given in words."""
    reasons: dict[Reason, None] = {}
    words: list[str] = []
    unknown: list[str] = []
    for concept, at in _concepts(order, patient, findings):
        reason = _reason(concept)
        if reason is not None:
            reasons[reason] = None
        elif concept.coding:
            unknown.append(at)
        elif concept.text:
            reasons[Reason.OTHER] = None
            words.append(concept.text)
    for concept in order.request.resource.category or []:
        reason = _reason(concept)
        if reason is not None:
            reasons[reason] = None
    if reasons:
        for at in unknown:
            findings.leave_out(at)
        return list(reasons), words
    at = f"{order.request.at}.reasonCode"
    for place in unknown:
        findings.add(place, "code_unknown", "not a reason that this service knows; see the README")
    if not unknown:
        findings.add(at, "required", "at least one reason")
    return [], words


def _reason(concept: CodeableConcept) -> Reason | None:
    codings = ((coding.system, coding.code) for coding in concept.coding or [])
    return next((reason for coding in codings if (reason := reason_of(*coding))), None)


def _concepts(
    order: Order, patient: Found[Patient] | None, findings: Findings
) -> Iterator[tuple[CodeableConcept, str]]:
    """Every reason given, by code or by a Condition that was sent along."""
    request, at = order.request.resource, order.request.at
    for number, concept in enumerate(request.reasonCode or []):
        yield concept, f"{at}.reasonCode[{number}]"
    for number, reference in enumerate(request.reasonReference or []):
        place = f"{at}.reasonReference[{number}]"
        found = order.resolve(reference)
        if found is None and reference.reference is None and reference.display:
            yield CodeableConcept(text=reference.display), place
        elif found is None or not isinstance(found.resource, Condition):
            findings.add(place, "reference_unresolved", "send the Condition along, or a reasonCode")
        else:
            _check_condition(found, order, patient, findings)
            if found.resource.code is not None:
                yield found.resource.code, f"{found.at}.code"


def _check_condition(
    condition: Found[Condition], order: Order, patient: Found[Patient] | None, findings: Findings
) -> None:
    known = condition.resource.verificationStatus
    if known and any(one.code in DEAD_CONDITIONS for one in known.coding or []):
        findings.add(
            f"{condition.at}.verificationStatus", "business_rule", "the condition is not so"
        )
    _check_same(condition.resource.subject, f"{condition.at}.subject", order, patient, findings)


def _check_same(
    reference: Reference | None,
    at: str,
    order: Order,
    expected: Found[Any] | None,
    findings: Findings,
) -> None:
    """That a reference points to the same as the request does."""
    if reference is None or expected is None:
        return
    if order.resolve(reference) is not expected:
        findings.add(at, "reference_unresolved", "is another than the request's")


def _time(order: Order, reasons: list[Reason], draft: Draft, today: date) -> list[str]:
    """When somebody leaves an institution, the time is that day; else it is told in words."""
    request, at = order.request.resource, f"{order.request.at}.occurrence"
    period = request.occurrencePeriod
    start: Any = request.occurrenceDateTime or (period.start or period.end if period else None)
    if start is None:
        return []
    day = as_date(start, date.max)
    if LEAVING & set(reasons) and day != date.max:
        if not draft.has("/leaves_institution_on"):
            draft.put("/leaves_institution_on", day.isoformat(), at)
        return []
    end: Any = period.end if period and period.start else None
    return [WISHED_TIME + "–".join(str(moment) for moment in (start, end) if moment is not None)]


def _write_team(order: Order, draft: Draft, findings: Findings) -> None:
    """A performer that names a team of ours is a wish; who else is named does not decide."""
    for number, performer in enumerate(order.request.resource.performer or []):
        at = f"{order.request.at}.performer[{number}]"
        order.resolve(performer)
        identifier = performer.identifier
        if identifier is None or identifier.system != systems.TEAM:
            findings.leave_out(at)
        elif not is_uuid(identifier.value):
            findings.add(f"{at}.identifier.value", "value", "a team's id is a UUID")
        else:
            draft.put("/team", identifier.value, at)


def _check_support(order: Order, patient: Found[Patient] | None, findings: Findings) -> None:
    """What came along must belong together."""
    for number, reference in enumerate(order.request.resource.supportingInfo or []):
        found = order.resolve(reference)
        if found is None or not isinstance(found.resource, Consent):
            findings.add(
                f"{order.request.at}.supportingInfo[{number}]",
                "not_supported",
                "only a Consent that is sent along supports a referral; say the rest in a note",
            )
    for task in order.of(Task):
        _check_same(task.resource.focus, f"{task.at}.focus", order, order.request, findings)
        _check_same(task.resource.for_fhir, f"{task.at}.for", order, patient, findings)
        code = task.resource.code
        if code and not any(one.code == systems.FULFILL for one in code.coding or []):
            findings.add(f"{task.at}.code", "code_unknown", "the task of a referral is to fulfill")


def _write_narrative(order: Order, remarks: list[str], draft: Draft) -> None:
    """All words in one text: notes first, then what has no field of its own."""
    request = order.request
    tasks = order.of(Task)
    holders: list[Found[Any]] = [request, *tasks, *order.of(Condition)]
    noted: list[tuple[str, str]] = [
        (note.text, f"{found.at}.note[{number}].text")
        for found in holders
        for number, note in enumerate(found.resource.note or [])
        if note.text
    ]
    noted += [
        (task.resource.description, f"{task.at}.description")
        for task in tasks
        if task.resource.description
    ]
    texts = [*(text for text, _ in noted), *remarks]
    at = noted[0][1] if noted else f"{request.at}.note"
    draft.put("/narrative", "\n\n".join(texts) or None, at)


def _check_unused(order: Order, findings: Findings) -> None:
    """A resource that nothing refers to is not the referral's; asked when all else is well."""
    if findings.any:
        return
    for found in order.others:
        if found.at not in order.used and not isinstance(found.resource, STANDS_ALONE):
            findings.add(found.at, "not_supported", "nothing in the referral refers to this")
