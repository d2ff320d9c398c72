"""Who comes through the gate: address, key, signature, time, replay, limits. Scenario 74 on the node's side."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from payment_node.bakong_simulator.bank import Bank
from payment_node.core.middleware import forget_seen_requests
from payment_node.core.models import SeenRequest
from payment_node.payments.models import PaymentTransaction
from tests.payment_node.conftest import Caller, Clock

PATH = "/api/payments/history?userId=sokha"


def moment(seconds: float) -> str:
    """A timestamp some seconds from now."""
    return str(int(datetime.now(UTC).timestamp() + seconds))


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"X_API_Key": "wrong"}, id="wrong-api-key"),
        pytest.param({"X_API_Key": ""}, id="no-api-key"),
        pytest.param({"X_Signature": "0" * 64}, id="s074-wrong-signature"),
        pytest.param({"X_Signature": "ក" * 64}, id="signature-not-ascii"),
        pytest.param({"X_Key_Id": "main-2026b"}, id="signed-by-another-key"),
        pytest.param({"key_id": "nobody"}, id="unknown-key"),
        pytest.param({"X_Timestamp": "1"}, id="timestamp-not-signed"),
    ],
)
def test_refused_and_nothing_changes(changed: dict[str, str], bank: Bank, caller: Caller, clock: Clock) -> None:
    wish = {"userId": "sokha", "planType": "PREMIUM", "kind": "NEW", "amount": "0.50", "currency": "USD"}
    answer = caller.call("POST", "/api/payments/create", wish | {"idempotencyKey": "k" * 20}, **changed)
    assert answer.status_code == 401
    assert answer.json()["code"] == "UNAUTHORIZED"
    assert not PaymentTransaction.objects.exists()


@pytest.mark.parametrize("key_id", ["main-2026a", "main-2026b"])
def test_both_keys_hold_while_the_secret_is_changed(key_id: str, bank: Bank, caller: Caller, clock: Clock) -> None:
    assert caller.call("GET", PATH, key_id=key_id).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (-300, 200), (300, 200), (-301, 401), (301, 401)])
def test_s074_the_timestamp_may_be_five_minutes_off(
    seconds: int, status: int, bank: Bank, caller: Caller, clock: Clock
) -> None:
    headers = caller.headers("GET", PATH, b"")
    clock.forward(seconds)
    assert caller.http.get(PATH, headers=headers).status_code == status


def test_s074_an_unknown_address_is_refused(bank: Bank, caller: Caller, clock: Clock, settings: Any) -> None:
    settings.ALLOWED_ADDRESSES = ["10.0.0.0/8"]
    assert caller.call("GET", PATH).status_code == 401
    settings.ALLOWED_ADDRESSES = ["127.0.0.0/30"]
    assert caller.call("GET", PATH).status_code == 200


def test_a_forwarded_address_counts_only_from_a_trusted_proxy(
    bank: Bank, caller: Caller, clock: Clock, settings: Any
) -> None:
    settings.ALLOWED_ADDRESSES = ["192.0.2.7"]
    headers = caller.headers("GET", PATH, b"") | {"X-Forwarded-For": "203.0.113.9, 192.0.2.7"}
    assert caller.http.get(PATH, headers=headers).status_code == 200
    settings.TRUSTED_PROXIES = []
    assert caller.http.get(PATH, headers=headers).status_code == 401


def test_ten_failures_close_the_gate_for_that_address(bank: Bank, caller: Caller, clock: Clock) -> None:
    for _number in range(9):
        assert caller.call("GET", PATH, X_Signature="0" * 64).status_code == 401
    assert caller.call("GET", PATH).status_code == 200
    caller.call("GET", PATH, X_Signature="0" * 64)
    assert caller.call("GET", PATH).status_code == 401, "blocked, although this one is signed well"


def test_requests_are_limited(bank: Bank, caller: Caller, clock: Clock, settings: Any) -> None:
    settings.RATE_LIMIT = "3/60"
    answers = [caller.call("GET", PATH) for _number in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1]["Retry-After"] == "60"


def test_a_replayed_post_is_refused_and_the_store_is_emptied_later(bank: Bank, caller: Caller, clock: Clock) -> None:
    body = json.dumps({"md5Hashes": ["0" * 32]}).encode()
    path = "/api/payments/bulk-check"
    headers = caller.headers("POST", path, body)
    answers = [
        caller.http.generic("POST", path, body, content_type="application/json", headers=headers)
        for _number in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert forget_seen_requests() == 0, "as long as its timestamp would pass, it is remembered"
    clock.forward(901)
    assert forget_seen_requests() == 1
    assert not SeenRequest.objects.exists()


@pytest.mark.parametrize("event_id", ["", "no-uuid"])
def test_a_post_needs_an_event_id(event_id: str, bank: Bank, caller: Caller, clock: Clock) -> None:
    answer = caller.call("POST", "/api/payments/bulk-check", {"md5Hashes": ["0" * 32]}, X_Event_Id=event_id)
    assert answer.status_code == 400


def test_query_and_percent_encoding_are_signed_as_sent(bank: Bank, caller: Caller, clock: Clock) -> None:
    signed = caller.headers("GET", "/api/payments/history?userId=sokha&page=1", b"")
    assert caller.http.get("/api/payments/history?userId=sokha&page=2", headers=signed).status_code == 401


def test_a_database_that_is_away_is_503(bank: Bank, caller: Caller, clock: Clock, settings: Any) -> None:
    connection.close()
    connection.settings_dict = connection.settings_dict | {"HOST": "/nowhere"}
    try:
        answer = caller.call("POST", "/api/payments/bulk-check", {"md5Hashes": ["0" * 32]})
        assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
        assert caller.http.get("/api/ready").status_code == 503
        assert caller.http.get("/api/health").json()["data"]["parts"]["database"] == "down"
        assert caller.http.get("/api/live").status_code == 200
    finally:
        connection.close()
        connection.settings_dict = (
            settings.DATABASES["default"] | connection.settings_dict | {"HOST": settings.DATABASES["default"]["HOST"]}
        )


def test_redis_down_does_not_stop_signed_calls(bank: Bank, caller: Caller, clock: Clock, settings: Any) -> None:
    from payment_node.core import redis

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis.client.cache_clear()
    try:
        assert caller.call("GET", PATH).status_code == 200
        assert caller.http.get("/api/health").json()["data"]["parts"]["redis"] == "down"
    finally:
        redis.client.cache_clear()


def test_a_notification_of_a_bank_is_a_hint_only(bank: Bank, caller: Caller, clock: Clock, settings: Any) -> None:
    made = caller.create()
    note = json.dumps({"md5": made["md5Hash"], "status": "SUCCESS"})
    for _number in range(2):
        assert caller.http.post("/api/payments/callback", note, content_type="application/json").status_code == 202
    row = PaymentTransaction.objects.get(md5_hash=made["md5Hash"])
    assert row.status == "PENDING", "nobody's word is believed"
    assert row.next_check_at == clock.now()
    assert caller.http.post("/api/payments/callback", "{", content_type="application/json").status_code == 400
    big = json.dumps("x" * 20_000)
    assert caller.http.post("/api/payments/callback", big, content_type="application/json").status_code == 413
    settings.CALLBACK_RATE_LIMIT = "1/60"
    assert caller.http.post("/api/payments/callback", note, content_type="application/json").status_code == 429
