"""Real threads and transactions: the job twice at once, the job against a mark, two phones at once (scenario 58)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from apps.audit.models import AuditLog
from apps.doses import services
from apps.doses.models import DoseEvent, DoseTestimony
from apps.doses.services.missed import doses_mark_missed
from apps.notifications.models import Notification
from apps.prescriptions.models import Prescription
from apps.users.models import User
from dastern.outbox.drainer import drain
from dastern.outbox.models import OutboxMessage
from dastern.sync.feed import feed_lock
from tests.doses.conftest import local
from tests.support.courses import lay_out, medicine
from tests.support.people import actor, link

pytestmark = pytest.mark.django_db(transaction=True)


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run all at the same moment, each with a connection of its own, and give their results; raises what they raise."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


def job(now: datetime) -> Callable[[], int]:
    return lambda: doses_mark_missed(now=now)


def test_s058_two_workers_mark_each_dose_once(sokha: User, dara: User, course: Prescription) -> None:
    link(sokha, dara)
    for row in range(2, 22):
        medicine(course, f"Medicine {row}", row_number=row, duration=1)
    lay_out(course, local("00:00"))
    due = DoseEvent.objects.filter(overdue_at__lt=local("12:31")).count()
    with time_machine.travel(local("12:31"), tick=False):
        counts = together(*[job(local("12:31"))] * 3)
        while doses_mark_missed(now=local("12:31")):
            pass
        together(drain, drain)
    missed = DoseEvent.objects.filter(status="MISSED")
    assert missed.count() == due == 42
    assert sum(counts) <= due
    assert AuditLog.objects.filter(action_type="DOSE_MISSED").count() == due
    named = [
        dose for message in OutboxMessage.objects.filter(topic="doses.missed") for dose in message.payload["doseIds"]
    ]
    assert (len(named), len(set(named))) == (due, due)
    with time_machine.travel(local("13:00"), tick=False):
        together(drain, drain, drain)
    for who in (sokha, dara):
        told = [dose for note in Notification.objects.filter(recipient=who) for dose in note.data["doseIds"]]
        assert (len(told), len(set(told))) == (due, due)


def test_a_mark_and_the_job_at_once_end_as_taken(sokha: User, course: Prescription) -> None:
    doses = list(DoseEvent.objects.order_by("scheduled_time")[:6])
    for dose in doses:
        late = dose.overdue_at.replace(second=1)

        def mark(dose: DoseEvent = dose, late: datetime = late) -> str:
            told = services.dose_take(actor=actor(sokha), dose_id=dose.id, now=late)
            return str(told.dose["status"])

        assert together(mark, job(late))[0] == "TAKEN_LATE"
        dose.refresh_from_db()
        assert (dose.status, dose.taken_at) == ("TAKEN_LATE", late)
    assert DoseTestimony.objects.count() == 6


def test_the_job_waits_for_nobody(sokha: User, course: Prescription) -> None:
    entered, leave = threading.Event(), threading.Event()

    def holds() -> None:
        with transaction.atomic():
            feed_lock([sokha.id])
            entered.set()
            leave.wait(10)

    def looks() -> int:
        entered.wait(10)
        try:
            return doses_mark_missed(now=local("12:31"))
        finally:
            leave.set()

    assert together(holds, looks)[1] == 0
    assert doses_mark_missed(now=local("12:31")) == 2


def test_two_people_at_once_are_one_dose(sokha: User, dara: User, course: Prescription) -> None:
    link(sokha, dara)
    dose = DoseEvent.objects.earliest("scheduled_time")
    together(
        *(
            lambda who=who: services.dose_take(actor=actor(who), dose_id=dose.id, now=local("07:00"))
            for who in (sokha, dara)
        )
    )
    dose.refresh_from_db()
    assert (dose.status, dose.possible_double) == ("TAKEN_ON_TIME", True)
    assert (DoseTestimony.objects.count(), OutboxMessage.objects.filter(topic="doses.possible_double").count()) == (
        2,
        1,
    )
