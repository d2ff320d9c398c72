"""Edits, proposals, urgent changes, single medicines (scenarios 32–35, 45)."""

from typing import Any
from uuid import uuid4

import pytest

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.doses.models import DoseEvent
from apps.medications.models import CatalogueMedicine, Medication
from apps.notifications.models import Notification
from apps.prescriptions.models import Prescription, PrescriptionVersion
from apps.users.choices import Role
from apps.users.models import User
from tests.prescriptions.conftest import at, body, clocks, medicine, once_a_day, own, slot
from tests.support.people import Api, link, make_user

pytestmark = pytest.mark.django_db


def change(person: User, prescription: dict[str, Any], **data: Any) -> Any:
    return Api(person).patch(f"prescriptions/{prescription['id']}", data)


def decide(person: User, prescription: dict[str, Any], number: int, verb: str) -> Any:
    return Api(person).post(f"prescriptions/{prescription['id']}/versions/{number}/{verb}")


def taken(prescription: dict[str, Any], count: int) -> None:
    for dose in DoseEvent.objects.filter(prescription_id=prescription["id"]).order_by("scheduled_time")[:count]:
        DoseEvent.objects.filter(pk=dose.pk).update(status="TAKEN_ON_TIME", taken_at=dose.scheduled_time)


def test_s032_a_change_of_a_course_waits_for_the_patient(
    course: dict[str, Any], sokha: User, dr_lim: User, traveller: Any
) -> None:
    before = clocks(course["id"])
    proposed = change(dr_lim, course, medications=[medicine(nightDosage=None)], changeReason="Less is enough")
    assert proposed.status_code == 200, proposed.content
    data = proposed.json()["data"]
    assert (data["status"], data["currentVersion"]) == ("ACTIVE", 1)
    assert data["proposal"]["versionNumber"] == 2
    assert data["proposal"]["medications"][0]["nightDosage"] is None
    assert data["medications"][0]["nightDosage"] is not None
    assert clocks(course["id"]) == before
    assert Notification.objects.filter(recipient=sokha, data__versionNumber=2).count() == 1
    traveller.move_to(at(15))
    taken(course, 1)
    assert decide(dr_lim, course, 2, "accept").status_code == 403
    accepted = decide(sokha, course, 2, "accept").json()["data"]
    assert (accepted["currentVersion"], accepted["proposal"]) == (2, None)
    assert accepted["medications"][0]["nightDosage"] is None
    assert clocks(course["id"])[:4] == ["24 12:00", "25 07:00", "25 12:00", "26 07:00"]
    past = DoseEvent.objects.get(status="TAKEN_ON_TIME")
    assert past.medication.retired_in_version == 2
    assert decide(sokha, course, 2, "accept").json()["data"] == accepted
    assert Notification.objects.filter(recipient=dr_lim).count() == 2  # confirmed, accepted


def test_a_declined_change_leaves_everything(course: dict[str, Any], sokha: User, dr_lim: User) -> None:
    before = clocks(course["id"])
    change(dr_lim, course, medications=[medicine(nightDosage=None)])
    declined = decide(sokha, course, 2, "decline").json()["data"]
    assert (declined["currentVersion"], declined["proposal"]) == (1, None)
    assert [row["state"] for row in declined["versions"]] == ["APPLIED", "DECLINED"]
    assert clocks(course["id"]) == before
    refused = decide(sokha, course, 2, "accept")
    assert (refused.status_code, refused.json()["code"]) == (409, "NOT_PROPOSED")
    assert decide(sokha, course, 7, "accept").status_code == 404


def test_a_newer_proposal_supersedes_the_open_one(course: dict[str, Any], sokha: User, dr_lim: User) -> None:
    change(dr_lim, course, medications=[medicine(nightDosage=None)])
    data = change(dr_lim, course, medications=[medicine(daytimeDosage=None)]).json()["data"]
    assert [row["state"] for row in data["versions"]] == ["APPLIED", "SUPERSEDED", "PROPOSED"]
    assert decide(sokha, course, 2, "accept").json()["code"] == "NOT_PROPOSED"
    assert decide(sokha, course, 3, "accept").json()["data"]["currentVersion"] == 3


