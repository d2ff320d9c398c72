"""Faults of networks and phones: a proxy that drops, delays, doubles and cuts at every byte; kill -9; no room; a store
or a key that is lost; a server that is newer."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from patient.core.clock import ManualClock
from patient.core.db import StoreFull
from patient.core.session import End, PatientSession, StoreDamaged
from patient.core.vault import FileVault, MemoryVault

from tests.kivy_app.conftest import SEVEN, Story
from tests.kivy_app.reference import ReferenceServer

ROOT = Path(__file__).resolve().parents[2]


class Way(threading.Thread):
    """A TCP proxy in front of the server. ``request_at`` and ``answer_at`` cut after so many bytes, ``double`` sends
    every request twice, ``late`` holds an answer back for a moment, ``drop`` takes no call at all."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._upstream = ("127.0.0.1", port)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.request_at: int | None = None
        self.answer_at: int | None = None
        self.double = self.drop = False
        self.late = 0.0
        self.request, self.answer = b"", b""  # the last ones that went through whole
        self._over = threading.Event()

    def run(self) -> None:
        """Carry one exchange after the other."""
        while not self._over.is_set():
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            with caller:
                if not self.drop:
                    self._carry(caller)

    def _carry(self, caller: socket.socket) -> None:
        request = _message(caller)
        if self.request_at is not None and self.request_at < len(request):
            with socket.create_connection(self._upstream) as server:
                server.sendall(request[: self.request_at])
            return
        answer = self._ask(request)
        if self.double:
            answer = self._ask(request)
        self._over.wait(self.late)
        self.request, self.answer = request, answer
        caller.sendall(answer if self.answer_at is None else answer[: self.answer_at])

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(self._upstream) as server:
            server.sendall(request)
            parts = []
            while part := server.recv(65536):
                parts.append(part)
            return b"".join(parts)

    def end(self) -> None:
        """Close the way."""
        self._over.set()
        self._socket.close()


def _message(caller: socket.socket) -> bytes:
    """One HTTP request, to its last byte."""
    held = b""
    while b"\r\n\r\n" not in held:
        part = caller.recv(65536)
        if not part:
            return held
        held += part
    head, _, body = held.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        part = caller.recv(65536)
        if not part:
            break
        body += part
    return head + b"\r\n\r\n" + body


def _handler(reference: ReferenceServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """The reference server behind a real socket. A request that did not arrive whole is no request."""

        def _carry(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length)
            if len(content) < length:
                return
            status, body = reference.handle(self.command, self.path, dict(self.headers), content)
            answer = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _carry  # noqa: N815 (names of the standard library)

        def log_message(self, *_: Any) -> None:
            """Be silent."""

    return Handler


class World:
    """A server behind a socket, the way to it, and Sokha's phone."""

    def __init__(self) -> None:
        self.clock = ManualClock(SEVEN)
        self.server = ReferenceServer(self.clock)
        self.sokha = self.server.person("sokha")
        self.dose = self.server.add_dose(self.sokha.id, SEVEN)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.server))
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.way = Way(self._http.server_address[1])
        self.way.start()
        http = requests.Session()
        http.trust_env = False
        http.headers["Connection"] = "close"
        url = f"http://127.0.0.1:{self.way.port}"
        self.phone = PatientSession(url, ":memory:", self.clock, vault=MemoryVault(), http=http, jitter=lambda: 0.0)
        self.phone.sign_in("sokha", "right")
        self.phone.sync_now()

    def intakes(self) -> int:
        """How many when-needed intakes the server knows."""
        return sum(resource == "prnIntakes" for resource, _ in self.server.objects)

    def push_once(self) -> tuple[int, int]:
        """Lengths of a push and its answer."""
        self.phone.take_prn("m9", "1")
        waiting = self.phone._signed_in().outbox.waiting()
        self.phone._signed_in().api.push(
            {"deviceId": "d", "sentAt": "2026-11-24T00:00:00.000Z", "acts": [act.on_wire() for act in waiting]}
        )
        return len(self.way.request), len(self.way.answer)

    def end(self) -> None:
        """Stop everything."""
        self.phone.close()
        self.way.end()
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def world() -> Iterator[World]:
    """The world, until the test ends."""
    made = World()
    yield made
    made.end()


