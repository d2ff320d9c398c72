"""The worker that reads photos is killed in the middle: the scan is read once more, then given up with its code."""

import os
import signal
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests

from tests.faults.conftest import Platform, token_for
from tests.support.ocr import page

_PATIENCE_SECONDS = 120


@pytest.fixture
def payer(platform: Platform) -> UUID:
    """One of the bulk patients, on the plan that holds scanning."""
    [(patient,)] = platform.rows("SELECT id FROM users_user WHERE role = 'PATIENT' ORDER BY id LIMIT 1")
    with platform.connect() as connection:
        changed = connection.execute(
            "UPDATE subscriptions_subscription SET tier = 'PREMIUM' WHERE user_id = %s", [patient]
        )
        if not changed.rowcount:
            connection.execute(
                "INSERT INTO subscriptions_subscription (user_id, tier, status) VALUES (%s, 'PREMIUM', 'ACTIVE')",
                [patient],
            )
    return UUID(str(patient))


def sent(platform: Platform, patient: UUID) -> str:
    """The id of a scan of a real page."""
    answer = requests.post(
        f"http://127.0.0.1:{platform.port}/api/v1/ocr/scan", files={"image": ("a.jpg", page()[0], "image/jpeg")},
        headers={"Authorization": f"Bearer {token_for(patient)}"}, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 202, answer.text
    return str(answer.json()["data"]["scanId"])


def wait_until(platform: Platform, scan: str, state: str, attempts: int) -> None:
    """Until the scan is in this state at this attempt."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    seen: Any = None
    while time.monotonic() < deadline:
        seen = platform.rows("SELECT state, attempts FROM ocr_scan WHERE id = %s", scan)[0]
        if seen == (state, attempts):
            return
        time.sleep(0.02)
    raise AssertionError(f"{scan} stayed at {seen}")


def kill_the_reader(platform: Platform) -> None:
    """kill -9 to the process that reads, as the kernel does when memory ends."""
    parent = platform.processes["recognition"].pid
    [child, *_] = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    os.kill(int(child), signal.SIGKILL)


def test_a_killed_reader_is_retried_once_and_then_given_up(platform: Platform, payer: UUID) -> None:
    platform.start("recognition")
    try:
        once = sent(platform, payer)
        wait_until(platform, once, "RUNNING", 1)
        kill_the_reader(platform)
        wait_until(platform, once, "DONE", 2)
        twice = sent(platform, payer)
        for attempt in (1, 2):
            wait_until(platform, twice, "RUNNING", attempt)
            kill_the_reader(platform)
        wait_until(platform, twice, "FAILED", 2)
        told = platform.call("GET", f"ocr/scans/{twice}", token_for(payer)).json()["data"]
        assert told["error"]["code"] == "EXTRACTION_FAILED"
        assert told["error"]["manualEntry"] is True
        assert told["error"]["message"]
        # the worker lives on: the next photo is read
        wait_until(platform, sent(platform, payer), "DONE", 1)
    finally:
        platform.kill("recognition")
