"""The lawful basis of a referral (SHL 35 §): stated, evidenced by a Consent, or the person's own
request. It is never assumed: what the sender may see later depends on it."""

from datetime import date
from typing import Any

from fhir.resources.R4B.consent import Consent, ConsentProvision
from fhir.resources.R4B.patient import Patient

from services.referral.fhir import rules, systems
from services.referral.fhir.draft import Draft
from services.referral.fhir.findings import Findings
from services.referral.fhir.orders import Found, Order
from services.referral.fhir.persons import as_date
from shared.contracts.codes import LawfulBasis

EVALUATED = frozenset({"type", "period"})


def write_basis(
    order: Order, patient: Found[Patient] | None, draft: Draft, findings: Findings, today: date
) -> None:
    """Writes `/lawful_basis` when a Consent or the requester gives it; an extension may state it
    too, and must not contradict."""
    at = order.request.at
    implied = _implied(order, patient)
    for consent in order.of(Consent):
        _check(consent, order, patient, findings, today)
    stated = next(
        (
            (extension.valueCode, f"{at}.extension[{number}]")
            for number, extension in enumerate(order.request.resource.extension or [])
            if extension.url == systems.LAWFUL_BASIS
        ),
        None,
    )
    if stated is None and implied is None:
        findings.add(
            f"{at}.extension",
            "required",
            "say the lawful basis (SHL 35 §) in the extension lawful-basis, or send the Consent",
        )
    elif stated is None and implied is not None:
        draft.put("/lawful_basis", implied[0].value, implied[1])
    elif stated and order.of(Consent) and stated[0] != LawfulBasis.CONSENT:
        findings.add(stated[1], "business_rule", "contradicts the Consent that was sent along")


def _implied(order: Order, patient: Found[Patient] | None) -> tuple[LawfulBasis, str] | None:
    consents = order.of(Consent)
    if consents:
        return LawfulBasis.CONSENT, consents[0].at
    if patient is not None and order.resolve(order.request.resource.requester) is patient:
        return LawfulBasis.SELF, f"{order.request.at}.requester"
    return None


def _check(
    consent: Found[Consent],
    order: Order,
    patient: Found[Patient] | None,
    findings: Findings,
    today: date,
) -> None:
    """That the consent is this person's, about sharing, in force, and permits without a but."""
    content, at = consent.resource, consent.at
    if patient is not None and order.resolve(content.patient) is not patient:
        findings.add(f"{at}.patient", "reference_unresolved", "is another than the request's")
    scopes = content.scope.coding or []
    if not any(
        scope.system == systems.CONSENT_SCOPE and scope.code in rules.CONSENT_SCOPES
        for scope in scopes
    ):
        findings.add(f"{at}.scope", "code_unknown", "not a consent to care or to sharing for it")
    policies = content.policyRule.coding if content.policyRule else None
    if content.policyRule is not None and not any(
        policy.system == systems.ACT_CODE and policy.code == systems.OPT_IN
        for policy in policies or []
    ):
        findings.add(f"{at}.policyRule", "business_rule", "is no plain opt-in")
    if content.provision is not None:
        _check_provision(content.provision, f"{at}.provision", findings, today)


def _check_provision(provision: ConsentProvision, at: str, findings: Findings, today: date) -> None:
    for element in sorted(provision.model_fields_set - EVALUATED):
        if getattr(provision, element) is not None:
            name = element.removesuffix("_fhir")
            findings.add(f"{at}.{name}", "not_supported", "conditions cannot be evaluated here")
    period: Any = provision.period
    if period is None:
        return
    starts, ends = as_date(period.start, today), as_date(period.end, today)
    if not starts <= today <= ends:
        findings.add(f"{at}.period", "business_rule", "the consent is not in force today")
