"""A doctor signs in and writes a prescription, in both languages, on a desk and on a phone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from apps.connections.choices import PermissionLevel
from apps.prescriptions.models import Prescription
from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import DEFAULT_ZONE, local_date
from tests.authentication.test_second_factor import code_of
from tests.browser.conftest import DESK, PHONE, Visitor
from tests.support.courses import course_of, medicine
from tests.support.people import PASSWORD, Api, link

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


def press(page: Any, *keys: str) -> None:
    """Type texts and press keys, with nothing but the keyboard; a key stands in angle brackets."""
    for key in keys:
        if key.startswith("<"):
            page.keyboard.press(key.strip("<>"))
        else:
            page.keyboard.type(key)


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
    page.click("#save")
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
    page.click("#save")
    page.wait_for_selector(".errornote")
    window.check()
    shot(page, "errors")
    assert page.is_visible(".field.errors #id_medicines-0-morning")
    page.fill("#id_medicines-0-morning", "1")
    page.click("#save")
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
    page.click("#save")
    page.wait_for_selector(".medicine")
    made = Prescription.objects.get()
    assert Api(sokha).post(f"prescriptions/{made.pk}/confirm").status_code == 200
    window.open(f"/doctor/prescriptions/prescription/{made.pk}/edit/")
    page.fill("#id_medicines-0-morning", "0.5")
    shot(page, "edit")
    page.click("#save")
    page.wait_for_selector(".proposal")
    window.check()
    shot(page, "proposal")
    window.open(f"/doctor/prescriptions/prescription/{made.pk}/edit/")
    page.fill("#id_medicines-0-morning", "2")
    page.check("#id_is_urgent")
    page.fill("#id_urgent_reason", "Pressure 200/120")
    page.click("#save")
    page.wait_for_selector(".urgent")
    window.check()
    shot(page, "urgent")
    made.refresh_from_db()
    assert (made.is_urgent, made.current_version) == (True, 3)
    window.open(f"/doctor/prescriptions/prescription/{made.pk}/versions/3/")
    shot(page, "version")


def test_eight_medicines_with_the_keyboard_alone(visitor: Callable[..., Visitor], sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    window = visitor("km")
    page = window.page
    window.enter(dr_lim)
    window.open(f"/doctor/prescriptions/prescription/add/?patient={sokha.pk}")
    page.focus("#id_diagnosis")
    press(page, "Hypertension", "<Enter>", "<Enter>", "<Enter>", "<Enter>", "<Enter>")
    page.focus("#id_medicines-0-medicine_name")
    names = [f"Medicine{number}" for number in range(8)]
    for number, name in enumerate(names):
        assert page.evaluate("document.activeElement.id") == f"id_medicines-{number}-medicine_name"
        press(page, name, "<Enter>", "<Enter>", "5 mg", "<Enter>")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowDown")  # the first unit
        press(page, "<Enter>")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowDown")  # every day
        press(page, "<Enter>", "½", "<Enter>", "<Enter>", "1", "<Enter>", "<Enter>", "<Enter>", "10", "<Enter>")
        assert page.inner_text(f"[data-medicine]:nth-of-type({number + 1}) .total").startswith("1.5 ")
        if number < 7:
            press(page, "<Enter>", "<Enter>")  # quantity, instructions: a new medicine
    press(page, "<Control+Enter>")
    page.wait_for_selector(".medicine")
    window.check()
    made = Prescription.objects.get()
    rows = list(made.medications.order_by("row_number"))
    assert [row.medicine_name for row in rows] == names
    assert {(row.unit, row.morning_dosage["amount"], row.night_dosage["amount"], row.duration) for row in rows} == {
        ("TABLET", "0.5", "1", 10)
    }


def test_an_ended_session_loses_nothing(visitor: Callable[..., Visitor], sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    window = visitor()
    page = window.page
    window.enter(dr_lim)
    window.open(f"/doctor/prescriptions/prescription/add/?patient={sokha.pk}")
    page.fill("#id_diagnosis", "Hypertension")
    fill_medicine(page, 0, "Amlodipine", "5 mg", morning="1")
    page.click("#add-medicine")
    fill_medicine(page, 1, "Metformin", "500 mg", evening="2")
    page.check("#id_medicines-1-ongoing")
    Session.objects.all().delete()
    page.click("#save")
    page.wait_for_selector("#id_username")
    assert not Prescription.objects.exists()
    page.fill("#id_username", dr_lim.email)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_selector("#restored:not([hidden])")
    window.check()
    assert page.input_value("#id_medicines-1-medicine_name") == "Metformin"
    assert page.is_checked("#id_medicines-1-ongoing")
    page.click("#save")
    page.wait_for_selector(".medicine")
    assert Prescription.objects.get().medications.count() == 2
    window.open(f"/doctor/prescriptions/prescription/add/?patient={sokha.pk}")
    assert page.input_value("#id_diagnosis") == ""


def test_a_renewal_takes_three_clicks_from_the_worklist(
    visitor: Callable[..., Visitor], sokha: User, dr_lim: User
) -> None:
    link(sokha, dr_lim)
    window = visitor("km", PHONE)
    page = window.page
    window.enter(dr_lim)
    ending = course_of(
        sokha, doctor=dr_lim, start=local_date(clock.now(), DEFAULT_ZONE) - timedelta(days=7), diagnosis="Asthma"
    )
    medicine(ending, "Amlodipine", duration=10)
    Prescription.objects.filter(pk=ending.pk).update(last_day=local_date(clock.now(), DEFAULT_ZONE) + timedelta(days=2))
    window.open("/doctor/")
    clicks = ["a.act.primary", "#save"]
    for target in clicks:
        page.click(target)
    page.wait_for_selector(".messagelist .success")
    window.check()
    renewed = Prescription.objects.get(status="DRAFT")
    assert renewed.start_date == local_date(clock.now(), DEFAULT_ZONE) + timedelta(days=3)
    assert len(clicks) <= 3


def test_signing_in_with_the_second_factor(visitor: Callable[..., Visitor], dr_lim: User, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    window = visitor("km", PHONE)
    page = window.page
    window.open("/doctor/login/")
    page.fill("#id_username", dr_lim.email)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_selector(".totp svg")
    window.check()
    window.check_accessible()
    page.fill("#id_code", code_of(dr_lim, steps=-1))
    page.press("#id_code", "Enter")
    page.wait_for_selector(".codes")
    window.check()
    assert page.locator(".codes li").count() == 10
    page.click("a.act.primary")
    page.wait_for_selector(".menu")
    page.context.clear_cookies()
    window.open("/doctor/")
    page.fill("#id_username", dr_lim.email)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_selector("#id_code")
    window.check()
    page.fill("#id_code", code_of(dr_lim))
    page.press("#id_code", "Enter")
    page.wait_for_selector(".menu")
    window.check()
