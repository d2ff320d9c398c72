"""Laying out, withdrawing, replacing and moving planned doses."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.doses.choices import WithdrawReason
from apps.doses.models import DoseEvent, PrnIntake, WithdrawnDose
from apps.doses.services import schedule
from apps.medications.models import CatalogueMedicine, Medication
from apps.users.models import MealTimePreference, User
from dastern.sync.models import SyncChange
from tests.support.courses import course_of, lay_out, medicine, plan_of, slot

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # 24 November 00:00 in Phnom Penh
HOUR = timedelta(hours=1)


def hours(**where: Any) -> list[float]:
    """Hours after the first midnight at which doses are planned."""
    times = DoseEvent.objects.filter(**where).order_by("scheduled_time").values_list("scheduled_time", flat=True)
    return [(moment - MIDNIGHT) / HOUR for moment in times]


def take(dose: DoseEvent, at: datetime) -> None:
    DoseEvent.objects.filter(pk=dose.pk).update(status="TAKEN_ON_TIME", taken_at=at)


def test_doses_carry_what_the_phone_and_the_job_need(sokha: User) -> None:
    User.objects.filter(pk=sokha.pk).update(grace_period_minutes=20)
    course = course_of(sokha)
    pills = medicine(course, morning_dosage=slot("0.5", before_meal=True), night_dosage=slot("2", at="21:00"))
    assert lay_out(course, MIDNIGHT) == 20
    first, second = DoseEvent.objects.order_by("scheduled_time")[:2]
    assert (first.scheduled_time, first.local_date, first.time_period) == (
        MIDNIGHT + 6.5 * HOUR, date(2026, 11, 24), "MORNING",
    )  # fmt: skip
    assert (first.reminder_time, str(first.amount), first.status) == (time(6, 30), "0.500", "DUE")
    assert (first.grace_minutes, first.overdue_at) == (20, first.scheduled_time + timedelta(minutes=20))
    assert (first.half_interval_minutes, first.follows_meal, first.version_number) == (285, True, 1)
    assert (second.time_period, second.reminder_time, second.follows_meal) == ("EVENING", time(21), False)
    assert {dose.medication_id for dose in (first, second)} == {pills.id}
    assert SyncChange.objects.filter(user=sokha, resource="doses").count() == 20


def test_s030_laying_out_twice_adds_nothing(sokha: User) -> None:
    course = course_of(sokha)
    medicine(course)
    assert (lay_out(course, MIDNIGHT), lay_out(course, MIDNIGHT)) == (30, 0)


def test_s038_nothing_is_planned_for_a_time_past(sokha: User) -> None:
    course = course_of(sokha)
    medicine(course, duration=1)
    lay_out(course, MIDNIGHT + 13 * HOUR)
    assert hours() == [18]


def test_s039_as_needed_and_retired_medicines_get_no_doses(sokha: User) -> None:
    course = course_of(sokha)
    medicine(course, is_prn=True)
    medicine(course, retired_in_version=2)
    assert lay_out(course, MIDNIGHT) == 0


def test_ninety_doses_take_two_statements(sokha: User) -> None:
    course = course_of(sokha)
    medicine(course, duration=30)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert lay_out(course, MIDNIGHT) == 90
    assert len(queries) == 2


def test_an_own_start_and_the_patients_meals_and_zone_count(sokha: User) -> None:
    MealTimePreference.objects.create(user=sokha, morning_meal=time(8), afternoon_meal=time(13), night_meal=time(19))
    User.objects.filter(pk=sokha.pk).update(timezone="Asia/Tokyo")  # two hours ahead
    course = course_of(sokha)
    medicine(course, duration=2, starts_on=date(2026, 11, 25))
    lay_out(course, MIDNIGHT)
    assert hours() == [24 + 6, 24 + 11, 24 + 17, 48 + 6, 48 + 11, 48 + 17]


def test_withdrawing_keeps_what_was_due_and_remembers_the_rest(sokha: User) -> None:
    course = course_of(sokha)
    medicine(course, duration=1)
    lay_out(course, MIDNIGHT)
    noon = MIDNIGHT + 12 * HOUR
    assert schedule.schedule_withdraw(prescription_id=course.id, now=noon, reason=WithdrawReason.PAUSED) == 1
    assert hours() == [7, 12]  # the noon dose is not ahead any more: it keeps its course
    gone = WithdrawnDose.objects.get()
    assert (gone.reason, gone.withdrawn_at, gone.half_interval_minutes) == ("PAUSED", noon, 150)
    change = SyncChange.objects.get(user=sokha, resource="doses", object_id=gone.id)
    assert change.deleted


def test_s036_a_paused_course_goes_on_for_the_days_that_remain(sokha: User) -> None:
    course = course_of(sokha)
    medicine(course)
    lay_out(course, MIDNIGHT)
    fourth, seventh = MIDNIGHT + 72 * HOUR, MIDNIGHT + 144 * HOUR
    schedule.schedule_withdraw(prescription_id=course.id, now=fourth, reason=WithdrawReason.PAUSED)
    Medication.objects.update(paused_days=3)
    laid = schedule.schedule_lay_out(plan_of(course), now=seventh, respect_taken=True)
    assert laid == 7 * 3
    days = sorted(set(DoseEvent.objects.values_list("local_date", flat=True)))
    assert [day.day for day in days] == [24, 25, 26, 30, 1, 2, 3, 4, 5, 6]


def test_s032_s033_a_new_version_replaces_what_is_ahead_and_keeps_what_was(sokha: User) -> None:
    course = course_of(sokha)
    old = medicine(course, duration=2)
    lay_out(course, MIDNIGHT)
    take(DoseEvent.objects.earliest("scheduled_time"), MIDNIGHT + 7 * HOUR)
    old.retired_in_version = 2
    old.save()
    new = medicine(course, "amoxicillin", duration=2, row_number=2, created_in_version=2)
    course.current_version = 2
    now = MIDNIGHT + 7.2 * HOUR
    counts = schedule.schedule_replace(plan_of(course), now=now, retired_ids=[old.id], new_ids=[new.id])
    assert counts == (5, 5)
    assert hours(medication=old) == [7]
    assert hours(medication=new) == [12, 18, 31, 36, 42]


@pytest.mark.parametrize("same", ["name", "substance", "other"])
def test_no_slot_for_an_ingredient_taken_within_half_the_interval(sokha: User, same: str) -> None:
    catalogue = CatalogueMedicine.objects.create(name_en="Paracetamol", substances=["paracetamol"], source="test")
    brand = CatalogueMedicine.objects.create(name_en="Brand", substances=["Paracetamol", "caffeine"], source="test")
    course = course_of(sokha)
    names = {"name": ("Paracetamol", None), "substance": ("Brand", brand), "other": ("Ibuprofen", None)}
    needed = medicine(course, "Paracetamol", catalogue=catalogue, is_prn=True)
    PrnIntake.objects.create(
        medication=needed, patient=sokha, taken_at=MIDNIGHT + 10 * HOUR, amount=1, recorded_by_id=sokha.id,
        created_at=MIDNIGHT,
    )  # fmt: skip
    name, entry = names[same]
    added = medicine(course, name, catalogue=entry, duration=1, row_number=2)
    schedule.schedule_lay_out(plan_of(course), now=MIDNIGHT + 11 * HOUR, medication_ids=[added.id], respect_taken=True)
    assert hours() == ([12, 18] if same == "other" else [18])


def test_s017_changed_meals_move_the_doses_ahead_that_follow_them(sokha: User) -> None:
    course = course_of(sokha)
    pills = medicine(course, duration=2, morning_dosage=slot(), night_dosage=slot(at="21:00"))
    lay_out(course, MIDNIGHT)
    first = DoseEvent.objects.earliest("scheduled_time")
    take(first, MIDNIGHT + 7 * HOUR)
    ids = set(DoseEvent.objects.values_list("id", flat=True))
    MealTimePreference.objects.create(user=sokha, morning_meal=time(8), afternoon_meal=time(12), night_meal=time(18))
    assert schedule.schedule_retime(patient_id=sokha.id, now=MIDNIGHT + 7.5 * HOUR) == 1
    assert hours(medication=pills) == [7, 21, 32, 45]
    assert set(DoseEvent.objects.values_list("id", flat=True)) == ids
    moved = DoseEvent.objects.get(scheduled_time=MIDNIGHT + 32 * HOUR)
    assert (moved.reminder_time, moved.overdue_at) == (time(8), moved.scheduled_time + timedelta(minutes=30))
    assert moved.half_interval_minutes == 330


def test_meals_may_move_into_each_others_places(sokha: User) -> None:
    course = course_of(sokha)
    medicine(course, duration=1)
    lay_out(course, MIDNIGHT)
    MealTimePreference.objects.create(user=sokha, morning_meal=time(12), afternoon_meal=time(18), night_meal=time(20))
    assert schedule.schedule_retime(patient_id=sokha.id, now=MIDNIGHT) == 3
    assert hours() == [12, 18, 20]
    assert list(DoseEvent.objects.order_by("scheduled_time").values_list("time_period", flat=True)) == [
        "MORNING", "NOON", "EVENING",
    ]  # fmt: skip


def test_a_dose_whose_new_place_is_taken_stays_and_loses_nothing(sokha: User) -> None:
    course = course_of(sokha)
    extra = [{"time": "20:00", "amount": "1"}]
    medicine(course, duration=1, custom_times=extra, daytime_dosage=slot(), night_dosage=slot())
    lay_out(course, MIDNIGHT)
    MealTimePreference.objects.create(user=sokha, morning_meal=time(7), afternoon_meal=time(18), night_meal=time(20))
    assert schedule.schedule_retime(patient_id=sokha.id, now=MIDNIGHT) == 0
    assert hours() == [12, 18, 20]


def test_a_dose_never_moves_into_the_past(sokha: User) -> None:
    course = course_of(sokha)
    medicine(course, duration=1, morning_dosage=slot())
    lay_out(course, MIDNIGHT)
    MealTimePreference.objects.create(user=sokha, morning_meal=time(6), afternoon_meal=time(12), night_meal=time(18))
    assert schedule.schedule_retime(patient_id=sokha.id, now=MIDNIGHT + 6.5 * HOUR) == 0
    assert hours() == [7]


def test_s015_a_new_grace_counts_for_doses_ahead_only(sokha: User) -> None:
    course = course_of(sokha)
    medicine(course, duration=2, daytime_dosage=slot())
    lay_out(course, MIDNIGHT)
    now = MIDNIGHT + 12 * HOUR + timedelta(minutes=10)
    assert schedule.grace_restamp(patient_id=sokha.id, minutes=60, now=now) == 1
    closes = DoseEvent.objects.order_by("scheduled_time").values_list("overdue_at", "grace_minutes")
    assert list(closes) == [(MIDNIGHT + 12.5 * HOUR, 30), (MIDNIGHT + 37 * HOUR, 60)]


def test_what_was_taken_today_is_told_to_the_form(sokha: User) -> None:
    course = course_of(sokha)
    pills = medicine(course, duration=2)
    lay_out(course, MIDNIGHT)
    take(DoseEvent.objects.earliest("scheduled_time"), MIDNIGHT + 7 * HOUR + timedelta(minutes=4))
    told = schedule.taken_today(patient_id=sokha.id, now=MIDNIGHT + 9 * HOUR)
    assert [(one.medication_id, one.time_period, one.local_time) for one in told] == [(pills.id, "MORNING", time(7, 4))]
    assert schedule.taken_today(patient_id=sokha.id, now=MIDNIGHT + 25 * HOUR) == []
