"""What the schedule is made from: prescribed medicines with their patient's habits, and what was recorded today."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection

from apps.doses.rules import planning
from apps.medications.choices import FrequencyType
from apps.medications.models import Medication
from apps.medications.rules import Slot, slots
from apps.users.models import MealTimePreference
from dastern.core import localtime

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Prescribed:
    """A medicine as prescribed, with what its patient's habits make of it."""

    id: UUID
    prescription_id: UUID
    slots: tuple[Slot, ...]
    starts_on: date | None
    duration: int | None
    paused_days: int
    ongoing: bool
    frequency_type: str
    interval_days: int | None
    weekdays: tuple[int, ...]
    ingredients: frozenset[str]
    zone: str
    meals: planning.MealTimes
    grace_minutes: int

    @cached_property
    def intakes(self) -> list[planning.Intake]:
        """Its intakes of a day by the clock."""
        return planning.intakes_of_day(self.slots, self.meals)

    @cached_property
    def half_interval_minutes(self) -> int:
        """Half the smallest gap between them."""
        return planning.half_interval_minutes(intake.clock for intake in self.intakes)


def _living() -> Any:
    return (
        Medication.objects.filter(retired_in_version=None, is_prn=False)
        .exclude(frequency_type=FrequencyType.PRN)
        .select_related("patient__meal_times", "catalogue")
    )


def prescribed_of_courses(
    prescription_ids: Iterable[UUID], medication_ids: Collection[UUID] | None = None
) -> list[Prescribed]:
    """The living, scheduled medicines of these prescriptions (only ``medication_ids`` when given), in one query."""
    found = _living().filter(prescription_id__in=list(prescription_ids))
    if medication_ids is not None:
        found = found.filter(pk__in=list(medication_ids))
    return [_prescribed(medication) for medication in found]


def prescribed_of_patient(patient_id: UUID) -> list[Prescribed]:
    """Every living, scheduled medicine of a patient, in one query."""
    return [_prescribed(medication) for medication in _living().filter(patient_id=patient_id)]


def meals_of(preference: MealTimePreference | None) -> planning.MealTimes:
    """The patient's meal times, or 07:00, 12:00 and 18:00."""
    if preference is None:
        return planning.MealTimes()
    return planning.MealTimes(preference.morning_meal, preference.afternoon_meal, preference.night_meal)


def _prescribed(medication: Medication) -> Prescribed:
    patient = medication.patient
    return Prescribed(
        id=medication.id,
        prescription_id=medication.prescription_id,
        slots=tuple(
            slots(
                medication.morning_dosage,
                medication.daytime_dosage,
                medication.night_dosage,
                medication.custom_times or (),
            )
        ),
        starts_on=medication.starts_on,
        duration=medication.duration,
        paused_days=medication.paused_days,
        ongoing=medication.ongoing,
        frequency_type=medication.frequency_type,
        interval_days=medication.interval_days,
        weekdays=tuple(medication.weekdays or ()),
        ingredients=planning.ingredients_of(
            (medication.medicine_name,), medication.catalogue.substances if medication.catalogue else ()
        ),
        zone=patient.timezone,
        meals=meals_of(getattr(patient, "meal_times", None)),
        grace_minutes=patient.grace_period_minutes,
    )


_RECORDED = """
SELECT d.patient_id, m.medicine_name, coalesce(c.substances, '{}'), d.local_date, d.time_period,
       coalesce(d.taken_at, d.scheduled_time)
FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id
LEFT JOIN medications_cataloguemedicine c ON c.id = m.catalogue_id
WHERE d.patient_id = ANY(%s) AND d.scheduled_time BETWEEN %s AND %s
  AND d.status IN ('TAKEN_ON_TIME', 'TAKEN_LATE', 'SKIPPED')
UNION ALL
SELECT p.patient_id, m.medicine_name, coalesce(c.substances, '{}'), NULL, NULL, p.taken_at
FROM doses_prnintake p JOIN medications_medication m ON m.id = p.medication_id
LEFT JOIN medications_cataloguemedicine c ON c.id = m.catalogue_id
WHERE p.patient_id = ANY(%s) AND p.taken_at BETWEEN %s AND %s
"""


def recorded_around(patient_ids: Collection[UUID], now: datetime) -> Mapping[UUID, list[planning.Recorded]]:
    """What these patients took or skipped lately, scheduled or not: a day either side of ``now``, in one query."""
    ids = list(patient_ids)
    found: dict[UUID, list[planning.Recorded]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_RECORDED, [ids, now - _DAY, now + _DAY, ids, now - _DAY, now + _DAY])
        for patient_id, name, substances, local_date, period, at in cursor.fetchall():
            found[patient_id].append(
                planning.Recorded(planning.ingredients_of((name,), substances), local_date, period, at)
            )
    return found


@dataclass(frozen=True, slots=True)
class TakenToday:
    """A dose of today that was recorded: for "today's morning dose already taken 07:04"."""

    dose_id: UUID
    medication_id: UUID
    medicine_name: str
    medicine_name_khmer: str
    time_period: str
    status: str
    at: datetime | None  # None for a skipped one
    local_time: time | None


_TAKEN_TODAY = """
SELECT d.id, d.medication_id, m.medicine_name, m.medicine_name_khmer, d.time_period, d.status, d.taken_at, u.timezone
FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id JOIN users_user u ON u.id = d.patient_id
WHERE d.patient_id = %s AND d.scheduled_time BETWEEN %s AND %s
  AND d.local_date = (%s AT TIME ZONE u.timezone)::date
  AND d.status IN ('TAKEN_ON_TIME', 'TAKEN_LATE', 'SKIPPED')
ORDER BY d.scheduled_time, d.id
"""


def taken_today(*, patient_id: UUID, now: datetime) -> list[TakenToday]:
    """The doses of the patient's local day that were taken or skipped, in the order of the plan.

    Whether the asker may see them is the caller's question.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN_TODAY, [patient_id, now - _DAY, now + _DAY, now])
        return [
            TakenToday(
                dose_id, medication_id, name, khmer, period, status, at,
                localtime.local_time(at, zone) if at else None,
            )
            for dose_id, medication_id, name, khmer, period, status, at, zone in cursor.fetchall()
        ]  # fmt: skip
