"""Recording doses online: windows, early, twice, undo, correct, snooze, groups, other people."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.doses import errors, services
from apps.doses.models import DoseEvent, DoseTestimony
from apps.medications.models import CatalogueMedicine, Medication
from apps.prescriptions.models import Prescription
from apps.users.models import User
from dastern.core.errors import NotFound
from dastern.outbox.models import OutboxMessage
from tests.doses.conftest import local
from tests.support.courses import lay_out, medicine, slot
from tests.support.people import actor, link

pytestmark = pytest.mark.django_db
At = Callable[..., Any]


def statements(queries: CaptureQueriesContext) -> list[str]:
    """What was asked, without savepoints."""
    return [q["sql"] for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]


@pytest.mark.parametrize(
    ("clock", "day", "status"),
    [("12:30:00", 24, "TAKEN_ON_TIME"), ("12:30:01", 24, "TAKEN_LATE"), ("12:00", 25, "TAKEN_LATE")],
)
def test_s046_on_time_late(sokha: User, doses: list[DoseEvent], clock: str, day: int, status: str) -> None:
    told = services.dose_take(actor=actor(sokha), dose_id=doses[1].id, now=local(clock, day))
    doses[1].refresh_from_db()
    assert (told.dose["status"], doses[1].status, doses[1].taken_at) == (status, status, local(clock, day))
    assert (doses[1].source, doses[1].recorded_by_id, doses[1].was_offline) == ("SELF", sokha.id, False)


def test_s046_after_a_day_it_is_closed(sokha: User, doses: list[DoseEvent]) -> None:
    with pytest.raises(errors.WindowClosed) as refused:
        services.dose_take(actor=actor(sokha), dose_id=doses[1].id, now=local("12:01", 25))
    assert refused.value.status == 409
    doses[1].refresh_from_db()
    assert (doses[1].status, DoseTestimony.objects.count()) == ("DUE", 0)


def test_s047_early_needs_a_confirmation_and_distance(sokha: User, doses: list[DoseEvent]) -> None:
    services.dose_take(actor=actor(sokha), dose_id=doses[0].id, now=local("07:00"))
    noon: dict[str, Any] = {"actor": actor(sokha), "dose_id": doses[1].id}
    with pytest.raises(errors.TooEarly) as asked:
        services.dose_take(**noon, now=local("11:00"))
    assert (asked.value.status, asked.value.extra) == (409, {"confirmable": True})
    with pytest.raises(errors.TooEarly) as refused:
        services.dose_take(**noon, confirm_early=True, now=local("07:30"))
    assert refused.value.extra == {"confirmable": False}
    told = services.dose_take(**noon, confirm_early=True, now=local("11:00"))
    assert (told.dose["status"], told.dose["early"]) == ("TAKEN_ON_TIME", True)


def test_a_high_alert_medicine_is_never_early(sokha: User, course: Prescription, doses: list[DoseEvent]) -> None:
    insulin = CatalogueMedicine.objects.create(name_en="Insulin", flags=["highAlert"], source="test")
    Medication.objects.update(catalogue=insulin)
    with pytest.raises(errors.TooEarly) as refused:
        services.dose_take(actor=actor(sokha), dose_id=doses[1].id, confirm_early=True, now=local("11:00"))
    assert refused.value.extra == {"confirmable": False}


def test_the_future_is_refused(sokha: User, doses: list[DoseEvent]) -> None:
    take: dict[str, Any] = {"actor": actor(sokha), "dose_id": doses[1].id, "now": local("11:55")}
    with pytest.raises(errors.FutureTime):
        services.dose_take(**take, taken_at=local("12:00:01"))
    services.dose_take(**take, taken_at=local("12:00"))


def test_twice_is_once_and_the_earlier_time_stays(sokha: User, doses: list[DoseEvent]) -> None:
    for clock in ("12:05", "12:06"):
        told = services.dose_take(actor=actor(sokha), dose_id=doses[1].id, now=local(clock))
    assert told.dose["takenAt"] == "2026-11-24T05:05:00.000Z"
    assert (told.figures.taken, told.figures.total, told.figures.progress) == (1, 3, 33)
    assert AuditLog.objects.filter(action_type="DOSE_TAKEN").count() == 1
    assert DoseTestimony.objects.count() == 2


def test_about_to_take_late_warns_and_records(sokha: User, doses: list[DoseEvent]) -> None:
    told = services.dose_take(actor=actor(sokha), dose_id=doses[1].id, now=local("14:00:01"))
    assert (told.warning, told.dose["status"]) == ("TWO_DOSES_TOGETHER", "TAKEN_LATE")
    fact = services.dose_take(actor=actor(sokha), dose_id=doses[0].id, taken_at=local("09:30"), now=local("14:05"))
    assert fact.warning is None


def test_a_mark_takes_five_statements(sokha: User, doses: list[DoseEvent]) -> None:
    with CaptureQueriesContext(connection) as queries:
        services.dose_take(actor=actor(sokha), dose_id=doses[1].id, now=local("12:00"))
    assert len(statements(queries)) == 5, statements(queries)


def test_skipping_keeps_the_reason_and_tells_the_prescriber_of_side_effects(
    sokha: User, doses: list[DoseEvent]
) -> None:
    told = services.dose_skip(
        actor=actor(sokha), dose_id=doses[1].id, reason="SIDE_EFFECTS", text="a rash", now=local("12:00")
    )
    assert (told.dose["status"], told.dose["skipReason"], told.dose["skipText"]) == (
        "SKIPPED", "SIDE_EFFECTS", "a rash",
    )  # fmt: skip
    assert OutboxMessage.objects.get().topic == "doses.side_effects"
    again = services.dose_skip(actor=actor(sokha), dose_id=doses[1].id, reason="FASTING", now=local("12:01"))
    assert again.dose["skipReason"] == "SIDE_EFFECTS"
    services.dose_take(actor=actor(sokha), dose_id=doses[0].id, now=local("07:00"))
    with pytest.raises(errors.AlreadyRecorded):
        services.dose_skip(actor=actor(sokha), dose_id=doses[0].id, reason="FASTING", now=local("07:01"))


def test_s060_three_snoozes_and_never_past_two_hours(sokha: User, doses: list[DoseEvent]) -> None:
    snooze: dict[str, Any] = {"actor": actor(sokha), "dose_id": doses[1].id}
    for clock in ("12:00", "12:10", "12:20"):
        told = services.dose_snooze(**snooze, minutes=10, now=local(clock))
    assert (told.dose["snoozedUntil"], told.dose["snoozeCount"]) == ("2026-11-24T05:30:00.000Z", 3)
    with pytest.raises(errors.SnoozeLimit) as refused:
        services.dose_snooze(**snooze, minutes=5, now=local("12:31"))
    assert refused.value.status == 409
    evening: dict[str, Any] = {"actor": actor(sokha), "dose_id": doses[2].id, "minutes": 15}
    with pytest.raises(errors.SnoozeLimit):
        services.dose_snooze(**evening, now=local("19:45:01"))
    assert services.dose_snooze(**evening, now=local("19:45")).dose["snoozedUntil"] == "2026-11-24T13:00:00.000Z"


def test_s060_grace_alone_decides_on_time(sokha: User, doses: list[DoseEvent]) -> None:
    services.dose_snooze(actor=actor(sokha), dose_id=doses[1].id, minutes=15, now=local("12:20"))
    told = services.dose_take(actor=actor(sokha), dose_id=doses[1].id, now=local("12:35"))
    assert (told.dose["status"], told.dose["snoozedUntil"]) == ("TAKEN_LATE", None)


def test_s061_undo_within_ten_minutes_then_correct(sokha: User, doses: list[DoseEvent]) -> None:
    mine: dict[str, Any] = {"actor": actor(sokha), "dose_id": doses[1].id}
    services.dose_take(**mine, now=local("12:00"))
    assert services.dose_undo(**mine, now=local("12:10")).dose["status"] == "DUE"
    with pytest.raises(errors.NotRecorded):
        services.dose_undo(**mine, now=local("12:10"))
    services.dose_take(**mine, now=local("12:20"))
    with pytest.raises(errors.WindowClosed) as refused:
        services.dose_undo(**mine, now=local("12:30:01"))
    assert refused.value.status == 409
    told = services.dose_correct(**mine, to="NOT_TAKEN", reason="tapped by mistake", now=local("13:00"))
    assert (told.dose["status"], told.dose["takenAt"]) == ("MISSED", None)
    doses[1].refresh_from_db()
    assert doses[1].missed_alert_at == local("13:00")  # the family hears no late alarm
    kept = DoseTestimony.objects.latest("id")
    assert (kept.kind, kept.reason, kept.before["status"]) == ("CORRECTED", "tapped by mistake", "TAKEN_ON_TIME")
    assert AuditLog.objects.filter(action_type="DOSE_CORRECTED").count() == 2


def test_undo_goes_back_step_by_step(sokha: User, doses: list[DoseEvent]) -> None:
    mine: dict[str, Any] = {"actor": actor(sokha), "dose_id": doses[1].id}
    services.dose_skip(**mine, reason="FASTING", now=local("12:00"))
    services.dose_take(**mine, now=local("12:05"))
    assert services.dose_undo(**mine, now=local("12:06")).dose["skipReason"] == "FASTING"


def test_correct_to_another_time(sokha: User, doses: list[DoseEvent]) -> None:
    mine: dict[str, Any] = {"actor": actor(sokha), "dose_id": doses[1].id}
    with pytest.raises(errors.NotRecorded):
        services.dose_correct(**mine, to="TAKEN", taken_at=local("12:40"), reason="x", now=local("13:00"))
    services.dose_take(**mine, now=local("12:00"))
    told = services.dose_correct(**mine, to="TAKEN", taken_at=local("12:40"), reason="late", now=local("13:00"))
    assert (told.dose["status"], told.dose["takenAt"]) == ("TAKEN_LATE", "2026-11-24T05:40:00.000Z")
    with pytest.raises(errors.WindowClosed):
        services.dose_correct(**mine, to="NOT_TAKEN", reason="x", now=local("12:00:01", 25))


def test_a_caregiver_marks_is_named_and_changes_only_the_own_records(
    sokha: User, dara: User, doses: list[DoseEvent]
) -> None:
    link(sokha, dara)
    told = services.dose_take(actor=actor(dara), dose_id=doses[1].id, now=local("12:00"))
    assert told.dose["recordedById"] == str(dara.id)
    doses[1].refresh_from_db()
    assert doses[1].source == "CAREGIVER"
    assert AuditLog.objects.get(action_type="DOSE_TAKEN").actor_id == dara.id
    assert services.dose_undo(actor=actor(dara), dose_id=doses[1].id, now=local("12:01")).dose["status"] == "DUE"
    services.dose_take(actor=actor(sokha), dose_id=doses[1].id, now=local("12:02"))
    with pytest.raises(errors.NotRecorded):
        services.dose_undo(actor=actor(dara), dose_id=doses[1].id, now=local("12:03"))
    with pytest.raises(errors.OnlyYourOwn):
        services.dose_correct(actor=actor(dara), dose_id=doses[1].id, to="NOT_TAKEN", reason="x", now=local("12:03"))
    with pytest.raises(NotFound):  # putting off is the patient's
        services.dose_snooze(actor=actor(dara), dose_id=doses[2].id, minutes=5, now=local("18:00"))


@pytest.mark.parametrize("level", ["NOT_ALLOWED", "REQUEST", "SELECTED", None])
def test_s048_another_patients_dose_is_absent_and_audited(
    sokha: User, dara: User, vanna: User, course: Prescription, doses: list[DoseEvent], level: str | None
) -> None:
    if level:
        link(sokha, dara, PermissionLevel(level), scope={"prescriptionIds": [str(course.id)]})
    for who in (vanna, dara):
        with pytest.raises(NotFound):
            services.dose_take(actor=actor(who), dose_id=doses[1].id, now=local("12:00"))
        with pytest.raises(NotFound):
            services.dose_skip(actor=actor(who), dose_id=doses[1].id, reason="OTHER", now=local("12:00"))
    doses[1].refresh_from_db()
    assert (doses[1].status, DoseTestimony.objects.count(), OutboxMessage.objects.count()) == ("DUE", 0, 0)
    denied = AuditLog.objects.filter(outcome="DENIED", patient_id=sokha.id, resource_id=str(doses[1].id))
    assert set(denied.values_list("actor_id", flat=True)) == {vanna.id, dara.id}


def test_a_group_is_one_time_of_day_and_each_dose_for_itself(sokha: User, course: Prescription) -> None:
    insulin = CatalogueMedicine.objects.create(name_en="Insulin", flags=["highAlert"], source="test")
    medicine(course, "Paracetamol", row_number=2, duration=1, daytime_dosage=slot("2"))
    medicine(course, "Insulin", row_number=3, duration=1, daytime_dosage=slot("10"), catalogue=insulin)
    lay_out(course, local("00:00"))
    noon = list(DoseEvent.objects.filter(scheduled_time=local("12:00")).order_by("medication__row_number"))
    evening = DoseEvent.objects.get(scheduled_time=local("18:00"))
    answers, figures = services.group_take(actor=actor(sokha), dose_ids=[dose.id for dose in noon], now=local("12:00"))
    assert [(answer.outcome, answer.code) for answer in answers] == [
        ("APPLIED", None), ("APPLIED", None), ("REJECTED", "HIGH_ALERT"),
    ]  # fmt: skip
    assert [answer.dose and answer.dose["status"] for answer in answers] == ["TAKEN_ON_TIME", "TAKEN_ON_TIME", "DUE"]
    assert figures.taken == 2
    with pytest.raises(errors.MixedGroup):
        services.group_take(actor=actor(sokha), dose_ids=[noon[0].id, evening.id], now=local("12:00"))


def test_two_people_are_asked_whether_it_was_one_dose(sokha: User, dara: User, doses: list[DoseEvent]) -> None:
    link(sokha, dara)
    services.dose_take(actor=actor(sokha), dose_id=doses[1].id, now=local("12:00"))
    told = services.dose_take(actor=actor(dara), dose_id=doses[1].id, now=local("12:01"))
    assert (told.dose["possibleDouble"], told.dose["recordedById"]) == (True, str(sokha.id))
    services.dose_take(actor=actor(dara), dose_id=doses[1].id, now=local("12:02"))
    asked = OutboxMessage.objects.get()
    assert (asked.topic, set(asked.payload["recorders"])) == (
        "doses.possible_double", {str(sokha.id), str(dara.id)},
    )  # fmt: skip
