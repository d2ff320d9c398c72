"""The worklist: who stands on it and why, done, later, remarks, and a foreign row."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.doctor_dashboard.models import WorklistMark
from apps.doses.models import DoseEvent
from apps.prescriptions.models import Prescription
from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import DEFAULT_ZONE, local_date
from tests.doctor_dashboard.test_api import days_of
from tests.support.courses import course_of
from tests.support.people import Api, link, make_user

pytestmark = pytest.mark.django_db


def window(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def rows(client: Client, **query: Any) -> list[Any]:
    page = client.get("/doctor/", query)
    assert page.status_code == 200
    return [row.item for row, _sentence, _spark in page.context["rows"]]


def kinds(client: Client, **query: Any) -> list[tuple[str, str]]:
    return [(item.kind, item.patient_name) for item in rows(client, **query)]


def test_who_stands_on_it_and_why(dr_lim: User) -> None:
    today = local_date(clock.now(), DEFAULT_ZONE)

    def patient(name: str, level: PermissionLevel = PermissionLevel.ALLOWED) -> User:
        made = make_user(name)
        link(made, dr_lim, level)
        return made

    days_of(patient("Low"), dr_lim, *["TMT", "MTS"] * 3, "TTT")
    days_of(patient("Silent"), dr_lim, *["MMM"] * 6)
    days_of(patient("Well"), dr_lim, *["TTT"] * 6)
    days_of(patient("Hidden", PermissionLevel.NOT_ALLOWED), dr_lim, *["MMM"] * 6)
    sick = patient("Sick")
    days_of(sick, dr_lim, "TTT", "TTS")
    DoseEvent.objects.filter(patient=sick, status="SKIPPED").update(skip_reason="SIDE_EFFECTS")
    course_of(patient("Ending"), doctor=dr_lim, last_day=today + timedelta(days=7), diagnosis="Asthma")
    course_of(patient("Later"), doctor=dr_lim, last_day=today + timedelta(days=8))
    course_of(patient("Paused"), doctor=dr_lim, status="PAUSED", paused_at=clock.now() - timedelta(days=8))
    course_of(patient("Draft"), doctor=dr_lim, status="DRAFT")
    course_of(patient("Back"), doctor=dr_lim, status="DRAFT", retake_reason="The name is wrong")
    urgent = course_of(
        patient("Urgent"), doctor=dr_lim, is_urgent=True, urgent_reason="200/120",
    )  # fmt: skip
    Prescription.objects.filter(pk=urgent.pk).update(updated_at=clock.now() - timedelta(minutes=61))
    Api(make_user("Asking")).post("connections", {"targetUserId": dr_lim.pk, "permissionLevel": "ALLOWED"})
    client = window(dr_lim)
    assert kinds(client) == [
        ("URGENT_NOT_RECEIVED", "Urgent"), ("SIDE_EFFECTS", "Sick"), ("MISSED_IN_A_ROW", "Silent"),
        ("SENT_BACK", "Back"), ("CONNECTION_REQUEST", "Asking"), ("LOW_ADHERENCE", "Low"), ("ENDING", "Ending"),
        ("PAUSED_LONG", "Paused"), ("SILENT", "Silent"), ("DRAFT", "Draft"),
    ]  # fmt: skip
    assert kinds(client, kind="ENDING") == [("ENDING", "Ending")]
    assert client.get("/doctor/", {"kind": "NONSENSE"}).status_code == 404
    with connection.cursor() as cursor:  # the phone came back with a cursor: it holds the change
        cursor.execute("UPDATE sync_feed SET held_revision = revision")
    assert "URGENT_NOT_RECEIVED" not in [kind for kind, _name in kinds(client)]
    khmer = window(dr_lim, "km").get("/doctor/").content.decode()
    assert "Treatment ends soon" not in khmer


def test_done_later_and_remarks(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    made = course_of(sokha, doctor=dr_lim, last_day=local_date(clock.now(), DEFAULT_ZONE) + timedelta(days=3))
    client = window(dr_lim)
    (item,) = rows(client)

    def mark(action: str, **more: str) -> int:
        form = {"key": item.key, "patient": str(sokha.pk), "action": action, **more}
        return client.post("/doctor/worklist/mark/", form).status_code

    assert mark("REMARK", remark="Called, no answer") == 302
    assert "Called, no answer" in client.get("/doctor/").content.decode()
    assert mark("SNOOZED:3") == 302
    assert rows(client) == []
    assert [found.key for found in rows(client, state="SNOOZED")] == [item.key]
    WorklistMark.objects.update(until=clock.now() - timedelta(seconds=1))
    assert len(rows(client)) == 1
    assert mark("DONE") == 302
    kept = WorklistMark.objects.get()
    assert (kept.state, kept.until, kept.remark, kept.marked_by) == ("DONE", None, "Called, no answer", dr_lim)
    assert rows(client) == []
    assert "Dr Lim" in client.get("/doctor/", {"state": "DONE"}).content.decode()
    Prescription.objects.filter(pk=made.pk).update(last_day=local_date(clock.now(), DEFAULT_ZONE))
    assert len(rows(client)) == 1  # another end is another row
    for wrong in ("SNOOZED:99", "SHRED", ""):
        assert mark(wrong) == 404
    assert client.get("/doctor/worklist/mark/").status_code == 404


def test_a_foreign_row_is_not_there_and_the_try_is_audited(sokha: User, vanna: User, dr_lim: User) -> None:
    other = make_user("Dr Other", "DOCTOR")
    link(vanna, other)
    course_of(vanna, doctor=other, last_day=local_date(clock.now(), DEFAULT_ZONE))
    (foreign,) = rows(window(other))
    form = {"key": foreign.key, "patient": str(vanna.pk), "action": "DONE"}
    assert window(dr_lim).post("/doctor/worklist/mark/", form).status_code == 404
    assert AuditLog.objects.filter(actor_id=dr_lim.pk, patient_id=vanna.pk, outcome="DENIED").count() == 1
    assert not WorklistMark.objects.exists()


def test_the_chart_shows_what_the_level_opens(sokha: User, dr_lim: User) -> None:
    made = link(sokha, dr_lim)
    days_of(sokha, dr_lim, "TTT", "TML")
    client = window(dr_lim)
    path = f"/doctor/doctor_dashboard/patient/{sokha.pk}/change/"
    page = client.get(path, {"day": (local_date(clock.now(), DEFAULT_ZONE) - timedelta(days=1)).isoformat()})
    text = page.content.decode()
    assert 'class="day part chosen"' in text
    assert "Recorded by the patient" in text
    assert "Amoxicillin" in text
    assert client.get(path, {"day": "someday"}).status_code == 404
    timeline = client.get(f"/doctor/patients/{sokha.pk}/timeline/", {"kind": "DOSE"}).content.decode()
    assert timeline.count("event-dose") == 6
    note = client.post(f"/doctor/patients/{sokha.pk}/notes/", {"content": "Drinks coffee"})
    assert note.status_code == 302
    assert "Drinks coffee" in client.get(path).content.decode()
    assert "Drinks coffee" in client.get(f"/doctor/patients/{sokha.pk}/timeline/").content.decode()
    made.permission_level = PermissionLevel.NOT_ALLOWED
    made.save()
    hidden = client.get(path).content.decode()
    assert "Amoxicillin" not in hidden
    assert 'class="calendar"' not in hidden
    foreign = make_user("Dr Other", "DOCTOR")
    for page in (path, f"/doctor/patients/{sokha.pk}/timeline/"):
        assert window(foreign).get(page).status_code == 404
    assert window(foreign).post(f"/doctor/patients/{sokha.pk}/notes/", {"content": "x"}).status_code == 404
    assert AuditLog.objects.filter(actor_id=foreign.pk, patient_id=sokha.pk, outcome="DENIED").count() == 3
