"""The examples, and for each the verdict: taken, or refused with this reason at this place."""

from dataclasses import dataclass, field
from typing import Any

from services.referral.fhir import systems
from tests.support import fhir
from tests.support.bodies import referral_body

LOINC = "http://loinc.org"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
CONDITION_STATUS = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


@dataclass(frozen=True)
class Example:
    """A resource and what must be said to it; no status is 201 or 200."""

    name: str
    resource: dict[str, Any]
    status: int = 0
    issues: set[tuple[str, str]] = field(default_factory=set)

    def __str__(self) -> str:
        return self.name


def concept(system: str | None = None, code: str | None = None, text: str | None = None) -> Any:
    """A CodeableConcept."""
    coding = {"coding": [{"system": system, "code": code}]} if code else {}
    return coding | ({"text": text} if text else {})


def request(name: str, code: Any, **elements: Any) -> dict[str, Any]:
    """A ServiceRequest about somebody elsewhere, as in the specification."""
    return {
        "resourceType": "ServiceRequest",
        "id": name,
        "status": "active",
        "intent": "order",
        "code": code,
        "subject": {"reference": "Patient/example"},
    } | elements


def about(reference: str, display: str) -> dict[str, str]:
    """A reference to a resource elsewhere."""
    return {"reference": reference, "display": display}


DOCTOR = about("Practitioner/example", "Tohtori Huolellinen")
NOT_OURS = ("ServiceRequest.code", "code-invalid")
NOT_ACTIVE = ("ServiceRequest.status", "business-rule")
NOBODY = ("ServiceRequest.subject", "not-found")

