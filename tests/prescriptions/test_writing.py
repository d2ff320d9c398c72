"""New prescriptions: who may write one, what it must say, and what the patient is told (scenarios 29, 71)."""

from typing import Any
from uuid import uuid4

import pytest

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog
from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.doses.models import DoseEvent
from apps.notifications.models import Notification
from apps.prescriptions.models import Prescription, PrescriptionVersion
from apps.users.choices import AccountStatus, Role
from apps.users.models import User
from tests.prescriptions.conftest import body, medicine, once_a_day, own
from tests.support.people import Api, link, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("traveller")]


def test_a_doctors_prescription_is_a_draft_with_a_first_version(
    written: dict[str, Any], sokha: User, dr_lim: User
) -> None:
    assert (written["status"], written["source"], written["currentVersion"]) == ("DRAFT", "DOCTOR", 1)
    assert (written["patientName"], written["patientGender"], written["patientAge"]) == ("Sokha", "FEMALE", 66)
    assert written["doctorLicenseNumber"] == dr_lim.license_number
    assert written["startDate"] == "2026-11-24"
    assert written["lastDay"] == "2026-12-03"
    assert [row["medicineName"] for row in written["medications"]] == ["Amoxicillin"]
    assert [(row["versionNumber"], row["state"], row["changeReason"]) for row in written["versions"]] == [
        (1, "APPLIED", "initial")
    ]
    assert not DoseEvent.objects.exists()
    note = Notification.objects.get(recipient=sokha)
    assert note.type == "PRESCRIPTION_UPDATE"
    assert "Amoxicillin" not in note.title + note.message
    assert AuditLog.objects.filter(action_type=AuditAction.PRESCRIPTION_CREATE, patient_id=sokha.id).count() == 1


def test_s029_no_link_no_medicine_no_reason(sokha: User, dr_lim: User) -> None:
    refused = Api(dr_lim).post("prescriptions", body(sokha))
    assert (refused.status_code, refused.json()["code"]) == (403, "MAY_NOT_PRESCRIBE")
    assert AuditLog.objects.get(outcome="DENIED").patient_id == sokha.id
    unknown = Api(dr_lim).post("prescriptions", body(sokha, patientId=uuid4()))
    assert (unknown.status_code, unknown.json()["message"]) == (403, refused.json()["message"])
    link(sokha, dr_lim, PermissionLevel.SELECTED)
    empty = Api(dr_lim).post("prescriptions", body(sokha) | {"medications": []})
    assert (empty.status_code, empty.json()["errors"][0].split(":")[0]) == (400, "medications")
    reasonless = Api(dr_lim).post("prescriptions", body(sokha, diagnosis=" "))
    assert (reasonless.status_code, reasonless.json()["errors"][0].split(":")[0]) == (400, "diagnosis")
    assert not Prescription.objects.exists()
    assert Api(dr_lim).post("prescriptions", body(sokha, diagnosis="", symptoms="Cough")).status_code == 201


@pytest.mark.parametrize("level", [PermissionLevel.NOT_ALLOWED, PermissionLevel.REQUEST])
def test_a_level_below_selected_lets_no_doctor_write(sokha: User, dr_lim: User, level: PermissionLevel) -> None:
    link(sokha, dr_lim, level)
    assert Api(dr_lim).post("prescriptions", body(sokha)).status_code == 403


def test_others_do_not_write_as_doctors(sokha: User, dara: User, vanna: User) -> None:
    link(sokha, dara)
    for person in (dara, vanna, sokha):
        assert Api(person).post("prescriptions", body(sokha)).status_code == 403
    new = make_user("Dr New", Role.DOCTOR, account_status=AccountStatus.PENDING_VERIFICATION)
    link(sokha, new)
    refused = Api(new).post("prescriptions", body(sokha))
    assert (refused.status_code, refused.json()["code"]) == (403, "DOCTOR_NOT_VERIFIED")
    former = make_user("Dr Former", Role.DOCTOR)
    link(sokha, former, status=ConnectionStatus.REVOKED)
    assert Api(former).post("prescriptions", body(sokha)).status_code == 403
    assert not Prescription.objects.exists()