def test_a_proposal_may_be_sent_back(course: dict[str, Any], sokha: User, dr_lim: User) -> None:
    change(dr_lim, course, medications=[medicine(nightDosage=None)])
    back = Api(sokha).post(f"prescriptions/{course['id']}/retake", {"reason": "I sleep badly"}).json()["data"]
    assert (back["status"], back["proposal"], back["retakeReason"]) == ("ACTIVE", None, "I sleep badly")


def test_s033_an_urgent_change_holds_at_once(course: dict[str, Any], sokha: User, dr_lim: User, traveller: Any) -> None:
    traveller.move_to(at(9, day=25))
    taken(course, 3)
    changed = Api(dr_lim).post(
        f"prescriptions/{course['id']}/urgent-update",
        {"urgentReason": "Kidney values", "medications": [medicine("Azithromycin", morningDosage=None)]},
    )
    assert changed.status_code == 200, changed.content
    data = changed.json()["data"]
    assert (data["status"], data["currentVersion"], data["isUrgent"]) == ("ACTIVE", 2, True)
    assert (data["urgentReason"], data["urgentAcknowledgedAt"]) == ("Kidney values", None)
    told = Notification.objects.get(recipient=sokha, type="URGENT_PRESCRIPTION_CHANGE")
    assert told.data["reason"] == "Kidney values"
    old = DoseEvent.objects.filter(status="TAKEN_ON_TIME")
    assert {dose.medication.medicine_name for dose in old} == {"Amoxicillin"}
    assert old.count() == 3
    new = DoseEvent.objects.filter(scheduled_time__gt=at(9, day=25))
    assert {dose.medication.medicine_name for dose in new} == {"Azithromycin"}
    assert clocks(course["id"], version_number=2)[:2] == ["25 12:00", "25 18:00"]


def test_s034_an_urgent_change_needs_its_reason(course: dict[str, Any], dr_lim: User) -> None:
    for reason in ({}, {"urgentReason": " "}):
        refused = Api(dr_lim).post(f"prescriptions/{course['id']}/urgent-update", reason)
        assert (refused.status_code, refused.json()["errors"][0].split(":")[0]) == (400, "urgentReason")
    assert PrescriptionVersion.objects.count() == 1


def test_an_urgent_change_puts_a_draft_in_force_and_resumes_a_pause(
    written: dict[str, Any], sokha: User, dr_lim: User, traveller: Any
) -> None:
    path = f"prescriptions/{written['id']}/urgent-update"
    assert Api(dr_lim).post(path, {"urgentReason": "Now"}).json()["data"]["status"] == "ACTIVE"
    assert len(clocks(written["id"])) == 29
    Api(sokha).post(f"prescriptions/{written['id']}/pause")
    assert clocks(written["id"]) == []
    traveller.move_to(at(8, day=26))
    resumed = Api(dr_lim).post(path, {"urgentReason": "Go on", "clinicalNote": "Do not pause"}).json()["data"]
    assert (resumed["status"], resumed["currentVersion"], resumed["lastDay"]) == ("ACTIVE", 3, "2026-12-05")
    assert clocks(written["id"])[0] == "26 12:00"
    Api(sokha).post(f"prescriptions/{written['id']}/stop")
    assert Api(dr_lim).post(path, {"urgentReason": "Again"}).json()["code"] == "WRONG_STATE"


def test_s035_another_doctor_edits_nothing(course: dict[str, Any], sokha: User, dr_lim: User) -> None:
    other = make_user("Dr Other", Role.DOCTOR)
    before = Prescription.objects.values().get()
    for level in (None, PermissionLevel.ALLOWED):
        if level:
            link(sokha, other, level)
        for refused in (
            change(other, course, diagnosis="Mine"),
            Api(other).post(f"prescriptions/{course['id']}/urgent-update", {"urgentReason": "Mine"}),
        ):
            assert (refused.status_code, refused.json()["code"]) == (403, "NOT_AUTHOR")
    absent = change(other, {"id": uuid4()}, diagnosis="Mine")
    assert (absent.status_code, absent.json()["code"]) == (403, "NOT_AUTHOR")
    assert Prescription.objects.values().get() == before
    assert PrescriptionVersion.objects.count() == 1
    assert AuditLog.objects.filter(outcome="DENIED", actor_id=other.id).count() == 4


