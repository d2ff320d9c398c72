"""The other pages: connections, account, activity, vital signs, report; and that none opens for somebody else."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.connections.models import AccessRequest, Connection
from apps.health_monitoring.models import HealthAlert
from apps.health_monitoring.services.recording import vital_record
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from tests.doctor_dashboard.test_api import days_of
from tests.doctor_dashboard.test_worklist import kinds, window
from tests.support.people import Api, actor, link, make_user

pytestmark = pytest.mark.django_db


def pressure(patient: User, systolic: int, diastolic: int, *, days_ago: int = 0) -> None:
    vital_record(
        actor=actor(patient), vital_type="BLOOD_PRESSURE", value=Decimal(systolic), value_secondary=Decimal(diastolic),
        unit="mmHg", measured_at=clock.now() - timedelta(days=days_ago),
    )  # fmt: skip


def test_connections_are_answered_and_ended(sokha: User, vanna: User, dr_lim: User) -> None:
    for patient in (sokha, vanna):
        Api(patient).post("connections", {"targetUserId": dr_lim.pk, "permissionLevel": "REQUEST"})
    client = window(dr_lim)
    first, second = client.get("/doctor/connections/").context["requests"]
    assert client.post(f"/doctor/connections/{first.pk}/accept/").status_code == 302
    assert client.post(f"/doctor/connections/{second.pk}/reject/", {"reason": "Full"}).status_code == 302
    assert client.post(f"/doctor/connections/{first.pk}/ask/", {"reason": "For the visit"}).status_code == 302
    assert AccessRequest.objects.get().reason == "For the visit"
    client.post(f"/doctor/connections/{first.pk}/disconnect/", {"reason": " "})
    assert Connection.objects.get(pk=first.pk).status == ConnectionStatus.ACCEPTED
    client.post(f"/doctor/connections/{first.pk}/disconnect/", {"reason": "I move"})
    assert Connection.objects.get(pk=first.pk).status == ConnectionStatus.REVOKED
    assert "I move" in client.get("/doctor/connections/").content.decode()
    other = window(make_user("Dr Other", Role.DOCTOR))
    assert other.post(f"/doctor/connections/{first.pk}/accept/").status_code == 404
    assert client.post(f"/doctor/connections/{first.pk}/shred/").status_code == 404


def test_a_dangerous_reading_stands_on_the_worklist_until_it_is_closed(sokha: User, dr_lim: User) -> None:
    made = link(sokha, dr_lim)
    pressure(sokha, 190, 95)
    client = window(dr_lim)
    assert ("VITAL_ALERT", "Sokha") in kinds(client)
    assert 'class="trend"' in client.get(f"/doctor/doctor_dashboard/patient/{sokha.pk}/change/").content.decode()
    alert = HealthAlert.objects.get(patient=sokha)
    assert client.post(f"/doctor/patients/{sokha.pk}/vitals/", {"close": alert.pk}).status_code == 302
    assert ("VITAL_ALERT", "Sokha") not in kinds(client)
    pressure(sokha, 195, 95)
    made.permission_level = PermissionLevel.SELECTED
    made.save()
    assert ("VITAL_ALERT", "Sokha") not in kinds(client)


def test_account_and_activity(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    client = window(dr_lim)
    answer = Api().post("auth/login", {"identifier": dr_lim.email, "password": "Sabay-2026-tests"})
    assert answer.status_code == 200
    page = client.get("/doctor/profile/")
    assert dr_lim.license_number in page.content.decode()
    (session,) = page.context["sessions"]
    assert client.post(f"/doctor/profile/sessions/{session.family_id}/end/").status_code == 302
    assert client.get("/doctor/profile/").context["sessions"] == []
    client.get(f"/doctor/doctor_dashboard/patient/{sokha.pk}/change/")
    lines = client.get("/doctor/activity/").context["lines"]
    assert "Sokha" in {line["patient"] for line in lines}
    assert window(make_user("Dr Other", Role.DOCTOR)).get("/doctor/activity/").context["lines"] == []


def test_the_report_of_a_month(sokha: User, vanna: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    link(vanna, dr_lim, PermissionLevel.NOT_ALLOWED)
    vanna.full_name = "=1+1"
    days_of(sokha, dr_lim, "TTM", "TLT")
    pressure(sokha, 120, 80)
    client = window(dr_lim)
    month = (clock.now() - timedelta(days=2)).strftime("%Y-%m")
    page = client.get("/doctor/report/", {"month": month})
    assert page.status_code == 200
    table = client.get("/doctor/report/", {"month": month, "format": "csv"}).content.decode("utf-8-sig")
    assert "Sokha" in table
    assert "=1+1" not in table
    paper = client.get("/doctor/report/", {"month": month, "format": "pdf"})
    assert paper.content.startswith(b"%PDF")
    for wrong in ({"month": "1999-01"}, {"month": "x"}, {"format": "doc"}, {"month": "2999-01"}):
        assert client.get("/doctor/report/", wrong).status_code == 404


def test_every_page_is_behind_the_door(sokha: User) -> None:
    pending = make_user("Dr New", Role.DOCTOR, account_status="PENDING_VERIFICATION")
    for person in (sokha, pending, None):
        client = Client() if person is None else window(person)
        for path in (
            "",
            "connections/",
            "report/",
            "profile/",
            "activity/",
            "templates/",
            f"patients/{sokha.pk}/vitals/",
        ):
            assert client.get(f"/doctor/{path}").status_code == 302, path
