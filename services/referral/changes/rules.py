"""What an amendment makes of a referral; pure."""

from collections.abc import Mapping
from typing import Any

from shared.contracts.codes import AmendedField

CLIENT = AmendedField.CLIENT


def amended(sent: Mapping[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """The whole referral after an amendment; of the client only the fields that it names."""
    client = {**sent[CLIENT], **named.get(CLIENT, {})}
    return {**sent, **named, CLIENT: client}


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[AmendedField, ...]:
    """The fields that are not what they were."""
    return tuple(field for field in AmendedField if before.get(field) != after.get(field))


def code_error(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether an amendment changes or takes away the identity code that the sender told: another
    code is another person."""
    told = before[CLIENT].get("identity_code")
    return told is not None and told != after[CLIENT].get("identity_code")
