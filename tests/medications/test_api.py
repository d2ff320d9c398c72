"""Search in both scripts, archived medicines, reminders, pictures behind links that end."""

import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.medications.models import CatalogueMedicine, Medication
from apps.users.models import User
from dastern.core import clock
from tests.support.courses import course_of, medicine
from tests.support.people import Api, link, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def amoxicillin(sokha: User) -> Medication:
    return medicine(course_of(sokha), "Amoxicillin", medicine_name_khmer="អាម៉ុកស៊ីស៊ីលីន")


def upload(user: User, medication: Medication, content: bytes, name: str = "box.jpg") -> Any:
    return Api(user).client.post(
        f"/api/v1/medications/{medication.id}/photo",
        {"image": SimpleUploadedFile(name, content)},
        headers={"authorization": f"Bearer {token(user)}", "accept-language": "en"},
    )


def jpeg(size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Camera of Sokha"
    Image.new("RGB", size, "white").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("query", ["amoxi", "ម៉ុកស៊ី"])
def test_search_finds_own_and_catalogue_names_in_both_scripts(sokha: User, amoxicillin: Medication, query: str) -> None:
    CatalogueMedicine.objects.create(
        name_en="Amoxicillin + clavulanic acid", name_km="អាម៉ុកស៊ីស៊ីលីន ក្លាវូឡានិក", substances=["amoxicillin"],
        source="general knowledge, unreviewed",
    )  # fmt: skip
    data = Api(sokha).get("medications/search", q=query).json()["data"]
    assert [own["medicineName"] for own in data["own"]] == ["Amoxicillin"]
    assert [row["nameEn"] for row in data["catalogue"]] == ["Amoxicillin + clavulanic acid"]


def test_search_needs_words_and_never_shows_another_persons_medicines(
    sokha: User, vanna: User, amoxicillin: Medication
) -> None:
    assert Api(sokha).get("medications/search").status_code == 400
    assert Api(vanna).get("medications/search", q="amoxi").json()["data"]["own"] == []


def test_archived_shows_medicines_of_ended_prescriptions_in_constant_queries(sokha: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert Api(sokha).get("medications/archived").status_code == 200
        return len(queries)

    ended = course_of(sokha, status="INACTIVE")
    medicine(ended)
    medicine(course_of(sokha))
    assert Api(sokha).get("medications/archived").json()["data"]["total"] == 1
    one = cost()
    for number in range(19):
        medicine(ended, f"Medicine {number}")
    assert cost() == one


def test_the_patient_switches_a_reminder_and_nobody_else(sokha: User, dara: User, amoxicillin: Medication) -> None:
    link(sokha, dara, PermissionLevel.ALLOWED)
    path = f"medications/{amoxicillin.id}/reminder"
    assert Api(dara).put(path, {"enabled": False}).status_code == 403
    assert Api(sokha).put(path, {"enabled": False}).json()["data"]["reminderEnabled"] is False
    amoxicillin.refresh_from_db()
    assert amoxicillin.reminder_enabled is False


def test_another_patients_medicine_is_not_found_and_the_try_is_audited(
    sokha: User, vanna: User, amoxicillin: Medication
) -> None:
    assert Api(vanna).put(f"medications/{amoxicillin.id}/reminder", {"enabled": False}).status_code == 404
    denied = AuditLog.objects.get(outcome="DENIED")
    assert (denied.actor_id, denied.patient_id, denied.resource_id) == (vanna.id, sokha.id, str(amoxicillin.id))
    amoxicillin.refresh_from_db()
    assert amoxicillin.reminder_enabled is True


def test_a_picture_is_drawn_anew_and_its_link_ends_after_an_hour(sokha: User, amoxicillin: Medication) -> None:
    url = upload(sokha, amoxicillin, jpeg()).json()["data"]["imageUrl"]
    path = url[url.index("/api/") :]
    answer = Api().client.get(path)
    picture = b"".join(answer.streaming_content)
    assert Image.open(io.BytesIO(picture)).size == (40, 30)
    assert b"Camera of Sokha" not in picture
    assert Api().client.get(path[:-3] + "abc").status_code == 404
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1), tick=False):
        assert Api().client.get(path).status_code == 410


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"just a text", 415), (jpeg()[:200], 422), (b"\0" * (5 * 1024 * 1024 + 1), 413)],
    ids=["text", "broken", "large"],
)
def test_what_is_no_picture_is_refused_and_changes_nothing(
    sokha: User, amoxicillin: Medication, content: bytes, status: int
) -> None:
    assert upload(sokha, amoxicillin, content).status_code == status
    amoxicillin.refresh_from_db()
    assert not amoxicillin.image
