"""A platform of its own that the tests may break: services, database, web and worker as real processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import psycopg
import pytest
import requests
from django.conf import settings

from dastern.devstack.places import Urls
from dastern.devstack.services import ensure_down, ensure_up
from tests.support.stack import ROOT, WORKER

_READY_SECONDS = 60


def free_port() -> int:
    """A port on which nothing listens."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Platform:
    """Processes on an embedded pair of their own."""

    state: Path
    urls: Urls
    port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What every process of it is given."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "dastern.settings.test",
            "DATABASE_URL": self.urls.database_url,
            "REDIS_URL": self.urls.redis_url,
            "CELERY_BROKER_URL": self.urls.broker_url,
            "CELERY_TASK_ALWAYS_EAGER": "false",
            "REDIS_PREFIX": "faults",
            "MEDIA_ROOT": str(self.state / "media"),
            "OCR_WAIT_SECONDS": "0.2",
        }

    def manage(self, *arguments: str) -> None:
        """One management command."""
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, check=True)

    def start(self, name: str) -> None:
        """Start ``web`` (and wait until it serves), ``worker`` or ``recognition``."""
        granian = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "error", "dastern.wsgi:application",
        ]  # fmt: skip
        celery = [
            sys.executable, "-m", "celery", "-A", "dastern", "worker", "-P", "threads", "-c", "2", "-Q",
            "default,schedule,notify", "--loglevel", "error", "--without-heartbeat", "--without-gossip",
        ]  # fmt: skip
        recognition = [
            sys.executable, "-m", "celery", "-A", "dastern", "worker", "-P", "prefork", "-c", "1", "-Q", "ocr",
            "--loglevel", "error", "--without-heartbeat", "--without-gossip",
        ]  # fmt: skip
        commands = {"web": granian, "worker": celery, "recognition": recognition}
        log = (self.state / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            commands[name],
            cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        if name == "web":
            self.wait_for("/health/live")

    def wait_for(self, path: str) -> None:
        """Until ``path`` answers 200."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            try:
                if requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=5).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{path} does not answer")

    def kill(self, name: str) -> None:
        """kill -9 to the process and its children."""
        process = self.processes.pop(name, None)
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def call(self, method: str, path: str, token: str, body: Any = None) -> requests.Response:
        """One request to the web process."""
        return requests.request(
            method, f"http://127.0.0.1:{self.port}/api/v1/{path}", json=body, timeout=30,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection of the test's own to the platform's database."""
        return psycopg.connect(self.urls.database_url)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of one query."""
        with self.connect() as connection:
            return connection.execute(query, list(values)).fetchall()  # type: ignore[call-overload, no-any-return]


def token_for(user_id: UUID, role: str = "PATIENT") -> str:
    """An access token of one of the bulk people."""
    moment = int(time.time())
    claims = {
        "token_type": "access", "sub": str(user_id), "role": role, "sid": "", "staff": False, "lang": "en",
        "iat": moment, "exp": moment + 3600, "jti": "test",
    }  # fmt: skip
    return jwt.encode(claims, settings.JWT_SECRET, algorithm="HS256")


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Services, a migrated database with a few bulk people, and a running web process."""
    state = ROOT / "var" / f"faultstack-{WORKER}"
    urls = ensure_up(state, profile="test")
    made = Platform(state, urls, free_port())
    with psycopg.connect(urls.superuser_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS dastern WITH (FORCE)")
        connection.execute("CREATE DATABASE dastern OWNER dastern")
    made.manage("migrate", "-v0")
    made.manage("seed_load", "--patients", "12", "--days", "2", "--ahead", "1", "-v0")
    made.start("web")
    yield made
    for name in list(made.processes):
        made.kill(name)
    ensure_down(state)
