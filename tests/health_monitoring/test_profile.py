"""The health profile: who sees and writes it, and what it means for medicines in the three tiers of domain.md §7.5."""

from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.health_monitoring.models import Allergy
from apps.health_monitoring.services import allergy_add, profile_change
from apps.medications.selectors import allergen_named
from apps.prescriptions.models import Prescription
from apps.prescriptions.services import medicines_check
from apps.users.models import User
from tests.health_monitoring.conftest import local
from tests.support.people import Api, actor, link

pytestmark = pytest.mark.django_db
Body = dict[str, Any]
_TURNED = "The last day is before the first."
PATH = "health-monitoring/profile"


@pytest.fixture
def catalogue() -> None:
    """The catalogue that ships."""
    call_command("load_catalogue", verbosity=0)


def tablet(name: str, **fields: Any) -> Body:
    return {
        "medicineName": name, "strength": "500 mg", "unit": "TABLET", "frequencyType": "DAILY", "duration": 5,
        "morningDosage": {"amount": "1", "beforeMeal": False},
    } | fields  # fmt: skip


def data(answer: Any, status: int = 200) -> Body:
    assert answer.status_code == status, answer.content
    found: Body = answer.json()["data"]
    return found


def found(warnings: list[Body]) -> list[tuple[str, str]]:
    return [(one["tier"], one["code"]) for one in warnings]


def test_an_untouched_profile_is_empty_and_filling_it_shows(api: type[Api], sokha: User) -> None:
    assert data(api(sokha).get(PATH))["allergies"] == []
    data(api(sokha).patch(PATH, {"bloodType": "O_POS", "noKnownAllergies": True, "breastfeedingSince": "2026-10-01"}))
    data(api(sokha).post(f"{PATH}/conditions", {"name": "Hypertension", "since": "2015-01-01"}), 201)
    data(api(sokha).post(f"{PATH}/contacts", {"name": "Dara", "phoneNumber": "+៨៥៥12345678"}), 201)
    shown = data(api(sokha).post(f"{PATH}/allergies", {"substance": " Aspirin ", "reaction": "Rash"}), 201)
    assert (shown["bloodType"], shown["isBreastfeeding"]) == ("O_POS", True)
    assert shown["noKnownAllergies"] is False  # an allergy is known now
    assert [(one["substance"], one["reaction"], one["severity"]) for one in shown["allergies"]] == [
        ("Aspirin", "Rash", "UNKNOWN")
    ]
    assert [one["name"] for one in shown["conditions"]] == ["Hypertension"]
    assert [one["phoneNumber"] for one in shown["emergencyContacts"]] == ["+85512345678"]
    assert data(api(sokha).get(PATH)) == shown
    again = api(sokha).post(f"{PATH}/allergies", {"substance": "aspirin"})
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_RECORDED")
    for kind in ("allergies", "conditions", "emergencyContacts"):
        part = "contacts" if kind == "emergencyContacts" else kind
        assert api(sokha).delete(f"{PATH}/{part}/{shown[kind][0]['id']}").status_code == 204
        assert api(sokha).delete(f"{PATH}/{part}/{shown[kind][0]['id']}").status_code == 404
    assert Allergy.objects.filter(removed_at__isnull=False).count() == 1  # nothing medical is destroyed
    assert "Aspirin" not in str(list(AuditLog.objects.values_list("details", flat=True)))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"pregnantSince": "2026-06-01", "pregnancyEnded": "2026-05-01"}, f"pregnancyEnded: {_TURNED}"),
        ({"pregnantSince": "2026-06-01", "pregnancyDue": "2026-05-01"}, f"pregnancyDue: {_TURNED}"),
        ({"breastfeedingSince": "2026-06-01", "breastfeedingUntil": "2026-05-01"}, f"breastfeedingUntil: {_TURNED}"),
        ({"noKnownAllergies": True}, "noKnownAllergies: Allergies are recorded. Remove them first."),
    ],
)  # fmt: skip
def test_contradictions_are_refused(api: type[Api], sokha: User, body: Body, error: str) -> None:
    allergy_add(actor=actor(sokha), substance="Aspirin")
    answer = api(sokha).patch(PATH, body)
    assert (answer.status_code, answer.json()["errors"]) == (400, [error])


