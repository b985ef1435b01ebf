"""What of R4 is taken, what is left out and what is refused; pure tables. README.md tells why.

An element that is in no table here is refused by name: nothing that a sender said is lost in
silence.
"""

from shared.contracts.codes import ReferralStatus, Urgency

S = ReferralStatus

MAX_VALUES = 200_000
"""Of a body that is parsed at all; the resources in it are held to less."""
MAX_RESOURCES = 50
"""Entries of a Bundle, or resources contained in one."""
MAX_VALUES_EACH = 500
MAX_TEXT = 20_000
"""Of the elements that are read. What is left out (a photo, a signed form) may be longer."""
MAX_ISSUES = 50

URGENCY_OF = {
    "stat": Urgency.IMMEDIATE,
    "asap": Urgency.IMMEDIATE,
    "urgent": Urgency.URGENT,
    "routine": Urgency.ROUTINE,
}
NO_PRIORITY = "routine"
"""R4 ServiceRequest.priority: when missing, the request has normal priority."""

REQUEST_STATUS_OF = {
    S.REQUESTED: "active",
    S.ACCEPTED: "active",
    S.REJECTED: "revoked",
    S.IN_PROGRESS: "active",
    S.ON_HOLD: "on-hold",
    S.COMPLETED: "completed",
    S.FAILED: "completed",
    S.CANCELLED: "revoked",
    S.ENTERED_IN_ERROR: "entered-in-error",
}
"""ServiceRequest.status of a referral as its sender may see it; Task.status is the same word."""

NO_LANGUAGE = "und"
"""BCP 47 for undetermined: a language is not guessed."""

REQUEST_STATUS = frozenset(
    {"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"}
)
_ORDERS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
REQUEST_INTENT = _ORDERS | {"proposal", "plan", "directive", "option"}
TASK_INTENT = _ORDERS | {"unknown", "proposal", "plan", "option"}
PRIORITY = frozenset(URGENCY_OF)
TASK_STATUS = frozenset(
    {
        "draft", "requested", "received", "accepted", "rejected", "ready", "cancelled",
        "in-progress", "on-hold", "failed", "completed", "entered-in-error",
    }
)  # fmt: skip
GENDER = frozenset({"male", "female", "other", "unknown"})
CONSENT_STATUS = frozenset(
    {"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"}
)
BUNDLE_TYPE = frozenset(
    {
        "document", "message", "transaction", "transaction-response", "batch", "batch-response",
        "history", "searchset", "collection",
    }
)  # fmt: skip
METHOD = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"})

BINDINGS: dict[tuple[str, str], frozenset[str]] = {
    ("ServiceRequest", "status"): REQUEST_STATUS,
    ("ServiceRequest", "intent"): REQUEST_INTENT,
    ("ServiceRequest", "priority"): PRIORITY,
    ("Task", "status"): TASK_STATUS,
    ("Task", "intent"): TASK_INTENT,
    ("Task", "priority"): PRIORITY,
    ("Patient", "gender"): GENDER,
    ("Consent", "status"): CONSENT_STATUS,
    ("ConsentProvision", "type"): frozenset({"deny", "permit"}),
    ("Bundle", "type"): BUNDLE_TYPE,
    ("BundleEntryRequest", "method"): METHOD,
    ("Identifier", "use"): frozenset({"usual", "official", "temp", "secondary", "old"}),
    ("HumanName", "use"): frozenset(
        {"usual", "official", "temp", "nickname", "anonymous", "old", "maiden"}
    ),
    ("ContactPoint", "system"): frozenset(
        {"phone", "fax", "email", "pager", "url", "sms", "other"}
    ),
    ("ContactPoint", "use"): frozenset({"home", "work", "temp", "old", "mobile"}),
    ("Address", "use"): frozenset({"home", "work", "temp", "old", "billing"}),
    ("Address", "type"): frozenset({"postal", "physical", "both"}),
}
"""Required bindings of R4 where a code is read; the library does not enforce them."""

