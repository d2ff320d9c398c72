"""``manage.py audit_export``."""

import csv
from io import StringIO
from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError, call_command

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog
from apps.audit.services import audit_record
from apps.users.models import User
from tests.support.people import actor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_rows(sokha: User, dara: User) -> None:
    audit_record(AuditAction.DOSE_TAKEN, actor=actor(sokha), resource_type="dose", patient_id=sokha.id)
    audit_record(AuditAction.DATA_ACCESS, actor=actor(dara), resource_type="dose", patient_id=sokha.id)
    audit_record(AuditAction.LOGOUT, actor=actor(dara), resource_type="user", details={"note": "=1+1"})


def test_csv_holds_every_column_oldest_first(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    call_command("audit_export", str(file), stderr=StringIO())
    rows = list(csv.DictReader(StringIO(file.read_text("utf-8-sig"))))
    assert [row["action_type"] for row in rows[:3]] == ["DOSE_TAKEN", "DATA_ACCESS", "LOGOUT"]
    assert rows[2]["details"] == '{"note":"=1+1"}'
    with pytest.raises(CommandError, match="exists already"):
        call_command("audit_export", str(file), stderr=StringIO())


def test_json_lines_with_filters(dara: User, sokha: User) -> None:
    out = StringIO()
    call_command(
        "audit_export", "-", "--format", "jsonl", "--actor", str(dara.id), "--patient", str(sokha.id), stdout=out,
        stderr=StringIO(),
    )  # fmt: skip
    (row,) = [orjson.loads(line) for line in out.getvalue().splitlines()]
    assert (row["action_type"], row["actor_id"]) == ("DATA_ACCESS", str(dara.id))
    later = StringIO()
    call_command("audit_export", "-", "--to", "2020-01-01", "--format", "jsonl", stdout=later, stderr=StringIO())
    assert later.getvalue() == ""


def test_the_export_is_written_down(sokha: User) -> None:
    call_command("audit_export", "-", "--patient", str(sokha.id), stdout=StringIO(), stderr=StringIO())
    look = AuditLog.objects.get(action_type="DATA_EXPORT")
    assert (look.actor_role, look.patient_id) == ("SYSTEM", sokha.id)
