"""What rings: never twice in a minute, never for an answered dose, never past the limits, never with a name
shown."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patient.core import reminders
from patient.core.clock import wire
from patient.core.i18n import catalogue
from patient.core.models import Dose, dose_of
from patient.core.reminders import Preferences

from tests.kivy_app.conftest import Story

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
ZONES = st.sampled_from(["Asia/Phnom_Penh", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"])
STATUSES = ("DUE", "TAKEN_ON_TIME", "TAKEN_LATE", "SKIPPED", "MISSED", "SOMETHING_NEW")


def _dose(number: int, minutes: float, status: str = "DUE", **more: object) -> Dose:
    body = {
        "medicationId": f"m{number % 5}", "medicationName": "Warfarin", "dosage": "5 mg", "status": status,
        "scheduledTime": wire(NOW + timedelta(minutes=minutes)), "graceMinutes": 30, **more,
    }  # fmt: skip
    return dose_of(f"d{number}", "p", body)


def _plan(doses: list[Dose], **chosen: object) -> list[reminders.Reminder]:
    return reminders.plan(
        doses, now=NOW, zone=ZoneInfo("Asia/Phnom_Penh"), t=catalogue("en"), preferences=Preferences(**chosen)  # type: ignore[arg-type]
    )  # fmt: skip


def _minutes(plan: list[reminders.Reminder]) -> list[float]:
    return [(item.fire_at - NOW).total_seconds() / 60 for item in plan]


def test_one_dose_rings_and_repeats_after_10_20_and_30_minutes() -> None:
    plan = _plan([_dose(1, 60)])
    assert _minutes(plan) == [60, 70, 80, 90]
    assert [item.repeat for item in plan] == [0, 1, 2, 3]
    assert _minutes(_plan([_dose(1, 60)], repeat=False)) == [60]


def test_doses_of_one_minute_share_one_alarm() -> None:
    plan = _plan([_dose(1, 60), _dose(2, 60), _dose(3, 70)])
    assert _minutes(plan) == [60, 70, 80, 90, 100]
    assert plan[0].dose_ids == ("d1", "d2")
    assert plan[1].dose_ids == ("d1", "d2", "d3")
    assert plan[1].repeat == 0  # it is somebody's first ring


def test_a_ring_that_passed_is_not_armed_but_its_repetitions_are() -> None:
    assert _minutes(_plan([_dose(1, -15)])) == [5, 15]
    assert _minutes(_plan([_dose(1, -30)])) == []


def test_a_snoozed_dose_rings_at_the_snooze() -> None:
    assert _minutes(_plan([_dose(1, -5, snoozedUntil=wire(NOW + timedelta(minutes=10)))], repeat=False)) == [10]


def test_a_medicine_whose_reminder_is_off_stays_silent() -> None:
    assert _minutes(_plan([_dose(1, 60, reminderEnabled=False)])) == []
    assert _minutes(_plan([_dose(1, 60)], muted=frozenset({"m1"}))) == []


def test_seven_days_and_not_a_minute_more() -> None:
    week = 7 * 24 * 60
    assert _minutes(_plan([_dose(1, week), _dose(2, week + 1)], repeat=False)) == [week]


def test_first_rings_count_more_than_repetitions_when_room_is_short() -> None:
    doses = [_dose(n, 120 * (n + 1)) for n in range(60)]
    plan = _plan(doses)
    assert len(plan) == 64
    assert sum(item.repeat == 0 for item in plan) == 60


def test_the_lock_screen_has_no_medicine_name_unless_asked_for() -> None:
    (hidden,) = _plan([_dose(1, 60)], repeat=False)
    assert "Warfarin" not in hidden.title + hidden.body
    (open_,) = _plan([_dose(1, 60)], repeat=False, show_names=True)
    assert open_.body == "Warfarin · 5\u00a0mg"


def test_s092_pending_alarms_change_their_language(story: Story) -> None:
    story.phone.choose_language("en")
    english = story.phone.plan_reminders()[0]
    assert english.title == "07:00 · time for your medicine"
    story.phone.choose_language("km")
    khmer = story.phone.plan_reminders()[0]
    assert khmer.id == english.id  # the same alarm, said in another language
    assert khmer.title.replace("\u200b", "") == "07:00 · ដល់ម៉ោងលេបថ្នាំ"


def test_an_old_list_says_so(story: Story) -> None:
    story.phone.choose_language("en")
    tomorrow = story.server.add_dose(story.sokha.id, datetime(2026, 11, 25, 1, 0, tzinfo=UTC))
    story.phone.sync_now()
    bodies = {item.dose_ids: item.body for item in story.phone.plan_reminders() if not item.repeat}
    assert bodies[(tomorrow,)] == "1 to take\nList of 2026-11-24"
    assert bodies[(story.doses[0],)] == "1 to take"


def test_taken_anywhere_stops_the_alarm(story: Story) -> None:
    first = story.doses[0]
    assert any(first in item.dose_ids for item in story.phone.plan_reminders())
    story.wait(minutes=10)
    other, _ = story.new_phone()
    other.sync_now()
    other.take(first)
    other.sync_now()
    story.phone.sync_now()
    assert not any(first in item.dose_ids for item in story.phone.plan_reminders())


@given(
    st.lists(st.tuples(st.integers(-200, 12_000), st.sampled_from(STATUSES)), max_size=120),
    ZONES,
    st.booleans(),
)
def test_limits_hold_for_any_schedule(doses: list[tuple[int, str]], zone: str, repeat: bool) -> None:
    made = [_dose(n, minutes, status) for n, (minutes, status) in enumerate(doses)]
    plan = reminders.plan(made, now=NOW, zone=ZoneInfo(zone), t=catalogue("km"), preferences=Preferences(repeat=repeat))
    slots = [item.fire_at for item in plan]
    assert len(plan) <= 64
    assert slots == sorted(set(slots))  # one alarm a slot
    assert all(slot.second == 0 and NOW < slot <= NOW + timedelta(days=7) for slot in slots)
    due = {dose.id for dose in made if dose.status == "DUE"}
    assert all(set(item.dose_ids) <= due for item in plan)
    assert len({item.id for item in plan}) == len(plan)
    assert all(0 <= item.number < 2**31 for item in plan)


@pytest.mark.parametrize("start", ["2026-03-28T20:00:00+00:00", "2026-10-24T20:00:00+00:00"])
def test_a_change_of_summer_time_moves_no_alarm(start: str) -> None:
    night = datetime.fromisoformat(start)
    body = {"medicationId": "m", "status": "DUE", "graceMinutes": 30}
    doses = [dose_of(str(h), "p", {**body, "scheduledTime": wire(night + timedelta(hours=h))}) for h in range(1, 9)]
    paris = ZoneInfo("Europe/Paris")
    plan = reminders.plan(doses, now=night, zone=paris, t=catalogue("en"), preferences=Preferences(repeat=False))
    assert [item.fire_at for item in plan] == [dose.scheduled for dose in doses]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 11), st.integers(-200, 12_000), st.sampled_from(STATUSES), st.integers(0, 90), st.booleans()
        ),
        max_size=60,
    ),
    ZONES,
    st.sampled_from([datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC), NOW]),
    st.booleans(),
)
def test_whatever_the_doses_the_zone_and_the_change_of_clocks_the_plan_keeps_its_promises(
    drawn: list[tuple[int, int, str, int, bool]], zone: str, now: datetime, repeat: bool
) -> None:
    doses = []
    for number, (_, minutes, status, snoozed, silent) in enumerate(drawn):
        planned = now + timedelta(minutes=minutes)
        body = {
            "medicationId": f"m{number % 5}", "status": status, "scheduledTime": wire(planned), "graceMinutes": 30,
            "reminderEnabled": not silent,
            "snoozedUntil": wire(planned + timedelta(minutes=snoozed)) if snoozed else None,
        }  # fmt: skip
        doses.append(dose_of(f"d{number}", f"p{number % 3}", body))
    plan = reminders.plan(
        doses, now=now, zone=ZoneInfo(zone), t=catalogue("km"), preferences=Preferences(repeat=repeat),
        names={"p0": "Sokha", "p1": "Vanna"},
    )  # fmt: skip
    slots = [item.fire_at for item in plan]
    assert slots == sorted(set(slots)), "never two alarms in one minute"
    assert all(slot.second == 0 and now < slot <= now + reminders.HORIZON for slot in slots)
    assert len(plan) <= reminders.LIMIT
    held = {dose.id: dose for dose in doses}
    for item in plan:
        assert len(set(item.dose_ids)) == len(item.dose_ids)
        for name in item.dose_ids:
            dose = held[name]
            assert (dose.status, dose.silent) == ("DUE", False)
            start = dose.state.snoozed_until or dose.scheduled
            gap = item.fire_at - start.replace(second=0, microsecond=0)
            assert gap in {timedelta(), *reminders.REPEATS}
            assert repeat or gap == timedelta()
    first = {dose.state.snoozed_until or dose.scheduled for dose in doses if dose.status == "DUE" and not dose.silent}
    due = {moment.replace(second=0, microsecond=0) for moment in first}
    wanted = sorted(slot for slot in due if now < slot <= now + reminders.HORIZON)[: reminders.LIMIT]
    assert set(wanted) <= set(slots), "a first ring is never given up for a repetition"
    again = reminders.plan(
        doses, now=now, zone=ZoneInfo("Asia/Tokyo"), t=catalogue("km"), preferences=Preferences(repeat=repeat)
    )  # fmt: skip
    assert [(item.id, item.fire_at) for item in again] == [(item.id, item.fire_at) for item in plan], (
        "zones only word it"
    )
