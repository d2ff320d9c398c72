"""The payment node and the simulated bank as processes of their own, for tests of the whole way over real HTTP.

They run as on a server: own settings, own database, own worker. Nothing of them is imported here.
"""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

from tests.support.stack import ROOT, URLS, WORKER
from tests.support.streaming import free_port

DATABASE = f"node_beside_{WORKER}"
SETTINGS = {  # payment_node/settings/test.py has the other half
    "PAYMENT_NODE_API_KEY": "test-api-key-of-the-main-server",
    "PAYMENT_NODE_KEY_ID": "main-2026a",
    "PAYMENT_NODE_SECRET": "test-secret-a-0123456789-0123456789",
    "PAYMENT_WEBHOOK_API_KEYS": ["test-api-key-of-the-node"],
    "PAYMENT_WEBHOOK_SECRETS": ["node-2026a:test-secret-of-the-node-0123456789-01"],
}


def _database_url(*, superuser: bool = False) -> str:
    parts = urlsplit(URLS.superuser_url if superuser else URLS.payment_database_url)
    return urlunsplit(parts._replace(path="/postgres" if superuser else f"/{DATABASE}"))


class RealNode:
    """Both of them; ``stop`` and ``start`` as an operator would."""

    def __init__(self) -> None:
        self.port, self.bank_port, self.main_port = free_port(), free_port(), free_port()
        self.url, self.bank_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.bank_port}"
        # one Redis database for all: a name of its own keeps this run's queue apart
        name = f"beside-{WORKER}-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}-{os.getpid()}"
        self.environment = {
            name_: value
            for name_, value in os.environ.items()
            if name_ not in {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
        } | {
            "DJANGO_SETTINGS_MODULE": "payment_node.settings.test",
            "PAYMENT_DATABASE_URL": _database_url(),
            "PAYMENT_REDIS_URL": URLS.payment_redis_url.replace("?db=2", "?db=15"),
            "PAYMENT_BROKER_URL": URLS.payment_broker_url.replace("virtual_host=3", "virtual_host=15"),
            "NODE_REDIS_PREFIX": name,
            "MAIN_WEBHOOK_URL": f"http://127.0.0.1:{self.main_port}/api/v1/payments/webhook",
            "BAKONG_BASE_URL": self.bank_url,
            "BAKONG_DAILY_CEILING": "1000000",
            "NODE_CHECK_OFFSETS": ",".join(map(str, range(1, 600))),
            "NODE_TICK_SECONDS": "0.5",
            "SIMULATOR_KEY": "key-of-the-simulated-bank",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def prepare(self) -> None:
        """An empty database with the node's tables, and a token of the bank."""
        with psycopg.connect(_database_url(superuser=True), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')  # type: ignore[call-overload]
            connection.execute(f'CREATE DATABASE "{DATABASE}" OWNER payment_node')  # type: ignore[call-overload]
        self.manage("migrate", "-v0")
        printed = self._run("-m", "payment_node.bakong_simulator", "--print-token")
        self.environment["BAKONG_TOKEN"] = printed.strip()

    def manage(self, *arguments: str) -> str:
        """A command of the node's staff."""
        return self._run("payment_node/manage.py", *arguments)

    def _run(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def start(self, *names: str) -> None:
        """Start the bank, the node and its worker, or those named, and wait until they answer."""
        commands = {
            "bank": ["payment_node.bakong_simulator", "--port", str(self.bank_port), "--daily-limit", "0"],
            "web": ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--workers",
                    "1", "--blocking-threads", "4", "--no-ws", "--log-level", "warning",
                    "payment_node.wsgi:application"],
            "worker": ["celery", "-A", "payment_node", "worker", "-B", "-P", "threads", "-c", "2", "--loglevel",
                       "warning", "-s", str(ROOT / "var" / "teststack" / f"{DATABASE}.beat")],
        }  # fmt: skip
        for name in names or tuple(commands):
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *commands[name]], cwd=ROOT, env=self.environment, start_new_session=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        answers = {"bank": f"{self.bank_url}/_sim/state", "web": f"{self.url}/api/ready"}
        for name in names or tuple(commands):
            if name in answers:
                until(lambda name=name: _answers(answers[name]), f"{name} to answer", seconds=90)

    def stop(self, *names: str, kill: bool = False) -> None:
        """End all of them, or those named."""
        for name in names or tuple(self.processes):
            process = self.processes.pop(name)
            os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)  # a server has children of its own
            process.wait(60)

    def bank(self, act: str, **body: Any) -> dict[str, Any]:
        """What a person does in the bank app."""
        answer = httpx.post(f"{self.bank_url}/_sim/{act}", json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def until(is_so: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
    """Wait for something that other processes do. Raises AssertionError when it does not come."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        threading.Event().wait(0.2)


@contextmanager
def real_node() -> Iterator[RealNode]:
    """Prepared and running."""
    node = RealNode()
    node.prepare()
    try:
        node.start()
        yield node
    finally:
        node.stop()
        with psycopg.connect(_database_url(superuser=True), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')  # type: ignore[call-overload]
