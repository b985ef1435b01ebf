"""A client's denial takes from a partner what it would not see without consent."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts import consent
from tests.integration.referral.conftest import Service
from tests.integration.referral.test_following import (
    NOW,
    accepted,
    case_of,
    contacted,
    deliver,
    seen,
)
from tests.support.bodies import referral_body

HIDDEN = ("requested", None, None, None)
TOLD = ("requested", "contacted", None, None)


def denied(client_ref: Any, **extent: Any) -> consent.ConsentDenied:
    return consent.ConsentDenied(
        aggregate_id=uuid4(), version=1, occurred_at=NOW, client_ref=client_ref, **extent
    )


def lifted(denial: consent.ConsentDenied) -> consent.DenialLifted:
    return consent.DenialLifted(
        aggregate_id=denial.aggregate_id,
        version=2,
        occurred_at=NOW,
        client_ref=denial.client_ref,
        direction=denial.direction,
        partner_id=denial.partner_id,
    )


async def told_landlord(service: Service) -> tuple[str, dict[str, Any]]:
    """A landlord's referral whose client was reached and lets the landlord know it."""
    sent = (await service.post("landlord", referral_body())).json()["id"]
    case = await case_of(service, sent)
    given = consent.ConsentGiven(
        aggregate_id=uuid4(),
        version=1,
        occurred_at=NOW,
        client_ref=case["client_ref"],
        direction="to_partner",
        partner_id=UUID(service.partners["landlord"]),
        facts=("contacted", "ended"),
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    )
    await deliver(service, accepted(case), contacted(case), given)
    assert await seen(service, "landlord", sent) == TOLD
    return sent, case


@pytest.mark.parametrize(
    ("extent", "expected"),
    [
        ({}, HIDDEN),
        ({"direction": "to_partner"}, HIDDEN),
        ({"direction": "to_partner", "partner_id": "landlord"}, HIDDEN),
        ({"organisations": ("landlord",)}, HIDDEN),
        ({"direction": "to_partner", "data_classes": ("contacted",)}, HIDDEN),
        ({"direction": "to_partner", "data_classes": ("ended",)}, TOLD),
        ({"direction": "to_partner", "partner_id": "prison"}, TOLD),
        ({"organisations": ("1.2.246.10.1",)}, TOLD),
        ({"direction": "social_to_health"}, TOLD),
        ({"data_classes": ("joint_plan",)}, TOLD),
    ],
)
async def test_a_denial_hides_as_far_as_it_reaches_and_lifting_it_shows_again(
    service: Service, extent: dict[str, Any], expected: tuple[str, str | None, None, None]
) -> None:
    sent, case = await told_landlord(service)
    partner = extent.get("partner_id")
    organisations = [service.partners.get(name, name) for name in extent.get("organisations", ())]
    denial = denied(
        case["client_ref"],
        **extent
        | {"partner_id": service.partners[partner] if partner else None}
        | {"organisations": tuple(organisations)},
    )
    await deliver(service, denial)
    assert await seen(service, "landlord", sent) == expected
    await deliver(service, lifted(denial))
    assert await seen(service, "landlord", sent) == TOLD


async def test_an_authority_whose_client_denies_sees_what_it_would_without_consent(
    service: Service,
) -> None:
    sent = (await service.post("prison", referral_body(lawful_basis="consent"))).json()["id"]
    case = await case_of(service, sent)
    await deliver(service, accepted(case), contacted(case))
    before = await seen(service, "prison", sent)
    assert before[:2] == ("in-progress", "contacted")
    denial = denied(case["client_ref"], direction="to_partner")
    await deliver(service, denial)
    assert await seen(service, "prison", sent) == ("accepted", None, None, None)

    async def listed(status: str) -> list[str]:
        url = f"/v1/referrals?status={status}"
        answer = await service.http.get(url, headers=service.sender("prison"))
        return [item["id"] for item in answer.json()["items"]]

    assert sent in await listed("accepted")
    assert sent not in await listed("in-progress"), "a filter tells no more than the view does"
    await deliver(service, lifted(denial))
    assert await seen(service, "prison", sent) == before
    assert sent in await listed("in-progress")


async def test_a_denial_that_comes_after_it_was_lifted_is_not_in_force_again(
    service: Service,
) -> None:
    """As when the first message was set aside, and is replayed after the second."""
    sent, case = await told_landlord(service)
    denial = denied(case["client_ref"])
    await deliver(service, lifted(denial), denial)
    assert await seen(service, "landlord", sent) == TOLD


async def test_a_consent_that_comes_after_it_was_revoked_permits_nothing(service: Service) -> None:
    sent = (await service.post("landlord", referral_body())).json()["id"]
    case = await case_of(service, sent)
    words: dict[str, Any] = {
        "aggregate_id": uuid4(),
        "occurred_at": NOW,
        "client_ref": case["client_ref"],
        "direction": "to_partner",
        "partner_id": UUID(service.partners["landlord"]),
    }
    given = consent.ConsentGiven(
        **words, version=1, facts=("contacted",), valid_from=datetime(2026, 1, 1, tzinfo=UTC)
    )
    revoked = consent.ConsentRevoked(**words, version=2)
    await deliver(service, accepted(case), contacted(case), revoked, given)
    assert await seen(service, "landlord", sent) == HIDDEN
