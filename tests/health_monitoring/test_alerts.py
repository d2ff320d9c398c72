"""Who hears of readings, how often, in which words; seeing, closing, repeating; own ranges and proposals."""

from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.health_monitoring.models import HealthAlert, ThresholdProposal, VitalThreshold
from apps.health_monitoring.services import vital_record
from apps.notifications.models import Notification
from apps.subscriptions.services import subscription_ensure
from apps.users.choices import Role
from apps.users.models import NotificationPreference, User
from dastern.core import clock
from dastern.outbox.drainer import drain
from dastern.outbox.models import OutboxMessage
from tests.health_monitoring.conftest import local
from tests.support.people import Api, actor, link, make_user

pytestmark = pytest.mark.django_db
At = Callable[..., Any]
_TURNED = "minValue: The lower limit must be below the upper one."


def measure(person: User, kind: str, value: int, second: int | None = None, **fields: Any) -> HealthAlert | None:
    lower = None if second is None else Decimal(second)
    return vital_record(
        actor=actor(person), vital_type=kind, value=Decimal(value), value_secondary=lower, **fields
    ).alert  # fmt: skip


def told(person: User, kind: str = "VITAL_ANOMALY") -> list[str]:
    found = Notification.objects.filter(recipient=person, type=kind).order_by("created_at", "id")
    return list(found.values_list("title", flat=True))


@pytest.fixture
def family(sokha: User, dara: User, dr_lim: User) -> None:
    """Daughter and doctor see everything; one caregiver sees no vitals, one switched alerts off, one sees nothing."""
    link(sokha, dara)
    link(sokha, dr_lim, PermissionLevel.SELECTED, scope={"vitals": True})
    subscription = subscription_ensure(user_id=sokha.id, now=clock.now())
    type(subscription).objects.filter(pk=subscription.pk).update(tier="FAMILY_PREMIUM")
    for name, level, scope, alerts in (
        ("No vitals", PermissionLevel.SELECTED, {"adherence": True}, True),
        ("Silent", PermissionLevel.ALLOWED, None, False),
        ("Nothing", PermissionLevel.NOT_ALLOWED, None, True),
    ):
        link(sokha, make_user(name, Role.FAMILY_MEMBER), level, scope=scope, alerts=alerts)


@pytest.mark.usefixtures("family")
def test_high_is_told_at_once_in_everybodys_language(sokha: User, dara: User, dr_lim: User, at: At) -> None:
    quiet = NotificationPreference(user=dara, quiet_from=time(20), quiet_until=time(7))
    quiet.save()
    with at("22:30"):
        measure(sokha, "BLOOD_PRESSURE", 165, 100)
        drain()
    [note] = Notification.objects.filter(recipient=dara)
    assert note.title == "Sokha: a reading needs attention now"
    assert note.message == (
        "Sokha measured blood pressure at 22:30. The reading is far outside the usual range. "
        "Please look at it and call."
    )
    assert note.channel_state["push"] == "queued"  # quiet hours do not hold it
    [khmer] = Notification.objects.filter(recipient=dr_lim)
    assert "សម្ពាធឈាម" in khmer.message
    assert len(told(sokha)) == 1
    heard = set(Notification.objects.values_list("recipient__full_name", flat=True))
    assert heard == {"Sokha", "Dara", "Dr Lim"}
    assert "165" not in khmer.message + note.message


@pytest.mark.usefixtures("family")
def test_medium_is_told_to_links_once_a_type_in_24_hours_and_low_to_nobody(
    sokha: User, dara: User, dr_lim: User, at: At
) -> None:
    with at("06:00"):
        measure(sokha, "GLUCOSE", 190)  # LOW
        drain()
        assert not Notification.objects.exists()
    for clock_time, day, heard in (("07:00", 24, 1), ("19:00", 24, 1), ("06:59:59", 25, 1), ("07:15", 25, 2)):
        with at(clock_time, day):
            measure(sokha, "GLUCOSE", 220)
            drain()
        assert len(told(dara)) == len(told(dr_lim)) == heard, clock_time
    with at("07:20"):
        measure(sokha, "HEART_RATE", 45)  # another type
        drain()
    assert len(told(dara)) == 3