def test_an_urgent_prescription_is_in_force_at_once(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    reasonless = Api(dr_lim).post("prescriptions", body(sokha, isUrgent=True))
    assert (reasonless.status_code, reasonless.json()["errors"][0].split(":")[0]) == (400, "urgentReason")
    made = Api(dr_lim).post("prescriptions", body(sokha, isUrgent=True, urgentReason="High fever")).json()["data"]
    assert (made["status"], made["isUrgent"], made["urgentReason"]) == ("ACTIVE", True, "High fever")
    assert DoseEvent.objects.count() == 29  # the first morning is past: 08:00 now
    note = Notification.objects.get(recipient=sokha)
    assert (note.type, note.data["reason"]) == ("URGENT_PRESCRIPTION_CHANGE", "High fever")
    assert "High fever" not in note.message
    path = f"prescriptions/{made['id']}/urgent/acknowledge"
    assert Api(dr_lim).post(path).status_code == 403
    seen = Api(sokha).post(path).json()["data"]
    assert seen["urgentAcknowledgedAt"] == "2026-11-24T01:00:00.000Z"
    assert Api(sokha).post(path).json()["data"] == seen


@pytest.mark.parametrize(
    ("start", "status"),
    [("2026-11-16", 400), ("2026-11-17", 201), ("2027-11-24", 201), ("2027-11-25", 400)],
)
def test_the_start_is_within_reach(sokha: User, start: str, status: int) -> None:
    answer = Api(sokha).post("prescriptions/patient", own(startDate=start))
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["errors"][0].startswith("startDate:")


def test_an_end_before_the_start_is_refused(sokha: User) -> None:
    answer = Api(sokha).post("prescriptions/patient", own(endDate="2026-11-23"))
    assert answer.json()["errors"][0].startswith("endDate:")


def test_a_patients_own_entry_is_in_force_at_once(sokha: User) -> None:
    answer = Api(sokha).post("prescriptions/patient", own(doctorName="Dr Chan", notes="after food"))
    assert answer.status_code == 201
    made = answer.json()["data"]
    assert (made["status"], made["source"], made["doctorId"], made["doctorName"], made["clinicalNote"]) == (
        "ACTIVE", "MANUAL", None, "Dr Chan", "after food",
    )  # fmt: skip
    assert DoseEvent.objects.filter(prescription_id=made["id"]).count() == 10
    assert PrescriptionVersion.objects.get().snapshot["medications"][0]["medicineName"] == "Metformin"


def test_only_patients_enter_their_own(dara: User, dr_lim: User) -> None:
    for person in (dara, dr_lim):
        assert Api(person).post("prescriptions/patient", own()).status_code == 403


def test_s071_the_free_plan_holds_one_own_prescription(sokha: User, dr_lim: User) -> None:
    first = Api(sokha).post("prescriptions/patient", own()).json()["data"]
    second = Api(sokha).post("prescriptions/patient", own(medicine()))
    assert (second.status_code, second.json()["code"]) == (403, "PLAN_LIMIT")
    assert (second.json()["limit"], second.json()["count"]) == (1, 1)
    assert Prescription.objects.count() == 1
    link(sokha, dr_lim)
    assert Api(dr_lim).post("prescriptions", body(sokha)).status_code == 201
    Api(sokha).post(f"prescriptions/{first['id']}/stop")
    assert Api(sokha).post("prescriptions/patient", own(once_a_day("Aspirin"))).status_code == 201


def test_unknown_fields_and_odd_values_are_named(sokha: User) -> None:
    assert Api(sokha).post("prescriptions/patient", own(colour="red")).status_code == 400
    wrong = Api(sokha).post("prescriptions/patient", own(startDate="soon"))
    assert wrong.json()["errors"][0].startswith("startDate:")
