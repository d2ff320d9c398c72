"""The doctor's pages: who comes in, who is seen, and that pages write through the services."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.medications.models import CatalogueMedicine
from apps.prescriptions.models import Prescription, PrescriptionVersion
from apps.users.choices import AccountStatus, Role
from apps.users.models import User
from dastern.core import clock
from tests.support.people import PASSWORD, Api, link, make_user

pytestmark = pytest.mark.django_db
ROOT = "/doctor/prescriptions/prescription/"


def window(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def typed(*medicines: dict[str, Any], **header: Any) -> dict[str, Any]:
    """What a browser posts."""
    data: dict[str, Any] = {
        "diagnosis": "Hypertension", "medicines-TOTAL_FORMS": len(medicines), "medicines-INITIAL_FORMS": 0, **header,
    }  # fmt: skip
    for number, medicine in enumerate(medicines):
        data |= {f"medicines-{number}-{name}": value for name, value in medicine.items()}
    return data


def amlodipine(**fields: Any) -> dict[str, Any]:
    return {
        "medicine_name": "Amlodipine", "strength": "5 mg", "unit": "TABLET", "frequency_type": "DAILY",
        "morning": "1", "duration": "10", **fields,
    }  # fmt: skip


def write(doctor: User, patient: User, *medicines: dict[str, Any], **header: Any) -> Any:
    return window(doctor).post(f"{ROOT}add/", typed(*(medicines or (amlodipine(),)), patient=patient.pk, **header))


def test_only_verified_doctors_come_in(sokha: User, dr_lim: User, staff: User) -> None:
    pending = make_user("Dr New", Role.DOCTOR, account_status=AccountStatus.PENDING_VERIFICATION)
    assert window(dr_lim).get("/doctor/").status_code == 200
    for person in (sokha, staff, pending):
        assert window(person).get("/doctor/").status_code == 302
    refused = Client(headers={"accept-language": "en"}).post(
        "/doctor/login/", {"username": pending.email, "password": PASSWORD}
    )
    assert "under review" in refused.content.decode()


def test_a_doctor_never_enters_the_operators_site(dr_lim: User) -> None:
    User.objects.filter(pk=dr_lim.pk).update(is_staff=True, is_superuser=True)
    client = window(User.objects.get(pk=dr_lim.pk))
    for path in ("", "prescriptions/prescription/", "medications/medication/", "doses/doseevent/"):
        assert client.get(f"/admin/{path}").status_code == 302


def test_a_doctor_sees_connected_patients_only(sokha: User, vanna: User, dr_lim: User) -> None:
    link(sokha, dr_lim, PermissionLevel.NOT_ALLOWED)
    link(vanna, dr_lim, status=ConnectionStatus.REVOKED)
    client = window(dr_lim)
    page = client.get("/doctor/doctor_dashboard/patient/").content.decode()
    assert "Sokha" in page
    assert "Vanna" not in page
    assert client.get(f"/doctor/doctor_dashboard/patient/{sokha.pk}/change/").status_code == 200
    for stranger in (vanna.pk, uuid4(), "nobody"):
        assert client.get(f"/doctor/doctor_dashboard/patient/{stranger}/change/").status_code == 404
    assert AuditLog.objects.filter(outcome="DENIED", patient_id=vanna.pk, actor_id=dr_lim.pk).count() == 1
    assert AuditLog.objects.filter(outcome="ALLOWED", patient_id=sokha.pk, resource_type="patient").count() == 1


def test_a_prescription_is_written_through_the_service(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim, PermissionLevel.SELECTED)
    known = CatalogueMedicine.objects.create(name_en="Amlodipine", substances=["amlodipine"], source="test")
    second = amlodipine(
        medicine_name="Metformin", strength="500 mg", morning="", evening="០.៥", bedtime="1", meal="before"
    )
    answer = write(dr_lim, sokha, amlodipine(), second, clinical_note="Less salt")
    made = Prescription.objects.get()
    assert (answer.status_code, answer.url) == (302, f"{ROOT}{made.pk}/change/?written=1")
    assert (made.status, made.doctor_id, made.clinical_note) == ("DRAFT", dr_lim.pk, "Less salt")
    first, other = made.medications.all()
    assert first.catalogue_id == known.pk
    assert other.night_dosage == {"amount": "0.5", "beforeMeal": True}
    assert other.custom_times == [{"time": "21:00", "amount": "1", "beforeMeal": False}]
    assert AuditLog.objects.filter(action_type="PRESCRIPTION_CREATE", actor_id=dr_lim.pk).count() == 1
    assert not LogEntry.objects.exists()
    sheet = window(dr_lim).get(answer.url).content.decode()
    assert "½ half" in sheet
    assert "Metformin" in sheet


def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    for medicines, header, field in (
        ([amlodipine(morning="many")], {}, "id_medicines-0-morning"),
        ([amlodipine(), amlodipine(duration="0")], {}, "id_medicines-1-duration"),
        ([amlodipine(unit="")], {}, "id_medicines-0-unit"),
        ([amlodipine()], {"diagnosis": ""}, "id_diagnosis"),
        ([amlodipine()], {"start_date": "2020-01-01"}, "id_start_date"),
        ([amlodipine()], {"is_urgent": "on"}, "id_urgent_reason"),
    ):
        page = write(dr_lim, sokha, *medicines, **header)
        assert page.status_code == 200
        marked = re.findall(r'<div class="field[^"]* errors".*?</div>', page.content.decode(), re.DOTALL)
        assert [field in part for part in marked] == [True]
    assert not Prescription.objects.exists()


def test_a_patient_who_did_not_allow_it_cannot_be_chosen(sokha: User, vanna: User, dr_lim: User) -> None:
    link(sokha, dr_lim, PermissionLevel.REQUEST)
    for patient in (sokha, vanna):
        assert write(dr_lim, patient).status_code == 404
        assert window(dr_lim).get(f"{ROOT}add/?patient={patient.pk}").status_code == 404
    assert AuditLog.objects.filter(actor_id=dr_lim.pk, outcome="DENIED").count() == 4
    assert "Sokha" not in window(dr_lim).get(f"{ROOT}add/").content.decode()
    assert not Prescription.objects.exists()


def test_a_foreign_prescription_is_not_there(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    write(dr_lim, sokha)
    made = Prescription.objects.get()
    other = make_user("Dr Other", Role.DOCTOR)
    client = window(other)
    pages = ("change/", "edit/", "versions/1/")
    for page in pages:
        assert client.get(f"{ROOT}{made.pk}/{page}").status_code == 404
    for step in ("edit/", "pause/", "stop/"):
        assert client.post(f"{ROOT}{made.pk}/{step}", {"reason": "x"}).status_code == 404
    assert AuditLog.objects.filter(outcome="DENIED", actor_id=other.pk, patient_id=sokha.pk).count() == 6
    assert str(made.pk) not in client.get(ROOT).content.decode()
    assert client.get(f"{ROOT}{uuid4()}/change/").status_code == 404
    assert client.get(f"{ROOT}{made.pk}/history/").status_code == 404
    assert client.get(f"{ROOT}{made.pk}/delete/").status_code == 403
    assert PrescriptionVersion.objects.count() == 1


def test_a_course_is_changed_by_proposal_and_urgently(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    write(dr_lim, sokha)
    made = Prescription.objects.get()
    Api(sokha).post(f"prescriptions/{made.pk}/confirm")
    client = window(dr_lim)

    def change(**fields: Any) -> Any:
        form = client.get(f"{ROOT}{made.pk}/edit/").context["form"]
        row = made.medications.filter(retired_in_version=None).get()
        medicine = amlodipine(id=row.pk, morning="2")
        extra = {"updated_at": form["updated_at"].value(), "start_date": made.start_date, **fields}
        return client.post(f"{ROOT}{made.pk}/edit/", typed(medicine, **extra) | {"medicines-INITIAL_FORMS": 1})

    assert change(change_reason="Too high").status_code == 302
    assert PrescriptionVersion.objects.get(version_number=2).state == "PROPOSED"
    assert client.get(f"{ROOT}{made.pk}/change/").context["proposal"]["versionNumber"] == 2
    stale = change(updated_at="2026-01-01T00:00:00.000Z")
    assert [(line.old, line.new) for line in stale.context["draft"].stale] == [("1", "2")]
    assert stale.context["form"]["updated_at"].value() != "2026-01-01T00:00:00.000Z"  # the next save keeps mine
    assert change(is_urgent="on", urgent_reason="200/120").status_code == 302
    made.refresh_from_db()
    assert (made.current_version, made.urgent_reason) == (3, "200/120")
    version = client.get(f"{ROOT}{made.pk}/versions/3/")
    assert [(line.old, line.new) for line in version.context["changes"]] == [("1", "2")]
    assert [side["version"].version_number for side in version.context["sides"]] == [1, 3]
    assert "200/120" in version.content.decode()
    assert client.get(f"{ROOT}{made.pk}/versions/9/").status_code == 404
    sheet = client.get(f"{ROOT}{made.pk}/change/").content.decode()
    assert "has not received it yet" in sheet
    Prescription.objects.filter(pk=made.pk).update(updated_at=clock.now() - timedelta(minutes=61))
    assert str(made.patient_name) in client.get("/doctor/").content.decode()  # call the patient
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sync_feed SET held_revision = revision, seen_at = now()")
    assert "has received it" in client.get(f"{ROOT}{made.pk}/change/").content.decode()


def test_a_course_is_paused_and_stopped_with_a_reason(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    write(dr_lim, sokha, is_urgent="on", urgent_reason="Now")
    made = Prescription.objects.get()
    client = window(dr_lim)
    assert client.get(f"{ROOT}{made.pk}/pause/").status_code == 302
    assert client.post(f"{ROOT}{made.pk}/pause/", {"reason": ""}).status_code == 200
    assert client.post(f"{ROOT}{made.pk}/pause/", {"reason": "Operation"}).status_code == 302
    assert Prescription.objects.get().status == "PAUSED"
    assert client.post(f"{ROOT}{made.pk}/stop/", {"reason": "Rash"}).status_code == 302
    assert (Prescription.objects.get().status, Prescription.objects.get().stopped_reason) == ("INACTIVE", "Rash")
    assert client.post(f"{ROOT}{made.pk}/stop/", {"reason": "Again"}).status_code == 200


def test_lists_cost_the_same_for_one_and_for_twenty(dr_lim: User) -> None:
    client = window(dr_lim)

    def patient(number: int) -> None:
        person = make_user(f"Patient {number}")
        link(person, dr_lim)
        assert write(dr_lim, person).status_code == 302

    def cost(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    paths = ("/doctor/", "/doctor/doctor_dashboard/patient/", ROOT)
    patient(0)
    before = [cost(path) for path in paths]
    for number in range(1, 20):
        patient(number)
    assert [cost(path) for path in paths] == before


def test_staff_look_and_every_look_is_audited(sokha: User, dr_lim: User, staff: User) -> None:
    link(sokha, dr_lim)
    write(dr_lim, sokha, is_urgent="on", urgent_reason="Now")
    made = Prescription.objects.get()
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    client = window(User.objects.get(pk=staff.pk))
    for path in (
        "prescriptions/prescription/", f"prescriptions/prescription/{made.pk}/change/",
        "prescriptions/prescriptionversion/", "medications/medication/", "medications/cataloguemedicine/",
        "doses/doseevent/", "doses/withdrawndose/", "doses/dosetestimony/", "doses/prnintake/",
    ):  # fmt: skip
        assert client.get(f"/admin/{path}").status_code == 200, path
    looks = AuditLog.objects.filter(actor_id=staff.pk, action_type="DATA_ACCESS", patient_id=sokha.pk)
    assert looks.filter(resource_type="prescription", resource_id=str(made.pk)).count() == 2
    assert looks.filter(resource_type="medication").count() == 1
    assert client.get("/admin/prescriptions/prescription/add/").status_code == 403
    assert client.post(f"/admin/prescriptions/prescription/{made.pk}/delete/", {"post": "yes"}).status_code == 403