@pytest.mark.usefixtures("family")
def test_a_repeat_within_15_minutes_joins_and_a_graver_one_is_told(sokha: User, dara: User, at: At) -> None:
    with at("08:00"):
        first = measure(sokha, "BLOOD_PRESSURE", 165, 100)
        drain()
    with at("08:15"):
        again = measure(sokha, "BLOOD_PRESSURE", 162, 95)
        drain()
    assert again is not None
    assert first is not None
    assert again.pk == first.pk
    assert len(told(dara)) == 1
    with at("08:20"):
        measure(sokha, "BLOOD_PRESSURE", 190, 100)
        drain()
    alert = HealthAlert.objects.get()
    assert (alert.severity, alert.readings, alert.advice) == ("CRITICAL", 3, "SECOND_READING")
    assert alert.vital is not None
    assert alert.vital.value == 190
    assert len(told(dara)) == 2
    with at("08:35:01"):
        assert measure(sokha, "BLOOD_PRESSURE", 165, 100) != alert
    assert HealthAlert.objects.count() == 2


@pytest.mark.usefixtures("family")
def test_unseen_high_is_repeated_once_after_30_minutes(sokha: User, dara: User, dr_lim: User, at: At) -> None:
    with at("08:00"):
        measure(sokha, "BLOOD_PRESSURE", 165, 100)
        drain()
    with at("08:29:59"):
        drain()
        assert len(told(dara)) == 1
    with at("08:30"):
        drain()
    assert told(dara) == ["Sokha: a reading needs attention now", "Sokha: nobody has seen this reading"]
    with at("12:00"):
        drain()
    assert len(told(dara)) == len(told(dr_lim)) == 2


@pytest.mark.usefixtures("family")
@pytest.mark.parametrize("act", ["acknowledge", "resolve"])
def test_what_somebody_has_seen_is_not_repeated(
    api: type[Api], sokha: User, dara: User, dr_lim: User, at: At, act: str
) -> None:
    with at("08:00"):
        alert = measure(sokha, "BLOOD_PRESSURE", 165, 100)
        assert alert is not None
        drain()
    with at("08:10"):
        shown = api(dr_lim).patch(f"health-monitoring/alerts/{alert.pk}/{act}").json()["data"]
    with at("09:00"):
        drain()
    assert len(told(dara)) == 1
    if act == "acknowledge":
        assert [seen["name"] for seen in shown["seenBy"]] == ["Dr Lim"]
    else:
        assert (shown["isResolved"], shown["resolution"], shown["resolvedById"]) == (True, "RESOLVED", str(dr_lim.id))
    opened = api(sokha).get("health-monitoring/alerts", resolved="false").json()["data"]["total"]
    assert opened == (1 if act == "acknowledge" else 0)


@pytest.mark.usefixtures("family")
def test_a_link_that_ended_hears_nothing(sokha: User, dara: User, at: At) -> None:
    with at("08:00"):
        measure(sokha, "BLOOD_PRESSURE", 165, 100)
        sokha.connections_granted.filter(initiator=dara).update(status=ConnectionStatus.REVOKED, revoked_at=clock.now())
        drain()
    assert told(dara) == []


def test_alerts_go_to_the_oldest_caregivers_within_the_plan_and_to_every_doctor(
    sokha: User, dara: User, dr_lim: User, at: At
) -> None:
    late = make_user("Late", Role.FAMILY_MEMBER)
    with at("06:00"):
        link(sokha, dara)
    with at("06:01"):
        link(sokha, late)
        link(sokha, dr_lim)
    with at("08:00"):
        measure(sokha, "SPO2", 88)
        drain()
    assert (len(told(dara)), len(told(late)), len(told(dr_lim))) == (1, 0, 1)


