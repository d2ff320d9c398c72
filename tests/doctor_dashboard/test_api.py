"""The doctor's dashboard over HTTP (domain.md §2.12): figures, alerts, notes, and that access ends with the link."""

from datetime import date, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.connections.models import Connection
from apps.doctor_dashboard.models import DoctorNote
from apps.doses.models import DoseEvent
from apps.notifications.models import Notification
from apps.users.choices import AccountStatus, Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import DEFAULT_ZONE, at, local_date
from tests.support.courses import course_of, lay_out, medicine, slot
from tests.support.people import Api, link, make_user

pytestmark = pytest.mark.django_db
ROOT = "doctor-dashboard"


def days_of(patient: User, doctor: User, *days: str, **fields: Any) -> None:
    """A course of which each day is told by letters: T taken, L late, M missed, S skipped; the last is yesterday."""
    today = local_date(clock.now(), DEFAULT_ZONE)
    first = today - timedelta(days=len(days))
    prescription = course_of(patient, doctor=doctor, start=first)
    names = ("morning_dosage", "daytime_dosage", "night_dosage")
    slots = {name: slot() for name, _letter in zip(names, days[0], strict=False)}
    medicine(prescription, duration=len(days) + 5, **slots, **fields)
    lay_out(prescription, now=at(first, time.min, DEFAULT_ZONE))
    for number, letters in enumerate(days):
        rows = DoseEvent.objects.filter(prescription=prescription, local_date=first + timedelta(days=number))
        for dose, letter in zip(rows.order_by("scheduled_time"), letters, strict=True):
            dose.status = {"T": "TAKEN_ON_TIME", "L": "TAKEN_LATE", "M": "MISSED", "S": "SKIPPED"}[letter]
            dose.taken_at = dose.scheduled_time if letter in "TL" else None
            dose.source = "SYSTEM" if letter == "M" else "SELF"
            dose.recorded_by_id = None if letter == "M" else patient.pk
            dose.recorded_at = None if letter == "M" else dose.scheduled_time
            dose.missed_at = dose.overdue_at if letter == "M" else None
            dose.save()


def data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def alert_of(doctor: User, patient: User) -> str | None:
    alerts = data(Api(doctor).get(f"{ROOT}/patients/{patient.pk}/adherence"))["alerts"]
    return alerts[0]["level"] if alerts else None


@pytest.mark.parametrize(
    ("days", "level"),
    [
        (("TTT", "TTT", "TTT"), None),
        (("TTT", "TMT", "TTT"), None),
        (("TTT", "TMM", "TTT"), "WARNING"),
        (("TTT", "TMM", "TMT"), "WARNING"),  # three misses with a taken dose between, on two days
        (("TTT", "MMM", "TTT"), "CRITICAL"),
        (("TMT", "TMT", "TMT"), "CRITICAL"),  # a miss on each of three days
        (("MMM", "TTT", "TTT", "TTT"), None),  # older than three days
        (("TTT", "TMS", "MTT"), None),  # a skipped dose was answered: the run ends
    ],
)
def test_s090_what_is_an_alert(sokha: User, dr_lim: User, days: tuple[str, ...], level: str | None) -> None:
    link(sokha, dr_lim)
    days_of(sokha, dr_lim, *days)
    yesterday = local_date(clock.now(), DEFAULT_ZONE) - timedelta(days=1)
    with time_machine.travel(at(yesterday, time(23, 30), DEFAULT_ZONE)):
        assert alert_of(dr_lim, sokha) == level


