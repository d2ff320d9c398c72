"""The node keeps the written contract: every golden call is answered in its shape, every webhook has its shape."""

import json
from pathlib import Path
from typing import Any

import pytest

from payment_node.bakong_simulator.bank import Bank
from tests.payment_node.conftest import Caller, Clock, MainServer, Node

GOLDEN = Path(__file__).parents[1] / "golden" / "payments"
CALLS = {call["id"]: call for call in json.loads((GOLDEN / "calls.json").read_text(encoding="utf-8"))}
WEBHOOKS = json.loads((GOLDEN / "webhooks.json").read_text(encoding="utf-8"))
USER = "0197a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b"


def shape(value: Any) -> Any:
    """The keys and kinds of a JSON value; null fits every text."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "text or null" if value is None or isinstance(value, str) else type(value).__name__


def require(call_id: str, answer: Any) -> Any:
    """The answer has the status, the code and the shape of the golden call; returns it."""
    golden = CALLS[call_id]
    body = answer.json()
    assert answer.status_code == golden["status"], body
    assert shape(body) == shape(golden["response"])
    assert body.get("code") == golden["response"].get("code")
    assert body.get("errors") == golden["response"].get("errors")
    return body.get("data")


def test_creating(bank: Bank, caller: Caller, node: Node) -> None:
    wish = CALLS["create"]["request"]
    path = "/api/payments/create"
    made = require("create", caller.call("POST", path, wish))
    again = require("create-again", caller.call("POST", path, wish))
    assert again["md5Hash"] == made["md5Hash"]
    assert made["qrImagePath"].startswith("data:image/png;base64,")
    require("create-key-conflict", caller.call("POST", path, CALLS["create-key-conflict"]["request"]))
    other = require("create-open-payment", caller.call("POST", path, CALLS["create-open-payment"]["request"]))
    assert other["md5Hash"] == made["md5Hash"]
    require("create-wrong-amount", caller.call("POST", path, CALLS["create-wrong-amount"]["request"]))
    require("create-unknown-field", caller.call("POST", path, CALLS["create-unknown-field"]["request"]))


@pytest.mark.parametrize("call_id", ["create-upgrade", "create-riel"])
def test_creating_others(call_id: str, bank: Bank, caller: Caller, node: Node) -> None:
    made = require(call_id, caller.call("POST", "/api/payments/create", CALLS[call_id]["request"]))
    golden = CALLS[call_id]["response"]["data"]
    assert {name: made[name] for name in ("amount", "currency", "planType", "kind", "status")} == {
        name: golden[name] for name in ("amount", "currency", "planType", "kind", "status")
    }


def test_sixth_code_within_ten_minutes(bank: Bank, caller: Caller, node: Node, clock: Clock) -> None:
    for _number in range(5):
        made = caller.create(user=USER)
        caller.call("POST", f"/api/payments/{made['md5Hash']}/cancel", {"userId": USER})
        clock.forward(10)
    answer = caller.call("POST", "/api/payments/create", CALLS["create-too-many"]["request"])
    require("create-too-many", answer)
    assert 0 < int(answer["Retry-After"]) <= 600
    clock.forward(int(answer["Retry-After"]))
    caller.create(user=USER)


def test_states(bank: Bank, caller: Caller, node: Node, main_server: MainServer) -> None:
    made = caller.create(user=USER)
    status = f"/api/payments/status/{made['md5Hash']}?userId={USER}"
    require("status", caller.call("GET", status))
    foreign = caller.call("GET", f"/api/payments/status/{made['md5Hash']}?userId=somebody-else")
    require("status-foreign", foreign)
    absent = caller.call("GET", f"/api/payments/status/{'0' * 32}?userId={USER}")
    assert absent.json()["message"] == foreign.json()["message"], "absent and foreign look the same"
    check = f"/api/payments/{made['md5Hash']}/check"
    require("check", caller.call("POST", check, {"userId": USER}))
    require("check-too-soon", caller.call("POST", check, {"userId": USER}))
    bank.pay(made["qrCode"], {})
    node.wait(20)
    require("status-paid", caller.call("GET", status))
    require("cancel-paid", caller.call("POST", f"/api/payments/{made['md5Hash']}/cancel", {"userId": USER}))
    require("bulk-check", caller.call("POST", "/api/payments/bulk-check", {"md5Hashes": [made["md5Hash"], "0" * 32]}))
    require("history", caller.call("GET", f"/api/payments/history?userId={USER}&page=1&limit=50"))
    require("subscription", caller.call("GET", f"/api/subscriptions/{USER}"))
    require("subscription-cancel", caller.call("POST", f"/api/subscriptions/{USER}/cancel", {}))
    node.send()
    assert main_server.events()[-1] == "SUBSCRIPTION_CANCELLED"


def test_cancelling(bank: Bank, caller: Caller, node: Node) -> None:
    made = caller.create(user=USER)
    path = f"/api/payments/{made['md5Hash']}/cancel"
    foreign = caller.call("POST", path, {"userId": "somebody-else"})
    assert foreign.status_code == 404
    require("cancel", caller.call("POST", path, {"userId": USER}))
    require("cancel", caller.call("POST", path, {"userId": USER}))


def test_held_and_paused(bank: Bank, caller: Caller, node: Node, settings: Any) -> None:
    made = caller.create(user=USER)
    bank.pay(made["qrCode"], {"amount": "0.10", "force": True})
    node.wait(20)
    status = f"/api/payments/status/{made['md5Hash']}?userId={USER}"
    assert require("status-held", caller.call("GET", status))["reviewReason"] == "AMOUNT_MISMATCH"
    assert caller.call("POST", f"/api/payments/{made['md5Hash']}/cancel", {"userId": USER}).status_code == 409
    settings.BAKONG_DAILY_CEILING = 0
    assert require("status-paused", caller.call("GET", status))["checking"]["reason"] == "DAILY_LIMIT"


def test_refusals_of_the_gate(bank: Bank, caller: Caller, node: Node, settings: Any) -> None:
    made = caller.create(user=USER)
    status = f"/api/payments/status/{made['md5Hash']}?userId={USER}"
    require("unsigned", caller.http.get(status))
    cancel, body = f"/api/payments/{made['md5Hash']}/cancel", {"userId": USER}
    event = "0197a1b2-6000-7000-8000-000000000001"
    assert caller.call("POST", cancel, body, X_Event_Id=event).status_code == 200
    require("replayed", caller.call("POST", cancel, body, X_Event_Id=event))
    settings.RATE_LIMIT = "1/60"
    require("throttled", caller.call("GET", status))


def test_webhooks_have_the_written_shape(bank: Bank, caller: Caller, node: Node, main_server: MainServer) -> None:
    paid = caller.create(user=USER)
    bank.pay(paid["qrCode"], {})
    caller.create(user="dara")
    node.wait(800)
    golden = {hook["event"]: json.loads(hook["body"]) for hook in WEBHOOKS}
    names = set(WEBHOOKS[0]["headers"]) - {"Content-Type"}
    assert {body["event"] for body in main_server.bodies} == {
        "PAYMENT_COMPLETED",
        "PAYMENT_FAILED",
        "SUBSCRIPTION_ACTIVATED",
    }
    for body, headers in zip(main_server.bodies, main_server.headers, strict=True):
        assert shape(body) == shape(golden[body["event"]])
        assert {name.lower() for name in names} <= {name.lower() for name in headers}
        assert headers["X-Event-Id"] == body["eventId"]


def test_the_card_as_picture(bank: Bank, caller: Caller, node: Node) -> None:
    made = caller.create(user=USER)
    path = f"/api/payments/{made['md5Hash']}/image?userId={USER}"
    assert caller.call("GET", path).content.startswith(b"\x89PNG")
    svg = caller.call("GET", f"{path}&format=svg")
    assert svg["Content-Type"].startswith("image/svg+xml")
    assert caller.call("GET", f"/api/payments/{made['md5Hash']}/image?userId=dara").status_code == 404


INVALID: list[Any] = [
    pytest.param({"amount": "0.5"}, "amount", id="amount-short"),
    pytest.param({"amount": "-0.50"}, "amount", id="amount-negative"),
    pytest.param({"amount": "០.៥០"}, "amount", id="amount-khmer-digits"),
    pytest.param({"amount": 0.5}, "amount", id="amount-number"),
    pytest.param({"amount": "2000.00", "currency": "KHR"}, "amount", id="riel-with-cents"),
    pytest.param({"currency": "EUR"}, "currency", id="currency"),
    pytest.param({"planType": "FREEMIUM"}, "planType", id="plan"),
    pytest.param({"kind": "UPGRADE"}, "remainingDays", id="upgrade-without-days"),
    pytest.param({"kind": "UPGRADE", "remainingDays": 3}, "planType", id="upgrade-to-premium"),
    pytest.param({"remainingDays": 3}, "remainingDays", id="days-without-upgrade"),
    pytest.param({"kind": "UPGRADE", "planType": "FAMILY_PREMIUM", "remainingDays": 0}, "remainingDays", id="no-days"),
    pytest.param({"userId": "a b"}, "userId", id="user-with-space"),
    pytest.param({"userId": ""}, "userId", id="no-user"),
    pytest.param({"userId": "x" * 65}, "userId", id="long-user"),
    pytest.param({"idempotencyKey": "short"}, "idempotencyKey", id="short-key"),
    pytest.param({"idempotencyKey": None}, "idempotencyKey", id="null-key"),
]


@pytest.mark.parametrize(("changed", "field"), INVALID)
def test_bad_input_names_its_field(changed: dict[str, Any], field: str, bank: Bank, caller: Caller) -> None:
    answer = caller.call("POST", "/api/payments/create", CALLS["create"]["request"] | changed)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0].startswith(f"{field}: ")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"x"', b"[" * 5000])
def test_a_body_that_is_no_object(body: bytes, bank: Bank, caller: Caller) -> None:
    path = "/api/payments/create"
    headers = caller.headers("POST", path, body)
    answer = caller.http.generic("POST", path, body, content_type="application/json", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "query", ["page=1", "userId=a&userId=b", "userId=a&page=0", "userId=a&limit=101", "userId=a&x=1"]
)
def test_bad_queries(query: str, bank: Bank, caller: Caller) -> None:
    assert caller.call("GET", f"/api/payments/history?{query}").status_code == 400


def test_unknown_paths_and_methods(bank: Bank, caller: Caller) -> None:
    assert caller.call("GET", "/api/payments/create").status_code == 405
    assert caller.call("GET", "/api/nothing").status_code == 404
    assert caller.http.get("/api/nothing").status_code == 401, "strangers learn nothing of paths"


def test_history_is_paged_and_its_queries_do_not_grow(
    bank: Bank, caller: Caller, clock: Clock, django_assert_num_queries: Any
) -> None:
    for _number in range(7):
        made = caller.create(user=USER)
        caller.call("POST", f"/api/payments/{made['md5Hash']}/cancel", {"userId": USER})
        clock.forward(300)
    page = caller.call("GET", f"/api/payments/history?userId={USER}&page=2&limit=3").json()["data"]
    assert (len(page["items"]), page["total"], page["totalPages"]) == (3, 7, 3)
    for limit in (1, 7):
        with django_assert_num_queries(4):
            caller.call("GET", f"/api/payments/history?userId={USER}&limit={limit}")


def test_health_is_open_and_tells_no_secret(bank: Bank, caller: Caller) -> None:
    for path in ("/api/live", "/api/ready", "/api/health"):
        answer = caller.http.get(path)
        assert answer.status_code == 200, path
        assert answer.json()["success"] is True
