"""Seals: what was sealed cannot change, go or come unnoticed; nothing escapes by committing late."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.audit import rules
from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog, AuditSeal
from apps.audit.services import audit_record
from apps.audit.services.seals import Finding, audit_publish, audit_seal, audit_verify, copies_read
from apps.users.models import User
from dastern.outbox.drainer import drain
from tests.support.people import actor, make_user
from tests.support.stack import DATABASE, database_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sokha() -> User:
    return make_user("Sokha")


@pytest.fixture(autouse=True)
def seal_file(settings: Any, tmp_path: Path) -> Path:
    settings.AUDIT_SEAL_FILE = tmp_path / "outside" / "seals.jsonl"
    settings.OPERATOR_EMAIL = "operator@dastern.example"
    return Path(settings.AUDIT_SEAL_FILE)


def record(user: User, **details: Any) -> int:
    audit_record(AuditAction.DATA_ACCESS, actor=actor(user), resource_type="dose", details=details)
    return AuditLog.objects.latest("id").id


def seal_settled(row: int | None = None) -> int:
    """Seal once no transaction of the whole cluster is older than ``row``, or the newest; tests run beside this one."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > max(txid) FROM audit_auditlog "
                "WHERE id = %s OR %s",
                [row or 0, row is None],
            )
            if cursor.fetchone()[0]:
                return audit_seal()
        threading.Event().wait(0.02)
    raise AssertionError("somebody keeps a transaction open")


def sealed_rows(user: User, *sizes: int) -> list[int]:
    """Rows in as many seals as sizes; their ids."""
    ids = []
    for size in sizes:
        ids += [record(user, n=n) for n in range(size)]
        assert seal_settled(ids[-1]) == size
    return ids


def tamper(*statements: str) -> None:
    """As a superuser with the triggers out of the way."""
    with psycopg.connect(database_url(DATABASE, superuser=True)) as intruder:
        intruder.execute("SET session_replication_role = replica")
        for statement in statements:
            intruder.execute(statement)


def found() -> list[tuple[str, int | None, int | None]]:
    return [(f.kind, f.seal_id, f.row_id) for f in audit_verify()]


def test_untouched_rows_verify(sokha: User) -> None:
    sealed_rows(sokha, 3, 1, 5)
    assert found() == []
    assert audit_seal() == 0
    assert list(AuditSeal.objects.values_list("row_count", flat=True)) == [3, 1, 5]


def test_nothing_to_seal_makes_no_seal() -> None:
    assert audit_seal() == 0
    assert AuditSeal.objects.count() == 0
    assert found() == []


@pytest.mark.parametrize(
    "change",
    [
        "outcome = 'DENIED'",
        "details = '{\"n\": 2}'",
        "actor_id = NULL",
        "created_at = created_at - interval '1 microsecond'",
        "ip_address = ip_address || ' '",
        "resource_id = 'x'",
    ],
)
def test_a_changed_row_is_named(sokha: User, change: str) -> None:
    ids = sealed_rows(sokha, 3, 3)
    tamper(f"UPDATE audit_auditlog SET {change} WHERE id = {ids[4]}")
    assert found() == [("CHANGED", AuditSeal.objects.latest("id").id, ids[4])]


def test_removed_and_inserted_rows_are_named(sokha: User) -> None:
    ids = sealed_rows(sokha, 3, 3)
    seals = list(AuditSeal.objects.order_by("id").values_list("id", flat=True))
    columns = "actor_id, actor_role, action_type, resource_type, resource_id, patient_id, outcome, details, "
    columns += "ip_address, user_agent, request_id, created_at"
    tamper(
        f"DELETE FROM audit_auditlog WHERE id = {ids[1]}",
        f"INSERT INTO audit_auditlog (id, {columns}, txid) OVERRIDING SYSTEM VALUE "
        f"SELECT 4000, {columns}, txid FROM audit_auditlog WHERE id = {ids[5]}",
        f"INSERT INTO audit_auditlog (id, {columns}) OVERRIDING SYSTEM VALUE "
        f"SELECT 4001, {columns} FROM audit_auditlog WHERE id = {ids[5]}",
    )
    assert found() == [("REMOVED", seals[0], ids[1]), ("INSERTED", seals[1], 4000), ("INSERTED", None, 4001)]


def test_a_row_moved_to_another_transaction_is_named_twice(sokha: User) -> None:
    ids = sealed_rows(sokha, 2, 2)
    seals = list(AuditSeal.objects.order_by("id").values_list("id", flat=True))
    tamper(
        f"UPDATE audit_auditlog SET txid = (SELECT txid FROM audit_auditlog WHERE id = {ids[3]}) WHERE id = {ids[0]}"
    )
    assert found() == [("REMOVED", seals[0], ids[0]), ("INSERTED", seals[1], ids[0])]