ACCEPTED: dict[tuple[str, str], tuple[frozenset[str], str]] = {
    ("ServiceRequest", "status"): (
        frozenset({"active"}),
        "only an active request is a referral; what was sent is changed by REST",
    ),
    ("ServiceRequest", "intent"): (
        _ORDERS,
        "only an order is a referral; a proposal, plan, directive or option is not yet one",
    ),
    ("Task", "status"): (
        frozenset({"requested"}),
        "a task arrives as requested; how it goes on is the receiver's to say",
    ),
    ("Task", "intent"): (_ORDERS, "only an order is a referral"),
    ("Consent", "status"): (frozenset({"active"}), "the consent is not in force"),
    ("ConsentProvision", "type"): (frozenset({"permit"}), "the consent denies"),
    ("Bundle", "type"): (
        frozenset({"transaction", "message"}),
        "send a transaction or a message",
    ),
    ("BundleEntryRequest", "method"): (
        frozenset({"POST"}),
        "a referral's Bundle only creates; POST every entry",
    ),
}
"""Codes that are valid R4 and yet no referral: what is taken of them, and why not the others."""

CONSENT_SCOPES = frozenset({"patient-privacy", "treatment"})
MESSAGE_EVENTS = frozenset({"referral-request"})

COMMON = frozenset({"id", "meta", "language", "text"})
"""Left out of every resource: the sender's own keeping, and narrative made of the data."""

MAPPED: dict[str, frozenset[str]] = {
    "ServiceRequest": frozenset(
        {
            "identifier", "status", "intent", "priority", "doNotPerform", "category", "code",
            "subject", "occurrenceDateTime", "occurrencePeriod", "requester", "performer",
            "reasonCode", "reasonReference", "supportingInfo", "note", "extension", "contained",
        }
    ),
    "Patient": frozenset(
        {
            "meta", "identifier", "active", "name", "telecom", "gender", "birthDate",
            "deceasedBoolean", "deceasedDateTime", "address", "communication", "extension",
        }
    ),
    "Organization": frozenset({"name", "telecom", "contact"}),
    "Practitioner": frozenset({"name", "telecom"}),
    "PractitionerRole": frozenset({"practitioner", "organization", "telecom"}),
    "Condition": frozenset({"code", "subject", "clinicalStatus", "verificationStatus", "note"}),
    "Consent": frozenset({"status", "scope", "category", "patient", "policyRule", "provision"}),
    "Task": frozenset(
        {
            "status", "intent", "priority", "code", "focus", "for", "requester", "description",
            "note",
        }
    ),
    "MessageHeader": frozenset({"id", "eventCoding", "eventUri", "source", "focus", "response"}),
}  # fmt: skip

LEFT_OUT: dict[str, frozenset[str]] = {
    "ServiceRequest": frozenset(
        {"authoredOn", "basedOn", "encounter", "relevantHistory", "requisition"}
    ),
    "Patient": frozenset(
        {
            "generalPractitioner", "managingOrganization", "maritalStatus", "multipleBirthBoolean",
            "multipleBirthInteger", "photo",
        }
    ),
    "Organization": frozenset(
        {"active", "address", "alias", "endpoint", "identifier", "partOf", "type"}
    ),
    "Practitioner": frozenset(
        {
            "active", "address", "birthDate", "communication", "gender", "identifier", "photo",
            "qualification",
        }
    ),
    "PractitionerRole": frozenset(
        {
            "active", "availabilityExceptions", "availableTime", "code", "endpoint",
            "healthcareService", "identifier", "location", "notAvailable", "period", "specialty",
        }
    ),
    "Condition": frozenset(
        {
            "asserter", "bodySite", "category", "encounter", "evidence", "identifier", "onsetAge",
            "onsetDateTime", "onsetPeriod", "onsetRange", "onsetString", "recordedDate", "recorder",
            "severity", "stage",
        }
    ),
    "Consent": frozenset(
        {
            "dateTime", "identifier", "organization", "performer", "policy", "sourceAttachment",
            "sourceReference", "verification",
        }
    ),
    "Task": frozenset(
        {
            "authoredOn", "basedOn", "businessStatus", "encounter", "groupIdentifier", "identifier",
            "lastModified", "owner", "relevantHistory", "statusReason",
        }
    ),
    "MessageHeader": frozenset(
        {"author", "definition", "destination", "enterer", "responsible", "sender"}
    ),
}  # fmt: skip
"""Taken without being kept: the sender's own bookkeeping, and what making contact does not need
(the county keeps no more than that). Whoever asks with `Prefer: return=OperationOutcome` is told
which of these it sent."""
