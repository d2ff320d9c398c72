"""What phones push and pull about doses, over the wire (scenarios 48, 51–56; domain.md §2.18)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.doses.choices import WithdrawReason
from apps.doses.models import DoseEvent, DoseTestimony, PrnIntake, ReminderLog, WithdrawnDose
from apps.doses.services import schedule
from apps.medications.models import Medication
from apps.prescriptions.models import Prescription
from apps.prescriptions.services.changing import medicine_settings_set
from apps.users.models import User
from dastern.core.localtime import iso
from dastern.outbox.models import OutboxMessage
from tests.doses.conftest import local
from tests.support.courses import lay_out, medicine, plan_of
from tests.support.people import Api, actor, link

pytestmark = pytest.mark.django_db
Body = dict[str, Any]


def act(kind: str, dose: DoseEvent | UUID | None, at: datetime, **fields: Any) -> Body:
    """An act as a phone writes it."""
    object_id = dose.id if isinstance(dose, DoseEvent) else dose
    data = fields.pop("data", {})
    patient = fields.pop("patient", None)
    return {
        "localId": str(uuid4()), "kind": kind, "patientId": str(patient or User.objects.get(full_name="Sokha").id),
        "objectId": str(object_id) if object_id else None, "at": iso(at), "recordedAt": iso(at), "data": data,
    } | fields  # fmt: skip


def push(who: User, *acts: Body, now: datetime, device: str = "phone-1", ahead: timedelta = timedelta()) -> list[Body]:
    """Send acts at ``now`` from a phone whose clock is ``ahead``."""
    with time_machine.travel(now, tick=False):
        body = {"deviceId": device, "sentAt": iso(now + ahead), "acts": list(acts)}
        answer = Api(who).post("sync/push", body)
    assert answer.status_code == 200, answer.content
    found: list[Body] = answer.json()["data"]["results"]
    return found


def pull(who: User, now: datetime, cursor: str = "") -> Body:
    """Everything that changed."""
    with time_machine.travel(now, tick=False):
        answer = Api(who).get("sync/pull", **({"cursor": cursor} if cursor else {}))
    assert answer.status_code == 200, answer.content
    found: Body = answer.json()["data"]
    return found


def outcomes(results: list[Body]) -> list[tuple[str, str | None]]:
    return [(one["outcome"], one["code"]) for one in results]


def test_an_intake_is_applied_and_shown_as_the_single_get(sokha: User, doses: list[DoseEvent]) -> None:
    [told] = push(sokha, act("dose.taken", doses[1], local("12:05"), data={"amount": "0.5"}), now=local("15:00"))
    assert (told["outcome"], told["resource"]) == ("APPLIED", "doses")
    body = told["object"]
    assert (body["id"], body["status"], body["takenAt"], body["amountTaken"], body["wasOffline"]) == (
        str(doses[1].id), "TAKEN_ON_TIME", "2026-11-24T05:05:00.000Z", "0.5", True,
    )  # fmt: skip
    page = pull(sokha, local("15:00"))
    shown = {change["id"]: change["object"] for change in page["changes"] if change["resource"] == "doses"}
    assert shown[str(doses[1].id)] == body
    assert set(shown) == {str(dose.id) for dose in doses}


def test_s051_two_phones_later_one_first(sokha: User, doses: list[DoseEvent]) -> None:
    [later] = push(sokha, act("dose.taken", doses[1], local("12:20")), now=local("13:00"), device="phone-2")
    [first] = push(sokha, act("dose.taken", doses[1], local("12:05")), now=local("13:01"))
    assert (later["outcome"], first["outcome"]) == ("APPLIED", "MERGED")
    doses[1].refresh_from_db()
    assert (doses[1].taken_at, doses[1].possible_double) == (local("12:05"), True)
    assert DoseTestimony.objects.filter(dose_id=doses[1].id).count() == 2
    assert OutboxMessage.objects.filter(topic="doses.possible_double").count() == 1


def test_s052_the_same_batch_twice_changes_nothing(sokha: User, doses: list[DoseEvent]) -> None:
    batch = [act("dose.taken", doses[0], local("07:02")), act("dose.skipped", doses[1], local("12:00"),
             data={"reason": "FASTING"}), act("dose.taken", uuid4(), local("12:00"))]  # fmt: skip
    first = push(sokha, *batch, now=local("13:00"))
    before = (list(DoseEvent.objects.values()), AuditLog.objects.count(), DoseTestimony.objects.count())
    assert push(sokha, *batch, now=local("13:10")) == first
    assert (list(DoseEvent.objects.values()), AuditLog.objects.count(), DoseTestimony.objects.count()) == before
    assert outcomes(first) == [("APPLIED", None), ("APPLIED", None), ("REJECTED", "NOT_FOUND")]


def test_s053_a_testimony_beats_the_inference(sokha: User, doses: list[DoseEvent]) -> None:
    DoseEvent.objects.filter(pk=doses[1].pk).update(
        status="MISSED", missed_at=local("12:30"), missed_alert_at=local("13:00")
    )
    [told] = push(sokha, act("dose.taken", doses[1], local("12:10")), now=local("15:00"))
    assert (told["outcome"], told["object"]["status"]) == ("MERGED", "TAKEN_ON_TIME")
    assert [message.topic for message in OutboxMessage.objects.all()] == ["doses.taken_after_all"]


def test_s054_one_act_too_late_is_refused_alone(sokha: User, doses: list[DoseEvent]) -> None:
    late = act("dose.taken", doses[0], local("08:00", 25))
    told = push(sokha, late, act("dose.taken", doses[3], local("07:00", 25)), now=local("09:00", 25))
    assert outcomes(told) == [("REJECTED", "WINDOW_CLOSED"), ("APPLIED", None)]
    assert told[0]["object"]["status"] == "DUE"  # the phone sees the dose as it is


def test_s055_a_skip_needs_no_time_of_intake(sokha: User, doses: list[DoseEvent]) -> None:
    told = push(sokha, act("dose.skipped", doses[1], local("12:00"), data={"reason": "OTHER", "text": "away"}),
                now=local("12:01"))  # fmt: skip
    assert outcomes(told) == [("APPLIED", None)]
    assert (told[0]["object"]["skipReason"], told[0]["object"]["skipText"]) == ("OTHER", "away")


def test_s056_a_clock_three_hours_ahead_is_corrected_and_both_times_kept(sokha: User, doses: list[DoseEvent]) -> None:
    ahead = timedelta(hours=3)
    queued = act("dose.taken", doses[0], local("07:05") + ahead)  # done at 07:05, sent hours later
    [told] = push(sokha, queued, now=local("11:00"), ahead=ahead)
    assert (told["object"]["takenAt"], told["object"]["takenAtDevice"]) == (iso(local("07:05")), iso(local("10:05")))
    assert told["object"]["status"] == "TAKEN_ON_TIME"


def test_an_early_act_made_offline_is_applied_with_the_flag(sokha: User, doses: list[DoseEvent]) -> None:
    [told] = push(sokha, act("dose.taken", doses[2], local("16:00")), now=local("19:00"))
    assert (told["outcome"], told["object"]["status"], told["object"]["early"]) == ("APPLIED", "TAKEN_ON_TIME", True)


def test_undo_by_local_id_in_the_same_batch_and_later(sokha: User, doses: list[DoseEvent]) -> None:
    taken = act("dose.taken", doses[1], local("12:00"))
    undone = act("dose.undone", doses[1], local("12:09"), data={"undoes": taken["localId"]})
    told = push(sokha, taken, undone, now=local("18:00"))
    assert outcomes(told) == [("APPLIED", None)] * 2
    assert told[1]["object"]["status"] == "DUE"
    again = act("dose.taken", doses[1], local("12:15"))
    push(sokha, again, now=local("18:01"))
    for at, data, expected in (
        (local("12:25:01"), {"undoes": again["localId"]}, ("REJECTED", "WINDOW_CLOSED")),
        (local("12:20"), {"undoes": str(uuid4())}, ("REJECTED", "NOT_FOUND")),
        (local("12:20"), {}, ("REJECTED", "INVALID")),
        (local("12:09"), {"undoes": taken["localId"]}, ("SERVER_WINS", None)),
        (local("12:25"), {"undoes": again["localId"]}, ("APPLIED", None)),
    ):
        told = push(sokha, act("dose.undone", doses[1], at, data=data), now=local("18:02"))
        assert outcomes(told) == [expected]


def test_undo_of_a_refused_act_is_no_error(sokha: User, doses: list[DoseEvent]) -> None:
    late = act("dose.taken", doses[0], local("08:00", 25))
    undo = act("dose.undone", doses[0], local("08:01", 25), data={"undoes": late["localId"]})
    assert outcomes(push(sokha, late, undo, now=local("09:00", 25))) == [
        ("REJECTED", "WINDOW_CLOSED"), ("SERVER_WINS", None),
    ]  # fmt: skip


def test_snooze_and_correct(sokha: User, doses: list[DoseEvent]) -> None:
    told = push(
        sokha,
        act("dose.snoozed", doses[1], local("12:00"), data={"minutes": 10}),
        act("dose.taken", doses[1], local("12:11")),
        act("dose.corrected", doses[1], local("13:00"),
            data={"to": "TAKEN", "at": iso(local("12:40")), "reason": "later"}),
        act("dose.snoozed", doses[2], local("18:00"), data={"minutes": True}),
        now=local("19:00"),
    )  # fmt: skip
    assert outcomes(told) == [("APPLIED", None)] * 3 + [("REJECTED", "INVALID")]
    doses[1].refresh_from_db()
    assert (doses[1].status, doses[1].taken_at) == ("TAKEN_LATE", local("12:40"))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("dose.taken", {"amount": "lots"}),
        ("dose.taken", {"amount": "-1"}),
        ("dose.skipped", {"reason": "BORED"}),
        ("dose.skipped", {}),
        ("dose.corrected", {"to": "NOT_TAKEN", "reason": " "}),
        ("dose.corrected", {"to": "TAKEN", "reason": "x", "at": "noon"}),
        ("prn.taken", {"medicationId": "x", "amount": "1"}),
        ("prn.taken", {"medicationId": str(uuid4())}),
        ("reminder.logged", {"plannedFor": "noon"}),
    ],
)
def test_what_cannot_be_read_is_refused_alone(sokha: User, doses: list[DoseEvent], kind: str, data: Body) -> None:
    good = [act("dose.taken", doses[1], local("12:00"))] if kind != "dose.taken" else []
    told = push(sokha, *good, act(kind, doses[1], local("12:05"), data=data), now=local("12:10"))
    assert outcomes(told)[-1] == ("REJECTED", "INVALID")
    assert all(outcome == ("APPLIED", None) for outcome in outcomes(told)[:-1])


def test_s048_foreign_doses_are_not_found_and_audited(
    sokha: User, vanna: User, dara: User, course: Prescription, doses: list[DoseEvent]
) -> None:
    link(sokha, dara, PermissionLevel.SELECTED, scope={"prescriptionIds": [str(course.id)]})
    for who in (vanna, dara):
        as_self = act("dose.taken", doses[1], local("12:00"), patient=who.id)
        as_sokha = act("dose.taken", doses[1], local("12:00"))
        told = push(who, as_self, as_sokha, now=local("12:05"))
        assert outcomes(told) == [("REJECTED", "NOT_FOUND")] * 2
        assert all(one["object"] is None for one in told)
    denied = AuditLog.objects.filter(outcome="DENIED", patient_id=sokha.id, resource_id=str(doses[1].id))
    assert set(denied.values_list("actor_id", flat=True)) == {vanna.id, dara.id}
    doses[1].refresh_from_db()
    assert doses[1].status == "DUE"


def test_a_caregiver_allowed_everything_marks_from_the_own_phone(
    sokha: User, dara: User, doses: list[DoseEvent]
) -> None:
    link(sokha, dara)
    told = push(
        dara,
        act("dose.taken", doses[1], local("12:00")),
        act("dose.corrected", doses[0], local("12:00"), data={"to": "NOT_TAKEN", "reason": "x"}),
        now=local("12:05"),
        device="dara-phone",
    )
    assert outcomes(told) == [("APPLIED", None), ("REJECTED", "NOT_FOUND")]
    doses[1].refresh_from_db()
    assert (doses[1].recorded_by_id, doses[1].source, doses[1].recorded_device) == (dara.id, "CAREGIVER", "dara-phone")


def withdraw(course: Prescription, now: datetime, reason: WithdrawReason = WithdrawReason.PAUSED) -> None:
    schedule.schedule_withdraw(prescription_id=course.id, now=now, reason=reason)


def test_an_intake_before_the_withdrawal_restores_the_dose(
    sokha: User, course: Prescription, doses: list[DoseEvent]
) -> None:
    withdraw(course, local("11:50"))
    taken = act("dose.taken", doses[1], local("11:40"))
    [told] = push(sokha, taken, now=local("13:00"))
    assert (told["outcome"], told["object"]["status"]) == ("MERGED", "TAKEN_ON_TIME")
    assert DoseEvent.objects.get(pk=doses[1].pk).half_interval_minutes == 150
    assert not WithdrawnDose.objects.filter(pk=doses[1].pk).exists()
    undo = act("dose.undone", doses[1], local("11:45"), data={"undoes": taken["localId"]})
    [told] = push(sokha, undo, now=local("13:01"))
    assert (told["outcome"], told["object"]["status"]) == ("APPLIED", "DUE")


def test_a_restored_intake_takes_the_doubled_slot_of_the_new_version_away(
    sokha: User, course: Prescription, doses: list[DoseEvent]
) -> None:
    old = Medication.objects.get()
    new = medicine(course, "amoxicillin", row_number=2, duration=3)
    other = medicine(course, "Ibuprofen", row_number=3, duration=3)
    counts = schedule.schedule_replace(
        plan_of(course), now=local("11:50"), retired_ids=[old.id], new_ids=[new.id, other.id]
    )
    assert counts == (8, 16)
    push(sokha, act("dose.taken", doses[1], local("11:45")), now=local("11:55"))
    noon = DoseEvent.objects.filter(scheduled_time=local("12:00")).order_by("medication__row_number")
    assert [(dose.medication_id, dose.status) for dose in noon] == [(old.id, "TAKEN_ON_TIME"), (other.id, "DUE")]
    assert DoseEvent.objects.filter(medication=new, scheduled_time=local("18:00")).exists()
    assert WithdrawnDose.objects.filter(medication=new).count() == 1


def test_a_medicine_that_became_private_leaves_the_phones_of_others(
    sokha: User, dara: User, course: Prescription, doses: list[DoseEvent], at: Any
) -> None:
    link(sokha, dara)
    cursor = pull(dara, local("06:00"))["cursor"]
    with at("06:01"):
        medicine_settings_set(actor=actor(sokha), medication=Medication.objects.get(), settings={"private": True})
    page = pull(dara, local("06:02"), cursor)
    gone = {change["id"] for change in page["changes"] if change["resource"] == "doses" and change["deleted"]}
    assert gone == {str(dose.id) for dose in doses}


def test_an_intake_after_the_withdrawal_is_kept_apart_and_told_once(
    sokha: User, course: Prescription, doses: list[DoseEvent]
) -> None:
    withdraw(course, local("11:50"), WithdrawReason.STOPPED)
    for clock in ("12:05", "12:01"):
        [told] = push(sokha, act("dose.taken", doses[1], local(clock)), now=local("13:00"))
        assert (told["outcome"], told["resource"], told["object"]) == ("SERVER_WINS", "doses", None)
    assert WithdrawnDose.objects.get(pk=doses[1].pk).taken_after_stop_at == local("12:01")
    assert [message.topic for message in OutboxMessage.objects.all()] == ["doses.taken_after_stop"]
    [told] = push(sokha, act("dose.skipped", doses[2], local("18:00"), data={"reason": "OTHER"}), now=local("18:01"))
    assert told["outcome"] == "SERVER_WINS"


def test_an_act_on_a_withdrawn_dose_counts_for_its_successor(
    sokha: User, course: Prescription, doses: list[DoseEvent]
) -> None:
    withdraw(course, local("11:50"))
    schedule.schedule_lay_out(plan_of(course), now=local("11:55"), respect_taken=True)
    again = DoseEvent.objects.get(scheduled_time=local("12:00"))
    [told] = push(sokha, act("dose.taken", doses[1], local("12:02")), now=local("13:00"))
    assert (told["outcome"], told["object"]["id"]) == ("APPLIED", str(again.id))
    assert DoseEvent.objects.filter(scheduled_time=local("12:00")).count() == 1


def test_a_batch_costs_the_same_for_one_act_and_for_twenty(sokha: User, course: Prescription) -> None:
    extra = medicine(course, "Paracetamol", row_number=2, duration=20)
    lay_out(course, local("00:00"))
    doses = list(DoseEvent.objects.filter(medication=extra).order_by("scheduled_time")[:40])
    counts = []
    for part in (doses[:1], doses[1:21]):
        acts = [act("dose.taken", dose, dose.scheduled_time) for dose in part]
        acts.append(act("dose.skipped", doses[30 + len(part) % 7], doses[30].scheduled_time, data={"reason": "OTHER"}))
        with CaptureQueriesContext(connection) as queries:
            push(sokha, *acts, now=local("23:00", 30) + timedelta(days=10))
        counts.append(len([q for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]))
    assert counts[0] == counts[1] <= 8, counts


def test_prn_intakes_are_kept_and_flagged_over_the_limit(sokha: User, course: Prescription) -> None:
    needed = medicine(course, "Ibuprofen", row_number=2, is_prn=True, prn_max_per_day="2")
    data = {"medicationId": str(needed.id), "amount": "1", "reason": "headache"}
    acts = [act("prn.taken", None, local(clock), data=data) for clock in ("08:00", "12:00", "16:00")]
    told = push(sokha, *acts, now=local("16:01"))
    assert outcomes(told) == [("APPLIED", None)] * 3
    assert [one["object"]["overLimit"] for one in told] == [False, False, True]
    assert [one["object"]["id"] for one in told] == [one["localId"] for one in acts]
    assert PrnIntake.objects.count() == 3
    [foreign] = push(sokha, act("prn.taken", None, local("16:00"), data=data | {"medicationId": str(uuid4())}),
                     now=local("16:01"))  # fmt: skip
    assert foreign["code"] == "NOT_FOUND"


def test_reminder_reports_are_kept(sokha: User, doses: list[DoseEvent]) -> None:
    data = {"doseId": str(doses[1].id), "plannedFor": iso(local("12:00")), "firedAt": iso(local("12:00:02")),
            "answer": "TAKEN", "exact": True}  # fmt: skip
    report = act("reminder.logged", None, local("12:01"), data=data)
    assert outcomes(push(sokha, report, now=local("12:05"))) == [("APPLIED", None)]
    kept = ReminderLog.objects.get()
    assert (str(kept.id), kept.dose_id, kept.fired_at, kept.exact) == (
        report["localId"], doses[1].id, local("12:00:02"), True,
    )  # fmt: skip


def test_a_caregiver_pulls_what_the_grant_shows(sokha: User, dara: User, course: Prescription) -> None:
    other = Prescription.objects.get(pk=course.pk)
    other.pk, other.id = None, uuid4()
    other.save(force_insert=True)
    medicine(other, "Secret", row_number=2, duration=1, private=True)
    medicine(other, "Open", row_number=3, duration=1)
    lay_out(other, local("00:00"))
    link(sokha, dara, PermissionLevel.SELECTED, scope={"prescriptionIds": [str(other.id)], "to": "2026-11-24"})
    page = pull(dara, local("12:00"))
    names = [c["object"]["medicationName"] for c in page["changes"] if c["resource"] == "doses"]
    assert names == ["Open"] * 3
    assert Medication.objects.count() == 3
