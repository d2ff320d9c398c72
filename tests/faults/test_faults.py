"""What breaks: a killed web process, a stopped Redis, a restarted PostgreSQL. Nothing lost, nothing doubled."""

import os
import signal
import threading
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from dastern.devstack.services import ensure_up, status
from tests.faults.conftest import Platform, token_for

_DUE = """
SELECT d.id, d.patient_id FROM doses_doseevent d
WHERE d.status = 'DUE' AND d.scheduled_time BETWEEN now() - interval '23 hours' AND now() + interval '20 hours'
  AND NOT EXISTS (SELECT 1 FROM sync_act a WHERE a.patient_id = d.patient_id)
ORDER BY d.patient_id, d.id
"""


def an_untouched_dose(platform: Platform) -> tuple[UUID, UUID]:
    """(dose, patient) of somebody who never pushed; made due now, so that an intake at this moment is on time."""
    dose, patient = platform.rows(_DUE)[0]
    with platform.connect() as connection:
        connection.execute(
            "UPDATE doses_doseevent SET scheduled_time = date_trunc('minute', now()) - interval '1 minute', "
            "overdue_at = now() + interval '30 minutes' WHERE id = %s",
            [dose],
        )
    return dose, patient


def taken(dose: UUID, patient: UUID) -> dict[str, Any]:
    """A push of one intake, now."""
    moment = datetime.now(UTC).isoformat()
    act = {
        "localId": str(uuid4()), "kind": "dose.taken", "patientId": str(patient), "objectId": str(dose), "at": moment,
        "recordedAt": moment, "data": {},
    }  # fmt: skip
    return {"deviceId": "phone-1", "sentAt": moment, "acts": [act]}


def test_web_killed_during_a_push_leaves_nothing_and_the_repeat_decides(platform: Platform) -> None:
    dose, patient = an_untouched_dose(platform)
    body, token = taken(dose, patient), token_for(patient)
    with platform.connect() as other:
        other.execute("SELECT 1 FROM sync_feed WHERE user_id = %s FOR UPDATE", [patient])
        pushing = threading.Thread(target=lambda: _ignoring_errors(platform, token, body))
        pushing.start()
        _wait_until_somebody_waits_for_a_lock(platform)
        platform.kill("web")
        other.rollback()
    pushing.join()
    assert platform.rows("SELECT status FROM doses_doseevent WHERE id = %s", dose) == [("DUE",)]
    platform.start("web")
    first = platform.call("POST", "sync/push", token, body).json()["data"]["results"]
    again = platform.call("POST", "sync/push", token, body).json()["data"]["results"]
    assert first[0]["outcome"] == "APPLIED"
    assert again == first
    assert platform.rows("SELECT count(*) FROM sync_act WHERE patient_id = %s", patient) == [(1,)]
    assert platform.rows("SELECT status FROM doses_doseevent WHERE id = %s", dose) == [("TAKEN_ON_TIME",)]


def _ignoring_errors(platform: Platform, token: str, body: dict[str, Any]) -> None:
    try:
        platform.call("POST", "sync/push", token, body)
    except OSError:
        return  # the process was killed under the request: that is the point


def _wait_until_somebody_waits_for_a_lock(platform: Platform) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if platform.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'dastern'"):
            return
        time.sleep(0.02)
    pytest.fail("the push never reached the lock")


def test_without_redis_schedule_marking_and_sync_go_on(platform: Platform) -> None:
    dose, patient = an_untouched_dose(platform)
    token = token_for(patient)
    pid = status(platform.state).valkey
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    try:
        assert platform.call("GET", "doses/today", token).status_code == 200
        assert platform.call("GET", "doses/schedule", token).status_code == 200
        assert platform.call("GET", "adherence/today", token).status_code == 200
        assert platform.call("GET", "sync/pull", token).status_code == 200
        answer = platform.call("POST", "sync/push", token, taken(dose, patient))
        assert answer.json()["data"]["results"][0]["outcome"] == "APPLIED"
        other, owner = an_untouched_dose(platform)
        assert platform.call("POST", f"doses/{other}/taken", token_for(owner), {}).status_code == 200
    finally:
        ensure_up(platform.state, profile="test")
    platform.wait_for("/health/ready")


def test_processes_reconnect_after_postgresql_was_restarted(platform: Platform) -> None:
    _dose, patient = an_untouched_dose(platform)
    token = token_for(patient)
    assert platform.call("GET", "doses/today", token).status_code == 200
    pid = status(platform.state).postgres
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + 20
    while status(platform.state).postgres is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        down = platform.call("GET", "doses/today", token)
        assert (down.status_code, down.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    finally:
        ensure_up(platform.state, profile="test")
    platform.wait_for("/health/ready")
    assert platform.call("GET", "doses/today", token).status_code == 200
