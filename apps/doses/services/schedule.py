"""Laying out, withdrawing and moving planned doses.

Callers hold the patient's feed and, where there is one, the prescription's row (``sync.feed_lock``, then the
prescription), inside their own transaction. Audit and announcements are the caller's: these are parts of its act.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.doses.choices import WithdrawReason
from apps.doses.rules import planning
from apps.doses.selectors.days import KEPT_ON_PHONES
from apps.doses.selectors.regimens import (
    Prescribed,
    TakenToday,
    prescribed_of_courses,
    prescribed_of_patient,
    recorded_around,
    taken_today,
)
from dastern.core import localtime
from dastern.core.ids import uuid7

__all__ = [
    "Course",
    "TakenToday",
    "courses_lay_out",
    "grace_restamp",
    "schedule_lay_out",
    "schedule_replace",
    "schedule_retime",
    "schedule_show_again",
    "schedule_withdraw",
    "taken_today",
]


@dataclass(frozen=True, slots=True)
class Course:
    """What a prescription says about the days of its medicines.

    ``end_date`` None: every medicine's own duration, or the rolling 30-day horizon of an open one. ``paused_days``
    moves the end of durations back, on top of the days that each medicine was paused.
    """

    prescription_id: UUID
    patient_id: UUID
    version_number: int
    start_date: date
    end_date: date | None


_INSERT = """
INSERT INTO doses_doseevent (id, prescription_id, medication_id, patient_id, scheduled_time, local_date, time_period,
  reminder_time, amount, grace_minutes, overdue_at, half_interval_minutes, follows_meal, version_number, created_at)
SELECT d.id, d.prescription_id, d.medication_id, d.patient_id, d.scheduled_time, d.local_date, d.time_period,
  d.reminder_time, d.amount, d.grace_minutes, d.scheduled_time + make_interval(mins => d.grace_minutes),
  d.half_interval, d.follows_meal, d.version_number, %s
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[], %s::date[], %s::text[], %s::time[],
            %s::numeric[], %s::int[], %s::int[], %s::boolean[], %s::int[])
  AS d (id, prescription_id, medication_id, patient_id, scheduled_time, local_date, time_period, reminder_time,
        amount, grace_minutes, half_interval, follows_meal, version_number)
ON CONFLICT (medication_id, scheduled_time) DO NOTHING
"""
_WITHDRAW = """
WITH gone AS (
  DELETE FROM doses_doseevent
  WHERE prescription_id = %s AND scheduled_time > %s AND status = 'DUE'
    AND (%s::uuid[] IS NULL OR medication_id = ANY(%s::uuid[]))
  RETURNING *
)
INSERT INTO doses_withdrawndose (id, prescription_id, medication_id, patient_id, scheduled_time, local_date,
  time_period, reminder_time, amount, grace_minutes, overdue_at, half_interval_minutes, follows_meal, version_number,
  withdrawn_at, reason)
SELECT id, prescription_id, medication_id, patient_id, scheduled_time, local_date,
  time_period, reminder_time, amount, grace_minutes, overdue_at, half_interval_minutes, follows_meal, version_number,
  %s, %s
FROM gone
"""
_STANDING = """
SELECT id, medication_id, scheduled_time, local_date, time_period, status = 'DUE' AND follows_meal AS movable
FROM doses_doseevent WHERE patient_id = %s AND scheduled_time > %s ORDER BY id FOR UPDATE
"""
# The unique key (medication, time) is checked row by row: what moves is put aside before it takes its new place.
_ASIDE = "UPDATE doses_doseevent SET scheduled_time = scheduled_time + interval '500 years' WHERE id = ANY(%s)"
_MOVE = """
UPDATE doses_doseevent d SET scheduled_time = m.scheduled_time, reminder_time = m.reminder_time,
  half_interval_minutes = m.half_interval, overdue_at = m.scheduled_time + make_interval(mins => d.grace_minutes)
FROM unnest(%s::uuid[], %s::timestamptz[], %s::time[], %s::int[])
  AS m (id, scheduled_time, reminder_time, half_interval)
