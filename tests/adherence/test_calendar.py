"""The calendar and the figures of each medicine: who said what, and who may read it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.connections.choices import PermissionLevel
from apps.users.models import User
from tests.adherence.test_figures import NOON, dose, noon
from tests.support.courses import course_of, medicine
from tests.support.people import Api, link

__all__ = ["noon"]
pytestmark = pytest.mark.django_db


def calendar(user: User, **query: Any) -> Any:
    return Api(user).get("adherence/calendar", **query)


def test_a_month_has_every_day_with_its_doses_and_their_sources(sokha: User) -> None:
    amlodipine = medicine(course_of(sokha), "Amlodipine")
    dose(amlodipine, "TAKEN_ON_TIME", source="SELF")
    dose(amlodipine, "TAKEN_LATE", source="CAREGIVER")
    dose(amlodipine, "TAKEN_ON_TIME", days_ago=1, source="OFFLINE")
    dose(amlodipine, "MISSED", days_ago=1, source="SYSTEM")
    dose(amlodipine, "DUE", at=NOON + timedelta(hours=6))
    dose(amlodipine, "TAKEN_ON_TIME", days_ago=40, source="SELF")
    told = calendar(sokha).json()["data"]
    assert (told["month"], len(told["days"]), told["taken"], told["missed"]) == ("2026-11", 30, 3, 1)
    assert told["sources"] == {"self": 1, "caregiver": 1, "offlineLater": 1, "system": 1}
    today, yesterday = told["days"][23], told["days"][22]
    assert (today["date"], today["percentage"], today["due"]) == ("2026-11-24", 100, 1)
    assert [(one["medicationName"], one["status"], one["source"]) for one in today["doses"]] == [
        ("Amlodipine", "TAKEN_ON_TIME", "SELF"), ("Amlodipine", "TAKEN_LATE", "CAREGIVER"), ("Amlodipine", "DUE", None),
    ]  # fmt: skip
    assert yesterday["sources"] == {"self": 0, "caregiver": 0, "offlineLater": 1, "system": 1}
    october = calendar(sokha, month="2026-10").json()["data"]
    assert (len(october["days"]), october["taken"]) == (31, 1)


@pytest.mark.parametrize("month", ["2026-13", "november", "1999-12", "2026-11-24"])
def test_a_month_that_is_none_is_refused(sokha: User, month: str) -> None:
    answer = calendar(sokha, month=month)
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, "month")


def test_medicines_have_figures_and_sources_of_their_own(sokha: User) -> None:
    course = course_of(sokha)
    amlodipine, metformin = medicine(course, "Amlodipine"), medicine(course, "Metformin", row_number=2)
    dose(amlodipine, "TAKEN_ON_TIME", source="SELF")
    dose(metformin, "MISSED", source="SYSTEM")
    dose(metformin, "TAKEN_ON_TIME", source="CAREGIVER")
    dose(medicine(course, "Old", row_number=3), "MISSED", days_ago=20, source="SYSTEM")
    items = Api(sokha).get("adherence/medications", days=7).json()["data"]["items"]
    assert [(row["medicineName"], row["percentage"], row["level"]) for row in items] == [
        ("Amlodipine", 100, "GREEN"), ("Metformin", 50, "RED"),
    ]  # fmt: skip
    assert items[1]["sources"] == {"self": 0, "caregiver": 1, "offlineLater": 0, "system": 1}
    refused = Api(sokha).get("adherence/medications", days=30)
    assert (refused.status_code, refused.json()["code"]) == (403, "FEATURE_LOCKED")


def test_viewers_see_what_their_grant_shows(sokha: User, dara: User, dr_lim: User, vanna: User) -> None:
    course = course_of(sokha)
    dose(medicine(course, "Amlodipine"), "TAKEN_ON_TIME", source="SELF")
    dose(medicine(course, "Sertraline", private=True, row_number=2), "TAKEN_ON_TIME", source="SELF")
    link(sokha, dara, PermissionLevel.ALLOWED)
    link(sokha, dr_lim, PermissionLevel.SELECTED, scope={"adherence": True})
    seen = calendar(dara, patientId=sokha.id).json()["data"]
    assert (seen["taken"], seen["sources"]["self"]) == (1, 1)
    assert [one["medicationName"] for day in seen["days"] for one in day["doses"]] == ["Amlodipine"]
    figures = calendar(dr_lim, patientId=sokha.id).json()["data"]
    assert figures["taken"] == 1
    assert [one for day in figures["days"] for one in day["doses"]] == []
    assert Api(dr_lim).get("adherence/medications", patientId=sokha.id, days=7).json()["data"]["items"] == []
    assert calendar(vanna, patientId=sokha.id).status_code == 404


def test_a_full_month_asks_as_often_as_an_empty_one(sokha: User) -> None:
    counts = []
    for _ in range(2):
        for path in ("adherence/calendar", "adherence/medications?days=7"):
            with CaptureQueriesContext(connection) as queries:
                assert Api(sokha).get(path).status_code == 200
            counts.append(len(queries))
        course = course_of(sokha)
        for number in range(20):
            dose(medicine(course, f"M{number}", row_number=number + 1), "TAKEN_ON_TIME", source="SELF")
    assert counts[0] == counts[2]
    assert counts[3] <= counts[1] + 2  # an empty page asks no figures
