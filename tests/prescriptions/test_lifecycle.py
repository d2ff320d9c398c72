"""Confirm, send back, reject, pause, resume, stop, delete (scenarios 30, 31, 36–38, 41–44)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.db import connections

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog
from apps.doses.models import DoseEvent, WithdrawnDose
from apps.notifications.models import Notification
from apps.prescriptions.models import Prescription, PrescriptionVersion
from apps.prescriptions.services.jobs import courses_finish
from apps.users.models import User
from tests.prescriptions.conftest import DAY1, at, body, clocks, medicine, once_a_day, own, slot
from tests.support.people import Api, link

pytestmark = pytest.mark.django_db


def step(person: User, prescription: dict[str, Any], verb: str, **data: Any) -> Any:
    return Api(person).post(f"prescriptions/{prescription['id']}/{verb}", data)


def test_s030_confirming_twice_makes_one_set_of_doses_and_one_audit_row(
    written: dict[str, Any], sokha: User, dr_lim: User
) -> None:
    first, second = (Api(sokha).post(f"prescriptions/{written['id']}/{verb}") for verb in ("confirm", "activate"))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["data"] == second.json()["data"]
    assert first.json()["data"]["status"] == "ACTIVE"
    assert DoseEvent.objects.count() == 29
    assert AuditLog.objects.filter(action_type=AuditAction.PRESCRIPTION_CONFIRM).count() == 1
    told = Notification.objects.get(recipient=dr_lim)
    assert told.data["prescriptionId"] == written["id"]


@pytest.mark.django_db(transaction=True)
def test_s030_a_double_tap_at_the_same_instant(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    written = Api(dr_lim).post("prescriptions", body(sokha, once_a_day(ongoing=True, duration=None))).json()["data"]

    def confirm(_number: int) -> int:
        try:
            return int(Api(sokha).post(f"prescriptions/{written['id']}/confirm").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(confirm, range(4))) == [200] * 4
    assert len(set(clocks(written["id"]))) == DoseEvent.objects.count()
    assert AuditLog.objects.filter(action_type=AuditAction.PRESCRIPTION_CONFIRM).count() == 1
    assert Notification.objects.filter(recipient=dr_lim).count() == 1


def test_only_the_patient_confirms(written: dict[str, Any], dr_lim: User, dara: User, vanna: User, sokha: User) -> None:
    link(sokha, dara)
    assert step(dr_lim, written, "confirm").status_code == 403
    assert step(dara, written, "confirm").status_code == 403
    assert step(vanna, written, "confirm").status_code == 404
    assert Prescription.objects.get().status == "DRAFT"
    assert not DoseEvent.objects.exists()
    assert AuditLog.objects.filter(outcome="DENIED").count() == 3


def test_a_draft_that_waited_begins_when_it_is_confirmed(written: dict[str, Any], sokha: User, traveller: Any) -> None:
    traveller.move_to(at(8, day=26))
    confirmed = step(sokha, written, "confirm").json()["data"]
    assert (confirmed["startDate"], confirmed["lastDay"]) == ("2026-11-26", "2026-12-05")


def test_s031_sent_back_corrected_confirmed(written: dict[str, Any], sokha: User, dr_lim: User) -> None:
    assert step(sokha, written, "retake").status_code == 400
    assert step(sokha, written, "retake", reason=" ").status_code == 400
    back = step(sokha, written, "retake", reason="I am allergic to penicillin").json()["data"]
    assert (back["status"], back["retakeReason"]) == ("DRAFT", "I am allergic to penicillin")
    told = Notification.objects.get(recipient=dr_lim)
    assert told.data["reason"] == "I am allergic to penicillin"
    assert "penicillin" not in told.message
    assert AuditLog.objects.filter(action_type=AuditAction.PRESCRIPTION_RETAKE).count() == 1
    changed = Api(dr_lim).patch(
        f"prescriptions/{written['id']}",
        {"medications": [medicine("Azithromycin")], "changeReason": "Allergy", "updatedAt": back["updatedAt"]},
    )
    assert changed.status_code == 200
    data = changed.json()["data"]
    assert (data["status"], data["currentVersion"], data["retakeReason"]) == ("DRAFT", 2, "")
    assert [row["medicineName"] for row in data["medications"]] == ["Azithromycin"]
    assert [row["state"] for row in data["versions"]] == ["APPLIED", "APPLIED"]
    assert (
        PrescriptionVersion.objects.get(version_number=2).snapshot["medications"][0]["medicineName"] == "Azithromycin"
    )
    assert Notification.objects.filter(recipient=sokha).count() == 2
    assert step(sokha, written, "confirm").status_code == 200
    assert step(sokha, written, "retake", reason="late").json()["code"] == "WRONG_STATE"
    assert Prescription.objects.get().status == "ACTIVE"


def test_rejected_is_final(written: dict[str, Any], sokha: User, dr_lim: User) -> None:
    assert step(sokha, written, "reject", reason="No").json()["data"]["status"] == "INACTIVE"
    assert Notification.objects.get(recipient=dr_lim).data["reason"] == "No"
    for verb in ("confirm", "reject", "pause", "resume", "stop"):
        refused = step(sokha, written, verb)
        assert (refused.status_code, refused.json()["code"]) == (409, "WRONG_STATE")


def test_s036_a_pause_moves_the_end(traveller: Any, sokha: User) -> None:
    made = Api(sokha).post("prescriptions/patient", own(once_a_day())).json()["data"]
    assert made["lastDay"] == "2026-12-03"
    traveller.move_to(at(9, day=27))
    assert step(sokha, made, "pause").json()["data"]["pausedAt"] is not None
    assert clocks(made["id"]) == ["24 12:00", "25 12:00", "26 12:00"]
    assert WithdrawnDose.objects.count() == 7
    traveller.move_to(at(9, day=30))
    resumed = step(sokha, made, "resume").json()["data"]
    assert (resumed["status"], resumed["pausedAt"], resumed["lastDay"]) == ("ACTIVE", None, "2026-12-06")
    assert clocks(made["id"])[3:] == [
        "30 12:00", "01 12:00", "02 12:00", "03 12:00", "04 12:00", "05 12:00", "06 12:00",
    ]  # fmt: skip
    assert not DoseEvent.objects.filter(status="MISSED").exists()


def test_a_written_end_does_not_move(traveller: Any, sokha: User) -> None:
    made = Api(sokha).post("prescriptions/patient", own(once_a_day(), endDate="2026-12-02")).json()["data"]
    traveller.move_to(at(9, day=27))
    step(sokha, made, "pause")
    traveller.move_to(at(9, day=30))
    assert step(sokha, made, "resume").json()["data"]["lastDay"] == "2026-12-02"
    assert clocks(made["id"])[-1] == "02 12:00"


def test_a_medicine_added_after_a_pause_was_not_paused(traveller: Any, sokha: User) -> None:
    made = Api(sokha).post("prescriptions/patient", own(once_a_day())).json()["data"]
    step(sokha, made, "pause")
    traveller.move_to(at(8, day=27))
    step(sokha, made, "resume")
    added = Api(sokha).post(f"prescriptions/{made['id']}/medications", once_a_day("Aspirin", duration=2)).json()["data"]
    assert clocks(made["id"], medication_id=added["id"]) == ["27 12:00", "28 12:00"]
    changed = Api(sokha).patch(f"medications/{made['medications'][0]['id']}", {"daytimeDosage": slot("2")})
    assert clocks(made["id"], medication_id=changed.json()["data"]["id"])[-1] == "06 12:00"


def test_s037_a_pause_shortly_before_takes_the_dose_away(traveller: Any, sokha: User) -> None:
    made = Api(sokha).post("prescriptions/patient", own(once_a_day())).json()["data"]
    traveller.move_to(at(11, 50))
    step(sokha, made, "pause")
    assert clocks(made["id"]) == []


def test_a_dose_whose_time_has_come_stays_when_paused_or_stopped(traveller: Any, sokha: User) -> None:
    made = Api(sokha).post("prescriptions/patient", own(once_a_day())).json()["data"]
    traveller.move_to(at(12))
    step(sokha, made, "stop", reason="enough")
    assert clocks(made["id"], status="DUE") == ["24 12:00"]
    assert AuditLog.objects.filter(details__action="STOPPED").get().details["reason"] == "enough"


def test_s038_no_dose_before_the_confirmation(written: dict[str, Any], sokha: User, traveller: Any) -> None:
    traveller.move_to(at(13))
    step(sokha, written, "confirm")
    assert clocks(written["id"])[:2] == ["24 18:00", "25 07:00"]
    assert DoseEvent.objects.exclude(status="DUE").count() == 0


def test_s039_as_needed_only_makes_no_doses(traveller: Any, sokha: User) -> None:
    prn = {"medicineName": "Paracetamol", "unit": "TABLET", "frequencyType": "PRN", "isPRN": True, "dosageAmount": "1"}
    made = Api(sokha).post("prescriptions/patient", own(prn))
    assert made.status_code == 201, made.content
    assert clocks(made.json()["data"]["id"]) == []


def test_s040_days_of_treatment(traveller: Any, sokha: User) -> None:
    nothing = Api(sokha).post("prescriptions/patient", own(once_a_day(duration=None)))
    assert (nothing.status_code, nothing.json()["errors"][0].split(":")[0]) == (400, "medications[0].duration")
    twice = medicine(duration=None, quantity="14", daytimeDosage=None)
    made = Api(sokha).post("prescriptions/patient", own(twice)).json()["data"]
    assert made["medications"][0]["duration"] == 7
    step(sokha, made, "stop")
    short = Api(sokha).post("prescriptions/patient", own(once_a_day(), endDate="2026-11-26")).json()["data"]
    assert clocks(short["id"]) == ["24 12:00", "25 12:00", "26 12:00"]
    assert short["lastDay"] == "2026-11-26"


def test_s041_weekdays_and_every_second_day(traveller: Any, sokha: User) -> None:
    days = once_a_day(frequencyType="WEEKDAYS", weekdays=[4, 1], duration=10)
    made = Api(sokha).post("prescriptions/patient", own(days)).json()["data"]
    assert clocks(made["id"]) == ["26 12:00", "30 12:00", "03 12:00"]
    step(sokha, made, "stop")
    second = once_a_day(frequencyType="EVERY_N_DAYS", intervalDays=2, duration=5)
    made = Api(sokha).post("prescriptions/patient", own(second)).json()["data"]
    assert clocks(made["id"]) == ["24 12:00", "26 12:00", "28 12:00"]


def test_s042_only_patient_made_ones_are_deleted(course: dict[str, Any], sokha: User) -> None:
    refused = Api(sokha).delete(f"prescriptions/{course['id']}")
    assert (refused.status_code, refused.json()["code"]) == (403, "DOCTOR_MADE")
    made = Api(sokha).post("prescriptions/patient", own(once_a_day("Aspirin"))).json()["data"]
    assert Api(sokha).delete(f"prescriptions/{made['id']}").status_code == 204
    assert Api(sokha).get(f"prescriptions/{made['id']}").status_code == 404
    assert [row["id"] for row in Api(sokha).get("prescriptions").json()["data"]["items"]] == [course["id"]]
    assert clocks(made["id"]) == []
    assert Prescription.objects.filter(pk=made["id"]).exists()
    assert Api(sokha).post("prescriptions/patient", own(once_a_day("Aspirin"))).status_code == 201  # the place is free


def test_s043_before_the_meal_is_half_an_hour_earlier(traveller: Any, sokha: User) -> None:
    early = once_a_day(daytimeDosage=None, morningDosage=slot(beforeMeal=True))
    made = Api(sokha).post("prescriptions/patient", own(early)).json()["data"]
    assert clocks(made["id"])[0] == "25 06:30"


def test_s044_a_course_ends_after_its_last_day(course: dict[str, Any], sokha: User, traveller: Any) -> None:
    traveller.move_to(at(23, 59, day=33))  # 3 December, its last day
    assert courses_finish() == 0
    traveller.move_to(at(0, 5, day=34))
    assert courses_finish() == 1
    assert courses_finish() == 0
    ended = Api(sokha).get(f"prescriptions/{course['id']}").json()["data"]
    assert ended["status"] == "INACTIVE"
    archived = Api(sokha).get("medications/archived").json()["data"]["items"]
    assert [row["medicineName"] for row in archived] == ["Amoxicillin"]
    assert AuditLog.objects.get(details__action="FINISHED").actor_role == "SYSTEM"


def test_the_author_pauses_and_stops_only_with_a_reason(course: dict[str, Any], sokha: User, dr_lim: User) -> None:
    assert step(dr_lim, course, "pause").status_code == 400
    assert step(dr_lim, course, "pause", reason="Operation").json()["data"]["status"] == "PAUSED"
    assert Notification.objects.filter(recipient=sokha, data__reason="Operation").count() == 1
    assert step(dr_lim, course, "resume").status_code == 403
    assert step(dr_lim, course, "stop").status_code == 400
    assert step(dr_lim, course, "stop", reason="Rash").json()["data"]["stoppedReason"] == "Rash"


def test_a_taken_slot_does_not_come_back_when_resumed(sokha: User) -> None:
    with time_machine.travel(DAY1, tick=False) as travel:
        made = Api(sokha).post("prescriptions/patient", own(once_a_day())).json()["data"]
        travel.move_to(at(11, 45))
        DoseEvent.objects.filter(local_date="2026-11-24").update(status="TAKEN_ON_TIME", taken_at=at(11, 45))
        step(sokha, made, "pause")
        travel.move_to(at(11, 50))
        step(sokha, made, "resume")
        assert clocks(made["id"], status="DUE")[0] == "25 12:00"
