"""Readings at the same instant from several phones, and what the database itself refuses."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from apps.health_monitoring.models import HealthAlert, HealthVital, VitalThreshold
from apps.health_monitoring.services import allergy_add, threshold_set, vital_record
from apps.health_monitoring.services.evaluating import vitals_evaluate
from apps.users.models import User
from dastern.core import clock
from dastern.core.errors import DomainError
from dastern.outbox.models import OutboxMessage
from tests.health_monitoring.conftest import local
from tests.support.people import actor


def at_once(count: int, act: Callable[[int], Any]) -> tuple[list[Any], list[BaseException]]:
    """Run ``act`` in threads that start together."""
    results: list[Any] = []
    errors: list[BaseException] = []
    start = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            start.wait()
            results.append(act(number))
        except (DomainError, DatabaseError) as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results, errors


@pytest.mark.django_db(transaction=True)
def test_the_same_reading_sent_twice_at_once_is_one(sokha: User) -> None:
    local_id = uuid4()
    results, errors = at_once(
        4,
        lambda _number: vital_record(
            actor=actor(sokha), vital_type="HEART_RATE", value=Decimal(180), local_id=local_id, now=local("08:00")
        ),
    )
    assert errors == []
    assert {recorded.vital.pk for recorded in results} == {local_id}
    assert (HealthVital.objects.count(), HealthAlert.objects.count()) == (1, 1)
    assert OutboxMessage.objects.filter(topic="health.alert").count() == 1


@pytest.mark.django_db(transaction=True)
def test_unusual_readings_at_once_join_one_alert_and_the_gravest_is_told(sokha: User) -> None:
    values = (125, 126, 180, 127, 128)
    _results, errors = at_once(
        len(values),
        lambda number: vital_record(
            actor=actor(sokha), vital_type="HEART_RATE", value=Decimal(values[number]), now=local("08:00")
        ),
    )
    assert errors == []
    alert = HealthAlert.objects.get()
    assert (alert.readings, alert.severity) == (5, "CRITICAL")
    assert alert.vital is not None
    assert alert.vital.value == 180


@pytest.mark.django_db(transaction=True)
def test_recording_while_the_evaluation_runs_loses_nothing(sokha: User) -> None:
    for clock_time in ("06:00", "07:00"):
        vital_record(actor=actor(sokha), vital_type="GLUCOSE", value=Decimal(190), now=local(clock_time))

    def act(number: int) -> object:
        if number:
            return vitals_evaluate(now=local("09:00"))
        return vital_record(actor=actor(sokha), vital_type="GLUCOSE", value=Decimal(190), now=local("08:00"))

    _results, errors = at_once(3, act)
    assert errors == []
    vitals_evaluate(now=local("09:00"))
    assert list(HealthAlert.objects.order_by("occurred_at").values_list("severity", flat=True)) == [
        "LOW", "LOW", "MEDIUM",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_people_who_write_one_profile_at_once_both_count(sokha: User) -> None:
    results, errors = at_once(4, lambda number: allergy_add(actor=actor(sokha), substance=f"Substance {number % 3}"))
    assert len(results) == 3
    assert [type(error).__name__ for error in errors] == ["AlreadyRecorded"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        "'BLOOD_PRESSURE', 165, NULL", "'BLOOD_PRESSURE', 80, 90", "'HEART_RATE', 301, NULL", "'GLUCOSE', 120, 80",
        "'SPO2', 101, NULL", "'MOOD', 3, NULL",
    ],
)  # fmt: skip
def test_the_database_refuses_what_nobody_measures(sokha: User, values: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO health_monitoring_healthvital (id, patient_id, vital_type, value, value_secondary, unit, "
            "entered_value, entered_unit, measured_at, notes, severity, source, was_offline, recorded_by_id, "
            f"created_at) SELECT gen_random_uuid(), %s::uuid, {values}, 'x', 1, 'x', now(), '', '', 'manual', false, "
            "%s::uuid, now()",
            [sokha.pk, sokha.pk],
        )


@pytest.mark.django_db
def test_the_database_refuses_turned_ranges(sokha: User) -> None:
    threshold_set(
        actor=actor(sokha), vital_type="GLUCOSE", bounds={"min_value": Decimal(80), "max_value": Decimal(120)}
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        VitalThreshold.objects.update(min_value=130)
    with pytest.raises(IntegrityError), transaction.atomic():
        VitalThreshold.objects.create(
            patient=sokha, vital_type="GLUCOSE", set_by_id=sokha.pk, updated_at=clock.now(), min_value=80
        )
