"""The wire contract, from the files both sides are tested with."""

import json
from typing import Any

import pytest

from apps.payments.node import told_of
from apps.payments.rules import News, news
from apps.payments.signing import is_one_of, refusal, sign
from apps.users.models import User
from dastern.core import clock
from tests.payments.conftest import send
from tests.payments.contract_node import GOLDEN

SIGNING = json.loads((GOLDEN / "signing.json").read_text())
CALLS = json.loads((GOLDEN / "calls.json").read_text())
WEBHOOKS = json.loads((GOLDEN / "webhooks.json").read_text())


@pytest.mark.parametrize("vector", SIGNING["signed"], ids=lambda vector: vector["id"])
def test_we_sign_as_the_contract_does(vector: dict[str, Any]) -> None:
    secret = SIGNING["keys"][vector["keyId"]]
    made = sign(secret, vector["timestamp"], vector["method"], vector["path"], vector["body"].encode())
    assert made == vector["signature"]


def _refusal(vector: dict[str, Any]) -> str | None:
    return refusal(
        SIGNING["keys"], key_id=vector["keyId"], timestamp=vector["timestamp"], signature=vector["signature"],
        method=vector["method"], path=vector["path"], body=vector["body"].encode(), now=vector["now"],
    )  # fmt: skip


@pytest.mark.parametrize("vector", SIGNING["accepted"], ids=lambda vector: vector["id"])
def test_we_accept_what_is_fresh(vector: dict[str, Any]) -> None:
    assert _refusal(vector) is None


@pytest.mark.parametrize("vector", SIGNING["refused"], ids=lambda vector: vector["id"])
def test_we_refuse_what_is_not(vector: dict[str, Any]) -> None:
    assert _refusal(vector)


@pytest.mark.parametrize("seconds", [299, 300, 301, -299, -300, -301])
def test_s074_the_edges_of_freshness(seconds: int) -> None:
    now = 1_795_000_000
    stamp = str(now - seconds)
    signature = sign("s", stamp, "POST", "/x", b"")
    why = refusal(
        {"k": "s"}, key_id="k", timestamp=stamp, signature=signature, method="POST", path="/x", body=b"", now=now
    )
    assert (why is None) == (abs(seconds) <= 300)


@pytest.mark.parametrize("stamp", ["", "x", "-5", "1e9", "១៧៩៥០០០០០០", "9" * 13, " 1795000000"])
def test_a_timestamp_that_is_no_number_is_refused(stamp: str) -> None:
    signature = sign("s", stamp, "POST", "/x", b"")
    assert refusal(
        {"k": "s"}, key_id="k", timestamp=stamp, signature=signature, method="POST", path="/x", body=b"",
        now=1_795_000_000,
    ) == "timestamp is no number"  # fmt: skip


def test_keys_may_overlap_while_they_are_changed() -> None:
    assert is_one_of("new", ["old", "new"])
    assert is_one_of("old", ["old", "new"])
    assert not is_one_of("", ["old"])
    assert not is_one_of("old", [])
    secrets = {"a": "one", "b": "two"}
    for key_id, secret in secrets.items():
        signature = sign(secret, "1795000000", "POST", "/x", b"{}")
        assert refusal(
            secrets, key_id=key_id, timestamp="1795000000", signature=signature, method="POST", path="/x", body=b"{}",
            now=1_795_000_000,
        ) is None  # fmt: skip


@pytest.mark.parametrize(
    "call",
    [call for call in CALLS if call["status"] in {200, 201} and "md5Hash" in (call["response"].get("data") or {})],
    ids=lambda call: call["id"],
)
def test_we_read_every_payment_of_the_contract(call: dict[str, Any]) -> None:
    told = told_of(call["response"]["data"])
    assert (told.md5, told.status) == (call["response"]["data"]["md5Hash"], call["response"]["data"]["status"])
    assert told.life is not None
    assert told.life.total_seconds() == 600


@pytest.mark.django_db
@pytest.mark.parametrize("webhook", WEBHOOKS, ids=lambda webhook: webhook["id"])
def test_the_door_believes_every_event_of_the_contract(
    webhook: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Believed, and then: no such payment here (404), or nothing to do (200)."""
    import time

    headers = {name.lower().replace("-", "_"): value for name, value in webhook["headers"].items()}
    headers.pop("content_type")
    monkeypatch.setattr(time, "time", lambda: float(headers["x_timestamp"]))
    answer = send(webhook["body"].encode(), **headers)
    acts = webhook["event"] in {"PAYMENT_COMPLETED", "PAYMENT_REFUNDED"}
    assert answer.status_code == (404 if acts else 200), answer.json()
    assert send(webhook["body"].encode(), **headers | {"x_api_key": "other"}).status_code == 401


@pytest.mark.parametrize(
    ("known", "told", "is_what"),
    [
        (("PENDING", 0), ("COMPLETED", 1), News.CHANGE),
        (("PENDING", 0), ("CANCELLED", 0), News.CHANGE),
        (("PENDING", 0), ("PENDING", 0), News.SAME),
        (("COMPLETED", 1), ("COMPLETED", 1), News.SAME),
        (("COMPLETED", 2), ("FAILED", 1), News.STALE),
        (("COMPLETED", 1), ("PENDING", 0), News.STALE),
        (("COMPLETED", 1), ("FAILED", 2), News.IMPOSSIBLE),
        (("FAILED", 1), ("COMPLETED", 2), News.CHANGE),
        (("CANCELLED", 0), ("COMPLETED", 1), News.CHANGE),
        (("CANCELLED", 0), ("PENDING", 0), News.IMPOSSIBLE),
        (("COMPLETED", 1), ("REFUNDED", 2), News.CHANGE),
        (("PENDING", 0), ("REFUNDED", 2), News.CHANGE),
        (("REFUNDED", 2), ("COMPLETED", 3), News.IMPOSSIBLE),
    ],
)
def test_which_news_count(known: tuple[str, int], told: tuple[str, int], is_what: News) -> None:
    assert news(*known, *told) is is_what


def test_the_calls_of_the_contract_are_those_we_make(sokha: User, node: Any) -> None:
    """Field by field: what we send is what the contract shows, so a strict node accepts it."""
    from apps.payments import node as client

    shown = {call["id"]: call["request"] for call in CALLS}
    captured: list[Any] = []
    original = client._call

    def capture(method: str, path: str, body: Any = None) -> Any:
        captured.append((path, body))
        return original(method, path, body)

    client._call = capture
    try:
        told = client.payment_create(
            user_id=sokha.id, plan_type="PREMIUM", kind="NEW", amount="0.50", currency="USD", remaining_days=None,
            idempotency_key=sokha.id,
        )  # fmt: skip
        client.payment_check(user_id=sokha.id, md5=told.md5)
        client.payment_cancel(user_id=sokha.id, md5=told.md5)
        client.payments_states([told.md5])
    finally:
        client._call = original
    bodies = [body for _path, body in captured]
    for name, body in zip(["create", "check", "cancel", "bulk-check"], bodies, strict=True):
        assert body.keys() == shown[name].keys()
    assert clock.now()
