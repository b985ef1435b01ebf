"""Which elements of an R4 Consent are taken; pure tables. An element in no table is refused by
name: nothing that a sender said is lost in silence, and no condition is taken for none."""

MAPPED = frozenset(
    {
        "extension", "status", "scope", "category", "patient", "performer", "policyRule",
        "provision",
    }
)  # fmt: skip
LEFT_OUT = frozenset({"resourceType", "id", "meta", "language", "text", "dateTime"})
"""The sender's bookkeeping: the id is ours, and a consent is recorded when it arrives."""
ROOT_PROVISION = frozenset({"type", "period", "provision", "actor", "class"})
NESTED_PROVISION = frozenset({"type", "period", "actor", "class"})

STATUS = frozenset({"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"})
"""R4 ConsentState (required binding)."""
PROVISION_TYPE = frozenset({"deny", "permit"})
"""R4 ConsentProvisionType (required binding)."""
MAX_BYTES = 256_000