REQUESTS = [
    Example(
        "r4/ambulation",
        request(
            "ambulation",
            concept(systems.SNOMED, "62013009", "Kävelytys"),
            status="completed",
            identifier=[{"value": "45000"}],
            basedOn=[about("CarePlan/preg", "Äitiyssuunnitelma")],
            authoredOn="2017-03-05",
            requester=DOCTOR,
            reasonReference=[about("Observation/blood-pressure", "Verenpaine")],
        ),
        422,
        {NOT_ACTIVE},
    ),
    Example(
        "r4/appendectomy-narrative",
        request(
            "n", concept(text="Umpilisäke"), status="completed", subject={"display": "Potilas"}
        ),
        422,
        {NOT_ACTIVE},
    ),
    Example(
        "r4/benchpress",
        request(
            "benchpress",
            concept(systems.SNOMED, "229115003"),
            intent="plan",
            occurrenceTiming={"repeat": {"count": 20, "frequency": 3, "period": 1}},
            patientInstruction="Aloita kevyesti.",
        ),
        422,
        {
            ("ServiceRequest.intent", "business-rule"),
            ("ServiceRequest.occurrenceTiming", "not-supported"),
            ("ServiceRequest.patientInstruction", "not-supported"),
        },
    ),
    Example(
        "r4/di",
        request(
            "di",
            concept(LOINC, "24627-2", "Keuhkojen kuvaus"),
            intent="original-order",
            occurrenceDateTime="2013-05-08T09:33:27+07:00",
            requester=DOCTOR,
            reasonCode=[concept(text="Etsitään etäpesäkkeitä")],
        ),
        422,
        {NOT_OURS, NOBODY},
    ),
    Example(
        "r4/do-not-turn",
        request(
            "do-not-turn",
            concept(systems.SNOMED, "359962006"),
            priority="stat",
            doNotPerform=True,
            requester=DOCTOR,
            reasonReference=[{"display": "Selkärangan murtuma"}],
        ),
        422,
        {("ServiceRequest.doNotPerform", "business-rule"), NOT_OURS},
    ),
    Example(
        "r4/ft4",
        request("ft4", concept(LOINC, "3024-7"), intent="reflex-order", requester=DOCTOR),
        422,
        {NOT_OURS, NOBODY, ("ServiceRequest.reasonCode", "required")},
    ),
    Example(
        "r4/lipid",
        request(
            "lipid",
            concept("http://acme.org/tests", "LIPID"),
            intent="original-order",
            contained=[
                {
                    "resourceType": "Observation",
                    "id": "fasting",
                    "status": "final",
                    "code": concept(LOINC, "49541-6"),
                },
                {"resourceType": "Specimen", "id": "serum"},
            ],
            specimen=[{"reference": "#serum"}],
            supportingInfo=[{"reference": "#fasting"}],
            requester=DOCTOR,
        ),
        422,
        {
            ("ServiceRequest.specimen", "not-supported"),
            ("ServiceRequest.contained[0]", "not-supported"),
            ("ServiceRequest.contained[1]", "not-supported"),
        },
    ),
    Example(
        "r4/myringotomy",
        request(
            "myringotomy",
            concept(systems.SNOMED, "172676009"),
            identifier=[{"system": "http://referrals.example/ids", "value": "ret4000"}],
            replaces=[{"display": "aiempi pyyntö"}],
            requisition={"value": "1200"},
            priority="routine",
            occurrencePeriod={"end": "2014-03-14"},
            requester=about("https://other.example/fhir/Practitioner/7", "Lähettäjä"),
            performerType=concept("http://other.example/specialties", "ent"),
            reasonCode=[concept(text="Putkien arvio")],
            note=[{"authorString": "Lähettäjä", "text": "Toistuvia tulehduksia."}],
        ),
        422,
        {
            ("ServiceRequest.replaces", "not-supported"),
            ("ServiceRequest.performerType", "not-supported"),
        },
    ),
    Example(
        "r4/vent",
        request(
            "vent",
            concept(systems.SNOMED, "40617009"),
            status="completed",
            orderDetail=[concept(systems.SNOMED, "243144002", "IPPB")],
            requester=DOCTOR,
        ),
        422,
        {NOT_ACTIVE, ("ServiceRequest.orderDetail", "not-supported")},
    ),
    Example(
        "sdoh/SDOHCC-ServiceRequestActiveFoodPantryApplicationAssistExample",
        request(
            "food-pantry",
            concept(systems.SNOMED, "467771000124109"),
            category=[
                concept(systems.SNOMED, "410606002"),
                concept(systems.GRAVITY, "food-insecurity"),
            ],
            subject={"reference": "Patient/pat-53234"},
            reasonReference=[{"reference": "Condition/SDOHCC-ConditionFoodInsecurityExample"}],
        ),
        422,
        {NOT_OURS, NOBODY, ("ServiceRequest.reasonReference[0]", "not-found")},
    ),
    Example(
        "sdoh/SDOHCC-ServiceRequestSubreferralSummerFoodProgramExample",
        request(
            "summer-food",
            concept(systems.SNOMED, "467681000124101"),
            basedOn=[{"reference": "ServiceRequest/food-pantry"}],
            status="completed",
            intent="original-order",
            category=[concept(systems.GRAVITY, "food-insecurity")],
        ),
        422,
        {NOT_ACTIVE},
    ),
    Example(
        "sdoh/contacting-subject-prohibited",
        fhir.contained(
            referral_body(),
            orderDetail=[concept(systems.GRAVITY, "contacting-subject-prohibited")],
        ),
        422,
        {("ServiceRequest.orderDetail", "not-supported")},
    ),
    Example(
        "r4/task-example3 (at the address of requests)",
        {
            "resourceType": "Task",
            "id": "example3",
            "status": "draft",
            "intent": "order",
            "code": concept(text="Reseptin uusinta"),
            "focus": {"reference": "MedicationRequest/medrx002"},
        },
        400,
        set(),
    ),
]


def entry(resource: dict[str, Any] | None, method: str = "POST", **more: Any) -> dict[str, Any]:
    """An entry of a transaction."""
    kind = resource["resourceType"] if resource else "Patient/2"
    told = {"resource": resource} if resource else {}
    return told | {"request": {"method": method, "url": kind} | more}


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    """A Bundle."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


PERSON = {"resourceType": "Patient", "name": [{"family": "Esimerkki", "given": ["Pekka"]}]}

FINN = {
    "resourceType": "Patient",
    "id": "patient-of-municipality",
    "identifier": [
        {
            "use": "official",
            "type": concept("http://terminology.hl7.org/CodeSystem/v2-0203", "NNFIN"),
            "system": "urn:oid:1.2.246.21",
            "value": "010190-900P",
        }
    ],
    "gender": "male",
    "birthDate": "1990-01-01",
    "name": [{"given": ["Testi"], "family": "Henkilö", "text": "Testi Henkilö"}],
    "telecom": [{"system": "phone", "value": "+358401234000"}],
    "address": [{"use": "home", "line": ["Testikatu 2", "37910 Akaa"]}],
    "communication": [{"language": concept("urn:oid:2.16.840.1.113883.4.642.3.20", "fi")}],
    "active": True,
    "extension": [fhir.municipality("020")],
}
"""After the Finnish base profiles' example of a patient with a municipality."""

