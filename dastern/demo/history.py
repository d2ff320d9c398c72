"""A month of the demo clinic, lived through the product's own services with the clock set back."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from apps.connections.choices import PermissionLevel
from apps.connections.services import connection_accept, connection_request, connection_revoke
from apps.doses.models import DoseEvent
from apps.doses.services.missed import doses_mark_missed
from apps.doses.services.recording import dose_skip, dose_take
from apps.health_monitoring.services import (
    allergy_add,
    condition_add,
    contact_add,
    profile_change,
    vital_record,
)
from apps.health_monitoring.services.evaluating import vitals_evaluate
from apps.medications.api.serializers import MedicationInput
from apps.prescriptions.services import (
    prescription_confirm,
    prescription_create,
    prescription_create_by_patient,
)
from apps.users.choices import Language
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.localtime import DEFAULT_ZONE, at, local_date
from dastern.demo import cast
from dastern.demo.medicines import AMLODIPINE, ATORVASTATIN, LOSARTAN, METFORMIN, PARACETAMOL, VITAMIN_C
from dastern.demo.plans import live_on_a_family_plan
from dastern.outbox.drainer import drain

DAYS = 30
_SEED = 2026


def actor_of(user: User) -> Actor:
    """A demo person as the actor of a service."""
    return Actor(id=user.id, role=user.role, is_staff=user.is_staff, language=Language(user.language).code)


@contextmanager
def _from(moment: datetime) -> Iterator[None]:
    """The clock set back to ``moment`` for the block; afterwards as it was, whatever happened."""
    before = clock.offset()
    clock.move(moment - clock.now())
    try:
        yield
    finally:
        clock.move(before - clock.offset())


def _until(moment: datetime) -> None:
    clock.move(moment - clock.now())


def live_a_month() -> Iterator[str]:
    """Enter the people and live through the last 30 days; yields what was done, day by day."""
    present = clock.now()
    today = local_date(present, DEFAULT_ZONE)
    chance = random.Random(_SEED)  # noqa: S311  (a story, the same every time)
    with _from(at(today - timedelta(days=DAYS), time(6), DEFAULT_ZONE)):
        people = {part: cast.enter(part) for part in cast.EVERYBODY}
        _connect(people)
        _prescribe(people)
        _health(people)
        live_on_a_family_plan(people[cast.BORA], people[cast.SREYMOM], people[cast.DARA])
        yield "people, links and prescriptions"
        for ago in range(DAYS, -1, -1):
            day = today - timedelta(days=ago)
            _live(day, [people[cast.SOKHA], people[cast.BORA]], chance, present)
            yield f"{day}"


def _connect(people: dict[cast.Part, User]) -> None:
    sokha, dara, lim = people[cast.SOKHA], people[cast.DARA], people[cast.DR_LIM]
    for patient, helper, level, relationship in (
        (sokha, lim, PermissionLevel.ALLOWED, ""),
        (sokha, dara, PermissionLevel.ALLOWED, "កូនស្រី"),
        (people[cast.BORA], lim, PermissionLevel.ALLOWED, ""),
    ):
        link = connection_request(
            actor=actor_of(helper), target_id=patient.id, target_role=None, message="", relationship=relationship,
            level=None, scope=None,
        )  # fmt: skip
        connection_accept(actor=actor_of(patient), link_id=link.id, level=level, scope=None)
    ended = connection_request(
        actor=actor_of(people[cast.RITH]), target_id=people[cast.BORA].id, target_role=None, message="",
        relationship="", level=None, scope=None,
    )  # fmt: skip
    connection_accept(actor=actor_of(people[cast.BORA]), link_id=ended.id, level=PermissionLevel.ALLOWED, scope=None)
    connection_revoke(actor=actor_of(people[cast.BORA]), link_id=ended.id)


def _rows(medicines: list[dict[str, Any]], **fields: Any) -> list[dict[str, Any]]:
    """What the API's own validation makes of these medicines."""
    parsed = MedicationInput(data=[medicine | fields for medicine in medicines], many=True)
    parsed.is_valid(raise_exception=True)
    return list(parsed.validated_data)


