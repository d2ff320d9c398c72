"""What machines ask: alive, ready, and the metrics."""

import os
import re
import subprocess
import sys
from collections import namedtuple
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection

from apps.audit.checks import audit_triggers
from apps.audit.models import AuditSeal
from apps.users.models import User
from dastern.core import clock, health, metrics
from dastern.core.localtime import iso
from dastern.outbox.models import OutboxMessage
from tests.support.people import Api
from tests.support.stack import ROOT
from tests.support.valkey import OwnRedis

pytestmark = pytest.mark.django_db
PARTS = {"database": "up", "migrations": "done", "redis": "up", "disk": "enough"}


def figures(api: type[Api]) -> dict[str, float]:
    """Every sample of /metrics."""
    answer = api().get("/metrics")
    assert answer["Content-Type"].startswith("text/plain")
    lines = [line for line in answer.content.decode().splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_alive(api: type[Api]) -> None:
    assert api().get("/health/live").json() == {"status": "live"}


def test_ready_names_its_parts(api: type[Api]) -> None:
    answer = api().get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", **PARTS})


def test_without_its_migrations_it_is_not_ready(api: type[Api], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'audit'")
    answer = api().get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", **PARTS, "migrations": "pending"})


def test_without_its_database_it_is_not_ready(api: type[Api], monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refused)
        answer = api().get("/health/ready")
    assert (answer.status_code, answer.json()["database"]) == (503, "down")
    assert api().get("/health/live").status_code == 200


def test_a_full_disk_is_told(api: type[Api], monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024
    monkeypatch.setattr(health.shutil, "disk_usage", lambda place: usage(10**12, 10**12, 10**6))
    answer = api().get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "degraded", **PARTS, "disk": "low"})


def test_requests_are_counted_by_route_and_not_by_path(api: type[Api], sokha: User) -> None:
    route = "api/v1/notifications/<uuid:pk>/read"
    name = f'dastern_requests_total{{method="PATCH",route="{route}",status="404"}}'
    lost = 'dastern_requests_total{method="GET",route="none",status="404"}'
    before = figures(api)
    for _ in range(2):
        api(sokha).patch(f"notifications/{uuid4()}/read")
        api(sokha).get(f"nowhere/{uuid4()}")
    api(sokha).client.generic("BREW", "/api/v1/audit")
    after = figures(api)
    assert after[name] - before.get(name, 0) == 2
    assert after[lost] - before.get(lost, 0) == 2
    count = f'dastern_request_seconds_count{{method="PATCH",route="{route}"}}'
    assert after[count] - before.get(count, 0) == 2
    assert not [sample for sample in after if "BREW" in sample]


def test_the_outbox_is_measured(api: type[Api]) -> None:
    moment = clock.now()
    for state, topic, after in (
        ("PENDING", "a", -1), ("PENDING", "a", -1), ("PENDING", "a", 60), ("DEAD", "b", -1), ("DONE", "a", -1),
    ):  # fmt: skip
        OutboxMessage.objects.create(
            topic=topic, payload={}, state=state, created_at=moment, next_at=moment + timedelta(seconds=after)
        )
    told = figures(api)
    assert {name: value for name, value in told.items() if name.startswith("dastern_outbox_messages")} == {
        'dastern_outbox_messages{state="due",topic="a"}': 2,
        'dastern_outbox_messages{state="waiting",topic="a"}': 1,
        'dastern_outbox_messages{state="dead",topic="b"}': 1,
    }


def test_pushed_acts_are_counted_by_kind_and_outcome(api: type[Api], sokha: User) -> None:
    def act(kind: str) -> dict[str, Any]:
        now = iso(clock.now())
        return {
            "localId": str(uuid4()), "kind": kind, "patientId": str(sokha.id), "objectId": str(uuid4()), "at": now,
            "recordedAt": now, "data": {},
        }  # fmt: skip

    known, unknown = act("notification.read"), act(f"made.up.{uuid4().hex[:8]}")
    before = figures(api)
    for _ in range(2):
        api(sokha).post("sync/push", {"deviceId": "p", "sentAt": iso(clock.now()), "acts": [known, unknown, {}]})
    after = figures(api)

    def grown(kind: str, outcome: str) -> float:
        name = f'dastern_sync_acts_total{{kind="{kind}",outcome="{outcome}"}}'
        return after.get(name, 0) - before.get(name, 0)

    assert grown("notification.read", "REJECTED") == 1
    assert grown("notification.read", "REPEATED") == 1
    assert (grown("other", "REJECTED"), grown("other", "REPEATED")) == (3, 1)


def test_overdue_doses_and_the_age_of_the_seal_are_told(api: type[Api]) -> None:
    told = figures(api)
    assert told["dastern_doses_overdue"] == 0
    assert "dastern_audit_seal_age_seconds" not in told
    AuditSeal.objects.create(
        after_id=0, from_txid=0, through_txid=1, row_count=0, leaves=b"", digest="d", previous_digest="p",
        sealed_at=clock.now() - timedelta(minutes=5),
    )  # fmt: skip
    assert 300 <= figures(api)["dastern_audit_seal_age_seconds"] < 330


def test_a_figure_that_cannot_be_read_does_not_hide_the_others(api: type[Api], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> metrics.Rows:
        raise DatabaseError("gone")

    monkeypatch.setattr(metrics, "_gauges", dict(metrics._gauges))
    metrics.register_gauge("dastern_broken", "x", broken)
    told = figures(api)
    assert "dastern_broken" not in told
    assert "dastern_doses_overdue" in told


def test_processes_share_their_counters_when_told_to(tmp_path: Path) -> None:
    script = (
        "import os, sys, django; django.setup()\n"
        "from dastern.core import metrics\n"
        "metrics._gauges.clear()\n"
        "metrics.request_observe('GET', 'r', 200, 0.01)\n"
        "print(metrics.exposition().decode())"
    )
    environment = os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "dastern.settings.test",
    }  # fmt: skip
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    found = re.search(r'dastern_requests_total\{method="GET",route="r",status="200"\} (\S+)', outputs[1])
    assert found
    assert float(found[1]) == 2


# --- the triggers of the audit log --------------------------------------------------------------------------------


def test_the_check_passes_with_all_triggers_on() -> None:
    assert audit_triggers(None, databases=["default"]) == []
    assert audit_triggers(None) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("ALTER TABLE audit_auditlog DISABLE TRIGGER audit_no_change", "audit_no_change"),
        ("ALTER TABLE audit_auditlog ENABLE REPLICA TRIGGER audit_stamp", "audit_stamp"),
        ("DROP TRIGGER audit_seal_no_truncate ON audit_auditseal", "audit_seal_no_truncate"),
    ],
)
def test_the_check_names_a_trigger_that_is_off(change: str, named: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(change)
    (error,) = audit_triggers(None, databases=["default"])
    assert error.id == "dastern.E010"
    assert error.msg.endswith(f": {named}")


# --- Redis away ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_with_redis_away_the_api_answers_and_revocation_holds(api: type[Api], own_redis: OwnRedis) -> None:
    from apps.users.choices import AccountStatus
    from dastern.core import redis
    from tests.support.people import make_user

    sokha = make_user("Sokha")
    assert api(sokha).get("notifications").status_code == 200
    own_redis.kill()
    assert api(sokha).get("notifications").status_code == 200
    assert api(sokha).post("notifications/read-all").status_code == 200
    ready = api().get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "degraded", **PARTS, "redis": "down"})
    sokha.account_status = AccountStatus.LOCKED
    sokha.save()
    refused = api(sokha).get("notifications")
    assert (refused.status_code, refused.json()["code"]) == (401, "TOKEN_REVOKED")
    own_redis.start()
    redis._down_until = 0.0
    assert api(sokha).get("notifications").status_code == 401, "Redis came back empty and is filled before it is asked"
    assert api().get("/health/ready").json()["status"] == "ready"
