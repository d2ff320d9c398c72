"""A prescription on paper: who gets it, what stands on it, lines as a browser breaks them, and a code that is read."""

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
import time_machine
import zxingcpp
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation
from weasyprint import HTML

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.medications.models import Medication
from apps.prescriptions import printing as paper
from apps.prescriptions import services
from apps.prescriptions.models import Prescription
from apps.prescriptions.selectors import prescription_reread
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.core import print as press
from tests.core.test_print import lines, wide
from tests.support.people import Api, actor, link, make_user

pytestmark = pytest.mark.django_db
SENTENCE = "លេបបន្ទាប់ពីអាហារពេលព្រឹកនិងពេលល្ងាចរាល់ថ្ងៃហើយត្រូវផឹកទឹកឱ្យបានច្រើនកុំផឹកស្រា"
MILLIMETRE = 96 / 25.4


def eight() -> list[dict[str, Any]]:
    from apps.medications.api.serializers import MedicationInput

    rows = [
        {
            "medicineName": f"Amoxicillin {number}", "medicineNameKhmer": "អាម៉ុកស៊ីស៊ីលីន", "strength": "500 mg",
            "unit": "TABLET", "frequencyType": "DAILY", "duration": 10, "instructions": SENTENCE,
            "morningDosage": {"amount": "0.5", "beforeMeal": True},
            "nightDosage": {"amount": "2", "beforeMeal": False},
        }
        for number in range(8)
    ]  # fmt: skip
    parsed = MedicationInput(data=rows, many=True)
    parsed.is_valid(raise_exception=True)
    return list(parsed.validated_data)


def written(doctor: User, patient: User) -> Prescription:
    header = {"diagnosis": "ជំងឺលើសសម្ពាធឈាមនិងជំងឺទឹកនោមផ្អែមប្រភេទទីពីរដែលត្រូវតាមដានជាប្រចាំ", "clinical_note": SENTENCE * 2}
    made = services.prescription_create(actor=actor(doctor), patient_id=patient.pk, header=header, rows=eight())
    return prescription_reread(made.prescription_id)


def html_of(prescription: Prescription, viewer: User) -> str:
    with translation.override("km"):
        context = paper.paper_context(prescription, viewer.pk, now=clock.now())
        return press.html_khmer_breaks(render_to_string("print/prescription.html", context))


def laid_out(html: str) -> Any:
    fonts, faces = press._house()
    return HTML(string=html).render(stylesheets=[faces], font_config=fonts)


def test_it_is_an_a5_paper_whose_code_is_read_back(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    made = written(dr_lim, sokha)
    answer = Api(dr_lim).get(f"prescriptions/{made.pk}/pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    document = pypdfium2.PdfDocument(io.BytesIO(answer.content))
    assert [round(side) for side in document[0].get_size()] == [420, 595]
    (code,) = zxingcpp.read_barcodes(document[0].render(scale=2).to_pil())
    assert code.text == paper.check_url(made)
    assert str(made.pk) not in code.text
    page = Client(headers={"accept-language": "en"}).get(code.text.partition("8000")[2])
    told = page.content.decode()
    assert "Dr Lim" in told
    assert "has not confirmed" in told
    assert "Sokha" not in told
    assert "Amoxicillin" not in told


def test_no_text_leaves_the_page(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    document = laid_out(html_of(written(dr_lim, sokha), dr_lim))
    page_width, page_height = 148 * MILLIMETRE, 210 * MILLIMETRE
    assert len(document.pages) >= 2
    for page in document.pages:
        for line in lines(page._page_box):
            if not line.children:
                continue
            assert line.position_x >= 0
            assert line.position_x + wide(line) <= page_width - 8 * MILLIMETRE
            assert 0 <= line.position_y <= page_height - line.height


def test_the_code_tells_what_became_of_the_paper(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    made = written(dr_lim, sokha)
    client = Client(headers={"accept-language": "en"})
    first = f"/check/{paper.check_token(made.pk, 1)}/"
    services.prescription_confirm(actor=actor(sokha), prescription_id=made.pk)
    assert "in force" in client.get(first).content.decode()
    services.prescription_urgent_update(
        actor=actor(dr_lim), prescription_id=made.pk, urgent_reason="200/120", header={"clinical_note": "Now"}
    )
    assert "replaced" in client.get(first).content.decode()
    assert "in force" in client.get(f"/check/{paper.check_token(made.pk, 2)}/").content.decode()
    services.prescription_stop(actor=actor(sokha), prescription_id=made.pk, reason="")
    assert "is over" in client.get(first).content.decode()
    for wrong in (first[:-3] + "xx/", "/check/nonsense/", f"/check/{paper.check_token(uuid4(), 1)}/"):
        assert client.get(wrong).status_code == 404


def test_only_patient_and_author_print_and_share(sokha: User, dr_lim: User, dara: User) -> None:
    link(sokha, dr_lim)
    link(sokha, dara, PermissionLevel.ALLOWED)
    made = written(dr_lim, sokha)
    other = make_user("Dr Other", Role.DOCTOR)
    for person in (dara, other):
        assert Api(person).get(f"prescriptions/{made.pk}/pdf").status_code == 404
        assert Api(person).post(f"prescriptions/{made.pk}/share").status_code == 404
        assert AuditLog.objects.filter(actor_id=person.pk, patient_id=sokha.pk, outcome="DENIED").count() == 2


def test_a_shared_link_ends_after_an_hour_and_hides_private_medicines(sokha: User, dr_lim: User) -> None:
    made_link = link(sokha, dr_lim)
    made = written(dr_lim, sokha)
    Medication.objects.filter(prescription=made, row_number=1).update(private=True)
    shared = Api(sokha).post(f"prescriptions/{made.pk}/share").json()["data"]
    path = shared["url"].partition("8000")[2]
    visitor = Client()
    answer = visitor.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    look = AuditLog.objects.filter(patient_id=sokha.pk, action_type="DATA_ACCESS").latest("id")
    assert (look.actor_id, look.details["sharedBy"]) == (None, str(sokha.pk))
    seen = paper.paper_context(prescription_reread(made.pk), sokha.pk, now=clock.now(), shared=True)
    assert next(row.name for row in seen["rows"]) == "Amoxicillin 1 500\u00a0mg"
    author = paper.paper_context(prescription_reread(made.pk), dr_lim.pk, now=clock.now(), shared=True)
    assert len(author["rows"]) == 8
    by_doctor = Api(dr_lim).post(f"prescriptions/{made.pk}/share").json()["data"]["url"].partition("8000")[2]
    made_link.status = "REVOKED"
    made_link.save()
    assert visitor.get(by_doctor).status_code == 404
    assert visitor.get("/api/v1/prescriptions/shared/nonsense").status_code == 404
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert visitor.get(path).status_code == 410
