"""From a prescribed medicine to instants: pure rules."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.doses.rules import planning
from apps.medications.rules import Slot

ZONE = "Asia/Phnom_Penh"
MEALS = planning.MealTimes()
MIDNIGHT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # 24 November 00:00 in Phnom Penh
FIRST = date(2026, 11, 24)
ONE = Decimal(1)


def slot(period: str, clock: time | None = None, *, before_meal: bool = False, amount: Decimal = ONE) -> Slot:
    return Slot(period, amount, before_meal, clock)


THREE = (slot("MORNING"), slot("NOON"), slot("EVENING"))


def regimen(slots: tuple[Slot, ...] = THREE, days: int | None = 10, **fields: Any) -> planning.Regimen:
    defaults: dict[str, Any] = {
        "first_day": FIRST, "last_day": FIRST + timedelta(days=days - 1) if days else None, "rolling": days is None,
        "frequency_type": "DAILY",
    }  # fmt: skip
    return planning.Regimen(slots=slots, **defaults | fields)


def days_of(planned: list[planning.Planned]) -> list[int]:
    return [(one.local_date - FIRST).days + 1 for one in planned]


def test_s038_activated_at_one_the_first_dose_is_this_evening() -> None:
    planned = planning.plan(regimen(), meals=MEALS, zone=ZONE, now=MIDNIGHT + timedelta(hours=13))
    assert planned[0].scheduled == MIDNIGHT + timedelta(hours=18)
    assert planned[0].intake.period == "EVENING"
    assert len(planned) == 28


@pytest.mark.parametrize(("second", "expected"), [(-1, 7), (0, 12), (1, 12)])
def test_a_time_already_past_is_not_planned(second: int, expected: int) -> None:
    now = MIDNIGHT + timedelta(hours=7, seconds=second)
    first = planning.plan(regimen(), meals=MEALS, zone=ZONE, now=now)[0]
    assert first.scheduled == MIDNIGHT + timedelta(hours=expected)


def test_s043_before_the_meal_is_half_an_hour_earlier() -> None:
    planned = planning.plan(regimen((slot("MORNING", before_meal=True),), 1), meals=MEALS, zone=ZONE, now=MIDNIGHT)
    assert [one.scheduled for one in planned] == [MIDNIGHT + timedelta(hours=6, minutes=30)]
    assert planned[0].intake == planning.Intake(time(6, 30), "MORNING", ONE, follows_meal=True)


def test_a_typed_clock_time_is_kept_to_the_minute() -> None:
    own = slot("MORNING", time(6, 50), before_meal=True)
    assert planning.clock_of_slot(own, MEALS) == time(6, 50)
    assert not planning.intakes_of_day([own], MEALS)[0].follows_meal
    assert planning.clock_of_slot(slot("MORNING", before_meal=True), planning.MealTimes(time(0, 10))) == time(0)


def test_two_slots_at_one_time_are_one_intake_of_both_amounts() -> None:
    merged = planning.intakes_of_day([slot("MORNING"), slot("MORNING", time(7), amount=Decimal("0.5"))], MEALS)
    assert merged == [planning.Intake(time(7), "MORNING", Decimal("1.5"), follows_meal=False)]


def test_s041_weekdays_and_every_second_day() -> None:
    mondays = regimen(days=14, frequency_type="WEEKDAYS", weekdays=(1, 4), slots=(slot("MORNING"),))
    planned = planning.plan(mondays, meals=MEALS, zone=ZONE, now=MIDNIGHT)
    assert [one.local_date.isoweekday() for one in planned] == [4, 1, 4, 1]
    second = regimen(days=7, frequency_type="EVERY_N_DAYS", interval_days=2, slots=(slot("MORNING"),))
    assert days_of(planning.plan(second, meals=MEALS, zone=ZONE, now=MIDNIGHT)) == [1, 3, 5, 7]
    later = planning.plan(second, meals=MEALS, zone=ZONE, now=MIDNIGHT + timedelta(days=1))
    assert days_of(later) == [3, 5, 7]  # counted from the first day, not from today


def test_an_open_course_goes_up_to_the_horizon_and_on_from_where_it_stood() -> None:
    daily = regimen((slot("MORNING"),), None)
    assert days_of(planning.plan(daily, meals=MEALS, zone=ZONE, now=MIDNIGHT)) == list(range(1, 31))
    tomorrow = MIDNIGHT + timedelta(days=1)
    topped = planning.plan(daily, meals=MEALS, zone=ZONE, now=tomorrow, after=FIRST + timedelta(days=29))
    assert days_of(topped) == [31]


def test_s040_the_earlier_end_wins() -> None:
    last = planning.last_day_of
    assert last(first_day=FIRST, duration=10, ongoing=False, end_date=None) == date(2026, 12, 3)
    assert last(first_day=FIRST, duration=10, ongoing=False, end_date=date(2026, 11, 28)) == date(2026, 11, 28)
    assert last(first_day=FIRST, duration=10, ongoing=True, end_date=None) is None
    assert last(first_day=FIRST, duration=10, ongoing=False, end_date=None, paused_days=3) == date(2026, 12, 6)


@pytest.mark.parametrize(
    ("clocks", "half"),
    [
        ([time(7)], 720),
        ([], 720),
        ([time(7), time(12), time(18)], 150),
        ([time(6), time(14), time(22)], 240),
        ([time(0, 30), time(23, 30)], 30),  # the gap over midnight counts
    ],
)
def test_half_interval_is_half_the_smallest_gap(clocks: list[time], half: int) -> None:
    assert planning.half_interval_minutes(clocks) == half


def test_a_slot_already_taken_is_not_planned_again() -> None:
    planned = planning.plan(regimen(), meals=MEALS, zone=ZONE, now=MIDNIGHT)
    half = timedelta(minutes=150)
    mine = planning.ingredients_of(["Amoxicillin"], [])

    def left(record: planning.Recorded) -> list[int]:
        kept = [one for one in planned[:3] if not planning.stands_already(one, half, mine, [record])]
        return [int((one.scheduled - MIDNIGHT).total_seconds()) // 3600 for one in kept]

    seven = MIDNIGHT + timedelta(hours=7, minutes=4)
    assert left(planning.Recorded(mine, FIRST, "MORNING", seven)) == [12, 18]
    assert left(planning.Recorded(mine, FIRST, "EVENING", MIDNIGHT + timedelta(hours=16))) == [7, 12]
    assert left(planning.Recorded(mine, None, None, MIDNIGHT + timedelta(hours=9, minutes=31))) == [7, 18]
    assert left(planning.Recorded(mine, None, None, MIDNIGHT + timedelta(hours=9, minutes=30))) == [7, 12, 18]
    assert left(planning.Recorded(frozenset({"ibuprofen"}), FIRST, "MORNING", seven)) == [7, 12, 18]


def test_ingredients_ignore_case_and_blanks() -> None:
    assert planning.ingredients_of([" Co-Amoxiclav "], ["Amoxicillin", "clavulanic  acid"]) == {
        "co-amoxiclav", "amoxicillin", "clavulanic acid",
    }  # fmt: skip


@given(st.integers(0, 40 * 24 * 60), st.integers(1, 60), st.sampled_from(["Asia/Phnom_Penh", "Europe/Paris"]))
def test_planned_doses_are_ahead_distinct_and_on_their_days(minute: int, days: int, zone: str) -> None:
    now = MIDNIGHT + timedelta(minutes=minute)
    planned = planning.plan(regimen(days=days), meals=MEALS, zone=zone, now=now)
    times = [one.scheduled for one in planned]
    assert len(set(times)) == len(times)
    assert all(moment > now for moment in times)
    assert all(FIRST <= one.local_date < FIRST + timedelta(days=days) for one in planned)