def test_seals_are_chained(sokha: User) -> None:
    sealed_rows(sokha, 2, 2, 2)
    first, second, third = AuditSeal.objects.order_by("id").values_list("id", flat=True)
    tamper(f"UPDATE audit_auditseal SET sealed_at = sealed_at - interval '1 day' WHERE id = {second}")
    assert found() == [("SEAL", second, None)]
    tamper(f"DELETE FROM audit_auditseal WHERE id = {second}")
    assert found() == [("CHAIN", third, None)]
    tamper(f"DELETE FROM audit_auditseal WHERE id = {first}")
    assert ("CHAIN", third, None) in found()


def test_changing_a_row_with_its_leaf_changes_the_seal(sokha: User) -> None:
    ids = sealed_rows(sokha, 1)
    seal = AuditSeal.objects.get()
    tamper(f"UPDATE audit_auditlog SET outcome = 'DENIED' WHERE id = {ids[0]}")
    wrong = bytes(seal.leaves)
    assert found() == [("CHANGED", seal.id, ids[0])]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_canonical()} FROM audit_auditlog")
        wrong = rules.leaf(ids[0], cursor.fetchone()[0])
    tamper(f"UPDATE audit_auditseal SET leaves = '\\x{wrong.hex()}'")
    assert found() == [("SEAL", seal.id, None)]


def _canonical() -> str:
    from apps.audit.services import seals

    return seals._CANONICAL


def test_copies_outside_prove_what_the_database_cannot(sokha: User, seal_file: Path) -> None:
    """Newest rows removed together with their seal, or everything computed anew, show only against a copy."""
    ids = sealed_rows(sokha, 2, 2)
    last = audit_publish()
    assert last is not None
    tamper(f"DELETE FROM audit_auditlog WHERE id >= {ids[2]}", f"DELETE FROM audit_auditseal WHERE id = {last.id}")
    assert found() == []
    with seal_file.open("rb") as lines:
        copies = copies_read(lines)
    assert [(f.kind, f.seal_id) for f in audit_verify(copies=copies)] == [("COPY", last.id)]
    assert list(audit_verify(copies={AuditSeal.objects.get().id: "0" * 64})) == [
        Finding("COPY", AuditSeal.objects.get().id, None, "is not what was published")
    ]


def test_a_late_commit_does_not_escape(sokha: User) -> None:
    """A row takes its id before others that are sealed first; it is sealed when it commits."""
    early = _in_thread_until(lambda: record(sokha, who="late"))
    after = record(sokha, who="after")
    assert audit_seal() == 0, "a row of a running transaction lies below: nothing may be sealed above it"
    late = early.finish()
    assert late < after
    assert seal_settled() == 2
    assert found() == []


def test_a_long_transaction_seals_what_is_below_it(sokha: User) -> None:
    below = record(sokha)
    running = _in_thread_until(lambda: record(sokha))
    record(sokha)
    assert seal_settled(below) == 1
    running.finish()
    assert seal_settled() == 2
    assert found() == []


def test_an_id_taken_before_the_transaction_was_known_does_not_escape(sokha: User) -> None:
    """nextval comes first, the transaction's number after it: ids and transactions are not in the same order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('audit_auditlog_id_seq')")
    high = record(sokha)
    assert seal_settled() == 1
    columns = (
        "actor_role, action_type, resource_type, resource_id, outcome, details, ip_address, user_agent, request_id"
    )
    tamper(
        f"INSERT INTO audit_auditlog (id, {columns}, created_at, txid) OVERRIDING SYSTEM VALUE "
        f"SELECT {high - 1}, {columns}, created_at, pg_current_xact_id()::text::bigint FROM audit_auditlog"
    )
    assert seal_settled() == 1
    assert found() == []


class _Running:
    """A transaction of another thread that is held open."""

    def __init__(self, work: Callable[[], int]) -> None:
        self.inside, self.go = threading.Event(), threading.Event()
        self.result = 0

        def run() -> None:
            try:
                with transaction.atomic():
                    self.result = work()
                    self.inside.set()
                    self.go.wait(30)
            finally:
                self.inside.set()
                connection.close()

        self.thread = threading.Thread(target=run)
        self.thread.start()
        assert self.inside.wait(30)

    def finish(self) -> int:
        self.go.set()
        self.thread.join(30)
        return self.result


def _in_thread_until(work: Callable[[], int]) -> _Running:
    return _Running(work)


def test_many_writers_and_two_sealers_leave_nothing_out(sokha: User) -> None:
    """Writers of mixed lengths, some rolled back, with sealers running all the time."""
    stop = threading.Event()
    errors: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001  (told by the assertion below)
                errors.append(error)
            finally:
                connection.close()

        return run

    def write() -> None:
        for n in range(30):
            with transaction.atomic():
                record(sokha, n=n)
                record(sokha, n=n)
                if n % 5 == 0:
                    transaction.set_rollback(True)

    def seal() -> None:
        while not stop.is_set():
            audit_seal()

    writers = [threading.Thread(target=guarded(write)) for _ in range(4)]
    sealers = [threading.Thread(target=guarded(seal)) for _ in range(2)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join(60)
    stop.set()
    for thread in sealers:
        thread.join(60)
    seal_settled()
    assert errors == []
    assert AuditLog.objects.count() == 4 * 24 * 2
    assert sum(AuditSeal.objects.values_list("row_count", flat=True)) == AuditLog.objects.count()
    assert found() == []


def test_after_a_dump_is_restored_elsewhere_sealing_goes_on_in_a_new_era(sokha: User) -> None:
    """The new cluster's transaction ids are lower than those of the restored rows."""
    ids = sealed_rows(sokha, 2)
    unsealed = record(sokha)
    jump = 10**9
    tamper(f"UPDATE audit_auditlog SET txid = txid + {jump} WHERE id = {unsealed}")
    seal = AuditSeal.objects.get()
    seal.through_txid += jump
    seal.digest = rules.digest(_fields(seal), bytes(seal.leaves))
    tamper(f"UPDATE audit_auditseal SET through_txid = {seal.through_txid}, digest = '{seal.digest}'")
    tamper(f"UPDATE audit_auditlog SET txid = {seal.through_txid} WHERE id = {unsealed}")
    new = record(sokha)
    while AuditSeal.objects.filter(era=2).count() == 0:
        audit_seal()
    assert list(AuditSeal.objects.order_by("id").values_list("era", "row_count")) == [(1, 2), (1, 1), (2, 1)]
    assert found() == []
    sealed_rows(sokha, 2)
    assert found() == []
    tamper(f"UPDATE audit_auditlog SET outcome = 'DENIED' WHERE id IN ({ids[0]}, {unsealed}, {new})")
    assert [row for _kind, _seal, row in found()] == [ids[0], unsealed, new]


