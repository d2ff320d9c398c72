"""The evening summary and the doctor's week: who gets them, when, once, and figures only."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from apps.adherence.services import summaries_send
from apps.audit.models import AuditLog
from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.connections.models import Connection
from apps.doctor_dashboard.services.digest import digests_send
from apps.doses.models import DoseEvent
from apps.medications.models import Medication
from apps.notifications.models import Notification
from apps.users.choices import AccountStatus, Language
from apps.users.models import NotificationPreference, User
from dastern.core import localtime
from tests.support.courses import course_of, medicine
from tests.support.people import Api, link, make_user

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # 07:00 in Phnom Penh
EVENING = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # 20:00


def dose(medication: Medication, status: str, at: datetime) -> None:
    DoseEvent.objects.create(
        prescription_id=medication.prescription_id, medication=medication, patient_id=medication.patient_id,
        scheduled_time=at, local_date=localtime.local_date(at, "Asia/Phnom_Penh"), time_period="MORNING",
        reminder_time="07:00", grace_minutes=30, overdue_at=at + timedelta(minutes=30), version_number=1,
        status=status, created_at=at, taken_at=at if status.startswith("TAKEN") else None,
    )  # fmt: skip


@pytest.fixture
def day(sokha: User) -> User:
    """Two of three doses of the day taken, one of them of a private medicine."""
    course = course_of(sokha)
    amlodipine = medicine(course, "Amlodipine")
    private = medicine(course, "Sertraline", private=True, row_number=2)
    for medication, status, hours in ((amlodipine, "TAKEN_ON_TIME", 6), (amlodipine, "MISSED", 5),
                                      (private, "TAKEN_ON_TIME", 4)):  # fmt: skip
        dose(medication, status, EVENING - timedelta(hours=hours))
    return sokha


def asked_for(user: User) -> None:
    assert Api(user).patch("users/settings/notifications", {"dailySummary": True}).status_code == 200


def told(user: User) -> list[str]:
    return list(Notification.objects.filter(recipient=user).values_list("message", flat=True))


def at(moment: datetime) -> Any:
    return time_machine.travel(moment, tick=False)


def test_a_caregiver_who_asked_hears_of_everybody_once_an_evening(day: User, dara: User) -> None:
    link(day, dara)
    other = make_user("Bopha")
    link(other, dara)
    dose(medicine(course_of(other)), "TAKEN_ON_TIME", EVENING - timedelta(hours=3))
    asked_for(dara)
    with at(EVENING - timedelta(seconds=1)):
        assert summaries_send() == 0
    with at(EVENING):
        assert (summaries_send(), summaries_send()) == (1, 0)
    [message] = told(dara)
    assert message.startswith("Recorded as taken of what was planned today: ")
    assert set(message.removeprefix("Recorded as taken of what was planned today: ").split("; ")) == {
        "Sokha 1/2", "Bopha 1/1",
    }  # fmt: skip
    assert "Sertraline" not in message
    looks = AuditLog.objects.filter(actor_id=dara.id, action_type="DATA_ACCESS", resource_type="adherence")
    assert set(looks.values_list("patient_id", flat=True)) == {day.id, other.id}
    with at(EVENING + timedelta(days=1)):
        assert summaries_send() == 0, "nothing was planned, nothing is said"


def test_nobody_hears_who_did_not_ask_or_may_not_see(day: User, dara: User, dr_lim: User, rith: User) -> None:
    link(day, dara)
    nothing = make_user("Carer")
    link(day, nothing, PermissionLevel.NOT_ALLOWED)
    for user in (nothing, rith):
        asked_for(user)
    link(day, dr_lim)
    NotificationPreference.objects.update_or_create(user=dr_lim, defaults={"daily_summary": True})
    with at(EVENING):
        assert summaries_send() == 0
    assert not Notification.objects.exists()


def test_a_grant_that_ended_before_the_evening_tells_nothing(day: User, dara: User) -> None:
    made = link(day, dara)
    asked_for(dara)
    Connection.objects.filter(pk=made.pk).update(status=ConnectionStatus.REVOKED)
    with at(EVENING):
        assert summaries_send() == 0


def test_quiet_hours_and_mute_hold_for_summaries_too(day: User, dara: User) -> None:
    link(day, dara)
    asked_for(dara)
    quiet = {"quietFrom": "19:00", "quietUntil": "06:00"}
    assert Api(dara).patch("users/settings/notifications", quiet).status_code == 200
    with at(EVENING):
        assert summaries_send() == 1
    assert Notification.objects.get(recipient=dara).channel_state["email"] == "held"


def test_a_doctor_hears_the_week_on_monday_morning_once(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    amlodipine = medicine(course_of(sokha))
    for back, status in ((1, "MISSED"), (2, "MISSED"), (3, "TAKEN_ON_TIME"), (9, "MISSED")):
        dose(amlodipine, status, MONDAY - timedelta(days=back))
    well = make_user("Bopha")
    link(well, dr_lim)
    dose(medicine(course_of(well)), "TAKEN_ON_TIME", MONDAY - timedelta(days=1))
    User.objects.filter(pk=dr_lim.pk).update(language=Language.ENGLISH)
    for moment in (MONDAY - timedelta(seconds=1), MONDAY + timedelta(days=1)):
        with at(moment):
            assert digests_send() == 0
    with at(MONDAY):
        assert (digests_send(), digests_send()) == (1, 0)
    assert told(dr_lim) == ["Of 2 patients 1 took less than 70 % of what was planned; 2 doses were missed."]


def test_the_week_is_told_in_khmer_to_a_khmer_doctor(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    with at(MONDAY):
        assert digests_send() == 1
    assert "អ្នកជំងឺ" in told(dr_lim)[0]
    assert "70 %" in told(dr_lim)[0]


def test_a_doctor_may_switch_it_off_and_needs_patients_and_a_licence(sokha: User, dr_lim: User) -> None:
    with at(MONDAY):
        assert digests_send() == 0, "no patients"
    made = link(sokha, dr_lim, PermissionLevel.SELECTED, scope={"prescriptionIds": []})
    with at(MONDAY):
        assert digests_send() == 0, "figures were not granted"
    Connection.objects.filter(pk=made.pk).update(permission_level=PermissionLevel.ALLOWED)
    assert Api(dr_lim).patch("users/settings/notifications", {"weeklyDigest": False}).status_code == 200
    with at(MONDAY):
        assert digests_send() == 0
    Api(dr_lim).patch("users/settings/notifications", {"weeklyDigest": True})
    User.objects.filter(pk=dr_lim.pk).update(account_status=AccountStatus.PENDING_VERIFICATION)
    with at(MONDAY):
        assert digests_send() == 0
