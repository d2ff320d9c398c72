"""Every page of the portal, in both languages, on a desk and on a phone: nothing stopped by the policy, nothing asked
of another host, nothing wider than the screen, nothing grave for axe. With SCREENSHOTS it keeps the pictures."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.clinic import Clinic, build
from tests.browser.conftest import DESK, PHONE, Visitor

pytestmark = pytest.mark.django_db(transaction=True)
WINDOWS = [("km", DESK), ("en", DESK), ("km", PHONE), ("en", PHONE)]
NAMES = [f"{language}-{size['width']}" for language, size in WINDOWS]


def doctor_pages(clinic: Clinic) -> dict[str, str]:
    patient, prescription = clinic.patient.pk, clinic.prescription.pk
    return {
        "worklist": "/doctor/",
        "patients": "/doctor/doctor_dashboard/patient/",
        "chart": f"/doctor/doctor_dashboard/patient/{patient}/change/",
        "timeline": f"/doctor/patients/{patient}/timeline/",
        "vitals": f"/doctor/patients/{patient}/vitals/",
        "connections": "/doctor/connections/",
        "report": "/doctor/report/",
        "account": "/doctor/profile/",
        "activity": "/doctor/activity/",
        "second-factor": "/second-factor/setup/",
        "allergies": f"/doctor/patients/{patient}/allergies/",
        "templates": "/doctor/templates/",
        "note": f"/doctor/notes/{clinic.note.pk}/",
        "prescriptions": "/doctor/prescriptions/prescription/",
        "prescription": f"/doctor/prescriptions/prescription/{prescription}/change/",
        "write": f"/doctor/prescriptions/prescription/add/?patient={patient}",
        "edit": f"/doctor/prescriptions/prescription/{prescription}/edit/",
        "version": f"/doctor/prescriptions/prescription/{prescription}/versions/2/",
    }


@pytest.mark.parametrize(("language", "size"), WINDOWS, ids=NAMES)
def test_every_page_of_a_doctor(
    visitor: Callable[..., Visitor], language: str, size: dict[str, int], shot: Any
) -> None:
    clinic = build()
    window = visitor(language, size)
    window.open("/doctor/login/")
    window.check_accessible()
    window.enter(clinic.doctor)
    for name, path in doctor_pages(clinic).items():
        window.open(path)
        assert window.page.get_attribute("html", "lang") == language
        shot(window.page, f"portal-{name}")
        window.check_accessible()
