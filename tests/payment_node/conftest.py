"""The bank (the simulator over real HTTP), the main server (a small one that keeps what it gets), the signed caller."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import time_machine
from django.conf import settings as node_settings
from django.db import connections
from django.test import Client, TransactionTestCase

from payment_node import signing
from payment_node.bakong_simulator.bank import Bank
from payment_node.bakong_simulator.server import Simulator
from payment_node.core import redis
from payment_node.payments import monitor
from payment_node.payments.models import PaymentTransaction
from payment_node.webhooks import services as webhook_services
from tests.payment_node import stack

START = datetime(2026, 11, 26, 3, 0, 0, tzinfo=UTC)  # ten in the morning in Phnom Penh


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> None:
    """Clone the migrated template for this worker instead of migrating."""
    stack.make_database()


def _emptied(self: TransactionTestCase, *args: Any) -> None:
    for connection in connections.all():
        connection.close()
    stack.empty_database()


TransactionTestCase._fixture_teardown = _emptied  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is asked of the database must be committed: the bank, workers and the main server are other processes."""
    for item in items:
        if "no_database" not in item.keywords:
            item.add_marker(pytest.mark.django_db(transaction=True))


def pytest_configure(config: pytest.Config) -> None:
    """Markers of this run."""
    config.addinivalue_line("markers", "no_database: pure; needs no database")


@pytest.fixture(autouse=True)
def clean_redis() -> None:
    """No counters of another test."""
    for name in redis.client().scan_iter(f"{node_settings.REDIS_PREFIX}:*"):
        redis.client().delete(name)


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """One simulator a worker."""
    server = Simulator(Bank(key="key-of-the-simulated-bank"))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def bank(simulator: Simulator, settings: Any) -> Bank:
    """The simulated bank, as new, and a node that has a token for it."""
    bank = simulator.bank
    bank.reset()
    bank.daily_limit = 100
    settings.BAKONG_BASE_URL = bank.address
    settings.BAKONG_TOKEN = bank.token()
    return bank


class Clock:
    """Time, for the node and the bank at once."""

    def __init__(self, traveller: Any) -> None:
        self.traveller = traveller

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.traveller.shift(timedelta(seconds=seconds))

    @staticmethod
    def now() -> datetime:
        """What everybody's clock says."""
        return datetime.now(UTC)


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Time stands still unless it is moved."""
    with time_machine.travel(START, tick=False) as traveller:
        yield Clock(traveller)


@dataclass
class MainServer:
    """What the main server got, and how it answers."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    status: int = 200
    applied: dict[str, dict[str, Any]] = field(default_factory=dict)

    def events(self) -> list[str]:
        """The kinds of what was applied, in order, each event once."""
        return [body["event"] for body in self.applied.values()]


@pytest.fixture
def main_server(settings: Any) -> Iterator[MainServer]:
    """A server on the wire contract: checks signatures, applies an event once, answers as told."""
    state = MainServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.raw.append(body)
            state.bodies.append(json.loads(body))
            state.headers.append(dict(self.headers))
            refusal = signing.refusal(
                {settings.MAIN_KEY_ID: settings.MAIN_SECRET},
                key_id=self.headers["X-Key-Id"],
                timestamp=self.headers["X-Timestamp"],
                signature=self.headers["X-Signature"],
                method="POST",
                path=self.path,
                body=body,
                now=datetime.now(UTC).timestamp(),
            )
            status = 401 if refusal or self.headers["X-API-Key"] != settings.MAIN_API_KEY else state.status
            if status == 200:
                state.applied.setdefault(self.headers["X-Event-Id"], state.bodies[-1])
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = settings.MAIN_WEBHOOK_URL = f"http://127.0.0.1:{server.server_address[1]}/api/v1/payments/webhook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()


class Caller:
    """The main server as a caller of the node."""

    key_id = "main-2026a"

    def __init__(self) -> None:
        self.http = Client()

    def headers(self, method: str, path: str, body: bytes, **changed: str) -> dict[str, str]:
        """Signed headers; ``changed`` replaces some of them."""
        timestamp = str(int(datetime.now(UTC).timestamp()))
        key_id = changed.pop("key_id", self.key_id)
        secret = node_settings.SIGNING_SECRETS.get(key_id, "nobody's")
        signed = signing.sign(secret, timestamp, method, path, body)
        return {
            "X-API-Key": node_settings.TEST_API_KEY,
            "X-Key-Id": key_id,
            "X-Timestamp": timestamp,
            "X-Event-Id": str(uuid.uuid4()),
            "X-Signature": signed,
        } | {name.replace("_", "-"): value for name, value in changed.items()}

    def call(self, method: str, path: str, body: Any = None, **changed: str) -> Any:
        """One signed call; the Django response."""
        raw = b"" if body is None else json.dumps(body).encode()
        headers = self.headers(method, path, raw, **changed)
        return self.http.generic(method, path, raw, content_type="application/json", headers=headers)

    def create(self, *, user: str = "sokha", expect: int = 201, **changed: Any) -> dict[str, Any]:
        """A payment; the data of the answer."""
        wish = {
            "userId": user,
            "planType": "PREMIUM",
            "kind": "NEW",
            "amount": "0.50",
            "currency": "USD",
            "idempotencyKey": str(uuid.uuid4()),
        } | changed
        answer = self.call("POST", "/api/payments/create", wish)
        assert answer.status_code == expect, answer.content
        return dict(answer.json().get("data") or answer.json())

    def status(self, md5: str, user: str = "sokha") -> dict[str, Any]:
        """The state of a payment."""
        answer = self.call("GET", f"/api/payments/status/{md5}?userId={user}")
        assert answer.status_code == 200, answer.content
        return dict(answer.json()["data"])


@pytest.fixture
def caller() -> Caller:
    """The main server as a caller."""
    return Caller()


@dataclass
class Node:
    """The node's workers, moved by hand."""

    clock: Clock

    def ask(self) -> int:
        """One round of the monitor."""
        return monitor.payments_ask_due()

    def send(self) -> int:
        """One round of the sender."""
        return webhook_services.webhooks_send_due()

    def wait(self, seconds: float, *, step: float = 15) -> None:
        """Let time pass with the workers running."""
        left = seconds
        while left > 0:
            self.clock.forward(min(step, left))
            left -= step
            self.ask()
            self.send()

    @staticmethod
    def row(md5: str) -> PaymentTransaction:
        """The payment in the database."""
        return PaymentTransaction.objects.get(md5_hash=md5)


@pytest.fixture
def node(clock: Clock) -> Node:
    """The workers."""
    return Node(clock)


@pytest.fixture
def in_threads() -> Callable[[int, Callable[[], Any]], list[Any]]:
    """Run an act in some threads at the same time; their results, exceptions among them."""

    def run(count: int, act: Callable[[], Any]) -> list[Any]:
        barrier, results = threading.Barrier(count), []

        def one() -> None:
            barrier.wait()
            try:
                results.append(act())
            except Exception as error:  # noqa: BLE001  (a result like any other)
                results.append(error)
            finally:
                for connection in connections.all():
                    connection.close()

        threads = [threading.Thread(target=one) for _number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    return run