def test_bad_numbers_and_types_are_refused(api: type[Api], sokha: User) -> None:
    assert api(sokha).post(f"{PATH}/contacts", {"name": "Dara", "phoneNumber": "call me"}).status_code == 400
    assert api(sokha).patch(PATH, {"bloodType": "C_POS"}).status_code == 400
    assert api(sokha).post(f"{PATH}/allergies", {"substance": "  "}).status_code == 400


def test_a_prescriber_sees_allergies_but_no_contacts_and_may_add_one(
    api: type[Api], sokha: User, dara: User, dr_lim: User, vanna: User
) -> None:
    link(sokha, dr_lim, PermissionLevel.SELECTED, scope={})
    link(sokha, dara, PermissionLevel.SELECTED, scope={"adherence": True})
    allergy_add(actor=actor(sokha), substance="Aspirin")
    theirs = {"patientId": str(sokha.id)}
    shown = data(api(dr_lim).get(PATH, **theirs))
    assert ([one["substance"] for one in shown["allergies"]], shown["emergencyContacts"]) == (["Aspirin"], None)
    for stranger in (dara, vanna):
        assert api(stranger).get(PATH, **theirs).status_code == 404
        assert api(stranger).post(f"{PATH}/allergies", theirs | {"substance": "Eggs"}).status_code == 404
    added = data(api(dr_lim).post(f"{PATH}/allergies", theirs | {"substance": "Ibuprofen"}), 201)
    mine, hers = added["allergies"][1]["id"], added["allergies"][0]["id"]
    assert api(dr_lim).delete(f"{PATH}/allergies/{hers}").status_code == 403
    assert api(dr_lim).delete(f"{PATH}/allergies/{mine}").status_code == 204
    seen = {entry["who"] for entry in data(api(sokha).get("audit/my-data"))["items"]}
    assert {"Dr Lim", "Dara", "Vanna"} <= seen


def test_statements_of_a_profile_do_not_grow(api: type[Api], sokha: User) -> None:
    counts = []
    for number in range(1, 21):
        allergy_add(actor=actor(sokha), substance=f"Substance {number}")
        if number in {1, 20}:
            with CaptureQueriesContext(connection) as queries:
                data(api(sokha).get(PATH))
            counts.append(len(queries))
    assert counts[0] == counts[1]


# --- what it means for medicines ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("catalogue")
def test_an_allergy_is_known_by_substance_brand_khmer_name_or_class() -> None:
    assert allergen_named("amoxicillin").substances == {"amoxicillin"}
    assert "amoxicillin" in allergen_named("Augmentin").substances
    assert allergen_named("Penicillin").atc_groups == ("J01C",)
    assert not allergen_named("dust").is_known


@pytest.mark.usefixtures("catalogue")
def test_the_three_tiers_before_anything_is_saved(api: type[Api], sokha: User) -> None:
    check = {"medications": [tablet("Amoxicillin")]}
    assert found(data(api(sokha).post("prescriptions/check", check))["warnings"]) == [("INFO", "ALLERGIES_NOT_CHECKED")]
    profile_change(actor=actor(sokha), changes={"no_known_allergies": True})
    assert data(api(sokha).post("prescriptions/check", check))["warnings"] == []
    allergy_add(actor=actor(sokha), substance="Amoxicillin", reaction="Swelling")
    allergy_add(actor=actor(sokha), substance="Dust")
    both = {"medications": [tablet("Augmentin"), tablet("Amoxicillin"), tablet("Unheard of")]}
    warnings = data(api(sokha).post("prescriptions/check", both))["warnings"]
    assert [(one["tier"], one["code"], one["keys"]) for one in warnings] == [
        ("STOP", "ALLERGY", ["0"]), ("STOP", "ALLERGY", ["1"]), ("WARN", "DUPLICATE_THERAPY", ["0", "1"]),
        ("INFO", "ALLERGY_NOT_CHECKED", ["0", "1", "2"]), ("INFO", "NOT_CHECKED", ["2"]),
    ]  # fmt: skip
    assert warnings[0]["message"] == "The patient is allergic to amoxicillin, which is in Augmentin."
    assert not Prescription.objects.exists()


