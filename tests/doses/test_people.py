"""What profiles, storage, export and changed habits have to do with doses."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from apps.doses import services
from apps.doses.models import DoseEvent
from apps.users.models import User
from tests.doses.conftest import local
from tests.support.people import Api, actor

pytestmark = pytest.mark.django_db
At = Callable[..., Any]


def closes(doses: list[DoseEvent]) -> list[datetime]:
    found = DoseEvent.objects.in_bulk([dose.id for dose in doses])
    return [found[dose.id].overdue_at for dose in doses]


def test_s015_a_new_grace_period_counts_for_doses_ahead(
    api: type[Api], sokha: User, doses: list[DoseEvent], at: At
) -> None:
    with at("12:10"):
        assert api(sokha).patch("users/me/grace-period", {"minutes": 60}).status_code == 200
    assert closes([doses[1], doses[4]]) == [local("12:30"), local("13:00", 25)]


def test_s017_new_meal_times_move_doses_ahead(api: type[Api], sokha: User, doses: list[DoseEvent], at: At) -> None:
    services.dose_take(actor=actor(sokha), dose_id=doses[0].id, now=local("07:00"))
    with at("07:30"):
        answer = api(sokha).patch(
            "users/settings/meal-times", {"morningMeal": "08:00", "afternoonMeal": "12:00", "nightMeal": "18:00"}
        )
        assert answer.status_code == 200, answer.content
    times = list(DoseEvent.objects.order_by("scheduled_time").values_list("scheduled_time", flat=True))
    assert times[:4] == [local("07:00"), local("12:00"), local("18:00"), local("08:00", 25)]


def test_the_profile_shows_the_days_progress_and_the_export_everything(
    api: type[Api], sokha: User, doses: list[DoseEvent], at: At
) -> None:
    services.dose_take(actor=actor(sokha), dose_id=doses[0].id, now=local("07:00"))
    with at("12:00"):
        progress = api(sokha).get("users/me").json()["data"]
        storage = api(sokha).get("users/storage").json()["data"]
        answer = api(sokha).get("users/me/export")
        export = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert progress["dailyProgress"] == {"taken": 1, "scheduled": 3, "percentage": 33}
    assert storage["breakdown"]["doseEvents"] == 9 * 2048
    sections = json.loads(export)
    assert len(sections["doses"]) == 9
    assert sections["doseTestimonies"][0]["kind"] == "TAKEN"
