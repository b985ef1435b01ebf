"""FHIR resources with their structure bent: each is taken or refused with a reason, never a 5xx."""

import asyncio
import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.referral.conftest import Service
from tests.integration.referral.fhir_examples.examples import BUNDLES, REQUESTS
from tests.integration.referral.test_fhir import BASE, FHIR
from tests.support.attacks import Attack
from tests.support.bodies import new_key
from tests.support.deeper import examples

PUBLISHED = [example.resource for example in (*BUNDLES, *REQUESTS)]
GOOD = [example.resource for example in (*BUNDLES, *REQUESTS) if not example.status]
REFUSALS = {400, 404, 409, 412, 413, 415, 422}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from([0, -1, 2**63, 1e308, "", "\x00", "\ud800", "x" * 100_000, "#", "#p"])
    | st.text(max_size=8)
    | st.sampled_from(["Patient/1", "urn:uuid:x", "http://127.0.0.1:1/Patient/1", "0000-00-00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
Place = tuple[Any, Any]


def places_in(value: Any) -> Iterator[Place]:
    """Every holder and key."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places_in(inner)


@st.composite
def bent(draw: st.DrawFn) -> Any:
    """A published example after some steps of bending."""
    resource = copy.deepcopy(draw(st.sampled_from(draw(st.sampled_from([GOOD, PUBLISHED])))))
    for _ in range(draw(st.integers(1, 3))):
        places = list(places_in(resource))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        _bend(draw, holder, key, places)
    return resource


def _bend(draw: st.DrawFn, holder: Any, key: Any, places: list[Place]) -> None:
    how = draw(st.sampled_from(["change", "remove", "wrap", "double", "graft", "rename", "type"]))
    if how == "change":
        holder[key] = draw(VALUES)
    elif how == "remove":
        del holder[key]
    elif how == "wrap":
        holder[key] = [holder[key]]
    elif how == "double" and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif how == "graft":
        other, at = draw(st.sampled_from(places))
        holder[key] = copy.deepcopy(other[at])
    elif how == "rename" and isinstance(holder, dict):
        holder[draw(st.text(max_size=12))] = holder.pop(key)
    elif how == "type" and isinstance(holder, dict):
        holder["resourceType"] = draw(st.sampled_from(["Patient", "Bundle", "Task", "X", ""]))


async def _post(target: Service, attack: Attack, resource: Any) -> None:
    content = json.dumps(resource)
    is_bundle = isinstance(resource, dict) and resource.get("resourceType") == "Bundle"
    path = BASE if is_bundle else f"{BASE}/ServiceRequest"
    headers = target.sender("hospital_ward") | FHIR | new_key()
    before = await target.count("referrals")
    answer = await target.http.post(path, content=content, headers=headers)
    new = await target.count("referrals") - before
    told = answer.json()
    if answer.status_code in (200, 201) and new <= 1:
        attack.take()
    elif answer.status_code in REFUSALS and new == 0 and told["resourceType"] == "OperationOutcome":
        attack.refuse()
    else:
        attack.went_wrong(f"{answer.status_code}, {new} new: {content:.1500}")


async def test_fhir_resources_with_their_structure_bent(target: Service, attack: Attack) -> None:
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=examples(100),
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(bent())
    def send(resource: Any) -> None:
        posted = _post(target, attack, resource)
        asyncio.run_coroutine_threadsafe(posted, loop).result(timeout=60)

    await asyncio.to_thread(send)
