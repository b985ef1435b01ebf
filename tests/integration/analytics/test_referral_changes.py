"""What senders took back: a cancelled referral counts as one, an error as none, in any order."""

from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts import EventData
from shared.contracts.referral import ReferralCancelled, ReferralEnteredInError
from tests.integration.analytics.conftest import Service
from tests.integration.analytics.events import START, accepted, received


def events_of(*steps: str) -> list[EventData]:
    """A landlord's referral that a team accepted, and what its sender did then."""
    referral_id, client_ref = uuid4(), uuid4()
    common = {
        "aggregate_id": referral_id,
        "occurred_at": START,
        "client_ref": client_ref,
        "partner_id": uuid4(),
        "source_kind": "landlord",
    }
    makers: dict[str, EventData] = {
        "cancelled": ReferralCancelled.model_validate(
            common | {"version": 2, "reason": "no_longer_needed"}
        ),
        "error": ReferralEnteredInError.model_validate(common | {"version": 3}),
    }
    first = [
        received(referral_id, client_ref, "landlord"),
        accepted(referral_id, uuid4(), client_ref, 1),
    ]
    return [*first, *(makers[step] for step in steps)]


async def counted(service: Service) -> list[dict[str, Any]]:
    rows = (await service.data("referral-sources"))["rows"]
    return [{name: row[name] for name in ("referrals", "accepted", "cancelled")} for row in rows]


@pytest.mark.parametrize(
    ("steps", "rows"),
    [
        (("cancelled",), {"referrals": 1, "accepted": 1, "cancelled": 1}),
        (("error",), None),
        (("cancelled", "error"), None),
    ],
)
async def test_any_order_gives_the_same_count(
    service: Service, steps: tuple[str, ...], rows: dict[str, int] | None
) -> None:
    orders = list(permutations(range(2 + len(steps))))
    for order in orders:
        events = events_of(*steps)
        await service.deliver([events[nth] for nth in order])
        await service.deliver(events)
    expected = [{name: count * len(orders) for name, count in rows.items()}] if rows else []
    assert await counted(service) == expected