@pytest.mark.usefixtures("family")
def test_a_withdrawn_reading_is_taken_back_where_it_was_told(api: type[Api], sokha: User, dara: User, at: At) -> None:
    with at("08:00"):
        alert = measure(sokha, "HEART_RATE", 180)
        assert alert is not None
        drain()
    with at("08:05"):
        assert api(sokha).delete(f"health-monitoring/vitals/{alert.vital_id}").status_code == 204
        drain()
    with at("09:00"):
        drain()
    assert told(dara)[1:] == ["Sokha: the reading was a mistake"]


def test_pregnancy_counts_from_the_profile(api: type[Api], sokha: User, at: At) -> None:
    with at("08:00"):
        alert = measure(sokha, "BLOOD_PRESSURE", 145, 85)
        assert alert is not None
        assert alert.severity == "LOW"
    body = {"pregnantSince": "2026-06-01", "pregnancyDue": "2027-03-01"}
    assert api(sokha).patch("health-monitoring/profile", body).status_code == 200
    with at("09:00"):
        graver = measure(sokha, "BLOOD_PRESSURE", 170, 105)
        assert graver is not None
        assert (graver.severity, graver.advice) == ("CRITICAL", "CALL_NOW")


# --- ranges -------------------------------------------------------------------------------------------------------


def test_s067_own_ranges_add_a_low_alert(api: type[Api], sokha: User, at: At) -> None:
    body = {"vitalType": "GLUCOSE", "minValue": "80", "maxValue": "120"}
    set_ = api(sokha).put("health-monitoring/thresholds", body).json()["data"]["threshold"]
    assert (set_["isCustom"], set_["minValue"], set_["maxValue"], set_["byDoctor"]) == (True, "80", "120", False)
    with at("08:00"):
        low = measure(sokha, "GLUCOSE", 130)
        assert low is not None
        assert low.severity == "LOW"
    api(sokha).put("health-monitoring/thresholds", body | {"minValue": "40", "maxValue": "300"})
    with at("09:00"):
        critical = measure(sokha, "GLUCOSE", 45)
        assert critical is not None
        assert critical.severity == "CRITICAL"
    back = api(sokha).put("health-monitoring/thresholds", {"vitalType": "GLUCOSE"}).json()["data"]["threshold"]
    assert (back["isCustom"], back["minValue"], back["maxValue"]) == (False, "70", "180")
    assert not VitalThreshold.objects.exists()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"vitalType": "GLUCOSE", "minValue": "120", "maxValue": "120"}, _TURNED),
        ({"vitalType": "GLUCOSE", "minValue": "130", "maxValue": "120"}, _TURNED),
        ({"vitalType": "GLUCOSE", "minValue": "5"}, "minValue: Accepted: 10 to 1000 mg/dL."),
        ({"vitalType": "WEIGHT", "minSecondary": "5"}, "minSecondary: Only blood pressure has a second value."),
        (
            {"vitalType": "BLOOD_PRESSURE", "minSecondary": "90", "maxSecondary": "80"},
            "minSecondary: The lower limit must be below the upper one.",
        ),
    ],
)  # fmt: skip
def test_s070_a_range_must_have_its_lower_limit_below(api: type[Api], sokha: User, body: Any, error: str) -> None:
    answer = api(sokha).put("health-monitoring/thresholds", body)
    assert (answer.status_code, answer.json()["errors"]) == (400, [error])
    assert not VitalThreshold.objects.exists()


def test_all_six_ranges_with_the_draft_said(api: type[Api], sokha: User) -> None:
    shown = api(sokha).get("health-monitoring/thresholds").json()["data"]
    assert [(one["vitalType"], one["minValue"], one["maxValue"]) for one in shown["thresholds"]] == [
        ("BLOOD_PRESSURE", "90", "140"), ("GLUCOSE", "70", "180"), ("HEART_RATE", "50", "120"),
        ("WEIGHT", None, None), ("TEMPERATURE", "35.5", "38"), ("SPO2", "95", "100"),
    ]  # fmt: skip
    assert shown["table"]["signedAt"] is None
    assert shown["note"] == "Not yet clinically approved."


