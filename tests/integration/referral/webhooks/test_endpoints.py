"""Registering, changing, rotating and trying an endpoint; who may, and what is refused."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.integration.referral.webhooks.conftest import Opened
from tests.integration.referral.webhooks.house import House
from tests.support.receiver import always

PUBLIC = {"url": "https://hooks.example.org/nopsa", "event_types": ["referral.status_changed"]}


async def test_the_secret_is_shown_once_and_kept_encrypted(house: House) -> None:
    first = await house.call("POST", "prison", json=PUBLIC, Idempotency_Key="k1")
    assert first.status_code == 201
    secret = first.json()["secret"]
    assert secret.startswith("whsec_")
    place = first.headers["location"]
    assert place == house.path("prison", first.json()["id"])
    again = await house.call("POST", "prison", json=PUBLIC, Idempotency_Key="k1")
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    read = await house.service.http.get(place, headers=house.headers("prison"))
    shown = {name: value for name, value in first.json().items() if name != "secret"}
    assert read.json() == shown
    assert read.headers["etag"] == first.headers["etag"]
    assert secret not in (await house.call("GET", "prison")).text
    for table in ("webhooks", "idempotency", "audit"):
        for row in await house.service.rows(f"SELECT * FROM {table}"):
            stored = " ".join(
                value.decode("latin-1") if isinstance(value, bytes) else str(value)
                for value in row.values()
            )
            assert secret not in stored
            assert secret.removeprefix("whsec_") not in stored


async def test_a_partner_handles_its_own_endpoints_and_an_administrator_all(house: House) -> None:
    mine = await house.listen("prison")
    other = house.headers("hospital_ward")
    admin = house.headers("hospital_ward", "partners:admin", org="operations")
    stranger = house.headers("prison", "webhooks:write", org=str(uuid4()))
    unscoped = house.headers("prison", "referrals:read")
    for method, parts, body in (
        ("GET", (), None),
        ("POST", (), PUBLIC),
        ("GET", (mine,), None),
        ("PUT", (mine,), PUBLIC),
        ("POST", (mine, "rotate"), None),
        ("POST", (mine, "test"), None),
        ("GET", (mine, "deliveries"), None),
        ("POST", (mine, "deliveries", str(uuid4()), "resend"), None),
        ("DELETE", (mine,), None),
    ):
        answers = []
        for headers in (other, stranger, unscoped, admin):
            sent = headers | {"If-Match": '"v1"'}
            answer = await house.service.http.request(
                method, house.path("prison", *parts), json=body, headers=sent
            )
            answers.append(answer.status_code)
        assert answers[:3] == [404, 403, 403], (method, parts)
        assert answers[3] in (200, 201, 204) or "resend" in parts, (method, parts)


async def test_what_is_not_there_is_a_404(house: House) -> None:
    mine = await house.listen("prison")
    admin = house.headers("prison", "partners:admin", org="operations")
    for path in (
        f"/v1/partners/{uuid4()}/webhooks",
        house.path("prison", str(uuid4())),
        house.path("landlord", mine),
        house.path("prison", str(uuid4()), "deliveries"),
    ):
        answer = await house.service.http.get(path, headers=admin)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path


async def test_a_change_needs_the_version_that_was_read(house: House) -> None:
    mine = await house.listen("prison")
    assert (await house.call("PUT", "prison", mine, json=PUBLIC)).status_code == 428
    stale = await house.call("PUT", "prison", mine, json=PUBLIC, If_Match='"v9"')
    assert stale.status_code == 412
    done = await house.call("PUT", "prison", mine, json=PUBLIC, If_Match='"v1"')
    assert done.status_code == 200
    assert done.json()["url"] == PUBLIC["url"]
    assert done.headers["etag"] == '"v2"'
    assert (await house.call("DELETE", "prison", mine)).status_code == 204
    assert (await house.call("GET", "prison", mine)).status_code == 404
    assert (await house.call("GET", "prison")).json() == {"items": [], "next": None}


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"url": "http://hooks.example.org/"}, "/url", "https_required"),
    ({"url": "https://10.0.0.1/"}, "/url", "address_refused"),
    ({"url": "https://localhost/"}, "/url", "address_refused"),
    ({"url": "https://[::1]/"}, "/url", "address_refused"),
    ({"url": "https://169.254.169.254/"}, "/url", "address_refused"),
    ({"url": "https://a:b@hooks.example.org/"}, "/url", "url_credentials"),
    ({"url": "https://hooks.example.org:5432/"}, "/url", "port_refused"),
    ({"url": "nonsense"}, "/url", "url_invalid"),
    (PUBLIC | {"event_types": ["everything"]}, "/event_types/0", "enum"),
    (PUBLIC | {"event_types": []}, "/event_types", "too_short"),
    (PUBLIC | {"secret": "mine"}, "/secret", "extra_forbidden"),
]


async def test_a_bad_endpoint_is_refused_where_real_data_is(opened: Opened) -> None:
    guarded = {
        "environment": "production",
        "webhook_allow_private_addresses": False,
        "webhook_ports": frozenset({443, 80, 8443}),
    }
    async with opened(**guarded) as house:
        for body, pointer, code in REFUSED:
            answer = await house.call("POST", "prison", json=body)
            assert answer.status_code == 422
            errors = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
            assert errors == [(pointer, code)]
        assert await house.service.count("webhooks") == 0
        taken = await house.call("POST", "prison", json=PUBLIC)
        assert taken.status_code == 201
        moved = await house.call(
            "PUT", "prison", taken.json()["id"], json=REFUSED[1][0], If_Match='"v1"'
        )
        assert moved.json()["errors"][0]["code"] == "address_refused"


async def test_a_partner_has_ten_endpoints_at_most(house: House) -> None:
    for nth in range(10):
        await house.listen("prison", f"/{nth}")
    answer = await house.call("POST", "prison", json=PUBLIC)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    first = await house.service.http.get(
        house.path("prison"), params={"limit": 6}, headers=house.headers("prison")
    )
    rest = await house.service.http.get(
        house.path("prison"),
        params={"limit": 6, "cursor": first.json()["next"]},
        headers=house.headers("prison"),
    )
    listed = [item["url"][-1] for item in first.json()["items"] + rest.json()["items"]]
    assert listed == list("9876543210")
    assert rest.json()["next"] is None


async def test_a_ping_is_sent_at_once_and_answers_its_delivery(house: House) -> None:
    mine = await house.listen("landlord")
    answer = await house.call("POST", "landlord", mine, "test", Idempotency_Key="p1")
    assert answer.status_code == 200
    delivery = answer.json()
    assert (delivery["status"], delivery["outcome"]) == ("delivered", "delivered")
    assert (delivery["response_status"], delivery["attempts"]) == (204, 1)
    (message,) = house.receiver.messages
    assert message.id == delivery["id"]
    assert message.body["type"] == delivery["event_type"] == "webhook.ping"
    assert message.body["data"] == {"webhook_id": mine}
    assert message.verified_by == tuple(house.receiver.secrets)
    again = await house.call("POST", "landlord", mine, "test", Idempotency_Key="p1")
    assert again.json() == delivery
    assert len(house.receiver.messages) == 1
    assert await house.log("landlord", mine) == [delivery]


async def test_a_ping_that_fails_says_so_and_is_not_tried_again(house: House) -> None:
    mine = await house.listen("landlord")
    house.receiver.answer = always(500)
    answer = (await house.call("POST", "landlord", mine, "test")).json()
    assert (answer["status"], answer["outcome"]) == ("failed", "bad_status")
    assert (answer["response_status"], answer["next_attempt_at"]) == (500, None)
    async with house.sending():
        await asyncio.sleep(0.1)
    assert len(house.receiver.messages) == 1


async def test_two_secrets_sign_while_a_rotation_lasts(house: House) -> None:
    mine = await house.listen("prison")
    rotated = await house.call("POST", "prison", mine, "rotate")
    assert rotated.status_code == 200
    old, new = house.receiver.secrets[0], rotated.json()["secret"]
    assert old != new
    lasts = datetime.fromisoformat(rotated.json()["old_secret_until"]) - datetime.now(UTC)
    assert timedelta(hours=23) < lasts <= timedelta(hours=24)
    house.receiver.secrets.append(new)
    await house.call("POST", "prison", mine, "test")
    await house.service.rows("UPDATE webhooks SET old_secret_until = now()")
    await house.call("POST", "prison", mine, "test")
    during, later = house.receiver.messages
    assert during.verified_by == (old, new)
    assert len(during.headers["webhook-signature"].split(" ")) == 2
    assert later.verified_by == (new,)
    assert len(later.headers["webhook-signature"].split(" ")) == 1


async def test_every_act_on_an_endpoint_is_logged(house: House) -> None:
    mine = await house.listen("prison")
    await house.call("PUT", "prison", mine, json=PUBLIC, If_Match='"v1"')
    await house.call("POST", "prison", mine, "rotate")
    await house.call("GET", "prison", mine, "deliveries")
    await house.call("DELETE", "prison", mine)
    rows = await house.service.rows(
        "SELECT action FROM audit WHERE subject_type = 'webhook' ORDER BY id"
    )
    assert [row["action"] for row in rows] == [
        "webhook.register",
        "webhook.change",
        "webhook.rotate",
        "webhook.read-log",
        "webhook.remove",
    ]


async def test_the_messages_are_described_for_who_generates_code(house: House) -> None:
    document = (await house.service.http.get("/openapi.json")).json()
    assert set(document["webhooks"]) == {"referral.status_changed", "webhook.ping"}