def _prescribe(people: dict[cast.Part, User]) -> None:
    lim = people[cast.DR_LIM]
    start = local_date(clock.now(), DEFAULT_ZONE)
    for patient, diagnosis, medicines in (
        (people[cast.SOKHA], "ជំងឺលើសឈាម និងទឹកនោមផ្អែម", [AMLODIPINE, METFORMIN, ATORVASTATIN]),
        (people[cast.BORA], "ជំងឺលើសឈាម", [LOSARTAN, PARACETAMOL]),
    ):
        made = prescription_create(
            actor=actor_of(lim), patient_id=patient.id, header={"diagnosis": diagnosis, "start_date": start},
            rows=_rows(medicines, ongoing=True),
        )  # fmt: skip
        prescription_confirm(actor=actor_of(patient), prescription_id=made.prescription_id)
    prescription_create_by_patient(
        actor=actor_of(people[cast.VANNA]), header={"title": "Vitamins", "start_date": start},
        rows=_rows([VITAMIN_C], ongoing=True),
    )  # fmt: skip


def _health(people: dict[cast.Part, User]) -> None:
    """What everybody who chooses a medicine for them must know."""
    sokha, bora = (actor_of(people[part]) for part in (cast.SOKHA, cast.BORA))
    allergy_add(actor=sokha, substance="Penicillin", reaction="កន្ទួលរមាស់", severity="MODERATE")
    for name in ("ជំងឺលើសឈាម", "ជំងឺទឹកនោមផ្អែមប្រភេទ 2"):
        condition_add(actor=sokha, name=name)
    contact_add(actor=sokha, name=cast.DARA.khmer_name, phone_number="+85512345678", relationship="កូនស្រី")
    profile_change(actor=bora, changes={"no_known_allergies": True})


def _measure(day: date, patients: list[User], chance: random.Random, present: datetime) -> None:
    """Before breakfast: pressure each day, sugar and weight now and then; most of it usual, as under treatment."""
    moment = at(day, time(6, 20), DEFAULT_ZONE)
    if moment > present:
        return
    _until(max(moment, clock.now()))
    for patient in patients:
        actor = actor_of(patient)
        upper = round(chance.gauss(134, 9))
        vital_record(
            actor=actor, vital_type="BLOOD_PRESSURE", value=Decimal(upper), value_secondary=Decimal(upper - 52)
        )
        vital_record(actor=actor, vital_type="HEART_RATE", value=Decimal(chance.randint(64, 88)))
        if day.toordinal() % 2 == 0:
            vital_record(actor=actor, vital_type="GLUCOSE", value=Decimal(max(84, round(chance.gauss(138, 24)))))
        if day.weekday() == 0:
            vital_record(actor=actor, vital_type="WEIGHT", value=Decimal(round(chance.gauss(620, 4))) / 10)


def _live(day: date, patients: list[User], chance: random.Random, present: datetime) -> None:
    """One day: most doses are taken near their time, some late, some skipped, some not recorded at all."""
    _measure(day, patients, chance, present)
    due = DoseEvent.objects.filter(patient__in=patients, local_date=day, status="DUE")
    by_id = {patient.id: patient for patient in patients}
    for dose in due.order_by("scheduled_time", "id"):
        kind = chance.choices(["on_time", "late", "skip", "miss"], [82, 7, 3, 8])[0]
        moment = dose.scheduled_time + timedelta(minutes=75 if kind == "late" else chance.randint(1, 25))
        if kind == "miss" or moment > present:
            continue
        _until(max(moment, clock.now()))
        actor = actor_of(by_id[dose.patient_id])
        if kind == "skip":
            dose_skip(actor=actor, dose_id=dose.id, reason="NO_MEDICINE")
        else:
            dose_take(actor=actor, dose_id=dose.id)
    _until(min(at(day + timedelta(days=1), time(5), DEFAULT_ZONE), present))
    doses_mark_missed(now=clock.now())
    vitals_evaluate(now=clock.now())
    drain()
