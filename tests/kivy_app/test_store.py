"""The store: sealed, migrated, whole after any crash."""

import ast
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from patient.core.clock import ManualClock
from patient.core.crypto import FieldCipher, KeyLost, new_key
from patient.core.db import Database, StoreDamaged
from patient.core.session import PatientSession
from patient.core.store import Store
from patient.core.vault import FileVault, MemoryVault

from tests.kivy_app.conftest import SEVEN, Story

CORE = Path(__file__).resolve().parents[2] / "kivy_app" / "patient" / "core"
FORBIDDEN = {"kivy", "django", "apps", "dastern", "plyer", "jnius"}


@pytest.mark.parametrize("path", sorted(CORE.glob("*.py")), ids=lambda path: path.name)
def test_the_core_imports_neither_kivy_nor_the_server(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not {name.split(".")[0] for name in names} & FORBIDDEN


def test_the_core_asserts_nothing_at_run_time() -> None:
    """Phones run with -OO, which drops assert statements."""
    for path in CORE.glob("*.py"):
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(path.read_text("utf-8"))))


def test_nothing_readable_is_on_disk(tmp_path: Path, story: Story) -> None:
    phone = PatientSession("http://server.test", tmp_path / "s.db", ManualClock(SEVEN), http=story.network.session())
    phone.sign_in("sokha", "right")
    phone.sync_now()
    phone.skip(story.doses[1], "LOW_READING", "sugar 60")
    phone.close()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir() if not path.name.endswith(".key"))
    for secret in (
        "Amoxicillin",
        "អាម៉ុក",
        "LOW_READING",
        "sugar",
        *story.server.access,
        *story.server.refresh,
    ):
        assert secret.encode() not in raw
    assert (tmp_path / "s.db.key").stat().st_mode & 0o777 == 0o600


def test_a_sealed_value_opens_in_its_own_place_only() -> None:
    cipher = FieldCipher(new_key())
    sealed = cipher.seal("object:1:base", {"name": "Sokha"})
    assert cipher.open("object:1:base", sealed) == {"name": "Sokha"}
    for place, value in (
        ("object:2:base", sealed),
        ("object:1:base", sealed[:-1] + b"\x00"),
        ("object:1:base", b""),
    ):
        with pytest.raises(KeyLost):
            cipher.open(place, value)
    with pytest.raises(KeyLost):
        FieldCipher(new_key()).open("object:1:base", sealed)


def test_a_lost_key_drops_the_cache_and_asks_to_sign_in(tmp_path: Path, story: Story) -> None:
    path = tmp_path / "s.db"
    first = PatientSession("http://server.test", path, ManualClock(SEVEN), http=story.network.session())
    first.sign_in("sokha", "right")
    first.sync_now()
    first.close()
    FileVault(Path(f"{path}.key")).forget()
    again = PatientSession("http://server.test", path, ManualClock(SEVEN), http=story.network.session())
    assert (again.key_was_lost, again.user) == (True, None)
    again.sign_in("sokha", "right")
    again.sync_now()
    assert len(again.today().doses) == 3


def test_a_start_without_network_shows_the_day(tmp_path: Path, story: Story) -> None:
    path = tmp_path / "s.db"
    first = PatientSession("http://server.test", path, ManualClock(SEVEN), http=story.network.session())
    first.sign_in("sokha", "right")
    first.sync_now()
    first.take(story.doses[0])
    first.close()
    again = PatientSession("http://server.test", path, ManualClock(SEVEN), http=story.network.session())
    again.set_offline(True)
    assert again.user is not None
    assert [dose.status for dose in again.today().doses] == ["TAKEN_ON_TIME", "DUE", "DUE"]
    assert again.status().waiting == 1


def test_a_damaged_file_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreDamaged):
        PatientSession("http://server.test", path)
    kept = PatientSession.recover(path, ManualClock(datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)))
    assert kept.name == "s.db.damaged-20261124T010203"
    assert PatientSession("http://server.test", path).user is None
    assert kept.read_bytes().startswith(b"this is no database")


def test_a_store_of_a_newer_app_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    Database(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreDamaged, match="newer app"):
        Database(path)


def test_a_failed_transaction_leaves_nothing_behind() -> None:
    store = Store(Database(":memory:"), FieldCipher(new_key()), "sokha")

    def write_half() -> None:
        with store.database.write():
            store.remember("a", 1)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        write_half()
    assert store.value("a") is None


def test_the_last_tap_survives_kill_9(tmp_path: Path) -> None:
    """Another process taps and is killed at once, in the middle of the next tap."""
    path = tmp_path / "s.db"
    script = f"""
import os, signal, sys
from patient.core.crypto import FieldCipher
from patient.core.clock import ServerTime, SystemClock
from patient.core.db import Database
from patient.core.outbox import Outbox
from patient.core.store import Store
store = Store(Database({str(path)!r}), FieldCipher(b"k" * 32), "sokha")
outbox = Outbox(store, ServerTime(SystemClock()))
store.put_base("doses", "d1", {{"id": "d1", "scheduledTime": "2026-11-24T00:00:00.000Z", "status": "DUE"}})
act = dict(patient_id="sokha", resource="doses", object_id="d1", data={{"reason": "FASTING"}})
outbox.add("dose.snoozed", **{{**act, "data": {{"minutes": 10}}}})
with store.database.write():
    outbox.add("dose.skipped", **act)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "PYTHONPATH": str(CORE.parents[1])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=False, timeout=60)
    assert done.returncode == -9
    store = Store(Database(path), FieldCipher(b"k" * 32), "sokha")
    kinds = [row["kind"] for row in store.database.rows("SELECT kind FROM outbox")]
    assert kinds == ["dose.snoozed"]  # the finished tap is there, the cut one left no trace
    assert store.get("doses", "d1") is not None


def test_a_memory_vault_forgets() -> None:
    vault = MemoryVault()
    key = vault.data_key()
    assert vault.data_key() == key
    vault.forget()
    assert vault.data_key() != key