def test_a_doctor_proposes_and_the_patient_decides(
    api: type[Api], sokha: User, dr_lim: User, dara: User, vanna: User, at: At
) -> None:
    link(sokha, dr_lim)
    link(sokha, dara)
    body = {"patientId": str(sokha.id), "vitalType": "SPO2", "minValue": "88", "reason": "COPD"}
    assert api(dara).put("health-monitoring/thresholds", body).status_code == 403
    assert api(vanna).put("health-monitoring/thresholds", body).status_code == 404
    older = api(dr_lim).put("health-monitoring/thresholds", body | {"minValue": "85"}).json()["data"]["proposal"]
    made = api(dr_lim).put("health-monitoring/thresholds", body).json()["data"]["proposal"]
    drain()
    assert (made["state"], made["doctorName"], made["reason"]) == ("PROPOSED", "Dr Lim", "COPD")
    assert ThresholdProposal.objects.get(pk=older["id"]).state == "SUPERSEDED"
    assert told(sokha) == ["Dr Lim ស្នើកម្រិតថ្មី"]  # of the newer one alone
    with at("08:00"):
        critical = measure(sokha, "SPO2", 90)
        assert critical is not None
        assert critical.severity == "CRITICAL"  # a proposal changes nothing
    path = f"health-monitoring/thresholds/proposals/{made['id']}"
    assert api(vanna).post(f"{path}/accept").status_code == 404
    assert api(sokha).post(f"{path}/accept").json()["data"]["state"] == "ACCEPTED"
    again = api(sokha).post(f"{path}/decline")
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_DECIDED")
    with at("09:00"):
        assert measure(sokha, "SPO2", 90) is None  # the doctor's target replaces the table
        high = measure(sokha, "SPO2", 87)
        assert high is not None
        assert high.severity == "HIGH"
    drain()
    assert "Sokha បានយល់ព្រមនឹងកម្រិតដែលអ្នកស្នើ" in told(dr_lim)
    shown = api(sokha).get("health-monitoring/thresholds").json()["data"]
    assert (shown["thresholds"][5]["byDoctor"], shown["proposals"]) == (True, [])


def test_a_doctor_who_sees_only_vitals_proposes_nothing(api: type[Api], sokha: User, dr_lim: User) -> None:
    link(sokha, dr_lim, PermissionLevel.SELECTED, scope={"vitals": True})
    body = {"patientId": str(sokha.id), "vitalType": "SPO2", "minValue": "88"}
    assert api(dr_lim).put("health-monitoring/thresholds", body).status_code == 403
    assert not ThresholdProposal.objects.exists()


# --- who may close ------------------------------------------------------------------------------------------------


def test_a_caregiver_sees_and_a_patient_or_doctor_closes(api: type[Api], sokha: User, dara: User, at: At) -> None:
    link(sokha, dara)
    with at("08:00"):
        alert = measure(sokha, "BLOOD_PRESSURE", 165, 100)
        assert alert is not None
        path = f"health-monitoring/alerts/{alert.pk}"
        assert api(dara).patch(f"{path}/resolve").status_code == 403
        assert api(dara).patch(f"{path}/acknowledge").status_code == 200
        assert api(sokha).patch(f"{path}/resolve").status_code == 200
    with at("08:05"):
        again = api(sokha).patch(f"{path}/resolve").json()["data"]
    assert again["resolvedAt"] == "2026-11-25T01:00:00.000Z"  # the first time stands


def test_outbox_and_alert_are_one_transaction(sokha: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "apps.health_monitoring.services.journal.outbox_add_many", lambda _: (_ for _ in ()).throw(RuntimeError("dead"))
    )
    with pytest.raises(RuntimeError):
        measure(sokha, "HEART_RATE", 180)
    assert not HealthAlert.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_times_of_another_day_are_told_with_the_day(sokha: User, dara: User, at: At) -> None:
    link(sokha, dara)
    with at("08:00"):
        measure(sokha, "HEART_RATE", 180, measured_at=local("08:00") - timedelta(days=2))
        drain()
    assert "23/11 08:00" in Notification.objects.get(recipient=dara).message
