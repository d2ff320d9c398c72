"""What phones pull and push about prescriptions."""

from typing import Any
from uuid import uuid4

import pytest

from apps.connections.choices import PermissionLevel
from apps.prescriptions.models import Prescription
from apps.users.models import User
from tests.prescriptions.conftest import clocks, once_a_day, own
from tests.support.people import Api, link

pytestmark = pytest.mark.django_db
NOW = "2026-11-24T01:00:00.000Z"


def push(person: User, *acts: dict[str, Any]) -> list[dict[str, Any]]:
    answer = Api(person).post("sync/push", {"deviceId": "phone", "sentAt": NOW, "acts": list(acts)})
    assert answer.status_code == 200, answer.content
    return list(answer.json()["data"]["results"])


def drafted(patient: User, **fields: Any) -> dict[str, Any]:
    return {
        "localId": str(uuid4()), "kind": "prescription.drafted", "patientId": str(patient.id), "objectId": None,
        "at": NOW, "recordedAt": NOW, "data": own(), **fields,
    }  # fmt: skip


def pulled(person: User) -> dict[str, Any]:
    data = Api(person).get("sync/pull").json()["data"]
    return {row["id"]: row["object"] for row in data["changes"] if row["resource"] == "prescriptions"}


def test_a_phone_pulls_the_shape_of_the_single_answer(course: dict[str, Any], sokha: User, dara: User) -> None:
    assert pulled(sokha) == {course["id"]: Api(sokha).get(f"prescriptions/{course['id']}").json()["data"]}
    assert pulled(dara) == {}
    other = Api(sokha).post("prescriptions/patient", own()).json()["data"]
    link(sokha, dara, PermissionLevel.SELECTED, scope={"prescriptionIds": [other["id"]]})
    assert {key for key, shown in pulled(dara).items() if shown} == {other["id"]}


def test_a_deleted_prescription_is_told_as_deleted(traveller: Any, sokha: User) -> None:
    made = Api(sokha).post("prescriptions/patient", own()).json()["data"]
    cursor = Api(sokha).get("sync/pull").json()["data"]["cursor"]
    Api(sokha).delete(f"prescriptions/{made['id']}")
    changes = Api(sokha).get("sync/pull", cursor=cursor).json()["data"]["changes"]
    assert [(row["id"], row["deleted"], row["object"]) for row in changes if row["resource"] == "prescriptions"] == [
        (made["id"], True, None)
    ]


def test_what_was_entered_offline_is_in_force(traveller: Any, sokha: User) -> None:
    act = drafted(sokha)
    first = push(sokha, act)
    assert [(row["outcome"], row["resource"]) for row in first] == [("APPLIED", "prescriptions")]
    assert first[0]["object"]["id"] == act["localId"]
    assert first[0]["object"]["status"] == "ACTIVE"
    assert len(clocks(act["localId"])) == 10
    assert push(sokha, act) == first
    assert Prescription.objects.count() == 1
    second = push(sokha, drafted(sokha))
    assert [(row["outcome"], row["code"]) for row in second] == [("REJECTED", "PLAN_LIMIT")]


def test_a_start_is_judged_by_the_day_it_was_entered(traveller: Any, sokha: User) -> None:
    old = {"at": "2026-11-14T01:00:00.000Z", "recordedAt": "2026-11-14T01:00:00.000Z"}
    kept = push(sokha, drafted(sokha, **old, data=own(once_a_day(duration=30), startDate="2026-11-14")))
    assert kept[0]["outcome"] == "APPLIED"
    assert clocks(kept[0]["object"]["id"])[0] == "24 12:00"


def test_what_cannot_be_is_refused_alone(traveller: Any, sokha: User, vanna: User, dara: User) -> None:
    results = push(
        sokha,
        drafted(sokha, data=own() | {"medications": []}),
        drafted(sokha, data={"nonsense": True}),
        drafted(vanna),
        drafted(sokha),
    )
    assert [(row["outcome"], row["code"]) for row in results] == [
        ("REJECTED", "INVALID"), ("REJECTED", "INVALID"), ("REJECTED", "NOT_FOUND"), ("APPLIED", None),
    ]  # fmt: skip
    linked = link(sokha, dara, PermissionLevel.SELECTED)
    assert push(dara, drafted(sokha))[0]["code"] == "NOT_FOUND"
    Api(sokha).post(f"prescriptions/{Prescription.objects.get().id}/stop")
    linked.permission_level = PermissionLevel.ALLOWED
    linked.save()
    assert push(dara, drafted(sokha))[0]["outcome"] == "APPLIED"