def _fields(seal: AuditSeal) -> rules.SealFields:
    from apps.audit.services import seals

    return seals._fields(seal)


def test_a_forged_seal_is_named_and_stops_nothing(sokha: User) -> None:
    """Who may insert may insert a seal; it does not fit, and rows written afterwards are sealed all the same."""
    sealed_rows(sokha, 1)
    AuditSeal.objects.create(
        after_id=rules.FIRST_ID, from_txid=0, through_txid=rules.LAST_TXID, row_count=0, leaves=b"", digest="f" * 64,
        previous_digest=AuditSeal.objects.get().digest, sealed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    forged = AuditSeal.objects.latest("id").id
    row = record(sokha)
    while not AuditSeal.objects.filter(era=2).exists():
        audit_seal()
    findings = found()
    assert ("SEAL", forged, None) in findings
    assert ("CHAIN", forged, None) in findings
    tamper(f"UPDATE audit_auditlog SET outcome = 'DENIED' WHERE id = {row}")
    assert ("CHANGED", AuditSeal.objects.latest("id").id, row) in found()


def test_the_day_is_published_once_to_file_and_operator(sokha: User, seal_file: Path) -> None:
    sealed_rows(sokha, 2)
    for clock in ("2026-11-24T17:20:00+00:00", "2026-11-24T20:00:00+00:00"):
        with time_machine.travel(datetime.fromisoformat(clock), tick=False):
            seal = audit_publish()
            drain()
    assert seal is not None
    (line,) = seal_file.read_bytes().splitlines()
    assert (orjson.loads(line)["seal"], orjson.loads(line)["digest"]) == (seal.id, seal.digest)
    assert seal_file.stat().st_mode & 0o777 == 0o600
    (message,) = mail.outbox
    assert message.to == ["operator@dastern.example"]
    assert "2026-11-25" in message.subject
    assert f"{seal.id}:{seal.digest}" in message.body


def test_without_an_operator_the_file_has_it(sokha: User, settings: Any, seal_file: Path) -> None:
    settings.OPERATOR_EMAIL = ""
    sealed_rows(sokha, 1)
    audit_publish()
    drain()
    assert mail.outbox == []
    assert len(seal_file.read_bytes().splitlines()) == 1


def verify(**options: Any) -> str:
    out = StringIO()
    try:
        call_command("audit_verify", stdout=out, **options)
    except CommandError as error:
        return out.getvalue() + f"{error} ({error.returncode})"
    return out.getvalue()


def test_the_command_names_the_row_and_ends_with_one(sokha: User) -> None:
    ids = sealed_rows(sokha, 2)
    seal = audit_publish()
    assert seal is not None
    assert verify() == "2 sealed rows are as they were written; 1 outside copies agree\n"
    assert "COPY" in verify(expect=[f"{seal.id}:{'0' * 64}"])
    assert "takes SEAL:DIGEST" in verify(expect=["nonsense"])
    tamper(f"UPDATE audit_auditlog SET patient_id = actor_id WHERE id = {ids[0]}")
    told = verify()
    assert f"CHANGED row {ids[0]}: is not what was sealed" in told
    assert told.endswith("(1)")


def test_the_seal_file_survives_a_torn_line(sokha: User, seal_file: Path) -> None:
    sealed_rows(sokha, 1)
    audit_publish()
    with seal_file.open("ab") as stream:
        stream.write(b'{"seal": 9')
    sealed_rows(sokha, 1)
    audit_publish()
    assert sorted(copies_read(seal_file.read_bytes().splitlines())) == sorted(
        AuditSeal.objects.values_list("id", flat=True)
    )