AMERICAN = {
    "resourceType": "Patient",
    "id": "pat-53234",
    "extension": [
        {
            "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
            "extension": [{"url": "text", "valueString": "…"}],
        },
        {
            "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
            "valueCode": "M",
        },
    ],
    "identifier": [{"system": "http://hospital.example/mrn", "value": "1032000"}],
    "active": True,
    "name": [{"family": "Esimerkki", "given": ["Kalle"], "period": {"start": "2020-07-22"}}],
    "telecom": [{"system": "phone", "value": "555-555-5555", "use": "home"}],
    "gender": "male",
    "birthDate": "1987-02-20",
    "address": [{"line": ["183 Example St"], "city": "Mounds", "state": "OK", "country": "US"}],
}

HOMELESS = {
    "resourceType": "Condition",
    "id": "SDOHCC-ConditionHomelessExample",
    "verificationStatus": concept(CONDITION_STATUS, "unconfirmed"),
    "category": [concept(systems.GRAVITY, "homelessness")],
    "code": {
        "coding": [
            {"system": systems.SNOMED, "code": "32911000"},
            {"system": ICD_10_CM, "code": "Z59.0"},
        ]
    },
    "subject": {"reference": "Patient/patient-of-municipality"},
    "onsetPeriod": {"start": "2026-10-26T13:56:33.747Z"},
    "asserter": {"reference": "Patient/patient-of-municipality"},
    "evidence": [{"detail": [{"reference": "Observation/housing-status"}]}],
}
"""After the SDOH guide's homelessness Condition, of a Finnish person."""

HOUSING_REQUEST = request(
    "housing",
    concept(systems.SNOMED, "710911006"),
    category=[
        concept(systems.SNOMED, "410606002"),
        concept(systems.GRAVITY, "housing-instability"),
    ],
    identifier=[{"system": "http://clinic.example/referrals", "value": "sdoh-1"}],
    subject={"reference": "Patient/patient-of-municipality"},
    reasonReference=[{"reference": "Condition/SDOHCC-ConditionHomelessExample"}],
    supportingInfo=[{"reference": "Consent/disclosure"}],
    requester={"reference": "PractitionerRole/jan-water"},
    performer=[{"reference": "Organization/platform", "display": "Alusta"}],
)
CONSENT = fhir.consent(
    id="disclosure",
    patient={"reference": "Patient/patient-of-municipality"},
    organization=[{"reference": "Organization/payer"}],
    sourceAttachment={"contentType": "application/pdf", "data": "JVBERi0xLjUK"},
)
ROLE = {
    "resourceType": "PractitionerRole",
    "id": "jan-water",
    "active": True,
    "practitioner": {"reference": "Practitioner/jan", "display": "Tohtori Vesi"},
    "code": [concept(systems.SNOMED, "62247001")],
    "telecom": [
        {"system": "phone", "value": "+358 3 555 6719", "use": "work"},
        {"system": "email", "value": "vesi@clinic.example", "use": "work"},
    ],
}
DOCTOR_WATER = {
    "resourceType": "Practitioner",
    "id": "jan",
    "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "9941330000"}],
    "name": [{"text": "Tohtori Jan Vesi", "family": "Vesi", "given": ["Jan"], "prefix": ["Tri"]}],
}
FULFILL = {
    "resourceType": "Task",
    "status": "requested",
    "intent": "order",
    "code": concept(systems.TASK_CODE, "fulfill"),
    "focus": {"reference": "ServiceRequest/housing"},
    "for": {"reference": "Patient/patient-of-municipality"},
    "authoredOn": "2026-09-11T21:56:54.671Z",
    "requester": {"reference": "PractitionerRole/jan-water"},
    "owner": {"reference": "Organization/platform"},
}
HOUSING = (HOUSING_REQUEST, FINN, HOMELESS, CONSENT, ROLE, DOCTOR_WATER)
BASIS = [{"url": systems.LAWFUL_BASIS, "valueCode": "consent"}]

