"""A doctor signs in and writes a prescription, in both languages, on a desk and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.connections.choices import PermissionLevel
from apps.prescriptions.models import Prescription
from apps.users.models import User
from tests.browser.conftest import DESK, PHONE, Visitor
from tests.support.people import Api, link

pytestmark = pytest.mark.django_db(transaction=True)


def fill_medicine(page: Any, number: int, name: str, strength: str, **amounts: str) -> None:
    row = f"#id_medicines-{number}-"
    page.fill(f"{row}medicine_name", name)
    page.fill(f"{row}strength", strength)
    page.select_option(f"{row}unit", "TABLET")
    page.select_option(f"{row}frequency_type", "DAILY")
    for slot, amount in amounts.items():
        page.fill(f"{row}{slot}", amount)
    page.fill(f"{row}duration", "10")


@pytest.mark.parametrize(("language", "size"), [("en", DESK), ("km", DESK), ("km", PHONE)])
def test_a_doctor_writes_a_prescription(
    visitor: Callable[..., Visitor], sokha: User, dr_lim: User, language: str, size: dict[str, int], shot: Any
) -> None:
    link(sokha, dr_lim, PermissionLevel.SELECTED)
    window = visitor(language, size)
    page = window.page
    window.open("/doctor/")
    shot(page, "login")
    window.sign_in(dr_lim)
    assert page.get_attribute("html", "lang") == language
    shot(page, "index")
    window.open("/doctor/doctor_dashboard/patient/")
    shot(page, "patients")
    page.click("text=Sokha")
    window.check()
    shot(page, "patient")
    page.click("a.main-action")
    assert page.input_value("#id_patient") == str(sokha.pk)
    page.fill("#id_diagnosis", "Hypertension")
    fill_medicine(page, 0, "Amlodipine", "5 mg", morning="១")  # a Khmer digit
    page.click("#add-medicine")
    fill_medicine(page, 1, "Metformin", "500 mg", morning="0.5", evening="1")
    page.select_option("#id_medicines-1-meal", "before")
    window.check()
    shot(page, "form")
    page.click("button[name=save]")
    page.wait_for_selector(".medicine")
    window.check()
    shot(page, "sheet")
    made = Prescription.objects.get()
    assert (made.status, made.diagnosis, made.doctor_id) == ("DRAFT", "Hypertension", dr_lim.pk)
    first, second = made.medications.order_by("row_number")
    assert first.morning_dosage == {"amount": "1", "beforeMeal": False}
    assert first.duration == 10
    assert second.night_dosage == {"amount": "1", "beforeMeal": True}
    window.open("/doctor/prescriptions/prescription/")
    shot(page, "list")


def test_errors_stand_at_their_fields(visitor: Callable[..., Visitor], sokha: User, dr_lim: User, shot: Any) -> None:
    link(sokha, dr_lim)
    window = visitor()
    page = window.page
    window.sign_in(dr_lim)
    window.open(f"/doctor/prescriptions/prescription/add/?patient={sokha.pk}")
    fill_medicine(page, 0, "Amlodipine", "5 mg")
    page.click("button[name=save]")
    page.wait_for_selector(".errornote")
    window.check()
    shot(page, "errors")
    assert page.is_visible(".field.errors #id_medicines-0-morning")
    page.fill("#id_medicines-0-morning", "1")
    page.click("button[name=save]")
    page.wait_for_selector(".field.errors #id_diagnosis")
    assert not Prescription.objects.exists()


def test_a_course_is_changed_urgently(visitor: Callable[..., Visitor], sokha: User, dr_lim: User, shot: Any) -> None:
    link(sokha, dr_lim)
    window = visitor()
    page = window.page
    window.sign_in(dr_lim)
    window.open(f"/doctor/prescriptions/prescription/add/?patient={sokha.pk}")
    page.fill("#id_diagnosis", "Hypertension")
    fill_medicine(page, 0, "Amlodipine", "5 mg", morning="1")
    page.click("button[name=save]")
    page.wait_for_selector(".medicine")
    made = Prescription.objects.get()
    assert Api(sokha).post(f"prescriptions/{made.pk}/confirm").status_code == 200
    window.open(f"/doctor/prescriptions/prescription/{made.pk}/edit/")
    page.fill("#id_medicines-0-morning", "0.5")
    shot(page, "edit")
    page.click("button[name=save]")
    page.wait_for_selector(".proposal")
    window.check()
    shot(page, "proposal")
    window.open(f"/doctor/prescriptions/prescription/{made.pk}/edit/")
    page.fill("#id_medicines-0-morning", "2")
    page.check("#id_is_urgent")
    page.fill("#id_urgent_reason", "Pressure 200/120")
    page.click("button[name=save]")
    page.wait_for_selector(".urgent")
    window.check()
    shot(page, "urgent")
    made.refresh_from_db()
    assert (made.is_urgent, made.current_version) == (True, 3)
    window.open(f"/doctor/prescriptions/prescription/{made.pk}/versions/3/")
    shot(page, "version")
