"""Calls for help: no plan, no level, merged repeats, real times, seen by whom, "I am safe"."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.health_monitoring.models import HealthAlert
from apps.health_monitoring.services import contact_add, emergency_raise
from apps.notifications.models import Notification
from apps.users.choices import Role
from apps.users.models import NotificationPreference, User
from dastern.outbox.drainer import drain
from tests.health_monitoring.conftest import local
from tests.support.people import Api, actor, link, make_user

pytestmark = pytest.mark.django_db
At = Callable[..., Any]
PLACE = {"latitude": 10.99, "longitude": 104.78, "accuracy": 30}


def calls(person: User) -> list[Notification]:
    return list(Notification.objects.filter(recipient=person, type="EMERGENCY_ALERT").order_by("created_at", "id"))


def test_s069_everybody_linked_is_told_once_and_a_second_press_is_the_same_call(
    api: type[Api], sokha: User, dara: User, dr_lim: User, rith: User, at: At
) -> None:
    link(sokha, dara, alerts=False)
    link(sokha, dr_lim, PermissionLevel.NOT_ALLOWED)
    NotificationPreference.objects.create(user=dara, muted_types=["EMERGENCY_ALERT"])
    with at("03:00"):
        first = api(sokha).post("health-monitoring/emergency", {"message": "I fell", "location": PLACE})
        drain()
    with at("03:00:30"):
        again = api(sokha).post("health-monitoring/emergency", {"message": "In the kitchen"})
        drain()
    assert first.status_code == again.status_code == 201
    one, two = first.json()["data"], again.json()["data"]
    assert (one["notifiedCount"], one["merged"], two["merged"]) == (2, False, True)
    assert one["alert"]["id"] == two["alert"]["id"]
    assert (one["alert"]["severity"], one["alert"]["callNumber"]) == ("CRITICAL", "119")
    assert one["alert"]["note"] == "This does not call an ambulance."
    alert = HealthAlert.objects.get()
    assert (alert.message, alert.readings, alert.location) == ("In the kitchen", 2, PLACE)
    assert len(calls(dara)) == len(calls(dr_lim)) == 1
    assert calls(rith) == calls(sokha) == []
    assert calls(dara)[0].title == "Sokha needs help!"
    assert calls(dara)[0].channel_state["push"] == "queued"
    assert AuditLog.objects.filter(action_type="EMERGENCY_TRIGGERED", patient_id=sokha.id).count() == 1
    with at("03:02"):
        third = api(sokha).post("health-monitoring/emergency", {}).json()["data"]
    assert (third["merged"], HealthAlert.objects.count()) == (False, 2)


def test_nobody_linked_is_said(api: type[Api], sokha: User) -> None:
    assert api(sokha).post("health-monitoring/emergency", {}).json()["data"]["notifiedCount"] == 0


def test_a_place_is_for_contacts_and_links_that_see_everything(
    api: type[Api], sokha: User, dara: User, dr_lim: User
) -> None:
    neighbour = make_user("Neighbour", Role.FAMILY_MEMBER, phone_number="+85512345678")
    link(sokha, dara)
    link(sokha, dr_lim, PermissionLevel.NOT_ALLOWED)
    link(sokha, neighbour, PermissionLevel.NOT_ALLOWED)
    contact_add(actor=actor(sokha), name="Neighbour", phone_number="+85512345678")
    made = api(sokha).post("health-monitoring/emergency", {"location": PLACE}).json()["data"]["alert"]
    seen = {
        person.full_name: api(person).get(f"health-monitoring/alerts/{made['id']}").json()["data"]["location"]
        for person in (sokha, dara, dr_lim, neighbour)
    }
    assert seen == {"Sokha": PLACE, "Dara": PLACE, "Dr Lim": None, "Neighbour": PLACE}
    drain()
    assert "10.99" not in str(list(Notification.objects.values_list("data", "message")))


def test_the_caller_sees_who_has_seen_it_and_says_safe(
    api: type[Api], sokha: User, dara: User, dr_lim: User, at: At
) -> None:
    link(sokha, dara)
    link(sokha, dr_lim, PermissionLevel.NOT_ALLOWED)
    with at("03:00"):
        made = api(sokha).post("health-monitoring/emergency", {}).json()["data"]["alert"]
        drain()
    path = f"health-monitoring/alerts/{made['id']}"
    with at("03:01"):
        assert api(dr_lim).patch(f"{path}/acknowledge").status_code == 200
        assert api(dr_lim).patch(f"{path}/resolve").status_code == 403
        assert [one["name"] for one in api(sokha).get(path).json()["data"]["seenBy"]] == ["Dr Lim"]
    with at("03:05"):
        assert api(sokha).patch(f"{path}/resolve").json()["data"]["resolution"] == "SAFE"
        drain()
    with at("04:00"):
        drain()
    assert [note.title for note in calls(dara)] == ["Sokha needs help!", "Sokha is safe"]


def test_an_unseen_call_is_repeated_once(sokha: User, dara: User, at: At) -> None:
    link(sokha, dara, PermissionLevel.NOT_ALLOWED)
    with at("03:00"):
        emergency_raise(actor=actor(sokha))
        drain()
    for clock_time in ("03:30", "05:00"):
        with at(clock_time):
            drain()
    assert len(calls(dara)) == 2


def test_a_call_that_comes_late_says_its_time_and_asks_back(sokha: User, dara: User, at: At) -> None:
    link(sokha, dara)
    with at("05:00"):
        emergency_raise(actor=actor(sokha), at=local("03:00"), offline=True)
        drain()
    assert calls(dara)[0].message.startswith("Sokha called for help at 03:00, without network")
    assert calls(sokha)[0].data["question"] == "STILL_NEED_HELP"


@pytest.mark.parametrize(
    "body",
    [
        {"location": {"latitude": 91, "longitude": 0}}, {"location": {"latitude": 1}}, {"message": "x" * 501},
        {"level": "ALLOWED"}, {"location": {"latitude": 1, "longitude": 1, "name": "home"}},
    ],
)  # fmt: skip
def test_bad_calls_are_refused_with_the_field(api: type[Api], sokha: User, body: Any) -> None:
    answer = api(sokha).post("health-monitoring/emergency", body)
    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_call(sokha: User) -> None:
    found: list[tuple[UUID, bool]] = []
    start = threading.Barrier(2)

    def press() -> None:
        try:
            start.wait()
            call = emergency_raise(actor=actor(sokha), now=local("03:00") + timedelta(seconds=len(found)))
            found.append((call.alert.pk, call.merged))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({pk for pk, _ in found}) == 1
    assert sorted(merged for _, merged in found) == [False, True]
