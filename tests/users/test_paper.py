"""The export on paper: everything owned, in both languages, nothing of others; and the staff command."""

import io
import re
import stat
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from fontTools.ttLib import TTFont

from apps.audit.models import AuditLog
from apps.users import paper, registry
from apps.users.bilingual import both
from apps.users.models import User
from dastern.core import clock
from dastern.core.print import FONTS
from tests.permissions.world import World, build
from tests.support.people import Api
from tests.support.year import year_behind

pytestmark = pytest.mark.django_db


def pages(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    return [page.get_textpage().get_text_range().replace("\xa0", " ") for page in document]


def downloaded(user: User) -> bytes:
    answer = Api(user).get("users/me/export", format="pdf")
    assert (answer.status_code, answer["content-type"]) == (200, "application/pdf")
    assert "dastern-export.pdf" in answer["content-disposition"]
    return b"".join(answer.streaming_content)


def person(world: World, name: str) -> User:
    found = world.people[name]
    assert found is not None
    return found


def test_s95_the_paper_tells_what_the_file_tells(db: None) -> None:
    world = build()
    owner, author = person(world, "owner"), person(world, "author")
    User.objects.filter(pk=author.pk).update(id_card_number="010203040", phone_number="+85599999999")
    text = "\n".join(pages(downloaded(owner)))
    for word in ("Sokha", "Amlodipine", "Losartan", "Vitamin C", "Zinc", "Evening", "Dr Lim", "Carer allowed"):
        assert word in text
    for section in registry.exports():
        assert registry.export_title(section) in text, section
    for secret in ("010203040", "+85599999999", str(world.ids["token"]), author.email):
        assert secret not in text
    [row] = AuditLog.objects.filter(action_type="DATA_EXPORT")
    assert row.details == {"format": "pdf"}


def test_every_section_has_a_title_in_both_languages(db: None) -> None:
    for section in registry.exports():
        title = registry.export_title(section)
        assert title != section, f"{section} has no title"
        assert " / " in both(title), f"{title} has no Khmer"


def test_a_year_of_doses_is_on_paper_with_its_sources(sokha: User) -> None:
    doses = year_behind(sokha)
    found = pages(downloaded(sokha))
    text = "\n".join(found)
    assert len(found) < 20
    signs = sum(text.count(f" {sign} ") for sign in "TLM")
    assert signs >= doses * 0.8
    assert {source for source in "scox" if f" {source}" in text} == set("scox")
    assert "Fasting" in text


def test_our_fonts_have_every_sign_of_the_paper(sokha: User) -> None:
    year_behind(sokha)
    drawn: dict[str, Any] = {}
    original = paper.pdf_from_template
    try:
        paper.pdf_from_template = lambda template, context, language: drawn.update(context) or b""  # type: ignore[func-returns-value]
        paper.export_pdf(sokha, clock.now())
    finally:
        paper.pdf_from_template = original
    known = set(TTFont(FONTS / "NotoSansKhmer-Regular.ttf").getBestCmap())
    text = "".join(block.heading + block.text for section in drawn["sections"] for block in section.blocks)
    assert {sign for sign in text if ord(sign) not in known and sign != "\n"} == set()


def test_the_health_profile_and_readings_are_on_paper(sokha: User) -> None:
    allergy = {"substance": "Penicillin", "reaction": "Rash", "severity": "SEVERE"}
    assert Api(sokha).post("health-monitoring/profile/allergies", allergy).status_code == 201
    reading = {"vitalType": "BLOOD_PRESSURE", "value": "165", "valueSecondary": "100", "unit": "mmHg"}
    assert Api(sokha).post("health-monitoring/vitals", reading).status_code == 201
    text = "\n".join(pages(downloaded(sokha)))
    for word in ("Penicillin", "Rash", "165/100!", "blood pressure", "far outside the usual range"):
        assert word in text


def test_long_lists_say_how_much_is_left_out(sokha: User) -> None:
    year_behind(sokha)
    text = "\n".join(pages(downloaded(sokha)))
    # how many of today's doses are behind us depends on the hour at which the test runs
    assert re.search(r"Earlier entries are in the JSON file of the same export: 14[23]\d", text)


def test_an_unknown_format_is_refused(sokha: User) -> None:
    answer = Api(sokha).get("users/me/export", format="docx")
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, "format")


@pytest.mark.parametrize("kind", ["json", "pdf"])
def test_staff_write_the_file_for_somebody_who_asks_on_paper(sokha: User, tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"sokha.{kind}"
    call_command("export_user", "SOKHA@example.com ", str(target), format=kind)
    assert target.read_bytes().startswith({"json": b'{"exportedAt"', "pdf": b"%PDF-"}[kind])
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    [row] = AuditLog.objects.filter(action_type="DATA_EXPORT", patient_id=sokha.id)
    assert row.actor_role == "SYSTEM"
    with pytest.raises(CommandError, match="cannot be made"):
        call_command("export_user", sokha.email, str(target))


def test_nobody_and_nowhere_are_told(sokha: User, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nobody has"):
        call_command("export_user", "who@example.com", str(tmp_path / "x"))
    with pytest.raises(CommandError, match="cannot be made"):
        call_command("export_user", sokha.email, str(tmp_path / "no" / "folder"))
    assert list(tmp_path.iterdir()) == []
