"""Recording, listing and withdrawing readings over the API."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.health_monitoring.models import HealthAlert, HealthVital
from apps.users.models import User
from dastern.core.localtime import iso
from tests.health_monitoring.conftest import local
from tests.support.people import Api, link

pytestmark = pytest.mark.django_db
At = Callable[..., Any]
Body = dict[str, Any]
PRESSURE = {"vitalType": "BLOOD_PRESSURE", "value": "165", "valueSecondary": "100"}


def data(answer: Any, status: int = 200) -> Body:
    assert answer.status_code == status, answer.content
    found: Body = answer.json()["data"]
    return found


def refused(answer: Any) -> tuple[int, str, list[str]]:
    body = answer.json()
    return answer.status_code, body["code"], body["errors"]


def test_a_reading_and_its_alert(api: type[Api], sokha: User, at: At) -> None:
    with at("08:00"):
        made = data(api(sokha).post("health-monitoring/vitals", PRESSURE | {"notes": "After the walk"}), 201)
    vital, alert = made["vital"], made["alert"]
    assert {name: vital[name] for name in (
        "vitalType", "value", "valueSecondary", "unit", "measuredAt", "notes", "isAbnormal", "severity", "source",
        "wasOffline",
    )} == {
        "vitalType": "BLOOD_PRESSURE", "value": "165", "valueSecondary": "100", "unit": "mmHg",
        "measuredAt": iso(local("08:00")), "notes": "After the walk", "isAbnormal": True, "severity": "HIGH",
        "source": "manual", "wasOffline": False,
    }  # fmt: skip
    assert {name: alert[name] for name in (
        "alertType", "severity", "vitalId", "message", "advice", "callNumber", "note", "readings", "isResolved",
    )} == {
        "alertType": "ANOMALY", "severity": "HIGH", "vitalId": vital["id"],
        "message": "blood pressure 165/100\N{NO-BREAK SPACE}mmHg: far outside the usual range",
        "advice": "CONTACT_DOCTOR", "callNumber": "119", "note": "Your doctor may not see this now.", "readings": 1,
        "isResolved": False,
    }  # fmt: skip
    audited = AuditLog.objects.get(action_type="VITAL_RECORDED")
    assert "165" not in str(audited.details)


def test_a_usual_reading_alerts_nobody(api: type[Api], sokha: User) -> None:
    made = data(api(sokha).post("health-monitoring/vitals", {"vitalType": "HEART_RATE", "value": "៧២"}), 201)
    assert (made["vital"]["value"], made["vital"]["isAbnormal"], made["alert"]) == ("72", False, None)


def test_s068_diastolic_missing_and_mmol(api: type[Api], sokha: User) -> None:
    answer = api(sokha).post("health-monitoring/vitals", {"vitalType": "BLOOD_PRESSURE", "value": "165"})
    assert refused(answer) == (
        400, "IMPLAUSIBLE_VITAL", ["valueSecondary: Give the lower value too, from 20 to 200 mmHg."],
    )  # fmt: skip
    body = {"vitalType": "GLUCOSE", "value": "7.0", "unit": "mmol/L"}
    vital = data(api(sokha).post("health-monitoring/vitals", body), 201)["vital"]
    assert [vital[name] for name in ("value", "unit", "enteredValue", "enteredUnit")] == [
        "126.1",
        "mg/dL",
        "7",
        "mmol/L",
    ]
    assert HealthVital.objects.get().value == Decimal("126.1")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"vitalType": "HEART_RATE", "value": "400"}, "value: Accepted: 20 to 300 bpm."),
        ({"vitalType": "GLUCOSE", "value": "5.6"}, "value: Accepted: 10 to 1000 mg/dL."),
        ({"vitalType": "GLUCOSE", "value": "5.6", "unit": "g/L"}, "unit: Give the value in mg/dL, mmol/L."),
        ({"vitalType": "TEMPERATURE", "value": "98.6"}, "value: Accepted: 25 to 45 °C."),
        (
            {"vitalType": "WEIGHT", "value": "70", "valueSecondary": "3"},
            "valueSecondary: Only blood pressure has a second value.",
        ),
        (
            {"vitalType": "BLOOD_PRESSURE", "value": "80", "valueSecondary": "120"},
            "valueSecondary: The lower value must be below the upper one.",
        ),
    ],
)  # fmt: skip
def test_impossible_readings_name_the_accepted_range(api: type[Api], sokha: User, body: Body, error: str) -> None:
    assert refused(api(sokha).post("health-monitoring/vitals", body)) == (400, "IMPLAUSIBLE_VITAL", [error])
    assert not HealthVital.objects.exists()


def test_refusals_are_told_in_khmer(api: type[Api], sokha: User) -> None:
    answer = api(sokha, language="km").post("health-monitoring/vitals", {"vitalType": "HEART_RATE", "value": "400"})
    assert "20" in answer.json()["errors"][0]
    assert "Accepted" not in answer.content.decode()


def test_measured_in_the_future_or_too_long_ago(api: type[Api], sokha: User, at: At) -> None:
    with at("08:00"):
        later = PRESSURE | {"measuredAt": iso(local("08:05:01"))}
        assert refused(api(sokha).post("health-monitoring/vitals", later))[:2] == (400, "FUTURE")
        data(api(sokha).post("health-monitoring/vitals", PRESSURE | {"measuredAt": iso(local("08:05"))}), 201)
        old = PRESSURE | {"measuredAt": iso(local("08:00") - timedelta(days=401))}
        assert refused(api(sokha).post("health-monitoring/vitals", old))[:2] == (409, "WINDOW_CLOSED")


def test_the_same_local_id_twice_is_one_reading(api: type[Api], sokha: User, vanna: User) -> None:
    body = PRESSURE | {"localId": str(uuid4()), "measuredAt": iso(local("08:00", 24))}
    first = data(api(sokha).post("health-monitoring/vitals", body), 201)
    assert data(api(sokha).post("health-monitoring/vitals", body), 201)["vital"] == first["vital"]
    assert HealthVital.objects.count() == HealthAlert.objects.count() == 1
    other = api(sokha).post("health-monitoring/vitals", body | {"value": "120"})
    assert refused(other)[:2] == (409, "LOCAL_ID_REUSED")
    assert refused(api(vanna).post("health-monitoring/vitals", body))[:2] == (409, "LOCAL_ID_REUSED")


def test_unknown_fields_and_foreign_roles_are_refused(api: type[Api], sokha: User, dr_lim: User, dara: User) -> None:
    assert api(sokha).post("health-monitoring/vitals", PRESSURE | {"isAbnormal": False}).status_code == 400
    assert api(dr_lim).post("health-monitoring/vitals", PRESSURE).status_code == 403
    assert api(dara).post("health-monitoring/vitals", PRESSURE | {"patientId": str(sokha.id)}).status_code == 404


def test_a_caregiver_who_may_everything_records(api: type[Api], sokha: User, dara: User) -> None:
    link(sokha, dara)
    made = data(api(dara).post("health-monitoring/vitals", PRESSURE | {"patientId": str(sokha.id)}), 201)
    assert made["vital"]["recordedById"] == str(dara.id)
    assert data(api(sokha).get("health-monitoring/vitals"))["total"] == 1


def test_lists_and_the_latest_of_each_type(api: type[Api], sokha: User, at: At) -> None:
    with at("20:00"):
        for clock, body in (
            ("06:30", PRESSURE), ("07:00", {"vitalType": "GLUCOSE", "value": "110"}),
            ("19:00", PRESSURE | {"value": "130", "valueSecondary": "80"}),
        ):  # fmt: skip
            data(api(sokha).post("health-monitoring/vitals", body | {"measuredAt": iso(local(clock))}), 201)
        latest = data(api(sokha).get("health-monitoring/vitals/latest"))["items"]
        listed = data(api(sokha).get("health-monitoring/vitals", vitalType="BLOOD_PRESSURE"))
        # 06:30 in Phnom Penh is the day before in UTC
        today = data(api(sokha).get("health-monitoring/vitals", startDate="2026-11-25", endDate="2026-11-25"))
        assert data(api(sokha).get("health-monitoring/vitals", endDate="2026-11-24"))["total"] == 0
        assert (
            api(sokha).get("health-monitoring/vitals", startDate="2026-11-25", endDate="2026-11-24").status_code == 400
        )
    assert [(one["vitalType"], one["value"]) for one in latest] == [("BLOOD_PRESSURE", "130"), ("GLUCOSE", "110")]
    assert [one["value"] for one in listed["items"]] == ["130", "165"]
    assert today["total"] == 3
    one = data(api(sokha).get(f"health-monitoring/vitals/{listed['items'][0]['id']}"))
    assert one == listed["items"][0]


def test_trends_by_local_day_week_and_month(api: type[Api], sokha: User, at: At) -> None:
    with at("20:00"):
        for day, clock, upper, lower in ((23, "06:30", 150, 90), (25, "06:30", 140, 80), (25, "19:00", 130, 90)):
            body = {"vitalType": "BLOOD_PRESSURE", "value": str(upper), "valueSecondary": str(lower)}
            data(api(sokha).post("health-monitoring/vitals", body | {"measuredAt": iso(local(clock, day))}), 201)
        asked = {"vitalType": "BLOOD_PRESSURE"}
        daily = data(api(sokha).get("health-monitoring/trends", **asked))
        weekly = data(api(sokha).get("health-monitoring/trends", **asked, period="weekly"))
        monthly = data(api(sokha).get("health-monitoring/trends", **asked, period="monthly", days="366"))
        assert data(api(sokha).get("health-monitoring/trends", **asked, days="1"))["data"] == daily["data"][1:]
    assert (daily["period"], daily["days"], daily["unit"]) == ("daily", 30, "mmHg")
    assert daily["threshold"]["maxValue"] == "140"
    names = ("date", "avgValue", "minValue", "maxValue", "avgSecondary", "count")
    assert [tuple(point[name] for name in names) for point in daily["data"]] == [
        ("2026-11-23", "150", "150", "150", "90", 1),
        ("2026-11-25", "135", "130", "140", "85", 2),
    ]
    assert [(point["date"], point["count"]) for point in weekly["data"]] == [("2026-11-23", 3)]
    assert [(point["date"], point["count"]) for point in monthly["data"]] == [("2026-11-01", 3)]
    assert api(sokha).get("health-monitoring/trends").status_code == 400
    assert api(sokha).get("health-monitoring/trends", **asked, days="367").status_code == 400


def test_a_withdrawn_reading_is_gone_for_everybody(api: type[Api], sokha: User, dara: User) -> None:
    link(sokha, dara)
    made = data(api(sokha).post("health-monitoring/vitals", PRESSURE), 201)
    path = f"health-monitoring/vitals/{made['vital']['id']}"
    assert refused(api(dara).delete(path))[:2] == (403, "NOT_PERMITTED")
    assert api(sokha).delete(path).status_code == 204
    assert api(sokha).delete(path).status_code == api(sokha).get(path).status_code == 404
    assert data(api(sokha).get("health-monitoring/vitals/latest"))["items"] == []
    alert = HealthAlert.objects.get()
    assert (alert.is_resolved, alert.resolution) == (True, "WITHDRAWN")
    assert HealthVital.objects.filter(deleted_at__isnull=False).count() == 1  # nothing medical is destroyed


def test_who_looks_is_written_down_and_refusals_too(
    api: type[Api], sokha: User, dara: User, dr_lim: User, vanna: User
) -> None:
    link(sokha, dr_lim, PermissionLevel.SELECTED, scope={"vitals": True})
    link(sokha, dara, PermissionLevel.SELECTED, scope={"vitals": False, "adherence": True})
    made = data(api(sokha).post("health-monitoring/vitals", PRESSURE), 201)
    paths = [
        f"health-monitoring/patients/{sokha.id}/vitals", f"health-monitoring/trends/{sokha.id}?vitalType=GLUCOSE",
        f"health-monitoring/vitals/{made['vital']['id']}", f"health-monitoring/vitals/latest?patientId={sokha.id}",
        f"health-monitoring/alerts?patientId={sokha.id}", f"health-monitoring/alerts/{made['alert']['id']}",
        f"health-monitoring/thresholds?patientId={sokha.id}",
    ]  # fmt: skip
    for path in paths:
        assert api(dr_lim).get(path).status_code == 200, path
        assert api(dara).get(path).status_code == api(vanna).get(path).status_code == 404, path
    looks = AuditLog.objects.filter(action_type="DATA_ACCESS", patient_id=sokha.id)
    assert looks.filter(actor_id=dr_lim.id, outcome="ALLOWED").count() == 5  # a list is one look in five minutes
    assert looks.filter(actor_id=dara.id, outcome="DENIED").count() == len(paths)
    assert data(api(sokha).get("audit/my-data"))["items"][0]["who"] in {"Dr Lim", "Dara", "Vanna"}


def test_the_days_of_a_grant_bound_what_is_seen(api: type[Api], sokha: User, dr_lim: User, at: At) -> None:
    scope = {"vitals": True, "from": "2026-11-24", "to": "2026-11-24"}
    link(sokha, dr_lim, PermissionLevel.SELECTED, scope=scope)
    with at("20:00"):
        for day in (23, 24, 25):
            body = {"vitalType": "GLUCOSE", "value": str(200 + day), "measuredAt": iso(local("06:30", day))}
            data(api(sokha).post("health-monitoring/vitals", body), 201)
        seen = data(api(dr_lim).get(f"health-monitoring/patients/{sokha.id}/vitals"))["items"]
        assert [one["value"] for one in seen] == ["224"]
        trend = data(api(dr_lim).get(f"health-monitoring/trends/{sokha.id}", vitalType="GLUCOSE"))["data"]
        assert [point["date"] for point in trend] == ["2026-11-24"]
        latest = data(api(dr_lim).get("health-monitoring/vitals/latest", patientId=sokha.id))["items"]
        assert [one["value"] for one in latest] == ["224"]
        assert data(api(dr_lim).get("health-monitoring/alerts", patientId=sokha.id))["total"] == 1


@pytest.mark.parametrize("path", ["vitals", "alerts", "vitals/latest", "trends?vitalType=GLUCOSE", "thresholds"])
def test_statements_do_not_grow_with_rows(api: type[Api], sokha: User, at: At, path: str) -> None:
    counts = []
    for rows in (1, 20):
        with at("20:00"):
            for minute in range(HealthVital.objects.count(), rows):
                moment = iso(local("08:00") - timedelta(minutes=16 * minute))
                body = {"vitalType": "GLUCOSE", "value": "300", "measuredAt": moment}
                data(api(sokha).post("health-monitoring/vitals", body), 201)
            with CaptureQueriesContext(connection) as queries:
                data(api(sokha).get(f"health-monitoring/{path}"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4


def test_recording_takes_a_constant_number_of_statements(api: type[Api], sokha: User) -> None:
    data(api(sokha).post("health-monitoring/vitals", PRESSURE), 201)
    with CaptureQueriesContext(connection) as queries:
        data(api(sokha).post("health-monitoring/vitals", {"vitalType": "GLUCOSE", "value": "45"}), 201)
    statements = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) <= 12, statements
