"""Groups of medicines with one clock time (scenarios 87, 88 and what surrounds them)."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.batch_medication.models import MedicationBatch
from apps.connections.choices import PermissionLevel
from apps.doses.models import DoseEvent
from apps.doses.services.missed import doses_mark_missed
from apps.medications.models import CatalogueMedicine, Medication
from apps.prescriptions.models import Prescription
from apps.subscriptions.models import Subscription
from apps.users.models import User
from tests.prescriptions.conftest import at, clocks, own, traveller
from tests.support.people import Api, link

__all__ = ["traveller"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("traveller")]


def pill(name: str = "Amlodipine", **fields: Any) -> dict[str, Any]:
    return {"medicineName": name, "unit": "TABLET", "dosageAmount": "1", "durationDays": 10, **fields}


def group(*medicines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": "Evening", "scheduledTime": "20:00", "medicines": list(medicines) or [pill()], **fields}


def made(sokha: User, *medicines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = Api(sokha).post("batch-medication", group(*medicines, **fields))
    assert answer.status_code == 201, answer.content
    return dict(answer.json()["data"])


def change(sokha: User, batch: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = Api(sokha).patch(f"batch-medication/{batch['id']}", fields)
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["data"])


def test_a_group_is_a_prescription_in_force_with_one_dose_a_day_each(sokha: User) -> None:
    batch = made(sokha, pill(), pill("Metformin", dosageAmount="0.5", beforeMeal=True), pill("Paracetamol", isPRN=True))
    assert (batch["scheduledTime"], batch["isActive"], batch["status"]) == ("20:00", True, "ACTIVE")
    assert batch["progress"] == {"nextDoseAt": "2026-11-24T13:00:00.000Z", "taken": 0, "total": 0}
    holder = Api(sokha).get(f"prescriptions/{batch['prescriptionId']}").json()["data"]
    assert (holder["title"], holder["source"], holder["status"]) == ("ក្រុមថ្នាំ៖ Evening", "BATCH", "ACTIVE")
    assert {row["batchId"] for row in holder["medications"]} == {batch["id"]}
    assert clocks(holder["id"])[:4] == ["24 20:00", "24 20:00", "25 20:00", "25 20:00"]
    assert len(clocks(holder["id"])) == 20
    assert set(DoseEvent.objects.values_list("time_period", flat=True)) == {"NIGHT"}
    actions = AuditLog.objects.filter(resource_type="batch").values_list("action_type", "details__action")
    assert list(actions) == [("PRESCRIPTION_CREATE", "BATCH_CREATED")]


def test_past_times_are_not_planned(sokha: User) -> None:
    batch = made(sokha, scheduledTime="07:30")
    assert clocks(batch["prescriptionId"])[0] == "25 07:30"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"dosageAmount": None}, "medicines[0].dosageAmount"),
        ({"unit": None}, "medicines[0].unit"),
        ({"durationDays": None}, "medicines[0].durationDays"),
        ({"durationDays": 400}, "medicines[0].durationDays"),
        ({"morningDosage": {"amount": "1"}}, "medicines[0].morningDosage"),
        ({"dosageAmount": "-1"}, "medicines[0].dosageAmount"),
    ],
)
def test_nothing_is_guessed(sokha: User, fields: dict[str, Any], path: str) -> None:
    answer = Api(sokha).post("batch-medication", group(pill() | fields))
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, path)
    assert not Prescription.objects.exists()


@pytest.mark.parametrize("clock", ["25:00", "8", "", "20:00:30", None])
def test_the_time_is_a_clock_time(sokha: User, clock: Any) -> None:
    answer = Api(sokha).post("batch-medication", group(scheduledTime=clock))
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, "scheduledTime")


def test_days_come_from_the_quantity(sokha: User) -> None:
    batch = made(sokha, pill(durationDays=None, quantity="7", dosageAmount="0.5"))
    assert batch["medicines"][0]["duration"] == 14


def test_s087_a_moved_time_leaves_what_has_come_due(sokha: User, traveller: Any) -> None:
    batch = made(sokha)
    traveller.move_to(at(20, 30))
    moved = change(sokha, batch, scheduledTime="21:00")
    assert moved["scheduledTime"] == "21:00"
    assert clocks(batch["prescriptionId"])[:3] == ["24 20:00", "25 21:00", "26 21:00"]
    assert len(clocks(batch["prescriptionId"])) == 10
    assert DoseEvent.objects.get(local_date="2026-11-24").status == "DUE"


def test_a_time_moved_before_it_comes_moves_today_too(sokha: User, traveller: Any) -> None:
    batch = made(sokha)
    change(sokha, batch, scheduledTime="18:00")
    assert clocks(batch["prescriptionId"])[:2] == ["24 18:00", "25 18:00"]


def test_a_time_moved_into_the_past_of_today_does_not_lose_todays_dose(sokha: User, traveller: Any) -> None:
    batch = made(sokha)
    traveller.move_to(at(19))
    change(sokha, batch, scheduledTime="18:00")
    assert clocks(batch["prescriptionId"])[:3] == ["24 20:00", "25 18:00", "26 18:00"]
    assert len(clocks(batch["prescriptionId"])) == 10


def test_a_taken_dose_keeps_its_medicine_and_gets_no_second_one(sokha: User, traveller: Any) -> None:
    batch = made(sokha)
    traveller.move_to(at(19, 45))
    assert Api(sokha).post(f"batch-medication/{batch['id']}/taken").status_code == 200
    change(sokha, batch, scheduledTime="22:00")
    assert clocks(batch["prescriptionId"])[:2] == ["24 20:00", "25 22:00"]
    assert DoseEvent.objects.get(status="TAKEN_ON_TIME").medication.retired_in_version == 2


def test_the_same_time_or_name_again_changes_nothing(sokha: User) -> None:
    batch = made(sokha)
    again = change(sokha, batch, scheduledTime="20:00", name="Evening", isActive=True)
    assert again["updatedAt"] == batch["updatedAt"]
    assert Prescription.objects.get().current_version == 1
    renamed = change(sokha, batch, name="Night")
    assert (renamed["name"], Prescription.objects.get().title) == ("Night", "ក្រុមថ្នាំ៖ Night")


def test_s088_switched_off_nothing_rings_and_nothing_is_missed_and_on_it_goes_on(sokha: User, traveller: Any) -> None:
    batch = made(sokha)
    assert change(sokha, batch, isActive=False)["isActive"] is False
    assert clocks(batch["prescriptionId"]) == []
    traveller.move_to(at(9, day=27))
    doses_mark_missed(now=at(9, day=27))
    assert not DoseEvent.objects.filter(status="MISSED").exists()
    resumed = change(sokha, batch, isActive=True)
    assert (resumed["isActive"], resumed["status"]) == (True, "ACTIVE")
    assert clocks(batch["prescriptionId"])[0] == "27 20:00"
    assert len(clocks(batch["prescriptionId"])) == 10, "the days switched off are no days of treatment"


def test_the_switch_follows_the_prescription_whoever_moves_it(sokha: User) -> None:
    batch = made(sokha)
    for verb, active in (("pause", False), ("resume", True), ("stop", False)):
        assert Api(sokha).post(f"prescriptions/{batch['prescriptionId']}/{verb}").status_code == 200
        assert MedicationBatch.objects.get().is_active is active
    assert Api(sokha).get("batch-medication").json()["data"]["items"] == []
    shown = Api(sokha).get(f"batch-medication/{batch['id']}").json()["data"]
    assert (shown["isActive"], shown["status"]) == (False, "INACTIVE")


def test_take_all_marks_the_slot_once_and_leaves_skipped_and_careful_ones(sokha: User, traveller: Any) -> None:
    insulin = CatalogueMedicine.objects.create(
        name_en="Insulin glargine", substances=["insulin glargine"], flags=["highAlert"], source="test"
    )
    batch = made(
        sokha, pill(), pill("Metformin"), pill("Aspirin"),
        pill("Insulin glargine", unit="UNIT", catalogueId=str(insulin.pk)),
    )  # fmt: skip
    path = f"batch-medication/{batch['id']}/taken"
    early = Api(sokha).post(path)
    assert (early.status_code, early.json()["code"]) == (409, "NOTHING_DUE")
    traveller.move_to(at(20, 5))
    skipped = DoseEvent.objects.get(medication__medicine_name="Aspirin", local_date="2026-11-24")
    assert Api(sokha).post(f"doses/{skipped.pk}/skip", {"reason": "DOCTOR_ADVISED"}).status_code == 200
    results = Api(sokha).post(path).json()["data"]["results"]
    assert sorted((row["outcome"], row["code"]) for row in results) == [
        ("APPLIED", None), ("APPLIED", None), ("REJECTED", "HIGH_ALERT"),
    ]  # fmt: skip
    states = dict(DoseEvent.objects.filter(local_date="2026-11-24").values_list("medication__medicine_name", "status"))
    assert states == {
        "Amlodipine": "TAKEN_ON_TIME", "Metformin": "TAKEN_ON_TIME", "Aspirin": "SKIPPED", "Insulin glargine": "DUE",
    }  # fmt: skip
    again = Api(sokha).post(path).json()["data"]["results"]
    assert [row["code"] for row in again] == ["HIGH_ALERT"]
    assert DoseEvent.objects.filter(status="TAKEN_ON_TIME").count() == 2
    shown = Api(sokha).get(f"batch-medication/{batch['id']}").json()["data"]["progress"]
    assert (shown["taken"], shown["total"], shown["nextDoseAt"]) == (2, 3, "2026-11-25T13:00:00.000Z")


def test_take_all_again_answers_with_nothing_to_do(sokha: User, traveller: Any) -> None:
    batch = made(sokha)
    traveller.move_to(at(20, 5))
    path = f"batch-medication/{batch['id']}/taken"
    first = Api(sokha).post(path).json()["data"]
    assert (len(first["results"]), first["dailyProgress"]) == (1, 100)
    again = Api(sokha).post(path)
    assert (again.status_code, again.json()["data"]) == (200, {"results": [], "dailyProgress": 100})


def test_medicines_come_and_go_and_the_last_one_ends_the_group(sokha: User) -> None:
    batch = made(sokha)
    path = f"batch-medication/{batch['id']}/medicines"
    added = Api(sokha).post(path, pill("Metformin"))
    assert added.status_code == 201, added.content
    names = {row["medicineName"]: row for row in added.json()["data"]["medicines"]}
    assert names["Metformin"]["customTimes"] == [{"time": "20:00", "amount": "1", "beforeMeal": False}]
    assert names["Metformin"]["batchId"] == batch["id"]
    assert Api(sokha).delete(f"{path}/{names['Amlodipine']['id']}").status_code == 204
    assert Api(sokha).delete(f"{path}/{names['Amlodipine']['id']}").status_code == 404
    assert Api(sokha).delete(f"{path}/{uuid4()}").status_code == 404
    assert set(DoseEvent.objects.values_list("medication__medicine_name", flat=True)) == {"Metformin"}
    assert Api(sokha).delete(f"{path}/{names['Metformin']['id']}").status_code == 204
    shown = Api(sokha).get(f"batch-medication/{batch['id']}").json()["data"]
    assert (shown["isActive"], shown["status"]) == (False, "INACTIVE")
    refused = Api(sokha).post(path, pill("Aspirin"))
    assert (refused.status_code, refused.json()["code"]) == (409, "WRONG_STATE")


def test_medicines_of_a_group_are_changed_through_the_group_alone(sokha: User) -> None:
    batch = made(sokha)
    medicine, holder = batch["medicines"][0]["id"], f"prescriptions/{batch['prescriptionId']}"
    slot = {"amount": "1", "beforeMeal": False}
    row = own()["medications"][0]
    for refused in (
        Api(sokha).patch(f"medications/{medicine}", {"morningDosage": slot}),
        Api(sokha).post(f"{holder}/medications", row),
        Api(sokha).patch(holder, {"medications": [row]}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "PART_OF_GROUP")
    assert Api(sokha).patch(f"medications/{medicine}", {"private": True}).status_code == 200
    assert Medication.objects.count() == 1


def test_deleting_stops_and_keeps_the_history(sokha: User, traveller: Any) -> None:
    batch = made(sokha)
    traveller.move_to(at(20, 5))
    Api(sokha).post(f"batch-medication/{batch['id']}/taken")
    for _ in range(2):
        assert Api(sokha).delete(f"batch-medication/{batch['id']}").status_code == 204
    assert list(DoseEvent.objects.values_list("status", flat=True)) == ["TAKEN_ON_TIME"]
    assert Prescription.objects.get().status == "INACTIVE"
    assert AuditLog.objects.filter(resource_type="batch", details__action="BATCH_DELETED").count() == 1


def test_a_group_counts_as_the_one_prescription_of_the_free_plan(sokha: User) -> None:
    made(sokha)
    refused = Api(sokha).post("batch-medication", group(name="Second"))
    assert (refused.status_code, refused.json()["code"]) == (403, "PLAN_LIMIT")
    assert (MedicationBatch.objects.count(), Prescription.objects.count()) == (1, 1)


def test_others_see_what_the_grant_shows_and_change_nothing(sokha: User, dara: User, vanna: User) -> None:
    batch = made(sokha, pill(), pill("Sertraline", private=True))
    path = f"batch-medication/{batch['id']}"
    link(sokha, dara, PermissionLevel.ALLOWED)
    shown = Api(dara).get(path).json()["data"]
    assert [row["medicineName"] for row in shown["medicines"]] == ["Amlodipine"]
    listed = Api(dara).get("batch-medication", patientId=sokha.id).json()["data"]["items"]
    assert listed == [shown]
    assert Api(dara).patch(path, {"isActive": False}).status_code == 403
    assert Api(dara).post(f"{path}/taken").status_code == 403
    assert AuditLog.objects.filter(outcome="DENIED", actor_id=dara.id).count() >= 2
    assert Api(vanna).get(path).status_code == 404
    assert Api(vanna).get("batch-medication", patientId=sokha.id).status_code == 404
    assert MedicationBatch.objects.get().is_active


def changes(user: User) -> dict[str, Any]:
    pulled = Api(user).get("sync/pull").json()["data"]["changes"]
    return {change["id"]: change for change in pulled if change["resource"] == "batches"}


def test_phones_pull_groups_with_their_medicines(sokha: User, dara: User, vanna: User) -> None:
    batch = made(sokha)
    link(sokha, dara, PermissionLevel.ALLOWED)
    link(sokha, vanna, PermissionLevel.SELECTED, scope={"prescriptionIds": []})
    [change] = changes(sokha).values()
    assert change["object"]["medicines"][0]["medicineName"] == "Amlodipine"
    assert change["object"]["progress"] is None
    before = change["revision"]
    Api(sokha).patch(f"medications/{batch['medicines'][0]['id']}", {"reminderEnabled": False})
    again = changes(sokha)[batch["id"]]
    assert again["revision"] > before
    assert again["object"]["medicines"][0]["reminderEnabled"] is False
    assert changes(dara)[batch["id"]]["object"]["name"] == "Evening"
    assert all(change["object"] is None for change in changes(vanna).values())
    Api(sokha).post(f"prescriptions/{batch['prescriptionId']}/pause")
    assert changes(sokha)[batch["id"]]["object"]["isActive"] is False


def test_a_deleted_holder_takes_its_group_off_phones(sokha: User) -> None:
    batch = made(sokha)
    assert Api(sokha).delete(f"prescriptions/{batch['prescriptionId']}").status_code == 204
    assert Api(sokha).get(f"batch-medication/{batch['id']}").status_code == 404
    assert Api(sokha).get("batch-medication").json()["data"]["items"] == []


def test_the_list_asks_as_often_for_twenty_groups_as_for_one(sokha: User) -> None:
    Subscription.objects.filter(user=sokha).delete()
    from apps.subscriptions.services import subscription_ensure
    from dastern.core import clock

    plan = subscription_ensure(user_id=sokha.id, now=clock.now())
    Subscription.objects.filter(pk=plan.pk).update(tier="PREMIUM")
    made(sokha)
    counts = []
    for wanted in (1, 20):
        while MedicationBatch.objects.count() < wanted:
            made(sokha, pill(), pill("Metformin"))
        with CaptureQueriesContext(connection) as queries:
            assert len(Api(sokha).get("batch-medication").json()["data"]["items"]) == wanted
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_export_tells_groups(sokha: User) -> None:
    made(sokha)
    found = b"".join(Api(sokha).get("users/me/export").streaming_content)
    assert b'"medicationBatches":[{' in found


def test_staff_look_and_every_look_is_written_down(sokha: User, operations: Client, staff: User) -> None:
    staff.is_superuser = True
    staff.save()
    made(sokha)
    assert operations.get("/admin/batch_medication/medicationbatch/").status_code == 200
    assert AuditLog.objects.filter(actor_id=staff.id, patient_id=sokha.id, resource_type="medicationbatch").exists()
