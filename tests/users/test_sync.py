"""Profile and settings on the phone: pulled by their owner only, changed offline field by field."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import iso
from tests.support.people import Api

pytestmark = pytest.mark.django_db


def push(user: User, *acts: tuple[dict[str, Any], int]) -> list[dict[str, Any]]:
    """Push settings changes, each some minutes ago."""
    now = clock.now()
    body = {
        "deviceId": "phone-1",
        "sentAt": iso(now),
        "acts": [
            {
                "localId": str(uuid4()), "kind": "settings.changed", "patientId": str(user.id),
                "objectId": str(user.id), "at": iso(now - timedelta(minutes=ago)), "recordedAt": iso(now),
                "data": data,
            }
            for data, ago in acts
        ],
    }  # fmt: skip
    results: list[dict[str, Any]] = Api(user).post("sync/push", body).json()["data"]["results"]
    return results


def test_profile_and_settings_are_pulled_by_their_owner(sokha: User) -> None:
    changes = Api(sokha).get("sync/pull").json()["data"]["changes"]
    assert {"profile"} <= {change["resource"] for change in changes}
    profile = next(change["object"] for change in changes if change["resource"] == "profile")
    assert profile["timezone"] == "Asia/Phnom_Penh"


def test_the_last_write_of_each_field_wins(sokha: User) -> None:
    results = push(sokha, ({"theme": "DARK"}, 1), ({"theme": "LIGHT", "language": "ENGLISH"}, 5))
    assert [result["outcome"] for result in results] == ["APPLIED", "APPLIED"]
    sokha.refresh_from_db()
    assert (sokha.theme, sokha.language) == ("DARK", "ENGLISH")


def test_settings_with_meals_grace_and_switches(sokha: User) -> None:
    data = {
        "gracePeriodMinutes": 60,
        "mealTimes": {"morningMeal": "06:00", "afternoonMeal": "11:00", "nightMeal": "17:00"},
        "notifications": {"sound": False},
    }
    answer = push(sokha, (data, 0))[0]
    assert answer["outcome"] == "APPLIED"
    assert answer["object"]["mealTimes"]["morningMeal"] == "06:00"
    assert answer["object"]["notifications"]["sound"] is False
    sokha.refresh_from_db()
    assert sokha.grace_period_minutes == 60


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"gracePeriodMinutes": 45},
        {"email": "x@example.com"},
        {"unknown": 1},
        {"language": "ENGLISH", "notifications": {"quietFrom": "22:00"}},
        {"notifications": {"mutedTypes": ["EMERGENCY_ALERT"]}},
    ],
)
def test_what_cannot_be_is_refused_alone(sokha: User, data: dict[str, Any]) -> None:
    results = push(sokha, (data, 0), ({"theme": "DARK"}, 0))
    assert [result["outcome"] for result in results] == ["REJECTED", "APPLIED"]
    sokha.refresh_from_db()
    assert sokha.language == "KHMER", "a refused act leaves nothing behind"


def test_nobody_changes_another_persons_settings(sokha: User, vanna: User) -> None:
    now = iso(clock.now())
    act = {
        "localId": str(uuid4()), "kind": "settings.changed", "patientId": str(sokha.id), "objectId": None, "at": now,
        "recordedAt": now, "data": {"theme": "DARK"},
    }  # fmt: skip
    body = {"deviceId": "phone-1", "sentAt": now, "acts": [act]}
    result = Api(vanna).post("sync/push", body).json()["data"]["results"][0]
    assert (result["outcome"], result["code"]) == ("REJECTED", "NOT_FOUND")
    sokha.refresh_from_db()
    assert sokha.theme == "LIGHT"