WHERE d.id = m.id
"""
_AGAIN = """
UPDATE doses_doseevent SET version_number = version_number WHERE medication_id = ANY(%s) AND scheduled_time > %s
"""
_RESTAMP = """
UPDATE doses_doseevent SET grace_minutes = %s, overdue_at = scheduled_time + make_interval(mins => %s)
WHERE patient_id = %s AND scheduled_time > %s AND status = 'DUE' AND grace_minutes <> %s
"""


def schedule_lay_out(
    course: Course,
    *,
    now: datetime,
    medication_ids: Collection[UUID] | None = None,
    respect_taken: bool = False,
) -> int:
    """Insert DUE doses from ``now`` on for the living, scheduled medicines of ``course``. Returns how many were new.

    ``medication_ids`` narrows it to some of them. A slot laid out before is left alone, so doing it twice adds
    nothing. ``respect_taken`` (resume, added medicine, new version): no slot whose ingredient was taken or skipped
    today in the same time of day or within half its interval (domain.md §7.2).
    """
    return courses_lay_out([course], now=now, medication_ids=medication_ids, respect_taken=respect_taken)


def courses_lay_out(
    courses: Sequence[Course],
    *,
    now: datetime,
    medication_ids: Collection[UUID] | None = None,
    respect_taken: bool = False,
    after: Mapping[UUID, date] | None = None,
) -> int:
    """``schedule_lay_out`` for many courses in the same two or three statements.

    ``after`` names the last day already laid out of a medicine: its days begin behind it.
    """
    by_id = {course.prescription_id: course for course in courses}
    medicines = prescribed_of_courses(by_id, medication_ids)
    recorded: Mapping[UUID, Collection[planning.Recorded]] = {}
    if respect_taken:
        recorded = recorded_around({course.patient_id for course in courses}, now)
    rows: list[tuple[Any, ...]] = []
    for medicine in medicines:
        course = by_id[medicine.prescription_id]
        half = medicine.half_interval_minutes
        for planned in planning.plan(
            _regimen(medicine, course),
            meals=medicine.meals,
            zone=medicine.zone,
            now=now,
            after=(after or {}).get(medicine.id),
        ):
            if planning.stands_already(
                planned, timedelta(minutes=half), medicine.ingredients, recorded.get(course.patient_id, ())
            ):
                continue
            rows.append(
                (
                    uuid7(), course.prescription_id, medicine.id, course.patient_id, planned.scheduled,
                    planned.local_date, planned.intake.period, planned.intake.clock, planned.intake.amount,
                    medicine.grace_minutes, half, planned.intake.follows_meal, course.version_number,
                )
            )  # fmt: skip
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [now, *_columns(rows)])
        return int(cursor.rowcount)


def _regimen(medicine: Prescribed, course: Course) -> planning.Regimen:
    first_day = medicine.starts_on or course.start_date
    return planning.Regimen(
        slots=medicine.slots,
        first_day=first_day,
        last_day=planning.last_day_of(
            first_day=first_day,
            duration=medicine.duration,
            ongoing=medicine.ongoing,
            end_date=course.end_date,
            paused_days=medicine.paused_days,
        ),
        rolling=medicine.ongoing or medicine.duration is None,
        frequency_type=medicine.frequency_type,
        interval_days=medicine.interval_days,
        weekdays=medicine.weekdays,
    )


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def schedule_withdraw(
    *,
    prescription_id: UUID,
    now: datetime,
    reason: WithdrawReason,
    medication_ids: Collection[UUID] | None = None,
    after: datetime | None = None,
) -> int:
    """Take the doses still ahead (planned after ``now``, or ``after``, and DUE) off the schedule. Returns how many.

    They are kept as withdrawn doses, because a phone that was offline may testify that one was taken. A dose whose
    time has come keeps its course: it may be marked for 24 hours.
    """
    ids = None if medication_ids is None else list(medication_ids)
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, [prescription_id, after or now, ids, ids, now, str(reason)])
        return int(cursor.rowcount)


def schedule_replace(
    course: Course,
    *,
    now: datetime,
    retired_ids: Collection[UUID],
    new_ids: Collection[UUID],
    day_kept: planning.DayKept | None = None,
) -> tuple[int, int]:
    """A new version: withdraw the doses ahead of the retired medicines and lay out the new ones.

    Returns (withdrawn, laid out). No slot is made whose ingredient was already taken or skipped today in the slot it
    replaces or within half its interval (domain.md §7.2). ``day_kept`` stays as it was planned: what is new begins on
    the day after it.
    """
    withdrawn = schedule_withdraw(
        prescription_id=course.prescription_id,
        now=now,
        reason=WithdrawReason.NEW_VERSION,
        medication_ids=retired_ids,
        after=day_kept.last_instant if day_kept else None,
    )
    after = dict.fromkeys(new_ids, day_kept.day) if day_kept else None
    return withdrawn, courses_lay_out([course], now=now, medication_ids=new_ids, respect_taken=True, after=after)


def schedule_retime(*, patient_id: UUID, now: datetime) -> int:
    """Move the doses ahead that follow the patient's meals to today's meal times and time zone. Returns how many.

    Doses with a clock time of their own, and taken or missed ones, stay (scenario 17). A dose keeps its id and day,
    so that an act made offline still finds it. One whose new time is past, or taken by another dose of its medicine,
    stays where it was.
    """
    medicines = {medicine.id: medicine for medicine in prescribed_of_patient(patient_id)}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [patient_id, now - timedelta(days=1)])
        standing = [_Standing(*row) for row in cursor.fetchall()]
        moves = _moves(standing, medicines, now)
        if moves:
            cursor.execute(_ASIDE, [[move[0] for move in moves]])
            cursor.execute(_MOVE, _columns(moves))
    return len(moves)


@dataclass(frozen=True, slots=True)
class _Standing:
    id: UUID
    medication_id: UUID
    scheduled: datetime
    local_date: date
    period: str
    movable: bool


def _moves(
    standing: Sequence[_Standing], medicines: Mapping[UUID, Prescribed], now: datetime
) -> list[tuple[UUID, datetime, time, int]]:
    """(dose, new time, its clock time, half interval) of every dose that can move."""
    wanted: dict[UUID, tuple[datetime, time]] = {}
    for dose in standing:
        medicine = medicines.get(dose.medication_id)
        if not (dose.movable and dose.scheduled > now and medicine):
            continue
        clock = next((i.clock for i in medicine.intakes if i.follows_meal and i.period == dose.period), None)
        if clock is not None:
            target = localtime.at(dose.local_date, clock, medicine.zone)
            if now < target != dose.scheduled:
                wanted[dose.id] = target, clock
    while True:  # whatever stays keeps its place, so whoever wanted that place stays too
        kept = {(dose.medication_id, dose.scheduled) for dose in standing if dose.id not in wanted}
        blocked = [d.id for d in standing if d.id in wanted and (d.medication_id, wanted[d.id][0]) in kept]
        if not blocked:
            break
        for dose_id in blocked:
            del wanted[dose_id]
    return [
        (dose.id, *wanted[dose.id], medicines[dose.medication_id].half_interval_minutes)
        for dose in standing
        if dose.id in wanted
    ]


def schedule_show_again(*, medication_ids: Collection[UUID], now: datetime) -> int:
    """Put the doses that phones hold of these medicines into the feed again: who may see them has changed.

    Called when a medicine becomes private or open; a caregiver's phone then drops or gets its doses.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, [list(medication_ids), now - KEPT_ON_PHONES])
        return int(cursor.rowcount)


def grace_restamp(*, patient_id: UUID, minutes: int, now: datetime) -> int:
    """Give the doses whose time is still ahead another grace period; a dose past due keeps its own (scenario 15)."""
    with connection.cursor() as cursor:
        cursor.execute(_RESTAMP, [minutes, minutes, patient_id, now, minutes])
        return int(cursor.rowcount)
