"""The hourly jobs: reminders, grace, the free plan, and who is told whose alerts stop."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from apps.audit.models import AuditLog
from apps.connections.choices import ConnectionStatus
from apps.connections.models import Connection
from apps.notifications.models import Notification
from apps.prescriptions.models import Prescription
from apps.subscriptions.choices import SeatStatus, Tier
from apps.subscriptions.models import FamilyMember, Subscription
from apps.subscriptions.selectors import plan_of
from apps.subscriptions.services import subscription_downgrade, subscription_ensure
from apps.subscriptions.services.jobs import subscriptions_expire, subscriptions_remind
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.outbox.drainer import drain
from tests.support.people import Api, actor, link, make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
MEDICINE = {
    "medicineName": "Vitamin C", "strength": "500 mg", "unit": "TABLET", "frequencyType": "DAILY", "duration": 60,
    "morningDosage": {"amount": "1", "beforeMeal": False},
}  # fmt: skip


def paid(user: User, tier: str = Tier.PREMIUM, end: datetime = NOON) -> Subscription:
    row = subscription_ensure(user_id=user.id, now=clock.now())
    Subscription.objects.filter(pk=row.pk).update(tier=tier, expires_at=end)
    row.refresh_from_db()
    return row


def told(user: User) -> list[str]:
    return list(
        Notification.objects.filter(recipient=user).order_by("created_at", "id").values_list("title", flat=True)
    )


def prescribe_oneself(user: User, title: str) -> int:
    body = {"title": title, "startDate": "2026-11-24", "medications": [MEDICINE]}
    return int(Api(user).post("prescriptions/patient", body).status_code)


@pytest.mark.parametrize(
    ("step", "tier", "status"),
    [
        (-SECOND, "PREMIUM", "ACTIVE"),
        (timedelta(), "PREMIUM", "GRACE"),
        (SECOND, "PREMIUM", "GRACE"),
        (3 * DAY - SECOND, "PREMIUM", "GRACE"),
        (3 * DAY, "FREEMIUM", "EXPIRED"),
        (3 * DAY + SECOND, "FREEMIUM", "EXPIRED"),
    ],
)
def test_s081_the_job_keeps_the_edges(sokha: User, step: timedelta, tier: str, status: str) -> None:
    row = paid(sokha)
    subscriptions_expire(now=NOON)
    if step < timedelta():
        Subscription.objects.filter(pk=row.pk).update(status="ACTIVE")
    subscriptions_expire(now=NOON + step)
    row.refresh_from_db()
    assert (row.tier, row.status) == (tier, status)
    assert (row.expires_at is None) == (tier == "FREEMIUM")


def test_s081_what_is_over_the_free_plan_stays_and_only_new_things_are_refused() -> None:
    sokha = make_user("Sokha", language="ENGLISH")
    with time_machine.travel(NOON - 20 * DAY, tick=True):
        paid(sokha)
        carers = [make_user(f"Carer {number}", Role.FAMILY_MEMBER) for number in range(3)]
        for number, carer in enumerate(carers):
            made = link(sokha, carer)
            Connection.objects.filter(pk=made.pk).update(accepted_at=NOON - timedelta(days=10 - number))
    with time_machine.travel(NOON - DAY, tick=True):
        assert [prescribe_oneself(sokha, f"Course {number}") for number in range(4)] == [201] * 4
    with time_machine.travel(NOON, tick=True):
        subscriptions_expire(now=clock.now())
        assert prescribe_oneself(sokha, "In grace") == 201
        drain()
        assert told(carers[0]) == []
        assert told(carers[1]) == told(carers[2]) == ["ការជូនដំណឹងអំពី Sokha នឹងឈប់"], "before, in Khmer"
    with time_machine.travel(NOON + 3 * DAY, tick=True):
        subscriptions_expire(now=clock.now())
        drain()
        assert plan_of(sokha.id).tier == "FREEMIUM"
        assert told(carers[0]) == []
        assert len(told(carers[1])) == len(told(carers[2])) == 2, "and on the day"
        assert Prescription.objects.filter(patient=sokha, status="ACTIVE").count() == 5, "every course goes on"
        assert len(Api(sokha).get("doses/today").json()["data"]["doses"]) == 5
        refused = Api(sokha).post(
            "prescriptions/patient", {"title": "New", "startDate": "2026-11-27", "medications": [MEDICINE]}
        )
        assert (refused.status_code, refused.json()["code"]) == (403, "PLAN_LIMIT")
        assert (refused.json()["limit"], refused.json()["count"]) == (1, 5)
        assert Connection.objects.filter(patient=sokha, status=ConnectionStatus.ACCEPTED).count() == 3
        assert told(sokha) == [
            "Premium has ended", "Some alerts to your family will stop", "You are on the free plan",
            "Some alerts to your family have stopped",
        ]  # fmt: skip
    causes = AuditLog.objects.filter(action_type="SUBSCRIPTION_CHANGE", patient_id=sokha.id).order_by("id")
    assert [entry.details["cause"] for entry in causes] == ["SIGN_UP", "GRACE", "EXPIRED"]


def test_s071_the_free_plan_holds_one_prescription_of_ones_own_and_every_one_of_a_doctor(
    sokha: User, dr_lim: User
) -> None:
    with time_machine.travel(NOON, tick=True):
        link(sokha, dr_lim)
        assert prescribe_oneself(sokha, "Vitamins") == 201
        refused = Api(sokha).post(
            "prescriptions/patient", {"title": "More", "startDate": "2026-11-24", "medications": [MEDICINE]}
        )
        assert (refused.status_code, refused.json()["code"]) == (403, "PLAN_LIMIT")
        assert (refused.json()["limit"], refused.json()["count"]) == (1, 1)
        for _ in range(2):
            body = {"patientId": str(sokha.id), "diagnosis": "Cough", "medications": [MEDICINE]}
            assert Api(dr_lim).post("prescriptions", body).status_code == 201


def test_the_free_plan_has_one_doctor_and_the_paid_ones_any_number(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    other = make_user("Dr Keo", Role.DOCTOR)
    refused = Api(sokha).post("connections", {"targetUserId": str(other.id), "permissionLevel": "SELECTED"})
    assert (refused.status_code, refused.json()["code"]) == (403, "PLAN_LIMIT")
    assert (refused.json()["limit"], refused.json()["count"]) == (1, 1)
    paid(sokha, end=clock.now() + DAY)
    asked = Api(sokha).post("connections", {"targetUserId": str(other.id), "permissionLevel": "SELECTED"})
    assert asked.status_code == 201


def test_reminders_are_told_once_each(sokha: User) -> None:
    paid(sokha)
    counts = []
    for hours in range(8 * 24, -2, -6):
        moment = NOON - timedelta(hours=hours)
        with time_machine.travel(moment, tick=False):
            counts.append(subscriptions_remind(now=moment) + subscriptions_remind(now=moment))
    assert sum(counts) == 3
    assert Notification.objects.filter(recipient=sokha, message__contains="2026-11-24").count() == 3


def test_the_day_is_the_day_of_the_person() -> None:
    late = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # 01:00 of the 25th in Phnom Penh
    sokha = make_user("Sokha", language="ENGLISH")
    paid(sokha, end=late)
    with time_machine.travel(late - DAY, tick=False):
        subscriptions_remind(now=late - DAY)
    assert "2026-11-25" in Notification.objects.get(recipient=sokha).message


def test_renewing_starts_new_reminders(sokha: User) -> None:
    row = paid(sokha)
    assert subscriptions_remind(now=NOON - 7 * DAY) == 1
    Subscription.objects.filter(pk=row.pk).update(expires_at=NOON + 30 * DAY)
    assert subscriptions_remind(now=NOON - DAY) == 0
    assert subscriptions_remind(now=NOON + 23 * DAY) == 1


def test_a_wish_for_the_free_plan_takes_effect_at_the_end_without_grace() -> None:
    sokha = make_user("Sokha", language="ENGLISH")
    with time_machine.travel(NOON - 10 * DAY, tick=False):
        paid(sokha)
        answer = Api(sokha).post("subscriptions/cancel").json()["data"]
        assert (answer["tier"], answer["pendingTier"], answer["effectiveTier"]) == ("PREMIUM", "FREEMIUM", "PREMIUM")
        assert Api(sokha).post("subscriptions/downgrade", {"tier": "PREMIUM"}).json()["data"]["pendingTier"] is None
        assert Api(sokha).post("subscriptions/cancel").status_code == 200
        assert Api(sokha).post("subscriptions/downgrade", {"tier": "FAMILY_PREMIUM"}).status_code == 400
        assert Api(sokha).post("subscriptions/downgrade", {"tier": "GOLD"}).status_code == 400
    with time_machine.travel(NOON - DAY, tick=False):
        subscriptions_remind(now=clock.now())
    assert "As you asked" in Notification.objects.get(recipient=sokha).message
    subscriptions_expire(now=NOON)
    row = Subscription.objects.get(user=sokha)
    assert (row.tier, row.status, row.pending_tier) == ("FREEMIUM", "EXPIRED", "")
    assert Api(sokha).post("subscriptions/cancel").json()["code"] == "NOTHING_PAID"


def test_those_seated_lose_what_the_seat_gave_and_are_told(sokha: User, dara: User) -> None:
    row = paid(sokha, Tier.FAMILY_PREMIUM)
    subscription_ensure(user_id=dara.id, now=clock.now())
    FamilyMember.objects.create(subscription=row, member=dara, added_at=clock.now(), status=SeatStatus.ACTIVE)
    subscription_downgrade(actor=actor(sokha), tier=Tier.PREMIUM)
    subscriptions_expire(now=NOON)
    assert plan_of(dara.id).tier == "FREEMIUM"
    assert told(dara) == ["Your seat in a family plan has ended"]
    row.refresh_from_db()
    assert (row.tier, row.status) == ("PREMIUM", "GRACE"), "the smaller plan waits for its payment"
    assert FamilyMember.objects.count() == 1, "nothing is deleted: paying again seats her again"


def test_the_job_touches_nothing_that_does_not_end(sokha: User, vanna: User) -> None:
    subscription_ensure(user_id=vanna.id, now=clock.now())
    paid(sokha, end=NOON + 40 * DAY)
    assert subscriptions_expire(now=NOON) == 0
    assert subscriptions_remind(now=NOON) == 0


@pytest.mark.django_db(transaction=True)
def test_the_job_twice_at_once_ends_a_plan_once() -> None:
    people = [make_user(f"Patient {number}") for number in range(4)]
    for user in people:
        paid(user)
    barrier, counts = threading.Barrier(2), []

    def run() -> None:
        barrier.wait()
        try:
            counts.append(subscriptions_expire(now=NOON + 3 * DAY))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 4
    assert AuditLog.objects.filter(action_type="SUBSCRIPTION_CHANGE", details__cause="EXPIRED").count() == 4
    assert all(len(told(user)) == 1 for user in people)


def test_the_tasks_of_the_scheduler(sokha: User) -> None:
    from apps.subscriptions.tasks import subscriptions_expire as expire
    from apps.subscriptions.tasks import subscriptions_remind as remind

    paid(sokha, end=clock.now() + DAY)
    assert remind.delay().get() == 1
    paid(sokha, end=clock.now() - SECOND)
    assert expire.delay().get() == 1


def test_staff_give_days_with_a_reason(sokha: User, capsys: pytest.CaptureFixture[str]) -> None:
    with time_machine.travel(NOON, tick=False):
        call_command("give_plan", "sokha@example.com", "PREMIUM", "--days", "10", "--reason", "Paid in cash")
        call_command("give_plan", "sokha@example.com", "PREMIUM", "--days", "5", "--reason", "Goodwill")
    row = Subscription.objects.get(user=sokha)
    assert (row.tier, row.expires_at) == ("PREMIUM", NOON + 15 * DAY)
    reasons = AuditLog.objects.filter(action_type="SUBSCRIPTION_CHANGE", details__cause="GIVEN").order_by("id")
    assert [entry.details["reason"] for entry in reasons] == ["Paid in cash", "Goodwill"]
    for wrong in (
        ["nobody@example.com", "PREMIUM", "--reason", "x"],
        ["sokha@example.com", "PREMIUM", "--days", "0", "--reason", "x"],
        ["sokha@example.com", "PREMIUM", "--days", "3", "--reason", " "],
    ):
        with pytest.raises(CommandError):
            call_command("give_plan", *wrong)
