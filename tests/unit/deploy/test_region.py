"""The demo region is valid by the rules of the services it is loaded into."""

import json
import stat
import uuid
from pathlib import Path
from typing import Any

import pytest
from stdnum.fi import ytunnus

from deploy.local.region import ensure_clients, read_region

CLIENTS = {
    "landlord",
    "prison",
    "ward",
    "social-office",
    "self-service",
    "lead",
    "worker",
    "nurse",
    "lifecare-social",
    "lifecare-health",
    "analyst",
    "simulation",
    "admin",
}


@pytest.fixture(scope="module")
def region() -> dict[str, Any]:
    return read_region()


def ids(region: dict[str, Any], kind: str) -> set[str]:
    return {entry["id"] for entry in region[kind]}


def test_has_the_documented_clients(region: dict[str, Any]) -> None:
    assert set(region["clients"]) == CLIENTS


def test_ids_are_time_ordered_uuids_and_unique(region: dict[str, Any]) -> None:
    all_ids = [entry["id"] for kind in ("partners", "teams", "workers") for entry in region[kind]]
    assert len(all_ids) == len(set(all_ids)) == 12
    assert {uuid.UUID(value).version for value in all_ids} == {7}


def test_business_ids_have_right_check_digits_and_are_unique(region: dict[str, Any]) -> None:
    business_ids = [partner["business_id"] for partner in region["partners"]]
    assert all(ytunnus.is_valid(value) for value in business_ids)
    assert len(set(business_ids)) == len(business_ids)


def test_partner_municipalities_lie_in_the_guidance_units_county(region: dict[str, Any]) -> None:
    (guidance,) = (team for team in region["teams"] if team["guidance_unit"])
    for entry in [*region["partners"], *region["teams"]]:
        assert set(entry["municipalities"]) <= set(guidance["municipalities"])


def test_workers_and_clients_point_at_what_exists(region: dict[str, Any]) -> None:
    assert {worker["team"] for worker in region["workers"]} == ids(region, "teams")
    orgs = ids(region, "partners") | ids(region, "teams") | {"social", "health", None}
    assert {client["org"] for client in region["clients"].values()} == orgs - {
        region["teams"][1]["id"]
    }
    workers = {c["worker"] for c in region["clients"].values() if "worker" in c}
    assert workers <= ids(region, "workers")


def test_psychiatric_nurses_are_employed_by_health_care(region: dict[str, Any]) -> None:
    sectors = {(w["profession"], w["employer_sector"]) for w in region["workers"]}
    assert sectors == {
        ("social_worker", "social"),
        ("social_counsellor", "social"),
        ("psychiatric_nurse", "health"),
    }


def test_client_secrets_are_private_random_and_last(tmp_path: Path) -> None:
    path = tmp_path / "clients.json"
    first = ensure_clients(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len({client["client_secret"] for client in first.values()}) == len(CLIENTS)
    assert ensure_clients(path) == first


def test_clients_added_by_hand_stay(tmp_path: Path) -> None:
    path = tmp_path / "clients.json"
    ensure_clients(path)
    known = json.loads(path.read_text())
    known["mine"] = {"client_id": "mine", "client_secret": "x", "scope": "a", "org": None}
    path.write_text(json.dumps(known))
    assert ensure_clients(path)["mine"] == known["mine"]
