"""What the calendar does to prescriptions: horizons, visits, ends, pauses."""

from typing import Any

import pytest

from apps.doses.models import DoseEvent
from apps.notifications.models import Notification
from apps.prescriptions.models import Prescription
from apps.prescriptions.services.jobs import courses_finish, horizons_extend, reminders_send
from apps.users.models import User
from tests.prescriptions.conftest import at, clocks, once_a_day, own
from tests.support.people import Api

pytestmark = pytest.mark.django_db


def enter(sokha: User, *medicines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = Api(sokha).post("prescriptions/patient", own(*medicines, **fields))
    assert answer.status_code == 201, answer.content
    return dict(answer.json()["data"])


def test_an_open_course_is_planned_thirty_days_ahead(traveller: Any, sokha: User) -> None:
    made = enter(sokha, once_a_day(duration=None, ongoing=True))
    assert (made["lastDay"], len(clocks(made["id"])), clocks(made["id"])[-1]) == (None, 30, "23 12:00")
    assert horizons_extend() == 0  # not at this hour
    traveller.move_to(at(0, 5, day=25))
    assert horizons_extend() == 1
    assert horizons_extend() == 0
    assert clocks(made["id"])[-1] == "24 12:00"


def test_a_slot_left_out_today_does_not_come_back_at_night(traveller: Any, sokha: User) -> None:
    made = enter(sokha, once_a_day(duration=None, ongoing=True))
    traveller.move_to(at(0, 5, day=25))
    DoseEvent.objects.filter(local_date="2026-11-25").delete()  # as when its ingredient was just taken
    horizons_extend()
    assert "25 12:00" not in clocks(made["id"])


def test_a_paused_course_ends_only_by_its_written_end(traveller: Any, sokha: User) -> None:
    made = enter(sokha, once_a_day(duration=2), endDate="2026-11-25")
    Api(sokha).post(f"prescriptions/{made['id']}/pause")
    traveller.move_to(at(0, 5, day=26))
    assert courses_finish() == 1
    other = enter(sokha, once_a_day("Aspirin", duration=2), startDate="2026-11-26")
    Api(sokha).post(f"prescriptions/{other['id']}/pause")
    traveller.move_to(at(0, 5, day=30))
    assert courses_finish() == 0


def test_midnight_is_the_patients(traveller: Any, sokha: User) -> None:
    made = enter(sokha, once_a_day(duration=1))
    User.objects.filter(pk=sokha.pk).update(timezone="America/New_York")
    traveller.move_to(at(0, 5, day=25))
    assert courses_finish() == 0
    traveller.move_to(at(12, 5, day=25))  # five past midnight in New York
    assert courses_finish() == 1
    assert Prescription.objects.get(pk=made["id"]).status == "INACTIVE"


@pytest.mark.parametrize(("day", "hour", "told"), [(25, 7, 0), (25, 8, 1), (24, 8, 0), (26, 8, 0)])
def test_a_visit_is_told_the_day_before(traveller: Any, sokha: User, day: int, hour: int, told: int) -> None:
    made = enter(sokha, once_a_day(duration=30))
    Prescription.objects.filter(pk=made["id"]).update(follow_up_date="2026-11-26")
    traveller.move_to(at(hour, day=day))
    for _run in range(2):
        reminders_send()
    assert Notification.objects.filter(recipient=sokha, type="FOLLOW_UP").count() == told


def test_an_end_is_told_seven_three_and_one_day_before(traveller: Any, sokha: User) -> None:
    enter(sokha, once_a_day(duration=10))  # the last day is 3 December
    told = []
    for day in range(24, 35):
        traveller.move_to(at(8, 30, day=day))
        courses_finish()
        if reminders_send():
            told.append((day, Notification.objects.filter(type="REFILL_LOW").latest("created_at").data["days"]))
    assert told == [(26, 7), (30, 3), (32, 1)]


def test_a_pause_is_asked_about_every_third_day(traveller: Any, sokha: User) -> None:
    made = enter(sokha)
    Api(sokha).post(f"prescriptions/{made['id']}/pause")
    told = []
    for day in range(24, 34):
        traveller.move_to(at(9, day=day))
        if reminders_send():
            told.append(day)
    assert told == [27, 30, 33]
    note = Notification.objects.filter(recipient=sokha).latest("created_at")
    assert note.data["days"] == 9