def test_an_ended_link_ends_writing_too(course: dict[str, Any], sokha: User, dr_lim: User) -> None:
    linked = Api(sokha).get("connections").json()["data"]["items"][0]
    Api(sokha).patch(f"connections/{linked['id']}/revoke")
    assert change(dr_lim, course, diagnosis="Late").status_code == 403
    assert Api(dr_lim).get(f"prescriptions/{course['id']}").status_code == 404
    assert Api(dr_lim).get("prescriptions").json()["data"]["total"] == 0


def test_the_patient_does_not_edit_what_a_doctor_wrote(course: dict[str, Any], sokha: User, dara: User) -> None:
    link(sokha, dara)
    refused = change(sokha, course, title="Mine")
    assert (refused.status_code, refused.json()["code"]) == (403, "DOCTOR_MADE")
    assert change(dara, course, title="Mine").status_code == 403
    row = course["medications"][0]
    assert Api(sokha).patch(f"medications/{row['id']}", {"duration": 3}).json()["code"] == "DOCTOR_MADE"
    assert Api(sokha).delete(f"medications/{row['id']}").json()["code"] == "DOCTOR_MADE"
    added = Api(sokha).post(f"prescriptions/{course['id']}/medications", once_a_day())
    assert added.json()["code"] == "DOCTOR_MADE"


def test_s045_an_edit_of_something_stale_is_refused(written: dict[str, Any], dr_lim: User) -> None:
    first = change(dr_lim, written, title="One", updatedAt=written["updatedAt"])
    assert first.status_code == 200
    stale = change(dr_lim, written, title="Two", updatedAt=written["updatedAt"])
    assert (stale.status_code, stale.json()["code"]) == (409, "STALE")
    assert Prescription.objects.get().title == "One"
    assert change(dr_lim, written, title="Two", updatedAt=first.json()["data"]["updatedAt"]).status_code == 200


def test_a_repeated_medicine_keeps_its_row_and_its_doses(course: dict[str, Any], sokha: User, dr_lim: User) -> None:
    same, new = medicine(), once_a_day()
    change(dr_lim, course, medications=[new, same])
    standing = set(DoseEvent.objects.values_list("pk", flat=True))
    accepted = decide(sokha, course, 2, "accept").json()["data"]
    assert [row["medicineName"] for row in accepted["medications"]] == ["Metformin", "Amoxicillin"]
    assert accepted["medications"][1]["id"] == course["medications"][0]["id"]
    assert standing < set(DoseEvent.objects.values_list("pk", flat=True))


def test_an_added_medicine_counts_its_days_from_its_first(traveller: Any, sokha: User) -> None:
    made = Api(sokha).post("prescriptions/patient", own(once_a_day())).json()["data"]
    traveller.move_to(at(9, day=28))
    added = Api(sokha).post(f"prescriptions/{made['id']}/medications", once_a_day("Aspirin", duration=2))
    assert added.status_code == 201, added.content
    data = added.json()["data"]
    assert (data["medicineName"], data["startsOn"], data["versionNumber"]) == ("Aspirin", "2026-11-28", 2)
    assert clocks(made["id"], medication_id=data["id"]) == ["28 12:00", "29 12:00"]
    assert AuditLog.objects.filter(details__action="MEDICINE_ADDED").count() == 1


