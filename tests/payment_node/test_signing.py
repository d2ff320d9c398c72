"""Signatures against the vectors that both sides of the wire share."""

import json
from pathlib import Path
from typing import Any

import pytest

from payment_node import signing

GOLDEN = Path(__file__).parents[1] / "golden" / "payments"
SIGNING = json.loads((GOLDEN / "signing.json").read_text(encoding="utf-8"))
WEBHOOKS = json.loads((GOLDEN / "webhooks.json").read_text(encoding="utf-8"))


def named(vectors: list[dict[str, Any]]) -> list[Any]:
    """The vectors as parameters named by their id."""
    return [pytest.param(vector, id=vector["id"]) for vector in vectors]


def refusal(vector: dict[str, Any]) -> str | None:
    return signing.refusal(
        SIGNING["keys"],
        key_id=vector["keyId"],
        timestamp=vector["timestamp"],
        signature=vector["signature"],
        method=vector["method"],
        path=vector["path"],
        body=vector["body"].encode(),
        now=vector.get("now", int(vector["timestamp"])),
    )


@pytest.mark.parametrize("vector", named([*SIGNING["signed"], *SIGNING["accepted"]]))
def test_a_genuine_message_is_accepted(vector: dict[str, Any]) -> None:
    secret = SIGNING["keys"][vector["keyId"]]
    body = vector["body"].encode()
    assert signing.sign(secret, vector["timestamp"], vector["method"], vector["path"], body) == vector["signature"]
    assert refusal(vector) is None


@pytest.mark.parametrize("vector", named(SIGNING["refused"]))
def test_a_message_that_was_touched_or_is_old_is_refused(vector: dict[str, Any]) -> None:
    assert refusal(vector) is not None


@pytest.mark.parametrize("vector", named(WEBHOOKS))
def test_the_webhooks_of_the_golden_file_are_signed(vector: dict[str, Any]) -> None:
    headers, body = vector["headers"], vector["body"]
    secret = SIGNING["keys"][headers["X-Key-Id"]]
    signature = signing.sign(secret, headers["X-Timestamp"], vector["method"], vector["path"], body.encode())
    assert signature == headers["X-Signature"]
    assert json.loads(body)["eventId"] == headers["X-Event-Id"]