@pytest.mark.usefixtures("catalogue")
def test_a_class_allergy_stops_every_medicine_of_the_class(sokha: User) -> None:
    allergy_add(actor=actor(sokha), substance="penicillin")
    checked = medicines_check(
        patient_id=sokha.id,
        rows=[{"medicine_name": name} for name in ("Amoxicillin", "Cloxacillin", "Azithromycin")],
    )
    assert [(one["code"], one["keys"]) for one in checked if one["tier"] == "STOP"] == [
        ("ALLERGY", ["0"]), ("ALLERGY", ["1"]),
    ]  # fmt: skip
    allergy_add(actor=actor(sokha), substance="quinolone")
    drops = medicines_check(patient_id=sokha.id, rows=[{"medicine_name": "Ciprofloxacin eye drops"}])
    assert ("STOP", "ALLERGY") in found(drops)


@pytest.mark.usefixtures("catalogue")
def test_a_doctor_passes_an_allergy_only_with_a_typed_reason(api: type[Api], sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim, PermissionLevel.SELECTED, scope={})
    allergy_add(actor=actor(sokha), substance="Amoxicillin")
    body = {"patientId": str(sokha.id), "diagnosis": "Otitis", "medications": [tablet("Amoxicillin")]}
    stopped = api(dr_lim).post("prescriptions", body)
    assert (stopped.status_code, stopped.json()["code"]) == (400, "SAFETY_STOP")
    assert stopped.json()["errors"][0].startswith("medications[0].medicineName: The patient is allergic")
    assert found(stopped.json()["warnings"]) == [("STOP", "ALLERGY")]
    assert not Prescription.objects.exists()
    passed = data(api(dr_lim).post("prescriptions", body | {"safetyReason": "Tolerated since, tested"}), 201)
    assert found(passed["warnings"]) == [("STOP", "ALLERGY")]
    audited = AuditLog.objects.get(action_type="PRESCRIPTION_CREATE")
    assert audited.details["safetyReason"] == "Tolerated since, tested"


@pytest.mark.usefixtures("catalogue")
def test_a_patient_who_adds_a_medicine_is_stopped_and_duplicates_warn(api: type[Api], sokha: User) -> None:
    allergy_add(actor=actor(sokha), substance="Aspirin")
    body = {"title": "Pain", "startDate": "2026-11-25", "medications": [tablet("Paracetamol")]}
    with time_machine.travel(local("12:00"), tick=False):
        made = data(api(sokha).post("prescriptions/patient", body), 201)
        assert made["warnings"] == []
        stopped = api(sokha).post(f"prescriptions/{made['id']}/medications", tablet("Aspirin"))
        assert (stopped.status_code, stopped.json()["code"]) == (400, "SAFETY_STOP")
        reason = {"safetyReason": "My cardiologist told me to"}
        added = data(api(sokha).post(f"prescriptions/{made['id']}/medications", tablet("Aspirin") | reason), 201)
        assert found(added["warnings"]) == [("STOP", "ALLERGY")]
        twice = data(api(sokha).post(f"prescriptions/{made['id']}/medications", tablet("Panadol")), 201)
        assert ("WARN", "DUPLICATE_THERAPY") in found(twice["warnings"])
        weekly = api(sokha).post(f"prescriptions/{made['id']}/medications", tablet("Methotrexate") | reason)
    assert weekly.json()["code"] == "SAFETY_STOP"  # only a doctor passes a weekly medicine that is taken daily
    assert any(error.startswith("medications[3].frequencyType") for error in weekly.json()["errors"])
