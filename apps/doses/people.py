"""What doses add to a person's profile, storage and export, and what changed habits do to the schedule."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_noop

from apps.connections.rules import self_grant
from apps.doses.models import DoseEvent, DoseTestimony, PrnIntake, ReminderLog
from apps.doses.paper import doses_sheet, intakes_sheet
from apps.doses.selectors.days import day_granted
from apps.doses.services.schedule import grace_restamp, schedule_retime
from apps.doses.wire import DOSE_COLUMNS, PRN_COLUMNS, dose_wire, prn_wire
from apps.users import registry
from apps.users.models import User
from dastern.core.localtime import iso

_BYTES_A_DOSE = 2048  # the estimate of domain.md §2.2
_PAGE = 500
_DOSES = f"""
SELECT {DOSE_COLUMNS} FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id
WHERE d.patient_id = %s AND (d.scheduled_time, d.id) > (%s, %s) ORDER BY d.scheduled_time, d.id LIMIT {_PAGE}
"""  # noqa: S608  (literals of this module)
_INTAKES = f"""
SELECT {PRN_COLUMNS} FROM doses_prnintake p JOIN medications_medication m ON m.id = p.medication_id
WHERE p.patient_id = %s ORDER BY p.taken_at, p.id
"""  # noqa: S608
_FIRST = (datetime.fromisoformat("1970-01-01T00:00:00+00:00"), UUID(int=0))


def _grace_changed(user: User, now: datetime) -> None:
    grace_restamp(patient_id=user.id, minutes=user.grace_period_minutes, now=now)


def _habits_changed(user: User, now: datetime) -> None:
    schedule_retime(patient_id=user.id, now=now)


def _progress(user: User, now: datetime) -> tuple[int, int]:
    figures = day_granted(self_grant(user.id), day=None, now=now).figures
    return figures.taken, figures.total


def _doses(user_id: UUID) -> Iterator[Mapping[str, Any]]:
    """Every dose, in pages, so that years of them need no memory."""
    place = _FIRST
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_DOSES, [user_id, *place])
            rows = cursor.fetchall()
        yield from map(dose_wire, rows)
        if len(rows) < _PAGE:
            return
        place = rows[-1][4], rows[-1][0]


def _intakes(user_id: UUID) -> Iterator[Mapping[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_INTAKES, [user_id])
        rows = cursor.fetchall()
    yield from map(prn_wire, rows)


def _testimonies(user_id: UUID) -> Iterator[Mapping[str, Any]]:
    for said in DoseTestimony.objects.filter(patient_id=user_id).order_by("id").iterator():
        yield {
            "id": str(said.id),
            "doseId": str(said.dose_id),
            "kind": said.kind,
            "at": iso(said.at),
            "reason": said.reason,
            "before": said.before,
            "after": said.after,
            "recordedById": str(said.recorded_by_id),
            "recordedAt": iso(said.recorded_at),
        }


def _reminders(user_id: UUID) -> Iterator[Mapping[str, Any]]:
    for log in ReminderLog.objects.filter(patient_id=user_id).order_by("planned_for", "id").iterator():
        yield {
            "id": str(log.id),
            "doseId": str(log.dose_id) if log.dose_id else None,
            "plannedFor": iso(log.planned_for),
            "firedAt": iso(log.fired_at) if log.fired_at else None,
            "answeredAt": iso(log.answered_at) if log.answered_at else None,
            "answer": log.answer,
        }


def _count(user_id: UUID) -> int:
    return DoseEvent.objects.filter(patient_id=user_id).count() + PrnIntake.objects.filter(patient_id=user_id).count()


def register() -> None:
    """Register everything (once, from ``ready``)."""
    registry.register_change(registry.GRACE, _grace_changed)
    registry.register_change(registry.MEAL_TIMES, _habits_changed)
    registry.register_change(registry.TIMEZONE, _habits_changed)
    registry.register_progress(_progress)
    registry.register_storage("doseEvents", registry.Storage(_BYTES_A_DOSE, _count))
    registry.register_export("doses", _doses, sheet=doses_sheet(_doses))
    registry.register_export("intakesWhenNeeded", _intakes, sheet=intakes_sheet(_intakes))
    registry.register_export("doseTestimonies", _testimonies, title=gettext_noop("What was said about doses"))
    registry.register_export("reminders", _reminders, title=gettext_noop("Reminders of the phone"))
