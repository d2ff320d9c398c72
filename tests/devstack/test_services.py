"""The embedded pair: starts from nothing, keeps what it was given, survives a kill; as root in both ways."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from dastern.devstack.places import Urls, places, root_mode
from dastern.devstack.privileges import user_namespaces_work
from dastern.devstack.services import ensure_down, ensure_up, status

MODES = ["plain"]
if os.geteuid() == 0:
    MODES = ["setuid", "userns"] if user_namespaces_work() else ["setuid"]


@pytest.fixture(params=MODES)
def state(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state directory of a stack that is stopped, and erased, afterwards."""
    if request.param != "plain":
        monkeypatch.setenv("DASTERN_DEVSTACK_ROOT_MODE", request.param)
    where = tmp_path / "stack"
    yield where
    ensure_down(where)
    shutil.rmtree(places(where).home, ignore_errors=True)
    shutil.rmtree(places(where).sockets, ignore_errors=True)


def write(addresses: Urls) -> None:
    with psycopg.connect(addresses.database_url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('ដាស់តឿន')")
    redis.Redis.from_url(addresses.redis_url).set("kept", "yes")


def read(addresses: Urls) -> list[tuple[object, ...]]:
    with psycopg.connect(addresses.database_url) as connection:
        return connection.execute("SELECT word FROM kept").fetchall()


def test_what_was_written_is_there_after_stop_and_start(state: Path) -> None:
    addresses = ensure_up(state)
    write(addresses)
    first = status(state)
    assert ensure_up(state) == addresses
    assert status(state) == first, "a second start must find the running pair"
    ensure_down(state)
    assert not status(state).is_up
    ensure_up(state)
    assert read(addresses) == [("ដាស់តឿន",)]
    assert redis.Redis.from_url(addresses.redis_url).get("kept") == b"yes"


def test_committed_rows_survive_a_killed_server(state: Path) -> None:
    addresses = ensure_up(state)
    write(addresses)
    pid = status(state).postgres
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
    ensure_up(state)
    assert read(addresses) == [("ដាស់តឿន",)]


def test_the_application_role_is_no_superuser_and_strangers_are_refused(state: Path) -> None:
    addresses = ensure_up(state, profile="test")
    with psycopg.connect(addresses.database_url) as connection:
        row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == (False,)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(addresses.database_url.replace(":", ":wrong-", 2).replace("wrong-//", "//", 1))


def test_root_never_runs_the_server_as_root(state: Path) -> None:
    ensure_up(state, profile="test")
    pid = status(state).postgres
    uid = int(Path(f"/proc/{pid}/status").read_text().split("Uid:")[1].split()[1])
    namespace = Path(f"/proc/{pid}/ns/user").readlink()
    assert root_mode() == "userns" or uid != 0
    assert uid != 0 or namespace != Path("/proc/self/ns/user").readlink()
