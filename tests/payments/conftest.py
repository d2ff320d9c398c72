"""A node to pay at, the settings that name it, and a few steps that every story has."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from apps.payments import node as client
from apps.payments.breaker import Breaker
from apps.users.models import User
from tests.payments.contract_node import (
    API_KEY,
    KEYS,
    WEBHOOK_API_KEY,
    WEBHOOK_PATH,
    ContractNode,
    contract_node,
    signed,
)
from tests.support.people import Api


@pytest.fixture(autouse=True)
def wire(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of the contract, and a breaker that remembers no other test."""
    settings.PAYMENT_NODE_API_KEY = API_KEY
    settings.PAYMENT_NODE_KEY_ID = "main-2026a"
    settings.PAYMENT_NODE_SECRET = KEYS["main-2026a"]
    settings.PAYMENT_WEBHOOK_API_KEYS = [WEBHOOK_API_KEY]
    settings.PAYMENT_WEBHOOK_SECRETS = [f"node-2026a:{KEYS['node-2026a']}"]
    settings.PAYMENT_WEBHOOK_ADDRESSES = ["127.0.0.1", "10.20.0.0/16"]
    monkeypatch.setattr(client, "breaker", Breaker())


@pytest.fixture
def node(settings: Any) -> Iterator[ContractNode]:
    """A running node that does what the contract says."""
    with contract_node() as running:
        settings.PAYMENT_NODE_URL = running.url
        yield running


def send(event: dict[str, Any] | bytes, *, address: str = "127.0.0.1", at: float | None = None, **headers: str) -> Any:
    """Send an event as the node does, maybe with other headers; the answer."""
    raw, made = signed(event, at=at)
    made |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(REMOTE_ADDR=address).generic(
        "POST", WEBHOOK_PATH, raw, content_type="application/json", headers={"accept-language": "en", **made}
    )


def start(user: User, plan: str = "PREMIUM", **rest: Any) -> dict[str, Any]:
    """A payment of ``user``, as the API answers it."""
    answer = Api(user).post("payments/create", {"planType": plan, **rest})
    assert answer.status_code == 201, answer.json()
    data: dict[str, Any] = answer.json()["data"]
    return data


def plan(user: User) -> tuple[str, str | None]:
    """(tier, end) as the person's phone sees it."""
    data = Api(user).get("subscriptions/me").json()["data"]
    return data["tier"], data["expiresAt"]