def test_the_patient_changes_and_removes_own_medicines(traveller: Any, sokha: User) -> None:
    made = Api(sokha).post("prescriptions/patient", own(once_a_day(), medicine())).json()["data"]
    first = made["medications"][0]
    changed = Api(sokha).patch(f"medications/{first['id']}", {"daytimeDosage": slot("2")})
    assert changed.status_code == 200, changed.content
    row = changed.json()["data"]
    assert (row["versionNumber"], row["versionState"], row["daytimeDosage"]["amount"]) == (2, "APPLIED", "2")
    assert row["id"] != first["id"]
    assert Medication.objects.get(pk=first["id"]).retired_in_version == 2
    assert DoseEvent.objects.filter(medication_id=first["id"]).count() == 0
    assert DoseEvent.objects.filter(medication_id=row["id"]).count() == 10
    assert Api(sokha).patch(f"medications/{first['id']}", {"daytimeDosage": slot("3")}).status_code == 404
    assert Api(sokha).delete(f"medications/{row['id']}").status_code == 204
    left = Api(sokha).get(f"prescriptions/{made['id']}/medications").json()["data"]["items"]
    assert [row["medicineName"] for row in left] == ["Amoxicillin"]
    assert Api(sokha).delete(f"medications/{left[0]['id']}").status_code == 204
    assert Prescription.objects.get().status == "INACTIVE"
    assert clocks(made["id"]) == []


def test_a_change_is_checked_as_a_whole(traveller: Any, sokha: User) -> None:
    made = Api(sokha).post("prescriptions/patient", own(once_a_day())).json()["data"]
    path = f"medications/{made['medications'][0]['id']}"
    assert Api(sokha).patch(path, {"daytimeDosage": None}).status_code == 400
    assert Api(sokha).patch(path, {"colour": "red"}).status_code == 400
    assert Api(sokha).patch(path, [1]).status_code == 400
    assert Api(sokha).get(path).json()["data"] == made["medications"][0]
    assert PrescriptionVersion.objects.count() == 1


def test_settings_of_a_medicine_are_the_patients(course: dict[str, Any], sokha: User, dara: User, dr_lim: User) -> None:
    link(sokha, dara)
    path = f"medications/{course['medications'][0]['id']}"
    set_to = Api(sokha).patch(path, {"stockCount": "12", "reminderEnabled": False, "private": True})
    assert set_to.status_code == 200, set_to.content
    data = set_to.json()["data"]
    assert (data["stockCount"], data["reminderEnabled"], data["private"]) == ("12", False, True)
    assert PrescriptionVersion.objects.count() == 1
    one = f"prescriptions/{course['id']}"
    assert Api(dara).get(path).status_code == 404
    assert Api(dara).get(one).json()["data"]["medications"] == []
    assert Api(dara).get(f"{one}/medications").json()["data"]["items"] == []
    assert Api(dara).get(f"{one}/versions/1").json()["data"]["medications"] == []
    assert Api(dr_lim).get(one).json()["data"]["medications"][0]["private"] is True
    change(dr_lim, course, medications=[medicine(nightDosage=None)])
    assert Api(dara).get(one).json()["data"]["proposal"]["medications"] == []
    accepted = decide(sokha, course, 2, "accept").json()["data"]["medications"][0]
    assert (accepted["stockCount"], accepted["private"]) == ("12", True)
    assert Api(dara).patch(path, {"private": False}).status_code == 404


def test_a_caregiver_with_everything_allowed_adds(traveller: Any, sokha: User, dara: User, vanna: User) -> None:
    made = Api(sokha).post("prescriptions/patient", own(once_a_day())).json()["data"]
    path = f"prescriptions/{made['id']}/medications"
    assert Api(vanna).post(path, once_a_day("Aspirin")).status_code == 404
    linked = link(sokha, dara, PermissionLevel.SELECTED, scope={"prescriptionIds": [made["id"]]})
    assert Api(dara).post(path, once_a_day("Aspirin")).status_code == 403
    linked.permission_level = PermissionLevel.ALLOWED
    linked.save()
    added = Api(dara).post(path, once_a_day("Aspirin"))
    assert added.status_code == 201, added.content
    assert Notification.objects.filter(recipient=sokha, type="PRESCRIPTION_UPDATE").count() == 1
    version = PrescriptionVersion.objects.get(version_number=2)
    assert version.author_id == dara.id
    assert Api(dara).delete(f"medications/{added.json()['data']['id']}").status_code == 403


