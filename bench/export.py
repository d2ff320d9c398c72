"""The export of a patient with a year of data: four doses a day recorded in every way, messages, reminders, the log."""

import statistics
import time
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.users.models import User
from apps.users.services import export_start
from dastern.core.actor import Actor
from tests.support.year import year_behind

if TYPE_CHECKING:
    from bench.workloads import Line

_TIMES = 3
_LIMIT = 2.0


def export_lines() -> "list[Line]":
    """JSON and PDF, the whole file read, in a transaction that is rolled back. The first PDF loads the layout library."""
    from bench.workloads import Line

    with transaction.atomic():
        patient = User.objects.create_user("year@example.com", full_name="A year", role="PATIENT")
        doses = year_behind(patient)
        actor = Actor(id=patient.id, role="PATIENT")
        cold, _size = _once(actor, patient, "pdf")
        lines = []
        for kind in ("json", "pdf"):
            taken, size = zip(*(_once(actor, patient, kind) for _ in range(_TIMES)), strict=True)
            seconds = statistics.median(taken)
            with CaptureQueriesContext(connection) as queries:
                _once(actor, patient, kind)
            lines.append(
                Line(
                    f"export of a year ({doses} doses) as {kind}",
                    f"{seconds:.2f} s, {size[0] // 1024} KB, {len(queries)} statements",
                    "≤ 2 s",
                    seconds <= _LIMIT,
                )
            )
        lines.append(Line("the same as pdf, first of a process", f"{cold:.2f} s", "—"))
        transaction.set_rollback(True)
    return lines


def _once(actor: Actor, patient: User, kind: str) -> tuple[float, int]:
    started = time.perf_counter()
    size = sum(map(len, export_start(actor=actor, user_id=patient.id, kind=kind).content))
    return time.perf_counter() - started, size