BUNDLES = [
    Example(
        "sdoh/housing-referral",
        bundle("transaction", *(entry(one) for one in (*HOUSING, FULFILL))),
    ),
    Example(
        "sdoh/housing-referral, the task accepted already",
        bundle(
            "transaction", *(entry(one) for one in (*HOUSING, FULFILL | {"status": "accepted"}))
        ),
        422,
        {("Bundle.entry[6].resource.status", "business-rule")},
    ),
    Example(
        "sdoh/pat-53234 with the housing referral",
        bundle(
            "transaction",
            entry(
                HOUSING_REQUEST
                | {
                    "subject": {"reference": "Patient/pat-53234"},
                    "reasonReference": [],
                    "supportingInfo": [],
                    "extension": BASIS,
                    "requester": {"display": "Tohtori Vesi"},
                }
            ),
            entry(AMERICAN),
        ),
        422,
        {
            ("Bundle.entry[1].resource.address", "required"),
            ("Bundle.entry[1].resource.extension[0]", "extension"),
            ("Bundle.entry[1].resource.extension[1]", "extension"),
        },
    ),
    Example(
        "fi/patient-of-municipality",
        bundle(
            "transaction",
            entry(FINN),
            entry(
                fhir.service_request(
                    referral_body(external_id="fi-1"),
                    subject={"reference": "Patient/patient-of-municipality"},
                    requester={"display": "Osasto 4"},
                )
            ),
        ),
    ),
    Example(
        "r4/bundle-transaction",
        bundle(
            "transaction",
            entry(PERSON),
            entry(PERSON, ifNoneExist="identifier=http://ids.example|234000"),
            entry(PERSON | {"id": "123"}, "PUT"),
            entry(None, "DELETE"),
            entry(None, "GET"),
        ),
        422,
        {(f"Bundle.entry[{number}].request.method", "business-rule") for number in (2, 3, 4)},
    ),
    Example(
        "r4/xds (Provide and Register)",
        bundle(
            "transaction",
            entry({"resourceType": "DocumentReference", "status": "current"}),
            entry(PERSON, ifNoneExist="identifier=http://ids.example|89765a"),
            entry({"resourceType": "Binary", "contentType": "text/plain", "data": "aGFsbG8="}),
        ),
        422,
        {
            ("Bundle.entry[0].resource", "not-supported"),
            ("Bundle.entry[1].request.ifNoneExist", "not-supported"),
            ("Bundle.entry[2].resource", "not-supported"),
            ("Bundle.entry", "required"),
        },
    ),
    Example(
        "r4/bundle-request-medsallergies",
        bundle("batch", entry(None, "GET"), entry(None, "GET")),
        422,
        {("Bundle.type", "business-rule")},
    ),
    Example("r4/bundle-example", bundle("searchset"), 422, {("Bundle.type", "business-rule")}),
    Example("r4/father", bundle("document"), 422, {("Bundle.type", "business-rule")}),
    Example(
        "r4/patient-link message",
        {
            **bundle("message"),
            "timestamp": "2015-07-14T11:15:33+10:00",
            "entry": [
                {
                    "fullUrl": "urn:uuid:267b18ce-3d37-4581-9baa-6fada3380000",
                    "resource": {
                        "resourceType": "MessageHeader",
                        "eventCoding": {
                            "system": "http://example.org/fhir/message-events",
                            "code": "patient-link",
                        },
                        "source": {"endpoint": "http://example.org/clients/ehr-lite"},
                        "focus": [{"reference": "http://ehr.example/fhir/Patient/pat1"}],
                    },
                },
                {"fullUrl": "http://ehr.example/fhir/Patient/pat1", "resource": PERSON},
            ],
        },
        422,
        {
            ("Bundle.entry[0].resource.event", "code-invalid"),
            ("Bundle.entry", "required"),
        },
    ),
    Example(
        "r4/consent-example-Out with the housing referral",
        bundle(
            "transaction",
            *(
                entry(one)
                for one in (
                    *HOUSING[:3],
                    CONSENT | {"policyRule": concept(systems.ACT_CODE, "OPTOUT")},
                    *HOUSING[4:],
                )
            ),
        ),
        422,
        {("Bundle.entry[3].resource.policyRule", "business-rule")},
    ),
    Example(
        "r4/consent-example-basic with the housing referral",
        bundle(
            "transaction",
            *(
                entry(one)
                for one in (
                    *HOUSING[:3],
                    CONSENT | {"provision": {"period": {"start": "1964", "end": "2016-01-01"}}},
                    *HOUSING[4:],
                )
            ),
        ),
        422,
        {("Bundle.entry[3].resource.provision.period", "business-rule")},
    ),
]
