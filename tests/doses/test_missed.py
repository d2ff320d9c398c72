"""The missed job and its announcements (scenarios 37, 49, 53, 57, 59)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.doses import services
from apps.doses.choices import WithdrawReason
from apps.doses.models import DoseEvent, ReminderLog, WithdrawnDose
from apps.doses.rules import alerts
from apps.doses.services import missed as job
from apps.doses.services import schedule
from apps.doses.services.missed import doses_mark_missed
from apps.doses.services.reminders import reminders_clean_up
from apps.medications.models import Medication
from apps.notifications.models import Notification
from apps.prescriptions.models import Prescription
from apps.subscriptions.models import Subscription
from apps.users.choices import Role
from apps.users.models import User
from dastern.outbox.drainer import drain
from dastern.outbox.models import OutboxMessage
from tests.doses.conftest import local
from tests.support.courses import course_of, lay_out, medicine
from tests.support.people import actor, link, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def run(now: datetime) -> int:
    """The job, then the drainer, at ``now``."""
    with time_machine.travel(now, tick=False):
        marked = doses_mark_missed(now=now)
        drain()
    return marked


def told(who: User) -> list[Notification]:
    return list(Notification.objects.filter(recipient=who).order_by("created_at", "id"))


def statuses(doses: list[DoseEvent]) -> list[str]:
    found = DoseEvent.objects.in_bulk([dose.id for dose in doses])
    return [found[dose.id].status for dose in doses]


@pytest.mark.parametrize(("clock", "status"), [("12:29:59", "DUE"), ("12:30:00", "DUE"), ("12:30:01", "MISSED")])
def test_a_dose_is_missed_after_its_grace(sokha: User, doses: list[DoseEvent], clock: str, status: str) -> None:
    services.dose_take(actor=actor(sokha), dose_id=doses[0].id, now=local("07:00"))
    run(local(clock))
    assert statuses(doses[:3]) == ["TAKEN_ON_TIME", status, "DUE"]
    assert AuditLog.objects.filter(action_type="DOSE_MISSED", actor_role="SYSTEM").count() == (status == "MISSED")


def test_s049_the_last_dose_of_the_day_counts_for_its_day(sokha: User) -> None:
    course = course_of(sokha)
    medicine(course, duration=1, custom_times=[{"time": "23:50", "amount": "1"}])
    lay_out(course, local("00:00"))
    run(local("00:20", 25))
    assert DoseEvent.objects.get().status == "DUE"
    # the course itself ended at midnight; its last dose still closes
    Prescription.objects.update(status="INACTIVE", stopped_at=local("00:05", 25), last_day=local("12:00").date())
    run(local("00:20:01", 25))
    dose = DoseEvent.objects.get()
    assert (dose.status, dose.local_date.day, dose.missed_at) == ("MISSED", 24, local("00:20:01", 25))


def test_s037_a_paused_course_misses_nothing(sokha: User, dara: User, course: Prescription) -> None:
    link(sokha, dara)
    DoseEvent.objects.filter(scheduled_time=local("07:00")).update(status="SKIPPED", skip_reason="OTHER")
    schedule.schedule_withdraw(prescription_id=course.id, now=local("11:50"), reason=WithdrawReason.PAUSED)
    Prescription.objects.filter(pk=course.pk).update(status="PAUSED", paused_at=local("11:50"))
    for clock in ("12:31", "14:00", "23:59"):
        assert run(local(clock)) == 0
    assert (told(sokha), told(dara)) == ([], [])


def test_a_dose_due_before_the_pause_leaves_the_schedule_after_its_day(
    sokha: User, course: Prescription, doses: list[DoseEvent]
) -> None:
    Prescription.objects.filter(pk=course.pk).update(status="PAUSED", paused_at=local("07:10"))
    schedule.schedule_withdraw(prescription_id=course.id, now=local("07:10"), reason=WithdrawReason.PAUSED)
    assert run(local("07:00", 25)) == 0
    assert statuses(doses[:1]) == ["DUE"]  # it may still be recorded
    run(local("07:00:01", 25))
    assert not DoseEvent.objects.exists()
    assert WithdrawnDose.objects.get(pk=doses[0].pk).reason == "PAUSED"
    assert (told(sokha), AuditLog.objects.filter(action_type="DOSE_MISSED").count()) == ([], 0)


def test_nobody_is_asked_whose_account_is_being_deleted(sokha: User, doses: list[DoseEvent]) -> None:
    User.objects.filter(pk=sokha.pk).update(account_status="DELETION_PENDING")
    assert run(local("13:00")) == 0
    assert statuses(doses[:2]) == ["DUE", "DUE"]


def test_the_patient_is_told_at_once_and_the_family_after_an_hour(
    sokha: User, dara: User, doses: list[DoseEvent]
) -> None:
    link(sokha, dara)
    services.dose_take(actor=actor(sokha), dose_id=doses[0].id, now=local("07:00"))
    run(local("12:30:01"))
    [note] = told(sokha)
    assert (note.type, note.lang, note.data["doseIds"]) == ("MISSED_DOSE_ALERT", "km", [str(doses[1].id)])
    for clock in ("12:31", "12:59:59"):
        run(local(clock))
    assert (len(told(sokha)), told(dara)) == (1, [])
    for clock in ("13:00", "13:01", "14:00"):
        run(local(clock))
    [alert] = told(dara)
    assert (alert.title, alert.message) == (
        "Sokha: a dose is not recorded",
        "Sokha has not recorded the dose of 12:00. You may want to ask how it is going.",
    )
    assert "Amoxicillin" not in alert.message + note.message
    doses[1].refresh_from_db()
    assert doses[1].missed_alert_at == local("13:00")


def test_nothing_is_told_of_what_was_recorded_meanwhile(sokha: User, dara: User, doses: list[DoseEvent]) -> None:
    link(sokha, dara)
    run(local("12:30:01"))
    services.dose_take(actor=actor(sokha), dose_id=doses[1].id, now=local("12:59"))
    run(local("13:00"))
    assert [note.data["doseIds"] for note in told(dara)] == [[str(doses[0].id)]]


def test_s053_a_testimony_sends_one_correction_to_those_who_were_alerted(
    sokha: User, dara: User, doses: list[DoseEvent]
) -> None:
    link(sokha, dara)
    other = make_user("Bopha", Role.FAMILY_MEMBER)
    link(sokha, other, alerts=False)
    services.dose_take(actor=actor(sokha), dose_id=doses[0].id, now=local("07:00"))
    run(local("12:30:01"))
    run(local("13:00"))
    for _ in range(2):
        with time_machine.travel(local("15:00"), tick=False):
            services.dose_take(actor=actor(sokha), dose_id=doses[1].id, taken_at=local("12:10"), offline=True)
        run(local("15:00"))
    assert statuses(doses[1:2]) == ["TAKEN_ON_TIME"]
    assert [note.message for note in told(dara)][1:] == [
        "The dose of 12:00 was taken after all. It was recorded later."
    ]
    assert (told(other), len(told(sokha))) == ([], 1)


def test_an_undone_correction_alerts_nobody_again(sokha: User, dara: User, doses: list[DoseEvent]) -> None:
    link(sokha, dara)
    run(local("12:30:01"))
    run(local("13:00"))
    before = len(told(dara))
    mine: dict[str, Any] = {"actor": actor(sokha), "dose_id": doses[1].id}
    services.dose_take(**mine, now=local("15:00"))
    services.dose_undo(**mine, now=local("15:05"))
    services.dose_take(**mine, now=local("15:06"))
    services.dose_correct(**mine, to="NOT_TAKEN", reason="no", now=local("15:30"))
    for clock in ("15:31", "18:00"):
        run(local(clock))
    assert statuses(doses[1:2]) == ["MISSED"]
    assert len(told(dara)) == before


def test_s061_correcting_to_not_taken_raises_no_late_alarm(sokha: User, dara: User, doses: list[DoseEvent]) -> None:
    link(sokha, dara)
    mine: dict[str, Any] = {"actor": actor(sokha), "dose_id": doses[0].id}
    services.dose_take(**mine, now=local("07:00"))
    services.dose_correct(**mine, to="NOT_TAKEN", reason="tapped by mistake", now=local("09:00"))
    for clock in ("09:01", "11:00"):
        run(local(clock))
    assert (statuses(doses[:1]), told(dara), told(sokha)) == (["MISSED"], [], [])


def test_s057_after_an_outage_each_recipient_gets_one_message(
    sokha: User, dara: User, course: Prescription, doses: list[DoseEvent]
) -> None:
    link(sokha, dara)
    for row in (2, 3):
        medicine(course, f"Medicine {row}", row_number=row, duration=1)
    lay_out(course, local("11:00"))
    assert run(local("14:30")) == 4  # 07:00 and three at noon
    for who in (sokha, dara):
        [note] = told(who)
        assert len(note.data["doseIds"]) == 4
    assert told(dara)[0].message == (
        "Told late: Sokha did not record 4 doses: 07:00, 12:00."  # the morning is more than six hours old
    )
    assert run(local("14:31")) == 0


@pytest.mark.parametrize(("clock", "late"), [("13:30", False), ("13:30:01", True)])
def test_misses_older_than_six_hours_are_one_late_summary(
    sokha: User, doses: list[DoseEvent], clock: str, late: bool
) -> None:
    run(local(clock))
    [note] = told(sokha)
    assert (len(note.data["doseIds"]), "យឺត" in note.message or "late" in note.message) == (2, late)


def test_s059_who_is_alerted(sokha: User, dara: User, dr_lim: User, rith: User, course: Prescription) -> None:
    link(sokha, dara)
    link(sokha, dr_lim)
    link(sokha, make_user("Nobody", Role.FAMILY_MEMBER), PermissionLevel.NOT_ALLOWED)
    link(sokha, make_user("Asker", Role.FAMILY_MEMBER), PermissionLevel.REQUEST)
    link(sokha, make_user("Muted", Role.FAMILY_MEMBER), alerts=False)
    scope = {"prescriptionIds": [str(course.id)]}
    chosen = make_user("Chosen", Role.FAMILY_MEMBER)
    link(sokha, chosen, PermissionLevel.SELECTED, scope=scope)
    link(sokha, make_user("Elsewhere", Role.FAMILY_MEMBER), PermissionLevel.SELECTED, scope={"prescriptionIds": []})
    _ten_caregivers(sokha)
    run(local("12:31"))
    run(local("13:00"))
    alerted = Notification.objects.filter(type="MISSED_DOSE_ALERT").exclude(recipient=sokha)
    assert sorted(alerted.values_list("recipient__full_name", "lang")) == [
        ("Chosen", "km"), ("Chosen", "km"), ("Dara", "en"), ("Dara", "en"),
    ]  # fmt: skip
    assert sorted(alerted.values_list("data__doseIds", flat=True)) == sorted(
        [[str(dose.id)] for dose in DoseEvent.objects.filter(status="MISSED")] * 2
    )


def _ten_caregivers(patient: User) -> None:
    Subscription.objects.update_or_create(
        user=patient,
        defaults={
            "tier": "FAMILY_PREMIUM", "started_at": local("00:00"), "expires_at": local("00:00") + timedelta(days=30),
        },
    )  # fmt: skip


def test_alerts_go_to_the_oldest_links_within_the_plan(sokha: User, dara: User, doses: list[DoseEvent]) -> None:
    newer = make_user("Bopha", Role.FAMILY_MEMBER)
    with time_machine.travel(local("06:00"), tick=False):
        link(sokha, dara)
    with time_machine.travel(local("06:30"), tick=False):
        link(sokha, newer)
    run(local("12:31"))
    run(local("13:00"))
    assert (len(told(dara)), told(newer)) == (2, [])


def test_private_medicines_are_not_told(sokha: User, dara: User, doses: list[DoseEvent]) -> None:
    link(sokha, dara)
    Medication.objects.update(private=True)
    run(local("12:31"))
    run(local("13:00"))
    assert (len(told(sokha)), told(dara)) == (1, [])


def test_time_critical_medicines_are_told_after_thirty_minutes_through_quiet_hours(
    sokha: User, dara: User, doses: list[DoseEvent]
) -> None:
    link(sokha, dara)
    Medication.objects.update(time_critical=True)
    services.dose_take(actor=actor(sokha), dose_id=doses[0].id, now=local("07:00"))
    run(local("12:30:01"))
    [alert] = told(dara)
    assert alert.data["critical"] is True


@pytest.mark.parametrize(
    ("grace", "family", "critical", "minutes"),
    [(30, 60, False, 60), (60, 30, False, 60), (30, 240, False, 240), (10, 240, True, 30), (60, 60, True, 60)],
)
def test_when_the_family_is_told(grace: int, family: int, critical: bool, minutes: int) -> None:
    at = alerts.family_alert_at(local("12:00"), grace_minutes=grace, family_minutes=family, time_critical=critical)
    assert at - local("12:00") == minutes * MINUTE


def test_times_of_other_days_carry_their_day() -> None:
    zone, now = "Asia/Phnom_Penh", local("08:00")
    moments = [local("07:00"), local("07:00"), local("21:00", 23), *(local(f"0{h}:30") for h in range(1, 6))]
    assert alerts.times_text(moments, zone, now) == "23/11 21:00, 01:30, 02:30, 03:30, 04:30, 05:30 …"


def test_a_killed_run_leaves_nothing_half_done(
    sokha: User, dara: User, doses: list[DoseEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_args: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(job, "outbox_add_many", dies)
        with pytest.raises(SystemExit):
            doses_mark_missed(now=local("12:31"))
    assert statuses(doses[:2]) == ["DUE", "DUE"]
    assert (AuditLog.objects.count(), OutboxMessage.objects.count()) == (0, 0)
    assert run(local("12:31")) == 2


def test_batches_until_nothing_is_left_and_the_cost_of_one(
    sokha: User, course: Prescription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "BATCH", 2)
    assert run(local("23:00")) == 3
    monkeypatch.setattr(job, "BATCH", 500)

    def cost(day: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            doses_mark_missed(now=local("12:31", day))
        return len([q for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]])

    few = cost(25)
    for row in range(2, 22):
        medicine(course, f"Medicine {row}", row_number=row, duration=3)
    lay_out(course, local("13:00", 25))
    assert cost(26) == few == 6


def test_the_look_for_overdue_doses_uses_the_partial_index(sokha: User, doses: list[DoseEvent]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        sql = job.CANDIDATES.replace("%s", "$1", 1).replace("%s", "$2", 1).replace("%s", "$3", 1)
        cursor.execute(f"PREPARE look (timestamptz, timestamptz, int) AS {sql}")
        cursor.execute("EXPLAIN EXECUTE look (now(), now(), 500)")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE look")
    assert "doses_overdue" in plan


def test_the_commands(sokha: User, course: Prescription, capsys: pytest.CaptureFixture[str]) -> None:
    with time_machine.travel(local("12:31"), tick=False):
        call_command("mark_missed_doses")
        DoseEvent.objects.filter(scheduled_time__gt=local("00:00", 25)).delete()
        call_command("generate_doses")
        call_command("generate_doses", "--patient", str(sokha.id))
    out = capsys.readouterr().out
    assert out == "2 doses marked as missed\n1 courses, 6 doses laid out\n1 courses, 0 doses laid out\n"


def test_reports_about_reminders_are_kept_ninety_days(sokha: User) -> None:
    for age in (timedelta(days=90), timedelta(days=90, seconds=1)):
        made = local("12:00") - age
        ReminderLog.objects.create(
            id=f"00000000-0000-4000-8000-{int(age.total_seconds()):012d}", patient=sokha, device_id="d",
            planned_for=made, created_at=made,
        )  # fmt: skip
    assert reminders_clean_up(now=local("12:00")) == 1
