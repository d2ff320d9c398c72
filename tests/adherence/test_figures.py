"""Adherence: what counts, whose day it is, who may look, and that the cache is never stale."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.adherence.rules import Day, level, streaks, weeks
from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.doses.models import DoseEvent
from apps.doses.rules.figures import Figures
from apps.medications.models import Medication
from apps.subscriptions.choices import Tier
from apps.subscriptions.services import subscription_ensure
from apps.users.models import User
from dastern.core import clock, localtime, redis
from tests.support.courses import course_of, medicine
from tests.support.people import Api, link, make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)  # 12:00 in Phnom Penh


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def amoxicillin(sokha: User) -> Medication:
    return medicine(course_of(sokha))


_minute = iter(range(100_000))


def dose(
    medication: Medication, status: str, *, days_ago: int = 0, at: datetime | None = None, **fields: Any
) -> DoseEvent:
    """A recorded dose; several of one medicine stand minutes apart."""
    moment = at or NOON - timedelta(days=days_ago, hours=4) + timedelta(seconds=next(_minute))
    return DoseEvent.objects.create(
        prescription_id=medication.prescription_id, medication=medication, patient_id=medication.patient_id,
        scheduled_time=moment, local_date=localtime.local_date(moment, "Asia/Phnom_Penh"), time_period="MORNING",
        reminder_time="07:00", grace_minutes=30, overdue_at=moment + timedelta(minutes=30), version_number=1,
        status=status, taken_at=moment if status.startswith("TAKEN") else None, created_at=moment, **fields,
    )  # fmt: skip


def today(user: User, **query: Any) -> dict[str, Any]:
    data: dict[str, Any] = Api(user).get("adherence/today", **query).json()["data"]
    return data


def test_s62_eight_on_time_one_late_one_missed_two_due_is_ninety_green(sokha: User, amoxicillin: Medication) -> None:
    for status, count in (("TAKEN_ON_TIME", 8), ("TAKEN_LATE", 1), ("MISSED", 1), ("DUE", 2)):
        for _ in range(count):
            dose(amoxicillin, status)
    found = today(sokha)
    assert (found["percentage"], found["level"]) == (90, "GREEN")
    assert (found["taken"], found["onTime"], found["late"], found["due"], found["total"]) == (9, 8, 1, 2, 12)
    assert found["progress"] == 75


def test_s63_without_a_closed_dose_there_is_no_data_for_patient_and_doctor(
    sokha: User, dr_lim: User, amoxicillin: Medication
) -> None:
    dose(amoxicillin, "DUE")
    link(sokha, dr_lim, PermissionLevel.ALLOWED)
    for found in (today(sokha), today(dr_lim, patientId=sokha.id)):
        assert (found["percentage"], found["hasData"], found["level"]) == (None, False, None)


def test_skips_on_medical_advice_do_not_count_others_do(sokha: User, amoxicillin: Medication) -> None:
    dose(amoxicillin, "TAKEN_ON_TIME")
    dose(amoxicillin, "SKIPPED", skip_reason="DOCTOR_ADVISED")
    assert today(sokha)["percentage"] == 100
    dose(amoxicillin, "SKIPPED", skip_reason="NO_MEDICINE")
    assert (today(sokha)["percentage"], today(sokha)["skipped"]) == (50, 2)


def test_s50_a_dose_after_local_midnight_belongs_to_the_new_day(sokha: User, amoxicillin: Medication) -> None:
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # 06:30 on 2 March
    dose(amoxicillin, "TAKEN_ON_TIME", at=at)
    assert today(sokha, date="2026-03-02")["taken"] == 1
    assert today(sokha, date="2026-03-01")["total"] == 0
    assert Api(sokha).get("adherence/daily", date="2026-03-02").json()["data"]["taken"] == 1


def test_s64_figures_are_served_when_the_cache_is_down(
    sokha: User, amoxicillin: Medication, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dose(amoxicillin, "TAKEN_ON_TIME")
    dead = dict(settings.CACHES["default"]) | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": dead}
    monkeypatch.setattr(redis, "_down_until", float("inf"))
    assert today(sokha)["percentage"] == 100


def test_s65_a_dose_just_marked_shows_in_the_next_answer(sokha: User, amoxicillin: Medication) -> None:
    due = dose(amoxicillin, "DUE", at=NOON - timedelta(minutes=5))
    assert today(sokha)["taken"] == 0
    assert Api(sokha).post(f"doses/{due.id}/taken").status_code == 200
    assert (today(sokha)["taken"], today(sokha)["percentage"]) == (1, 100)


def test_weeks_months_and_trends_hold_every_day(sokha: User, amoxicillin: Medication) -> None:
    subscription_ensure(user_id=sokha.id, now=clock.now())
    for ago in (0, 6, 7, 29, 30):
        dose(amoxicillin, "TAKEN_ON_TIME", days_ago=ago)
    week = Api(sokha).get("adherence/weekly").json()["data"]
    assert (week["taken"], len(week["dailyData"]), week["dailyData"][-1]["date"]) == (2, 7, "2026-11-24")
    for path in ("adherence/monthly", "adherence/trends?days=30"):
        locked = Api(sokha).get(path)
        assert (locked.status_code, locked.json()["code"]) == (403, "FEATURE_LOCKED")
    assert len(Api(sokha).get("adherence/trends", days=7).json()["data"]["trendData"]) == 7
    type(sokha.subscription).objects.update(tier=Tier.PREMIUM)
    month = Api(sokha).get("adherence/monthly").json()["data"]
    assert (month["taken"], [week["total"] for week in month["weeklyData"]]) == (4, [1, 0, 0, 1, 2])
    assert len(Api(sokha).get("adherence/trends", days=30).json()["data"]["trendData"]) == 30


@pytest.mark.parametrize("query", [{"days": 6}, {"days": 366}, {"days": "many"}])
def test_trends_take_a_week_to_a_year(sokha: User, query: dict[str, Any]) -> None:
    assert Api(sokha).get("adherence/trends", **query).status_code == 400


def test_a_course_and_a_medicine_have_figures_of_their_own(sokha: User, amoxicillin: Medication) -> None:
    other = medicine(course_of(sokha), "Losartan")
    dose(amoxicillin, "TAKEN_ON_TIME")
    dose(other, "MISSED", days_ago=40)
    api = Api(sokha)
    assert api.get(f"adherence/prescription/{amoxicillin.prescription_id}").json()["data"]["percentage"] == 100
    assert api.get(f"adherence/medication/{other.id}").json()["data"]["percentage"] == 0
    stranger = Api(make_user("Vanna"))
    assert stranger.get(f"adherence/medication/{other.id}").status_code == 404


def test_viewers_see_what_was_granted_and_strangers_nothing(
    sokha: User, dara: User, vanna: User, rith: User, amoxicillin: Medication
) -> None:
    hidden = medicine(course_of(sokha), "Other course")
    private = medicine(course_of(sokha), "Private", private=True)
    for one in (amoxicillin, hidden, private):
        dose(one, "TAKEN_ON_TIME")
    scope = {"prescriptionIds": [str(amoxicillin.prescription_id)]}
    link(sokha, dara, PermissionLevel.SELECTED, scope=scope)
    assert today(dara, patientId=sokha.id)["total"] == 1
    for person in (vanna, rith):
        assert Api(person).get("adherence/today", patientId=sokha.id).status_code == 404
    assert AuditLog.objects.filter(outcome="DENIED", patient_id=sokha.id).count() == 2
    assert today(sokha)["total"] == 3


def test_a_grant_of_figures_covers_every_course_but_private_medicines(
    sokha: User, dara: User, amoxicillin: Medication
) -> None:
    private = medicine(course_of(sokha), "Private", private=True)
    dose(amoxicillin, "TAKEN_ON_TIME")
    dose(private, "TAKEN_ON_TIME")
    link(sokha, dara, PermissionLevel.SELECTED, scope={"adherence": True})
    assert today(dara, patientId=sokha.id)["total"] == 1


@pytest.mark.parametrize("path", ["adherence/today", "adherence/weekly"])
def test_one_grouped_statement_whatever_the_number_of_days(sokha: User, amoxicillin: Medication, path: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert Api(sokha).get(path).status_code == 200
        return len(queries)

    dose(amoxicillin, "TAKEN_ON_TIME")
    assert cost() == 2, "where we are, and the figures"
    assert cost() == 1, "where we are; the figures come from the cache"
    for ago in range(20):
        dose(amoxicillin, "MISSED", days_ago=ago)
    assert cost() == 2


def test_me_shows_the_progress_of_the_day(sokha: User, amoxicillin: Medication) -> None:
    dose(amoxicillin, "TAKEN_ON_TIME")
    dose(amoxicillin, "DUE")
    me = Api(sokha).get("users/me").json()["data"]
    assert me["dailyProgress"] == {"taken": 1, "scheduled": 2, "percentage": 50}
    assert me["greeting"] == "ENCOURAGE"


def test_streaks_of_the_api(sokha: User, amoxicillin: Medication) -> None:
    for ago, status in ((0, "DUE"), (1, "TAKEN_ON_TIME"), (2, "TAKEN_LATE"), (3, "MISSED"), (4, "TAKEN_ON_TIME")):
        dose(amoxicillin, status, days_ago=ago)
    assert Api(sokha).get("adherence/streak").json()["data"] == {"current": 2, "best": 2}


# --- pure ---------------------------------------------------------------------------------------------------------


def days(*figures: Figures) -> list[Day]:
    return [Day(date(2026, 1, 1) + timedelta(days=n), one) for n, one in enumerate(figures)]


@pytest.mark.parametrize(
    ("percentage", "word"), [(100, "GREEN"), (90, "GREEN"), (89, "YELLOW"), (70, "YELLOW"), (69, "RED"), (0, "RED")]
)
def test_levels_at_their_bounds(percentage: int, word: str) -> None:
    assert level(percentage) == word


def test_a_day_with_nothing_closed_neither_adds_to_a_streak_nor_ends_it() -> None:
    good, bad, nothing = Figures(on_time=2), Figures(on_time=1, missed=1), Figures(due=3)
    assert streaks(days(good, nothing, good, bad, good, nothing)) == (1, 2)
    assert streaks([]) == (0, 0)


def test_weeks_are_counted_back_from_the_last_day() -> None:
    assert [len(week) for week in weeks(days(*[Figures()] * 30))] == [2, 7, 7, 7, 7]