def test_s089_a_doctor_of_many_patients_costs_the_same(dr_lim: User) -> None:
    client = Api(dr_lim)
    paths = (ROOT, f"{ROOT}/patients", f"{ROOT}/prescriptions", f"{ROOT}/notes")

    def add(number: int) -> User:
        patient = make_user(f"Patient {number}")
        link(patient, dr_lim)
        days_of(patient, dr_lim, "TMT", "TTM")
        DoctorNote.objects.create(
            doctor=dr_lim, patient=patient, content="x", created_at=clock.now(), updated_at=clock.now()
        )
        return patient

    def cost(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            data(client.get(path))
        return len(queries)

    add(0)
    before = [cost(path) for path in paths]
    for number in range(1, 25):
        add(number)
    assert [cost(path) for path in paths] == before
    page = data(client.get(f"{ROOT}/patients"))
    assert (len(page["items"]), page["limit"], page["total"], page["totalPages"]) == (20, 20, 25, 2)


def test_the_list_is_searched_filtered_and_sorted(dr_lim: User) -> None:
    good, bad, silent = make_user("Chea Good"), make_user("ជា បុប្ផា", phone_number="+85512345678"), make_user("Keo New")
    for patient in (good, bad, silent):
        link(patient, dr_lim)
    days_of(good, dr_lim, "TTT", "TTT")
    days_of(bad, dr_lim, "TMM", "MMT")
    client = Api(dr_lim)

    def names(**query: Any) -> list[str]:
        return [row["fullName"] for row in data(client.get(f"{ROOT}/patients", **query))["items"]]

    assert names() == ["ជា បុប្ផា", "Chea Good", "Keo New"]  # the lowest first, without figures last
    assert names(sortBy="name") == ["Chea Good", "Keo New", "ជា បុប្ផា"]
    assert names(sortOrder="desc") == ["Chea Good", "ជា បុប្ផា", "Keo New"]
    assert names(search="បុប្ផា") == names(search="១២៣៤៥") == ["ជា បុប្ផា"]
    assert names(search="chea") == ["Chea Good"]
    assert names(adherenceFilter="RED") == ["ជា បុប្ផា"]
    assert names(adherenceFilter="NONE") == ["Keo New"]
    assert names(prescriptionStatus="ACTIVE") == ["ជា បុប្ផា", "Chea Good"]
    assert client.get(f"{ROOT}/patients", sortBy="shoe").status_code == 400
    row = data(client.get(f"{ROOT}/patients", search="Good"))["items"][0]
    assert (row["adherencePercentage"], row["adherenceLevel"], row["activePrescriptions"]) == (100, "GREEN", 1)
    overview = data(client.get(ROOT))
    assert (overview["totalPatients"], overview["patientsNeedingAttention"]) == (3, 1)


def test_details_show_what_the_level_opens(sokha: User, dr_lim: User) -> None:
    made = link(sokha, dr_lim, PermissionLevel.ALLOWED)
    days_of(sokha, dr_lim, "TML")
    secret = course_of(sokha, start=date(2026, 11, 1))
    medicine(secret, "Sertraline", private=True)
    path = f"{ROOT}/patients/{sokha.pk}/details"
    client = Api(dr_lim)
    full = data(client.get(path))
    assert full["adherence"]["taken"] == 2
    assert {event["kind"] for event in full["timeline"]} == {"DOSE"}
    assert "Sertraline" not in str(full)
    Connection.objects.filter(pk=made.pk).update(permission_level="NOT_ALLOWED")
    bare = data(client.get(path))
    assert (bare["adherence"], bare["prescriptions"], bare["timeline"], bare["alert"]) == (None, [], [], None)
    assert bare["patient"]["fullName"] == "Sokha"
    row = data(client.get(f"{ROOT}/patients"))["items"][0]
    assert (row["adherencePercentage"], row["activePrescriptions"], row["lastActivity"]) == (None, None, None)
    assert client.get(f"{ROOT}/patients/{sokha.pk}/adherence").status_code == 404
    Connection.objects.filter(pk=made.pk).update(status="REVOKED", revoked_at=clock.now())
    for foreign in (sokha.pk, uuid4()):
        assert client.get(f"{ROOT}/patients/{foreign}/details").status_code == 404
    assert AuditLog.objects.filter(actor_id=dr_lim.pk, patient_id=sokha.pk, outcome="DENIED").count() == 2


def test_figures_leave_out_private_medicines_and_keep_to_the_scope(sokha: User, dr_lim: User) -> None:
    made = link(sokha, dr_lim)
    days_of(sokha, dr_lim, "TTT")
    days_of(sokha, dr_lim, "MMM", private=True)
    client = Api(dr_lim)
    assert data(client.get(f"{ROOT}/patients"))["items"][0]["adherencePercentage"] == 100
    open_one = DoseEvent.objects.filter(status="TAKEN_ON_TIME").values_list("prescription_id", flat=True)[0]
    days_of(sokha, dr_lim, "MMM")
    assert data(client.get(f"{ROOT}/patients"))["items"][0]["adherencePercentage"] == 50
    Connection.objects.filter(pk=made.pk).update(
        permission_level="SELECTED", scope={"prescriptionIds": [str(open_one)], "adherence": False}
    )
    assert data(client.get(f"{ROOT}/patients"))["items"][0]["adherencePercentage"] == 100


def test_only_verified_doctors(sokha: User) -> None:
    pending = make_user("Dr New", Role.DOCTOR, account_status=AccountStatus.PENDING_VERIFICATION)
    answer = Api(pending).get(ROOT)
    assert (answer.status_code, answer.json()["code"]) == (403, "DOCTOR_NOT_VERIFIED")
    assert Api(sokha).get(ROOT).status_code == 403


def test_notes_are_their_authors_alone(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    other = make_user("Dr Other", Role.DOCTOR)
    link(sokha, other)
    mine = Api(dr_lim)
    refused = Api(make_user("Dr Far", Role.DOCTOR)).post(f"{ROOT}/notes", {"patientId": sokha.pk, "content": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "LINK_NEEDED")
    made = mine.post(f"{ROOT}/notes", {"patientId": sokha.pk, "content": "Drinks coffee"})
    assert made.status_code == 201
    note = made.json()["data"]["id"]
    assert mine.post(f"{ROOT}/notes", {"patientId": sokha.pk, "content": "x" * 5001}).status_code == 400
    assert data(Api(other).get(f"{ROOT}/notes"))["items"] == []
    assert Api(other).patch(f"{ROOT}/notes/{note}", {"content": "No"}).status_code == 404
    assert Api(other).delete(f"{ROOT}/notes/{note}").status_code == 404
    assert mine.patch(f"{ROOT}/notes/{note}", {"content": "Drinks tea"}).status_code == 200
    assert data(mine.get(f"{ROOT}/notes", patientId=sokha.pk))["items"][0]["content"] == "Drinks tea"
    assert mine.delete(f"{ROOT}/notes/{note}").status_code == 204
    actions = AuditLog.objects.filter(resource_type="note", outcome="ALLOWED").order_by("id")
    assert [row.action_type for row in actions] == ["DOCTOR_NOTE_CREATE", "DOCTOR_NOTE_UPDATE", "DOCTOR_NOTE_UPDATE"]
    assert "coffee" not in str([row.details for row in actions])


def test_requests_are_answered_and_a_disconnection_says_why(sokha: User, vanna: User, dr_lim: User) -> None:
    for patient in (sokha, vanna):
        asked = Api(patient).post("connections", {"targetUserId": dr_lim.pk, "permissionLevel": "ALLOWED"})
        assert asked.status_code == 201
    client = Api(dr_lim)
    first, second = data(client.get(f"{ROOT}/connections/pending"))["items"]
    assert data(client.post(f"{ROOT}/connections/{first['id']}/accept"))["permissionLevel"] == "ALLOWED"
    assert data(client.post(f"{ROOT}/connections/{second['id']}/reject", {"reason": "Full"}))["status"] == "REVOKED"
    assert client.post(f"{ROOT}/connections/{first['id']}/accept").status_code == 409
    assert client.post(f"{ROOT}/connections/{first['id']}/disconnect", {}).status_code == 400
    ended = client.post(f"{ROOT}/connections/{first['id']}/disconnect", {"reason": "I move away"})
    assert data(ended)["status"] == ConnectionStatus.REVOKED
    assert AuditLog.objects.filter(action_type="DOCTOR_DISCONNECT", patient_id=sokha.pk).count() == 1
    assert Notification.objects.filter(recipient=sokha, data__connectionId=first["id"]).exists()
    assert client.get(f"{ROOT}/patients/{sokha.pk}/details").status_code == 404


def test_a_span_of_days(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    days_of(sokha, dr_lim, "TTT", "TMT")
    client = Api(dr_lim)
    path = f"{ROOT}/patients/{sokha.pk}/adherence"
    today = local_date(clock.now(), DEFAULT_ZONE)
    whole = data(client.get(path))
    assert (len(whole["timeline"]), whole["taken"], whole["missed"]) == (30, 5, 1)
    day = (today - timedelta(days=1)).isoformat()
    one = data(client.get(path, startDate=day, endDate=day))
    assert (len(one["timeline"]), one["percentage"]) == (1, 67)
    ahead = (today + timedelta(days=9)).isoformat()
    assert len(data(client.get(path, startDate=ahead))["timeline"]) == 1
    for wrong in ({"startDate": "1999-01-01"}, {"startDate": "2026-02-01", "endDate": "2026-01-01"}):
        assert client.get(path, **wrong).status_code == 400