def test_an_act_survives_a_cut_at_every_byte_of_its_request(world: World) -> None:
    length, _ = world.push_once()
    assert world.intakes() == 1
    for place in range(length):
        world.way.request_at = place
        assert world.phone.sync_now().end is End.OFFLINE, place
        assert world.phone.status().waiting == 1
    assert world.intakes() == 1
    world.way.request_at = None
    assert world.phone.sync_now().end is End.SYNCED
    assert (world.phone.status().waiting, world.intakes()) == (0, 1)


def test_an_act_survives_a_cut_at_every_byte_of_its_answer(world: World) -> None:
    _, length = world.push_once()
    for place in range(length):
        world.way.answer_at = place
        assert world.phone.sync_now().end in {End.OFFLINE, End.BUSY}, place
        assert world.phone.status().waiting == 1
    world.way.answer_at = None
    assert world.phone.sync_now().end is End.SYNCED
    assert (world.phone.status().waiting, world.intakes()) == (0, 1)


def test_nothing_counts_twice_on_a_way_that_doubles_delays_and_drops(world: World) -> None:
    world.way.double, world.way.late = True, 0.01
    for _ in range(5):
        world.phone.take_prn("m9", "1")
    world.phone.take(world.dose)
    world.way.drop = True
    assert world.phone.sync_now().end is End.OFFLINE
    world.way.drop = False
    assert world.phone.sync_now().end is End.SYNCED
    assert world.phone.sync_now().end is End.SYNCED
    assert world.intakes() == 5
    assert world.server.objects["doses", world.dose]["status"] == "TAKEN_ON_TIME"


def test_s093_an_access_token_that_ends_midway_is_renewed_once_and_all_acts_go_in_order(world: World) -> None:
    for _ in range(5):
        world.phone.take_prn("m9", "1")
        world.clock.advance(timedelta(seconds=1))
    world.server.expire_access()
    before = len(world.server.refresh)
    assert world.phone.sync_now().end is End.SYNCED
    assert len(world.server.refresh) == before + 1
    times = [body["takenAt"] for (kind, _), body in world.server.objects.items() if kind == "prnIntakes"]
    assert len(times) == 5
    assert times == sorted(times)


_TAPPER = """
import sys
sys.path.insert(0, {app!r})
from patient.core.clock import SystemClock
from patient.core.session import PatientSession
session = PatientSession("http://127.0.0.1:9", {path!r}, SystemClock())
while True:
    print(session.take_prn("m9", "1"), flush=True)
"""


@pytest.mark.parametrize("taps", [1, 2, 7, 19])
def test_kill_9_at_any_moment_leaves_every_tap_that_was_answered(story: Story, tmp_path: Path, taps: int) -> None:
    path = tmp_path / "patient.db"
    first = PatientSession("http://server.test", path, story.clock, http=story.network.session())
    first.sign_in("sokha", "right")
    first.close()
    script = _TAPPER.format(app=str(ROOT / "kivy_app"), path=str(path))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        seen = [child.stdout.readline().strip() for _ in range(taps)]
        os.kill(child.pid, signal.SIGKILL)
        seen += [line.strip() for line in child.stdout if line.endswith("\n")]
    again = PatientSession("http://server.test", path, story.clock, http=story.network.session())
    held = {act.local_id for act in again._signed_in().outbox.waiting(100_000)}
    assert set(seen) <= held
    assert len(held) - len(seen) <= 1, "at most the one under way"
    again.close()


def _tap_on(phone: PatientSession) -> None:
    for _ in range(200):
        phone.take_prn("m9", "1", reason="x" * 500)


