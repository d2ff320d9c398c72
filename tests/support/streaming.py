"""The live stream as a real process, and a reader of server-sent events."""

import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from apps.users.models import User
from tests.support.people import token
from tests.support.stack import ROOT

PATH = "/api/v1/notifications/stream"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def stream_server(**environment: str) -> Iterator[str]:
    """A running stream server; its base URL."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws",
         "--workers", "1", "--workers-kill-timeout", "1", "--log-level", "warning", "dastern.stream_asgi:application"],
        cwd=ROOT, env=os.environ | {"DJANGO_SETTINGS_MODULE": "dastern.settings.test"} | environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{base}/health/live", timeout=2)
                break
            except httpx.TransportError:
                assert process.poll() is None, "the stream server ended"
                assert time.monotonic() < deadline, "the stream server does not answer"
                threading.Event().wait(0.1)
        yield base
    finally:
        process.terminate()
        process.wait(30)


@dataclass(frozen=True)
class Event:
    """One event as it arrived."""

    name: str
    data: Any
    id: str | None


class Reader:
    """An open stream; events are read in a thread. ``next`` waits for one, ``rest`` for the end."""

    def __init__(self, base: str, user: User, *, last_event_id: str = "", **claims: Any) -> None:
        self._events: queue.Queue[Event | None] = queue.Queue()
        self.heartbeats = 0
        self.beat = threading.Event()
        headers = {"Authorization": f"Bearer {token(user, **claims)}", "Accept-Language": "en"}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        self._client = httpx.Client(timeout=httpx.Timeout(30, read=60))
        self._response = self._client.send(self._client.build_request("GET", base + PATH, headers=headers), stream=True)
        self.status = self._response.status_code
        self.headers = self._response.headers
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            for line in self._response.iter_lines():
                if line.startswith(":"):
                    self.heartbeats += 1
                    self.beat.set()
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                else:
                    if "event" in fields:
                        self._events.put(Event(fields["event"], orjson.loads(fields["data"]), fields.get("id")))
                    fields = {}
        except (httpx.HTTPError, httpx.StreamError):
            pass
        self._events.put(None)

    def next(self, seconds: float = 20) -> Event | None:
        """The next event, None at the end. Raises queue.Empty when nothing comes."""
        return self._events.get(timeout=seconds)

    def until(self, name: str) -> Event:
        """The next event called ``name``; others before it are passed over."""
        while event := self.next():
            if event.name == name:
                return event
        raise AssertionError(f"the stream ended before {name}")

    def rest(self) -> list[Event]:
        """Everything up to the end."""
        return list(iter(self.next, None))

    def close(self) -> None:
        """Hang up."""
        self._response.close()
        self._client.close()
