"""What phones push and pull of readings, calls for help, alerts, ranges and the profile."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.health_monitoring.models import HealthAlert, HealthVital
from apps.notifications.models import Notification
from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import iso
from dastern.outbox.drainer import drain
from dastern.sync.services import sync_push
from tests.health_monitoring.conftest import local
from tests.support.people import Api, actor, link

pytestmark = pytest.mark.django_db
At = Callable[..., Any]
Body = dict[str, Any]
PRESSURE = {"vitalType": "BLOOD_PRESSURE", "value": "165", "valueSecondary": "100"}


def act(kind: str, patient: User, moment: datetime, data: Body | None = None, **fields: Any) -> Body:
    return {
        "localId": str(uuid4()), "kind": kind, "patientId": str(patient.id), "objectId": None, "at": iso(moment),
        "recordedAt": iso(moment), "data": data or {},
    } | fields  # fmt: skip


def push(person: Api, *acts: Body) -> list[Body]:
    body = {"deviceId": "phone-1", "sentAt": iso(clock.now()), "acts": list(acts)}
    answer = person.post("sync/push", body)
    assert answer.status_code == 200, answer.content
    results: list[Body] = answer.json()["data"]["results"]
    return results


def pulled(person: Api, cursor: str | None = None) -> tuple[dict[str, list[Body]], str]:
    data = person.get("sync/pull", **({"cursor": cursor} if cursor else {})).json()["data"]
    found: dict[str, list[Body]] = {}
    for change in data["changes"]:
        found.setdefault(change["resource"], []).append(change)
    return found, data["cursor"]


def test_a_reading_made_offline_keeps_its_time(api: type[Api], sokha: User, dara: User, at: At) -> None:
    link(sokha, dara)
    with at("18:00"):
        made = act("vital.recorded", sokha, local("07:10"), PRESSURE | {"notes": "sitting"})
        [first] = push(api(sokha), made)
        [again] = push(api(sokha), made)
        drain()
        found, cursor = pulled(api(sokha))
    assert first == again
    assert (first["outcome"], first["resource"], first["object"]["id"]) == ("APPLIED", "vitals", made["localId"])
    assert (first["object"]["measuredAt"], first["object"]["wasOffline"]) == (iso(local("07:10")), True)
    assert [one["object"]["severity"] for one in found["alerts"]] == ["HIGH"]
    assert found["vitals"][0]["object"] == first["object"]
    assert "07:10" in Notification.objects.get(recipient=dara).message
    with at("18:01"):
        assert pulled(api(sokha), cursor)[0].keys() <= {"notifications"}


def test_s056_a_clock_that_is_ahead_is_corrected(api: type[Api], sokha: User, at: At) -> None:
    with at("12:00"):
        ahead = timedelta(hours=3)
        made = act("vital.recorded", sokha, local("11:00") + ahead, PRESSURE)
        body = {"deviceId": "phone-1", "sentAt": iso(local("12:00") + ahead), "acts": [made]}
        api(sokha).post("sync/push", body)
    vital = HealthVital.objects.get()
    assert (vital.measured_at, vital.measured_at_device) == (local("11:00"), local("11:00") + ahead)


@pytest.mark.parametrize(
    "data",
    [
        {}, {"vitalType": "MOOD", "value": "3"}, {"vitalType": "HEART_RATE", "value": "400"},
        {"vitalType": "HEART_RATE", "value": 1.5}, {"vitalType": "HEART_RATE", "value": "NaN"},
        {"vitalType": "HEART_RATE", "value": "1e9"}, {"vitalType": "HEART_RATE", "value": True},
        {"vitalType": ["GLUCOSE"], "value": "90"}, {"vitalType": "GLUCOSE", "value": "90", "unit": 5},
        {"vitalType": "GLUCOSE", "value": "90", "notes": None}, {"vitalType": "BLOOD_PRESSURE", "value": "165"},
        {"vitalType": "BLOOD_PRESSURE", "value": "165", "valueSecondary": "x"},
    ],
)  # fmt: skip
def test_bad_readings_are_refused_alone(api: type[Api], sokha: User, data: Body, at: At) -> None:
    with at("12:00"):
        good = act("vital.recorded", sokha, local("11:00"), PRESSURE)
        results = push(api(sokha), act("vital.recorded", sokha, local("11:30"), data), good)
    assert [(one["outcome"], one["code"]) for one in results] == [("REJECTED", "INVALID"), ("APPLIED", None)]


def test_times_and_people_that_cannot_be(api: type[Api], sokha: User, vanna: User, dara: User, at: At) -> None:
    link(sokha, dara, PermissionLevel.SELECTED, scope={"vitals": True})
    with at("12:00"):
        results = push(
            api(sokha),
            act("vital.recorded", sokha, local("12:06"), PRESSURE),
            act("vital.recorded", sokha, local("12:00") - timedelta(days=401), PRESSURE),
            act("vital.recorded", vanna, local("11:00"), PRESSURE),
            act("sos.raised", vanna, local("11:00")),
        )
        assert [one["code"] for one in results] == ["FUTURE", "WINDOW_CLOSED", "NOT_FOUND", "NOT_FOUND"]
        seen_only = push(api(dara), act("vital.recorded", sokha, local("11:00"), PRESSURE))
        assert [one["code"] for one in seen_only] == ["NOT_FOUND"]
        link_allowed = dara.connections_started.get()
        link_allowed.permission_level = PermissionLevel.ALLOWED
        link_allowed.save()
        [kept] = push(api(dara), act("vital.recorded", sokha, local("11:00"), PRESSURE))
    assert (kept["outcome"], kept["object"]["recordedById"]) == ("APPLIED", str(dara.id))


def test_the_same_local_id_online_and_pushed(api: type[Api], sokha: User, vanna: User, at: At) -> None:
    with at("12:00"):
        made = act("vital.recorded", sokha, local("11:00"), PRESSURE)
        body = PRESSURE | {"localId": made["localId"], "measuredAt": iso(local("11:00"))}
        assert api(sokha).post("health-monitoring/vitals", body).status_code == 201
        [same] = push(api(sokha), made)
        other = act("vital.recorded", vanna, local("11:00"), PRESSURE, localId=made["localId"])
        [foreign] = push(api(vanna), other)
    assert (same["outcome"], foreign["code"]) == ("APPLIED", "LOCAL_ID_REUSED")
    assert HealthVital.objects.count() == 1


def test_s069_a_call_made_offline_arrives_with_its_time_and_a_repeat_is_merged(
    api: type[Api], sokha: User, dara: User, dr_lim: User, at: At
) -> None:
    link(sokha, dara)
    link(sokha, dr_lim, PermissionLevel.NOT_ALLOWED)
    with at("05:00"):
        first = act(
            "sos.raised", sokha, local("03:00"), {"message": "I fell", "location": {"latitude": 11, "longitude": 104.5}}
        )
        second = act("sos.raised", sokha, local("03:00:30"))
        third = act("sos.raised", sokha, local("03:10"))
        results = push(api(sokha), third, second, first)
        drain()
    assert [one["outcome"] for one in results] == ["APPLIED", "MERGED", "APPLIED"]
    assert results[1]["object"] == results[2]["object"]
    assert results[2]["object"]["id"] == first["localId"]
    assert results[2]["object"]["occurredAt"] == iso(local("03:00"))
    titles = Notification.objects.filter(recipient=dr_lim).values_list("title", flat=True)
    assert len(titles) == 2  # the two calls, ten minutes apart
    mine = Notification.objects.filter(recipient=sokha, data__question="STILL_NEED_HELP")
    assert mine.count() == 2


@pytest.mark.parametrize(
    "data",
    [
        {"message": 5}, {"location": "home"}, {"location": {"latitude": True, "longitude": 1}},
        {"location": {"latitude": 91, "longitude": 1}}, {"location": {"latitude": 1}},
    ],
)  # fmt: skip
def test_bad_calls_are_refused(api: type[Api], sokha: User, data: Body, at: At) -> None:
    with at("12:00"):
        [one] = push(api(sokha), act("sos.raised", sokha, local("11:59"), data))
    assert (one["outcome"], one["code"]) == ("REJECTED", "INVALID")


def test_alerts_are_closed_offline_by_who_may(api: type[Api], sokha: User, dara: User, vanna: User, at: At) -> None:
    link(sokha, dara)
    with at("12:00"):
        push(api(sokha), act("vital.recorded", sokha, local("11:00"), PRESSURE))
        alert = str(HealthAlert.objects.get().pk)
        closing = {"objectId": alert}
        for person in (dara, vanna):
            [denied] = push(api(person), act("alert.resolved", sokha, local("11:30"), **closing))
            assert denied["code"] == "NOT_FOUND"
        [unknown, damaged] = push(
            api(sokha),
            act("alert.resolved", sokha, local("11:30"), objectId=str(uuid4())),
            act("alert.resolved", sokha, local("11:30")),
        )
        assert (unknown["code"], damaged["code"]) == ("NOT_FOUND", "INVALID")
        [closed] = push(api(sokha), act("alert.resolved", sokha, local("11:30"), **closing))
    assert (closed["outcome"], closed["object"]["resolvedAt"]) == ("APPLIED", iso(local("11:30")))
    assert AuditLog.objects.filter(outcome="DENIED", patient_id=sokha.id, actor_id=vanna.id).exists()


def test_ranges_and_profile_travel_as_one_object_a_patient(
    api: type[Api], sokha: User, dara: User, dr_lim: User, at: At
) -> None:
    link(sokha, dara)
    link(sokha, dr_lim)
    with at("12:00"):
        cursor = pulled(api(sokha))[1]
        hers = pulled(api(dara))[1]
        api(sokha).put("health-monitoring/thresholds", {"vitalType": "GLUCOSE", "maxValue": "150"})
        api(sokha).post("health-monitoring/profile/allergies", {"substance": "Aspirin"})
        proposal = {"patientId": str(sokha.id), "vitalType": "SPO2", "minValue": "88"}
        api(dr_lim).put("health-monitoring/thresholds", proposal)
        found, cursor = pulled(api(sokha), cursor)
        family, hers = pulled(api(dara), hers)
        for one in (found, family):
            assert [change["id"] for change in one["thresholds"]] == [str(sokha.id)]
            assert one["thresholds"][0]["object"]["thresholds"][1]["maxValue"] == "150"
            assert len(one["thresholds"][0]["object"]["proposals"]) == 1
            assert [a["substance"] for a in one["healthProfile"][0]["object"]["allergies"]] == ["Aspirin"]
        assert found["thresholds"][0]["object"] == api(sokha).get("health-monitoring/thresholds").json()["data"]
        assert found["healthProfile"][0]["object"] == api(sokha).get("health-monitoring/profile").json()["data"]
        api(sokha).put("health-monitoring/thresholds", {"vitalType": "GLUCOSE"})
        back = pulled(api(sokha), cursor)[0]["thresholds"][0]
    assert (back["deleted"], back["object"]["thresholds"][1]["isCustom"]) == (False, False)


def test_a_granted_feed_shows_what_the_grant_shows(api: type[Api], sokha: User, dara: User, at: At) -> None:
    granted = link(sokha, dara, PermissionLevel.SELECTED, scope={"vitals": False, "adherence": True})
    with at("12:00"):
        push(api(sokha), act("vital.recorded", sokha, local("11:00"), PRESSURE))
        push(api(sokha), act("sos.raised", sokha, local("11:30")))
        found, cursor = pulled(api(dara))
        assert "vitals" not in found
        assert [one["object"]["alertType"] for one in found["alerts"]] == ["EMERGENCY_MANUAL"]
        granted.scope = {"vitals": True}
        granted.save()
        more = pulled(api(dara), cursor)[0]
        assert len(more["vitals"]) == 1
        assert {one["object"]["alertType"] for one in more["alerts"]} == {"ANOMALY", "EMERGENCY_MANUAL"}
        vital = more["vitals"][0]["id"]
        cursor = pulled(api(dara))[1]
        assert api(sokha).delete(f"health-monitoring/vitals/{vital}").status_code == 204
        gone = pulled(api(dara), cursor)[0]["vitals"]
    assert [(one["id"], one["deleted"]) for one in gone] == [(vital, True)]


def test_statements_of_a_push_do_not_grow(api: type[Api], sokha: User, at: At) -> None:
    counts = []
    with at("12:00"):
        for count, day in ((2, 24), (40, 25)):
            acts = [
                act("vital.recorded", sokha, local("00:00", day) + timedelta(minutes=16 * number), PRESSURE)
                for number in range(count)
            ]
            with CaptureQueriesContext(connection) as queries:
                assert {one["outcome"] for one in push(api(sokha), *acts)} == {"APPLIED"}
            counts.append(len(queries))
    assert counts[0] == counts[1]


VALUES = st.tuples(st.integers(110, 220), st.integers(50, 105), st.integers(0, 600))


@given(
    readings=st.lists(VALUES, min_size=1, max_size=8, unique_by=lambda one: one[2]),
    order=st.randoms(use_true_random=False),
    split=st.integers(1, 8),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_nothing_is_lost_or_doubled_however_the_queue_is_sent(
    sokha: User, readings: list[tuple[int, int, int]], order: Any, split: int
) -> None:
    """Repeats, lost answers, any split into batches and any order within them end with the same readings."""
    HealthVital.objects.filter(patient=sokha).delete()
    HealthAlert.objects.filter(patient=sokha).delete()
    acts = [
        act(
            "vital.recorded", sokha, local("06:00") + timedelta(minutes=minute),
            {"vitalType": "BLOOD_PRESSURE", "value": str(upper), "valueSecondary": str(lower)},
        )
        for upper, lower, minute in readings
    ]  # fmt: skip
    shuffled = [*acts]
    order.shuffle(shuffled)
    moment = local("18:00")
    batches = [shuffled[n : n + split] for n in range(0, len(shuffled), split)]
    for batch in [*batches, *batches[::-1]]:  # every answer got lost once, and the queue came again
        sync_push(actor=actor(sokha), body={"deviceId": "p", "sentAt": iso(moment), "acts": batch}, now=moment)
    kept = HealthVital.objects.filter(patient=sokha)
    assert {str(one.pk) for one in kept} == {one["localId"] for one in acts}
    assert {(int(one.value), int(one.value_secondary or 0), one.measured_at) for one in kept} == {
        (upper, lower, local("06:00") + timedelta(minutes=minute)) for upper, lower, minute in readings
    }
    abnormal = [one for one in kept if one.severity]
    alerts = list(HealthAlert.objects.filter(patient=sokha))
    assert sum(alert.readings for alert in alerts) == len(abnormal)  # each abnormal reading is in exactly one alert
    for one in abnormal:
        assert any(alert.occurred_at <= one.measured_at <= alert.last_at for alert in alerts)
