"""Who sees which prescriptions, and at what cost (scenario 21)."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.users.choices import Role
from apps.users.models import User
from tests.prescriptions.conftest import body, medicine, once_a_day, own
from tests.support.people import Api, link, make_user

pytestmark = pytest.mark.django_db


def ids(person: User, **query: Any) -> list[str]:
    answer = Api(person).get("prescriptions", **query)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["data"]["items"]]


def test_s021_a_scope_opens_one_prescription(course: dict[str, Any], sokha: User, dara: User) -> None:
    other = Api(sokha).post("prescriptions/patient", own()).json()["data"]
    link(sokha, dara, PermissionLevel.SELECTED, scope={"prescriptionIds": [course["id"]]})
    assert Api(dara).get(f"prescriptions/{course['id']}").json()["data"] == course
    refused = Api(dara).get(f"prescriptions/{other['id']}")
    assert (refused.status_code, refused.json()["code"]) == (404, "NOT_FOUND")
    denied = AuditLog.objects.get(outcome="DENIED")
    assert (denied.actor_id, denied.patient_id, denied.resource_id) == (dara.id, sokha.id, other["id"])
    assert AuditLog.objects.filter(action_type="DATA_ACCESS", outcome="ALLOWED", actor_id=dara.id).count() == 1
    assert ids(dara) == ids(dara, patientId=sokha.id) == [course["id"]]
    assert Api(dara).get(f"prescriptions/{uuid4()}").json()["message"] == refused.json()["message"]


def test_who_lists_what(course: dict[str, Any], sokha: User, dr_lim: User, dara: User, vanna: User, rith: User) -> None:
    entered = Api(sokha).post("prescriptions/patient", own()).json()["data"]
    assert set(ids(sokha)) == {course["id"], entered["id"]}
    assert ids(sokha, status="ACTIVE") == ids(sokha)
    assert ids(sokha, status="DRAFT") == []
    assert ids(dr_lim) == ids(dr_lim, patientId=sokha.id) == [course["id"]]  # SELECTED shows the own ones
    link(sokha, dara)
    assert set(ids(dara)) == {course["id"], entered["id"]}
    for person in (vanna, rith):
        assert ids(person) == []
        assert Api(person).get("prescriptions", patientId=sokha.id).status_code == 404
    assert Api(vanna).get("prescriptions", patientId="nobody").status_code == 400
    assert Api().get("prescriptions").status_code == 401


def test_a_look_at_a_list_is_audited_once_a_patient(course: dict[str, Any], sokha: User, dara: User) -> None:
    link(sokha, dara)
    Api(sokha).post("prescriptions/patient", own())
    for _look in range(2):
        ids(dara)
    looks = AuditLog.objects.filter(action_type="DATA_ACCESS", actor_id=dara.id)
    assert [(row.outcome, row.patient_id) for row in looks] == [("ALLOWED", sokha.id)]


@pytest.mark.parametrize("level", [PermissionLevel.NOT_ALLOWED, PermissionLevel.REQUEST])
def test_levels_that_show_nothing(course: dict[str, Any], sokha: User, dara: User, level: PermissionLevel) -> None:
    link(sokha, dara, level)
    assert Api(dara).get(f"prescriptions/{course['id']}").status_code == 404
    assert ids(dara) == []


def test_a_pending_link_shows_nothing(course: dict[str, Any], sokha: User, dara: User) -> None:
    link(sokha, dara, status=ConnectionStatus.PENDING)
    assert Api(dara).get(f"prescriptions/{course['id']}").status_code == 404


def test_a_list_costs_the_same_for_one_and_for_twenty(traveller: Any, sokha: User, dr_lim: User, dara: User) -> None:
    link(sokha, dr_lim)
    link(sokha, dara)

    def cost(person: User) -> int:
        Api(person).get("prescriptions")  # the look is audited once in five minutes
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert Api(person).get("prescriptions").status_code == 200
        return len(queries)

    Api(dr_lim).post("prescriptions", body(sokha))
    before = {person.full_name: cost(person) for person in (sokha, dr_lim, dara)}
    for _number in range(19):
        Api(dr_lim).post("prescriptions", body(sokha, medicine(), once_a_day()))
    assert {person.full_name: cost(person) for person in (sokha, dr_lim, dara)} == before
    assert before["Sokha"] <= 6


def test_a_doctors_list_costs_the_same_for_one_and_for_twenty_patients(traveller: Any, dr_lim: User) -> None:
    def patient(number: int) -> None:
        person = make_user(f"Patient {number}")
        link(person, dr_lim)
        assert Api(dr_lim).post("prescriptions", body(person)).status_code == 201

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert Api(dr_lim).get("prescriptions").status_code == 200
        return len(queries)

    patient(0)
    before = cost()
    for number in range(1, 20):
        patient(number)
    assert cost() == before


def test_a_doctor_in_a_grant_reads_and_does_not_write(course: dict[str, Any], sokha: User) -> None:
    other = make_user("Dr Other", Role.DOCTOR)
    link(sokha, other)
    assert Api(other).get(f"prescriptions/{course['id']}").status_code == 200
    for verb in ("pause", "stop"):
        assert Api(other).post(f"prescriptions/{course['id']}/{verb}", {"reason": "x"}).status_code == 403
