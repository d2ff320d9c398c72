"""The form: renewing, templates, warnings and their reasons, allergies, fractions, what was taken today."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.doctor_dashboard.forms import AmountField
from apps.doctor_dashboard.models import PrescriptionTemplate, WarningAnswer
from apps.doses.models import DoseEvent
from apps.health_monitoring.models import Allergy
from apps.medications.models import CatalogueMedicine
from apps.prescriptions.models import Prescription
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import local_date
from tests.doctor_dashboard.test_portal import ROOT, amlodipine, typed, window, write
from tests.support.people import Api, link, make_user

pytestmark = pytest.mark.django_db


def known(name: str, substance: str, **fields: Any) -> CatalogueMedicine:
    return CatalogueMedicine.objects.create(name_en=name, substances=[substance], source="test", **fields)


def confirmed(doctor: User, patient: User, **header: Any) -> Prescription:
    assert write(doctor, patient, **header).status_code == 302
    made = Prescription.objects.latest("created_at")
    assert Api(patient).post(f"prescriptions/{made.pk}/confirm").status_code == 200
    made.refresh_from_db()
    return made


def test_a_renewal_begins_where_the_treatment_ends(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    known("Amlodipine", "amlodipine")
    made = confirmed(dr_lim, sokha)
    assert made.last_day is not None
    client = window(dr_lim)
    page = client.get(f"{ROOT}add/?repeat={made.pk}")
    assert page.context["form"]["diagnosis"].value() == "Hypertension"
    assert page.context["form"].initial["start_date"] == made.last_day + timedelta(days=1)
    (row,) = page.context["medicines"].initial
    assert (row["medicine_name"], row["morning"], row["duration"], row["id"]) == ("Amlodipine", "1", 10, "")
    # the old course is over when the new one begins: no duplicate, and its times do not matter
    assert [warning["code"] for warning in page.context["draft"].warnings] == ["ALLERGIES_NOT_CHECKED"]
    form = typed(amlodipine(), patient=sokha.pk, start_date=(made.last_day + timedelta(days=1)).isoformat())
    assert client.post(f"{ROOT}add/?repeat={made.pk}", form).status_code == 302
    assert Prescription.objects.filter(patient=sokha, status="DRAFT").count() == 1
    other = make_user("Dr Other", Role.DOCTOR)
    for foreign in (made.pk, uuid4()):
        assert window(other).get(f"{ROOT}add/?repeat={foreign}").status_code == 404
    assert AuditLog.objects.filter(actor_id=other.pk, patient_id=sokha.pk, outcome="DENIED").count() == 1


def test_a_warning_is_answered_once_until_it_changes(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    known("Amlodipine", "amlodipine")
    confirmed(dr_lim, sokha)
    asked = write(dr_lim, sokha)
    assert (asked.status_code, asked.context["asks_reason"]) == (200, True)
    assert "both contain amlodipine" in asked.content.decode()
    assert Prescription.objects.count() == 1
    assert write(dr_lim, sokha, warn_reason="REPLACES").status_code == 302
    assert WarningAnswer.objects.get().reason == "REPLACES"
    assert write(dr_lim, sokha).status_code == 302  # answered
    assert write(dr_lim, sokha, amlodipine(morning="9")).status_code == 200  # another warning: the amount
    other = make_user("Dr Other", Role.DOCTOR)
    link(sokha, other)
    assert write(other, sokha).status_code == 200  # another prescriber is asked


def test_an_allergy_stops_until_a_reason_is_typed(sokha: User, dr_lim: User) -> None:
    made = link(sokha, dr_lim)
    known("Amoxicillin", "amoxicillin", atc="J01CA04")
    client = window(dr_lim)
    path = f"/doctor/patients/{sokha.pk}/allergies/"
    chart = f"/doctor/doctor_dashboard/patient/{sokha.pk}/change/"
    assert client.post(path, {"substance": " "}).status_code == 200
    assert client.post(path, {"none": "1"}).status_code == 302
    assert "none known" in client.get(chart).content.decode()
    assert client.post(path, {"substance": "Penicillin", "reaction": "rash"}).status_code == 302
    assert client.post(path, {"substance": "penicillin"}).status_code == 200  # once
    assert client.post(path, {"substance": "Bee stings"}).status_code == 302
    assert "cannot be checked" in client.get(path).content.decode()
    assert "Penicillin (rash)" in client.get(chart).content.decode()
    stopped = write(dr_lim, sokha, amlodipine(medicine_name="Amoxicillin"))
    assert stopped.status_code == 200
    assert "STOP" in [warning["tier"] for warning in stopped.context["draft"].warnings]
    assert not Prescription.objects.exists()
    passed = write(dr_lim, sokha, amlodipine(medicine_name="Amoxicillin"), safety_reason="Tested: not allergic")
    assert passed.status_code == 302
    allergy = Allergy.objects.get(substance="Penicillin")
    other = window(make_user("Dr Other", Role.DOCTOR))
    assert other.get(path).status_code == 404
    assert other.post(path, {"substance": "Iron"}).status_code == 404
    assert AuditLog.objects.filter(patient_id=sokha.pk, outcome="DENIED").count() == 2
    assert client.post(path, {"remove": allergy.pk}).status_code == 302
    assert Allergy.objects.get(pk=allergy.pk).removed_at is not None
    made.permission_level = PermissionLevel.REQUEST
    made.save()
    assert client.get(path).status_code == 404
    assert "Bee" not in client.get(chart).content.decode()


def test_templates_hold_nothing_of_the_patient(sokha: User, vanna: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    link(vanna, dr_lim)
    write(dr_lim, sokha, amlodipine(morning="½"), clinical_note="Less salt")
    made = Prescription.objects.get()
    client = window(dr_lim)
    keep = f"{ROOT}{made.pk}/template/"
    assert client.post(keep, {"name": "Pressure"}).status_code == 302
    assert client.post(keep, {"name": "pressure"}).status_code == 200  # a name once
    kept = PrescriptionTemplate.objects.get()
    assert str(sokha.pk) not in str(kept.content)
    assert str(made.medications.get().pk) not in str(kept.content)
    page = client.get(f"{ROOT}add/?template={kept.pk}&patient={vanna.pk}")
    assert page.context["medicines"].initial[0]["morning"] == "0.5"
    assert page.context["form"]["clinical_note"].value() == "Less salt"
    assert "Amlodipine" in client.get("/doctor/templates/").content.decode()
    other = window(make_user("Dr Other", Role.DOCTOR))
    assert other.get(f"{ROOT}add/?template={kept.pk}").status_code == 404
    assert other.post(f"/doctor/templates/{kept.pk}/delete/").status_code == 404
    assert other.post(keep, {"name": "Mine"}).status_code == 404
    assert client.post(f"/doctor/templates/{kept.pk}/delete/").status_code == 302


def test_a_change_shows_what_was_taken_today(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    made = confirmed(dr_lim, sokha)
    dose = DoseEvent.objects.filter(prescription=made).earliest("scheduled_time")
    moment = clock.now()
    DoseEvent.objects.filter(pk=dose.pk).update(
        scheduled_time=moment, local_date=local_date(moment, sokha.timezone), status="TAKEN_ON_TIME", taken_at=moment
    )
    page = window(dr_lim).get(f"{ROOT}{made.pk}/edit/")
    assert [(told.medicine_name, period) for told, period in page.context["taken"]] == [("Amlodipine", "Morning")]


@pytest.mark.parametrize(
    ("text", "amount"),
    [("½", "0.5"), ("1½", "1.5"), ("1 ½", "1.5"), ("1/2", "0.5"), ("1 1/2", "1.5"), ("៣/៤", "0.75"), ("2,5", "2.5"),
     ("11/2", "11/2"), ("1,000", "1,000"), ("2", "2"), ("", "")],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, amount: str) -> None:
    assert AmountField(required=False).clean(text) == amount


def test_the_catalogue_is_offered_in_both_scripts(dr_lim: User, sokha: User) -> None:
    known("Amlodipine", "amlodipine", name_km="អាំឡូឌីពីន", strengths=["5 mg", "10 mg"])
    for words in ("amlo", "អាំឡូ"):
        found = window(dr_lim).get("/doctor/medicines/", {"q": words}).json()["medicines"]
        assert found == [{"name": "Amlodipine", "khmer": "អាំឡូឌីពីន", "strengths": ["5 mg", "10 mg"]}]
    assert window(sokha).get("/doctor/medicines/", {"q": "a"}).status_code == 302
