"""Making the background workers do now what they would do within a minute."""

import time

from django.db import connection

from dastern.core import clock
from dastern.demo.errors import PlatformSilent

_TASKS = ("apps.doses.tasks.doses_mark_missed", "dastern.outbox.tasks.outbox_drain", "apps.audit.tasks.audit_seal")
_PATIENCE = 30.0
_CLOCK_REREAD = 0.6  # other processes follow a move of the clock within half a second


def work_on_the_platform() -> None:
    """Send the jobs to the platform's worker and wait until nothing that is due is left.

    Raises PlatformSilent when the worker does not catch up.
    """
    from dastern.celery import app

    app.loader.import_default_modules()
    if not app.conf.task_always_eager:
        time.sleep(_CLOCK_REREAD)
    deadline = time.monotonic() + _PATIENCE
    while True:
        for task in _TASKS:
            app.tasks[task].delay()
        if _nothing_waits():
            return
        if time.monotonic() > deadline:
            raise PlatformSilent("the worker does not catch up: is it running?")
        time.sleep(0.3)


def _nothing_waits() -> bool:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM outbox_message WHERE state = 'PENDING' AND next_at <= %s) + "
            "(SELECT count(*) FROM doses_doseevent d JOIN prescriptions_prescription p ON p.id = d.prescription_id "
            " WHERE d.status = 'DUE' AND d.overdue_at < %s AND p.status = 'ACTIVE')",
            [now, now],
        )
        return bool(cursor.fetchone()[0] == 0)
