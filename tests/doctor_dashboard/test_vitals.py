"""The doctor's page of vital signs: what it shows, that looks are logged, alerts closed, ranges proposed."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.health_monitoring.models import HealthAlert, ThresholdProposal
from apps.health_monitoring.services import vital_record
from apps.users.models import User
from tests.doctor_dashboard.test_portal import window
from tests.support.people import actor, link

pytestmark = pytest.mark.django_db


def page_of(patient: User, **query: Any) -> str:
    return f"/doctor/patients/{patient.pk}/vitals/?" + "&".join(f"{name}={value}" for name, value in query.items())


def measure(patient: User) -> HealthAlert:
    recorded = vital_record(
        actor=actor(patient), vital_type="BLOOD_PRESSURE", value=Decimal(165), value_secondary=Decimal(100)
    )
    assert recorded.alert is not None
    return recorded.alert


def test_the_trend_its_band_and_the_open_alert(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim, PermissionLevel.SELECTED, scope={"vitals": True})
    measure(sokha)
    chart = window(dr_lim).get(f"/doctor/doctor_dashboard/patient/{sokha.pk}/change/").content.decode()
    assert f"/doctor/patients/{sokha.pk}/vitals/" in chart
    shown = window(dr_lim).get(page_of(sokha)).content.decode()
    assert "165/100" in shown
    assert '<polyline points="' in shown
    assert 'class="band"' in shown
    assert "Not yet clinically approved." in shown
    assert "Propose to the patient" not in shown  # a doctor who sees only vitals
    assert AuditLog.objects.filter(actor_id=dr_lim.pk, resource_type="vitals", outcome="ALLOWED").exists()
    empty = window(dr_lim).get(page_of(sokha, kind="SPO2", days=365)).content.decode()
    assert "No reading in this time." in empty


def test_whom_the_patient_does_not_show_it_gets_no_page(sokha: User, dr_lim: User) -> None:
    assert window(dr_lim).get(page_of(sokha)).status_code == 404
    link(sokha, dr_lim, PermissionLevel.SELECTED, scope={"adherence": True})
    assert window(dr_lim).get(page_of(sokha)).status_code == 404
    assert Client().get(page_of(sokha)).status_code == 302
    assert AuditLog.objects.filter(actor_id=dr_lim.pk, outcome="DENIED").count() >= 1


@pytest.mark.parametrize("query", [{"kind": "MOOD"}, {"days": "12"}])
def test_what_cannot_be_shown_is_no_page(sokha: User, dr_lim: User, query: dict[str, str]) -> None:
    link(sokha, dr_lim)
    assert window(dr_lim).get(page_of(sokha, **query)).status_code == 404


def test_an_alert_is_seen_and_closed(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    alert = measure(sokha)
    assert window(dr_lim).post(page_of(sokha), {"seen": alert.pk}).status_code == 302
    assert "Seen by Dr Lim" in window(dr_lim).get(page_of(sokha)).content.decode()
    assert window(dr_lim).post(page_of(sokha), {"close": alert.pk}).status_code == 302
    alert.refresh_from_db()
    assert (alert.is_resolved, alert.resolved_by_id) == (True, dr_lim.pk)
    assert "No open alert." in window(dr_lim).get(page_of(sokha)).content.decode()


def test_a_range_is_proposed_or_refused_with_its_reason(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    turned = {"propose": "1", "min_value": "140", "max_value": "130"}
    refused = window(dr_lim).post(page_of(sokha), turned)
    assert (refused.status_code, ThresholdProposal.objects.count()) == (200, 0)
    assert "The lower limit must be below the upper one." in refused.content.decode()
    body = {"propose": "1", "max_value": "130", "reason": "Kidneys"}
    assert window(dr_lim).post(page_of(sokha), body).status_code == 302
    made = ThresholdProposal.objects.get()
    assert (made.max_value, made.reason, made.state) == (130, "Kidneys", "PROPOSED")
    assert "has not decided yet" in window(dr_lim).get(page_of(sokha)).content.decode()


def test_statements_do_not_grow_with_readings(sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim)
    counts = []
    for more in (1, 19):
        for _ in range(more):
            measure(sokha)
        with CaptureQueriesContext(connection) as queries:
            assert window(dr_lim).get(page_of(sokha)).status_code == 200
        counts.append(len(queries))
    assert counts[1] <= counts[0]