def test_no_room_left_is_told_and_leaves_nothing_half_done(story: Story, tmp_path: Path) -> None:
    phone = PatientSession("http://server.test", tmp_path / "patient.db", story.clock, http=story.network.session())
    phone.sign_in("sokha", "right")
    phone.sync_now()
    pages = phone._database.row("PRAGMA page_count")
    assert pages is not None
    phone._database.rows(f"PRAGMA max_page_count = {pages[0]}")
    with pytest.raises(StoreFull):
        _tap_on(phone)
    kept = phone.status().waiting
    assert len(phone.repo.needed_log("m9")) == kept, "an act and its effect are there together, or neither"
    phone._database.rows("PRAGMA max_page_count = 1000000")
    phone.take_prn("m9", "1")
    phone.sync_now()
    assert phone.status().waiting == 0
    assert sum(resource == "prnIntakes" for resource, _ in story.server.objects) == kept + 1
    phone.close()


def test_a_damaged_store_is_set_aside_and_everything_on_the_server_comes_back(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "patient.db"
    phone = PatientSession("http://server.test", path, story.clock, http=story.network.session())
    phone.sign_in("sokha", "right")
    phone.sync_now()
    phone.close()
    path.write_bytes(b"not a database" + path.read_bytes()[14:])
    with pytest.raises(StoreDamaged):
        PatientSession("http://server.test", path, story.clock, http=story.network.session())
    kept = PatientSession.recover(path)
    assert kept.exists(), "the old file is never deleted"
    again = PatientSession("http://server.test", path, story.clock, http=story.network.session())
    again.sign_in("sokha", "right")
    again.sync_now()
    assert len(again.today().doses) == 3
    again.close()


def test_a_lost_key_drops_what_cannot_be_read_and_the_rest_comes_back(story: Story, tmp_path: Path) -> None:
    path, key = tmp_path / "patient.db", tmp_path / "key"
    phone = PatientSession("http://s.test", path, story.clock, vault=FileVault(key), http=story.network.session())
    phone.sign_in("sokha", "right")
    phone.sync_now()
    phone.close()
    key.unlink()
    again = PatientSession("http://s.test", path, story.clock, vault=FileVault(key), http=story.network.session())
    assert (again.key_was_lost, again.user, again.members()) == (True, None, [])
    again.sign_in("sokha", "right")
    again.sync_now()
    assert len(again.today().doses) == 3
    again.close()


def test_words_of_a_newer_server_are_kept_and_shown_as_they_can_be(story: Story) -> None:
    body = story.server.objects["doses", story.doses[1]]
    newer = {**body, "status": "PARTLY_TAKEN", "timePeriod": "DAWN", "unit": "CUBE", "amount": "1"}
    story.server.write(story.sokha.id, "doses", newer)
    story.server.write(story.sokha.id, "hologram", {"id": "h1", "colour": "blue"})
    link = {
        "id": "l1",
        "status": "ACCEPTED",
        "permissionLevel": "DREAMS",
        "mySide": "PATIENT",
        "other": {"fullName": "D"},
    }
    story.server.write(story.sokha.id, "connections", link)
    assert story.phone.sync_now().end is End.SYNCED
    dose = story.phone.dose(story.doses[1])
    assert (dose.status, dose.body["timePeriod"]) == ("PARTLY_TAKEN", "DAWN")
    assert dose.amount("en") == "1\u00a0dose"
    assert dose.id not in {name for ring in story.phone.plan_reminders() for name in ring.dose_ids}
    assert story.phone.people.links()[0].level == "DREAMS"
    story.wait(hours=5)
    story.phone.take(story.doses[1])
    assert story.phone.sync_now().end is End.SYNCED


def test_s056_a_clock_that_is_wrong_by_hours_keeps_real_times() -> None:
    story = Story(skew=timedelta(hours=5))
    story.wait(minutes=12)
    story.phone.set_offline(True)
    story.phone.take(story.doses[0])
    story.wait(hours=3)
    story.phone.set_offline(False)
    story.phone.sync_now()
    body = story.server.objects["doses", story.doses[0]]
    assert (body["status"], body["takenAt"]) == ("TAKEN_ON_TIME", "2026-11-24T00:02:00.000Z")
    assert story.phone.plan_reminders()[0].fire_at >= story.clock.now()
