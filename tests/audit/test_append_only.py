"""Nobody changes what was written: the database refuses, whoever asks and however."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog, AuditSeal
from apps.audit.services import audit_entry, audit_record, audit_record_many
from apps.users.models import User
from dastern.core import clock
from tests.support.database import _superuser
from tests.support.people import actor
from tests.support.stack import DATABASE, ROOT, database_url

pytestmark = pytest.mark.django_db


def record(user: User, **changes: Any) -> AuditLog:
    arguments: dict[str, Any] = {"resource_type": "dose", "patient_id": user.id, "details": {"n": 1}}
    audit_record(AuditAction.DATA_ACCESS, actor=actor(user), **arguments | changes)
    return AuditLog.objects.latest("id")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditlog SET outcome = 'ALLOWED'",
        "UPDATE audit_auditlog SET details = '{}' WHERE id = %(id)s",
        "DELETE FROM audit_auditlog WHERE id = %(id)s",
        "TRUNCATE audit_auditlog",
        "TRUNCATE audit_auditlog, audit_auditseal CASCADE",
        "UPDATE audit_auditseal SET digest = ''",
        "DELETE FROM audit_auditseal",
        "TRUNCATE audit_auditseal",
    ],
)
def test_s96_the_database_refuses_changes(sokha: User, statement: str) -> None:
    row = record(sokha)
    AuditSeal.objects.create(
        after_id=0, from_txid=0, through_txid=1, row_count=0, leaves=b"", digest="a", previous_digest="b",
        sealed_at=clock.now(),
    )  # fmt: skip
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.replace("%(id)s", str(row.id)))
    assert AuditLog.objects.values().get(pk=row.pk) == {
        field: getattr(row, field) for field in (f.attname for f in AuditLog._meta.fields)
    }


def test_s96_the_orm_is_refused_too(sokha: User) -> None:
    row = record(sokha)
    row.outcome = "DENIED"
    rows = AuditLog.objects.filter(pk=row.pk)
    for change in (row.save, row.delete, rows.delete, lambda: rows.update(outcome="DENIED")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditLog.objects.bulk_update([row], ["outcome"])
    assert AuditLog.objects.get(pk=row.pk).outcome == "ALLOWED"


def test_a_writer_cannot_choose_id_time_or_transaction(sokha: User) -> None:
    first = record(sokha)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditlog (id, actor_role, action_type, resource_type, resource_id, outcome, details, "
            "ip_address, user_agent, request_id, created_at, txid) OVERRIDING SYSTEM VALUE VALUES "
            "(9000000000, '', 'LOGOUT', 'user', '', 'ALLOWED', '{}', '', '', '', '2000-01-01', 1) RETURNING id"
        )
        forged = AuditLog.objects.get(pk=cursor.fetchone()[0])
    assert first.id < forged.id < first.id + 10
    assert forged.created_at is not None
    assert forged.created_at.year > 2000
    assert forged.txid == first.txid


def test_many_rows_are_one_statement_and_keep_their_order(sokha: User, django_assert_num_queries: Any) -> None:
    entries = [
        audit_entry(AuditAction.DOSE_TAKEN, actor=actor(sokha), resource_type="dose", resource_id=str(n))
        for n in range(20)
    ]
    with django_assert_num_queries(1):
        audit_record_many(entries)
    written = AuditLog.objects.order_by("pk").values_list("resource_id", flat=True)
    assert list(written) == [entry.resource_id for entry in entries]


@pytest.mark.parametrize("name", ["password", "accessToken", "otp", "clientSecret", "pinHash"])
def test_details_never_name_a_secret(sokha: User, name: str) -> None:
    with pytest.raises(ValueError, match="must not hold"):
        record(sokha, details={name: "x"})
    assert AuditLog.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_s96_the_runtime_role_may_add_and_read_only() -> None:
    """The privileges of deploy/main/roles.sql, on this database: also the triggers cannot be switched off."""
    role = f"runtime_{DATABASE}"
    script = (ROOT / "deploy/main/roles.sql").read_text()
    grants = [line for line in script.splitlines() if line.startswith(("GRANT USAGE", "GRANT SELECT", "REVOKE"))]
    assert len(grants) >= 4
    with _superuser() as server:
        server.execute(f'DROP ROLE IF EXISTS "{role}"')
        server.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD 'runtime'")
    try:
        with psycopg.connect(database_url(DATABASE, superuser=True), autocommit=True) as owner:
            for line in grants:
                owner.execute(line.replace("dastern_runtime", f'"{role}"'))
        with psycopg.connect(database_url(DATABASE), user=role, password="runtime", autocommit=True) as runtime:
            runtime.execute(
                "INSERT INTO audit_auditlog (actor_role, action_type, resource_type, resource_id, outcome, details, "
                "ip_address, user_agent, request_id) VALUES ('', 'LOGOUT', 'user', '', 'ALLOWED', '{}', '', '', '')"
            )
            assert runtime.execute("SELECT count(*) FROM audit_auditlog").fetchone() == (1,)
            for statement in (
                "UPDATE audit_auditlog SET outcome = 'DENIED'",
                "DELETE FROM audit_auditlog",
                "TRUNCATE audit_auditlog",
                "DELETE FROM audit_auditseal",
                "ALTER TABLE audit_auditlog DISABLE TRIGGER ALL",
                "DROP TRIGGER audit_no_change ON audit_auditlog",
                "DROP TABLE audit_auditlog",
                "SET session_replication_role = replica",
                "SELECT setval('audit_auditlog_id_seq', 1)",
                "CREATE OR REPLACE FUNCTION audit_stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    runtime.execute(statement)
    finally:
        with psycopg.connect(database_url(DATABASE, superuser=True), autocommit=True) as owner:
            owner.execute(f'DROP OWNED BY "{role}"')
            owner.execute(f'DROP ROLE "{role}"')