def test_a_doctors_medicine_for_a_course_in_force_is_proposed(course: dict[str, Any], dr_lim: User) -> None:
    added = Api(dr_lim).post(f"prescriptions/{course['id']}/medications", once_a_day())
    assert added.status_code == 201, added.content
    data = added.json()["data"]
    assert (data["medicineName"], data["versionNumber"], data["versionState"]) == ("Metformin", 2, "PROPOSED")
    assert Medication.objects.count() == 1


def test_a_draft_keeps_at_least_one_medicine(written: dict[str, Any], dr_lim: User) -> None:
    assert Api(dr_lim).delete(f"medications/{written['medications'][0]['id']}").status_code == 400


def test_versions_and_their_difference(course: dict[str, Any], sokha: User, dr_lim: User, vanna: User) -> None:
    change(dr_lim, course, diagnosis="Pneumonia", medications=[medicine(duration=7), once_a_day()])
    path = f"prescriptions/{course['id']}/versions"
    assert [row["versionNumber"] for row in Api(sokha).get(path).json()["data"]["items"]] == [1, 2]
    assert Api(sokha).get(f"{path}/2").json()["data"]["header"]["diagnosis"] == "Pneumonia"
    diff = Api(sokha).get(f"{path}/diff", **{"from": 1, "to": 2}).json()["data"]
    assert diff["header"] == [{"field": "diagnosis", "old": "Bronchitis", "new": "Pneumonia"}]
    assert [row["medicineName"] for row in diff["added"]] == ["Metformin"]
    assert diff["removed"] == []
    assert diff["changed"] == [
        {
            "medicineName": "Amoxicillin", "strength": "500 mg",
            "fields": [{"field": "duration", "old": 10, "new": 7}],
        }
    ]  # fmt: skip
    assert Api(sokha).get(f"{path}/diff", **{"from": 1, "to": 9}).status_code == 404
    assert Api(sokha).get(f"{path}/diff").status_code == 400
    for hidden in (path, f"{path}/1", f"{path}/diff?from=1&to=2"):
        assert Api(vanna).get(hidden).status_code == 404


def test_a_weekly_medicine_every_day_is_stopped(traveller: Any, sokha: User, dr_lim: User) -> None:
    weekly = CatalogueMedicine.objects.create(
        name_en="Methotrexate test", substances=["methotrexate"], flags=["weeklyOnly"], source="test"
    )
    link(sokha, dr_lim)
    daily = once_a_day("Methotrexate", catalogueId=str(weekly.id))
    refused = Api(sokha).post("prescriptions/patient", own(daily))
    assert (refused.status_code, refused.json()["code"]) == (400, "SAFETY_STOP")
    assert refused.json()["warnings"][0]["code"] == "WEEKLY_ONLY"
    assert refused.json()["errors"][0].startswith("medications[0].")
    assert Api(dr_lim).post("prescriptions", body(sokha, daily)).json()["code"] == "SAFETY_STOP"
    passed = Api(dr_lim).post("prescriptions", body(sokha, daily, safetyReason="Induction under supervision"))
    assert passed.status_code == 201
    assert passed.json()["data"]["warnings"][0]["tier"] == "STOP"
    assert Prescription.objects.count() == 1


def test_duplicates_and_near_times_are_told(course: dict[str, Any], sokha: User) -> None:
    metformin = CatalogueMedicine.objects.create(name_en="Metformin test", substances=["metformin"], source="test")
    known = {"catalogueId": str(metformin.id)}
    first = Api(sokha).post("prescriptions/patient", own(once_a_day(**known), medicine("Glucophage", **known)))
    codes = [row["code"] for row in first.json()["data"]["warnings"]]
    assert codes.count("DUPLICATE_THERAPY") == 1
    assert codes.count("TIMES_CLOSE") == 2


def test_a_doctor_writes_the_strength(sokha: User, dr_lim: User, traveller: Any) -> None:
    link(sokha, dr_lim)
    refused = Api(dr_lim).post("prescriptions", body(sokha, medicine(strength="")))
    assert (refused.status_code, refused.json()["errors"][0].split(":")[0]) == (400, "medications[0].strength")
