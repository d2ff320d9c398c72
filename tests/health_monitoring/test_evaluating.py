"""The hourly evaluation: three occasions raise one step, never to CRITICAL; cost follows new readings."""

import threading
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from apps.health_monitoring.models import HealthAlert, UnevaluatedVital
from apps.health_monitoring.services.evaluating import vitals_evaluate
from apps.health_monitoring.tasks import vitals_evaluate as task
from apps.notifications.models import Notification
from apps.users.models import User
from dastern.core import clock
from dastern.outbox.drainer import drain
from tests.health_monitoring.conftest import local
from tests.health_monitoring.test_alerts import measure
from tests.support.people import link, make_user

At = Callable[..., Any]


def readings(person: User, kind: str, value: int, at: At, *clocks: str) -> None:
    for one in clocks:
        with at(one):
            measure(person, kind, value)


def severities() -> list[tuple[str, str]]:
    return list(HealthAlert.objects.order_by("occurred_at").values_list("severity", "raised_from"))


@pytest.mark.django_db
def test_three_occasions_raise_the_third_alert_one_step(sokha: User, dara: User, at: At) -> None:
    link(sokha, dara)
    readings(sokha, "GLUCOSE", 190, at, "07:00", "08:00", "09:00")
    with at("09:30"):
        assert vitals_evaluate(now=clock.now()) == 1
        assert vitals_evaluate(now=clock.now()) == 0
        drain()
    assert severities() == [("LOW", ""), ("LOW", ""), ("MEDIUM", "LOW")]
    assert Notification.objects.filter(recipient=dara).count() == 1
    assert not UnevaluatedVital.objects.exists()


@pytest.mark.django_db
def test_readings_less_than_an_hour_apart_are_one_occasion(sokha: User, at: At) -> None:
    readings(sokha, "GLUCOSE", 190, at, "07:00", "07:20", "07:40", "08:30")
    with at("09:30"):
        assert vitals_evaluate(now=clock.now()) == 0
    assert {severity for severity, _ in severities()} == {"LOW"}


@pytest.mark.django_db
def test_medium_becomes_high_and_high_stays(sokha: User, at: At) -> None:
    readings(sokha, "GLUCOSE", 220, at, "07:00", "08:00", "09:00")
    readings(sokha, "HEART_RATE", 125, at, "07:00", "08:00", "09:00")
    with at("09:30"):
        vitals_evaluate(now=clock.now())
    raised = HealthAlert.objects.exclude(raised_from="").get()
    assert (raised.vital_type, raised.severity, raised.advice) == ("GLUCOSE", "HIGH", "CONTACT_DOCTOR")
    assert set(HealthAlert.objects.filter(vital_type="HEART_RATE").values_list("severity", flat=True)) == {"HIGH"}


@pytest.mark.django_db
def test_occasions_before_a_day_and_of_others_do_not_count(sokha: User, vanna: User, at: At) -> None:
    with at("08:59", 24):
        measure(sokha, "GLUCOSE", 190)
    readings(sokha, "GLUCOSE", 190, at, "08:00", "09:00")
    readings(vanna, "GLUCOSE", 190, at, "07:00")
    readings(sokha, "GLUCOSE", 100, at, "07:00")
    with at("10:00"):
        assert vitals_evaluate(now=clock.now()) == 0
    with at("10:30"):
        measure(sokha, "GLUCOSE", 190)
        assert vitals_evaluate(now=clock.now()) == 1  # evaluated ones still count as occasions


@pytest.mark.django_db
def test_a_closed_alert_is_left_alone(sokha: User, at: At) -> None:
    readings(sokha, "GLUCOSE", 190, at, "07:00", "08:00", "09:00")
    HealthAlert.objects.update(is_resolved=True, resolved_at=local("09:10"))
    with at("09:30"):
        assert vitals_evaluate(now=clock.now()) == 0


@pytest.mark.django_db
def test_statements_do_not_grow_with_readings_and_nothing_costs_one(at: At) -> None:
    people = [make_user(f"Person {number}") for number in range(12)]
    counts = []
    for group in (people[:1], people[1:]):
        for person in group:
            readings(person, "GLUCOSE", 190, at, "07:00", "08:00", "09:00")
        with at("09:30"), CaptureQueriesContext(connection) as queries:
            assert vitals_evaluate(now=clock.now()) == len(group)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    with at("09:31"), CaptureQueriesContext(connection) as queries:
        assert vitals_evaluate(now=clock.now()) == task() == 0
    assert len([query for query in queries if query["sql"].lstrip().startswith("SELECT")]) == 2


@pytest.mark.django_db
def test_the_command_says_what_it_did(sokha: User, at: At) -> None:
    readings(sokha, "GLUCOSE", 190, at, "07:00", "08:00", "09:00")
    out = StringIO()
    with at("09:30"):
        call_command("evaluate_vitals", stdout=out)
    assert out.getvalue() == "3 readings evaluated, 1 alerts raised\n"


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_raise_each_alert_once(at: At) -> None:
    people = [make_user(f"Person {number}") for number in range(6)]
    for person in people:
        readings(person, "GLUCOSE", 190, at, "07:00", "08:00", "09:00")
    found: list[int] = []
    start = threading.Barrier(2)

    def run() -> None:
        try:
            start.wait()
            found.append(vitals_evaluate(now=local("09:30")))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = vitals_evaluate(now=local("09:30"))  # feeds that the other run held
    assert sum(found) + left == len(people)
    assert HealthAlert.objects.exclude(raised_from="").count() == len(people)
