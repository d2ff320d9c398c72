"""A worker that is killed in the middle: nothing lost, nothing doubled. Real processes, real signals."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from apps.audit.models import AuditLog
from dastern.outbox import registry
from dastern.outbox.drainer import drain
from dastern.outbox.models import OutboxMessage, OutboxState
from dastern.outbox.services import outbox_add
from tests.outbox.dying import counted
from tests.support.smtp import SmtpServer, smtp_server
from tests.support.stack import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def topics() -> Iterator[None]:
    before = dict(registry._topics)
    registry.register("counted.inside", counted)
    registry.register("counted.outside", counted, external=True)
    yield
    registry._topics.clear()
    registry._topics.update(before)


@contextmanager
def worker(**environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process that drains; killed at the end whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.outbox.dying"], cwd=ROOT, env=os.environ | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


@contextmanager
def unnoticed() -> Iterator[None]:
    """What is announced inside is committed without waking a worker (tests run tasks at once)."""
    with transaction.atomic():
        yield
        connection.run_on_commit.clear()


def done() -> list[int]:
    """Which effects happened, in order of number."""
    rows = AuditLog.objects.filter(resource_type="counted").values_list("resource_id", flat=True)
    return sorted(int(number) for number in rows)


def read_until(process: subprocess.Popen[str], number: int) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == number:
            return
    raise AssertionError("the worker ended early")


def forget_the_dead_connection() -> None:
    """The server notices a killed client when it next touches the socket; end its session as that would."""
    from tests.support.database import _superuser
    from tests.support.stack import DATABASE

    with _superuser() as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> ALL(%s)",
            [DATABASE, [_own_pid()]],
        )


def _own_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("topic", ["counted.inside", "counted.outside"])
def test_killed_in_the_middle_every_effect_happens_once(topic: str) -> None:
    with unnoticed():
        for n in range(10):
            outbox_add(topic, {"n": n})
    with worker(SLOW_AT="4") as process:
        read_until(process, 4)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
    forget_the_dead_connection()
    assert done() == ([] if topic == "counted.inside" else [0, 1, 2, 3])
    drain()
    assert done() == list(range(10))
    assert set(OutboxMessage.objects.values_list("state", "attempts")) == {(OutboxState.DONE, 0)}


def test_another_worker_goes_on_while_one_hangs() -> None:
    """What a hanging worker holds is skipped; the rest is not."""
    with unnoticed():
        for n in range(10):
            outbox_add("counted.outside", {"n": n})
    with worker(SLOW_AT="4") as hanging:
        read_until(hanging, 4)
        drain()
        assert done() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    forget_the_dead_connection()
    drain()
    assert done() == list(range(10))


def test_two_workers_at_most_wait_for_one_outside_server() -> None:
    """A server that hangs must not take every worker: the third passes by and does the rest of the work."""
    with unnoticed():
        for n in (4, 4, 5):
            outbox_add("counted.outside", {"n": n})
    with worker(SLOW_AT="4") as first, worker(SLOW_AT="4") as second:
        read_until(first, 4)
        read_until(second, 4)
        with unnoticed():
            outbox_add("counted.inside", {"n": 6})
        drain()
        assert done() == [6]
    forget_the_dead_connection()
    drain()
    assert done() == [4, 4, 5, 6]


@pytest.fixture
def mail_server(settings: Any) -> Iterator[SmtpServer]:
    with smtp_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


def test_killed_while_mailing_one_mail_at_most_comes_again_and_is_recognised(mail_server: SmtpServer) -> None:
    """The server took a mail and the worker died before it knew: only that one is sent again, as the same mail."""
    from apps.notifications.mail import mail_queue

    with unnoticed():
        for n in range(6):
            mail_queue(
                to=f"p{n}@example.com", template="notification", language="en",
                context={"title": str(n), "name": "P", "message": "m"},
            )  # fmt: skip
    with worker(EMAIL_URL=mail_server.url) as process:
        mail_server.wait_for(lambda: len(mail_server.mails) >= 2)
        mail_server.temper = "hang_after_data"
        taken = len(mail_server.mails)
        mail_server.wait_for(lambda: len(mail_server.mails) > taken or len(mail_server.mails) == 6)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
    forget_the_dead_connection()
    mail_server.temper = "accept"
    drain()
    assert len(set(mail_server.message_ids)) == 6
    assert len(mail_server.mails) <= 7
    assert {str(mail["To"]) for mail in mail_server.mails} == {f"p{n}@example.com" for n in range(6)}
