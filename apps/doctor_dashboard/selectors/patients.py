"""The doctor's patients as a list: searched, filtered and sorted with a constant number of statements (scenario 89)."""

import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from apps.adherence.rules import level
from apps.connections.access import access_seen_many
from apps.connections.choices import Ability
from apps.connections.rules import Grant, may
from apps.doctor_dashboard.models import Patient
from apps.doctor_dashboard.rules import SPARK_DAYS, WINDOW_DAYS
from apps.doctor_dashboard.selectors.figures import daily_of, figures_of
from apps.doctor_dashboard.selectors.sight import doctor_grants, prescriptions_within
from apps.doses.rules.figures import Figures
from apps.prescriptions.choices import PrescriptionStatus
from apps.prescriptions.rules import age_on
from dastern.core.actor import Actor
from dastern.core.api.serializers import KHMER_TO_ASCII
from dastern.core.localtime import local_date

SORTS = ("adherence", "name", "lastActivity", "activePrescriptions")
LEVELS = ("GREEN", "YELLOW", "RED", "NONE")
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
# The newest dose that somebody answered; an index scan a patient.
_LAST = """
SELECT p.id, (SELECT d.scheduled_time FROM doses_doseevent d WHERE d.patient_id = p.id AND d.scheduled_time < %s
  AND d.status IN ('TAKEN_ON_TIME', 'TAKEN_LATE', 'SKIPPED') ORDER BY d.scheduled_time DESC LIMIT 1)
FROM unnest(%s::uuid[]) AS p (id)
"""


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One patient of the list. What the grant does not show is None."""

    patient: Patient
    grant: Grant
    age: int | None
    active: int | None
    figures: Figures | None
    last_activity: datetime | None = None
    days: Mapping[date, Figures] | None = None

    @property
    def percentage(self) -> int | None:
        """Adherence of thirty days."""
        return self.figures.percentage if self.figures else None

    @property
    def level(self) -> str | None:
        """GREEN, YELLOW, RED, or None without a closed dose."""
        return level(self.percentage)


@dataclass(frozen=True, slots=True)
class PatientPage:
    """A page of the list."""

    rows: list[PatientRow]
    total: int
    page: int
    limit: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.limit)


def words_normal(text: str) -> str:
    """A search as stored text is compared: composed, without invisible marks, Khmer digits as ASCII ones."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_UNSEEN).translate(KHMER_TO_ASCII).split())


def patients_listed(
    doctor: Actor,
    *,
    now: datetime,
    search: str = "",
    adherence: str = "",
    status: str = "",
    gender: str = "",
    sort: str = "adherence",
    descending: bool = False,
    page: int = 1,
    limit: int = 20,
    spark: bool = False,
) -> PatientPage:
    """A page of the doctor's patients; whoever is shown on it is audited, once each five minutes.

    The default order puts the lowest adherence first; patients without figures come last, in every order.
    """
    grants = {grant.patient_id: grant for grant in doctor_grants(doctor, now=now)}
    people = list(_found(list(grants), search, gender))
    within = prescriptions_within(doctor, grants.values())
    if status:
        having = set(within.filter(status=status).values_list("patient_id", flat=True))
        people = [patient for patient in people if patient.pk in having]
    here = [grants[patient.pk] for patient in people]
    figures = figures_of(here, days=WINDOW_DAYS, now=now)
    courses = within.filter(patient_id__in=[grant.patient_id for grant in here], status=PrescriptionStatus.ACTIVE)
    active = Counter(courses.values_list("patient_id", flat=True))
    rows = [_row(patient, grants[patient.pk], active, figures, now) for patient in people]
    if adherence:
        rows = [row for row in rows if (row.level or "NONE") == adherence]
    last = last_activities([row.patient.pk for row in rows], now) if sort == "lastActivity" else {}
    rows = _sorted(rows, sort, last, descending=descending)
    shown = rows[(page - 1) * limit : page * limit]
    access_seen_many(
        doctor, [row.patient.pk for row in shown], resource_type="patient", ability=Ability.VIEW_CARD, now=now
    )
    return PatientPage(_complete(shown, now, spark=spark), len(rows), page, limit)


def _found(ids: list[UUID], search: str, gender: str) -> Any:
    rows = Patient.objects.filter(pk__in=ids).only(
        "id", "full_name", "gender", "date_of_birth", "timezone", "phone_number", "email"
    )
    words = words_normal(search)
    if words:
        rows = rows.filter(Q(full_name__icontains=words) | Q(phone_number__contains=words.replace(" ", "")))
    return rows.filter(gender=gender) if gender else rows


def _row(
    patient: Patient, grant: Grant, active: Mapping[UUID, int], figures: Mapping[UUID, Figures], now: datetime
) -> PatientRow:
    born = patient.date_of_birth
    shows = may(grant, Ability.VIEW_PRESCRIPTIONS) or may(grant, Ability.PRESCRIBE)
    return PatientRow(
        patient,
        grant,
        age_on(born, local_date(now, patient.timezone)) if born else None,
        active.get(patient.pk, 0) if shows else None,
        figures.get(patient.pk, Figures()) if may(grant, Ability.VIEW_ADHERENCE) else None,
    )


def _sorted(
    rows: list[PatientRow], sort: str, last: Mapping[UUID, datetime | None], *, descending: bool
) -> list[PatientRow]:
    def value(row: PatientRow) -> Any:
        match sort:
            case "name":
                return row.patient.full_name
            case "activePrescriptions":
                return row.active
            case "lastActivity":
                return last.get(row.patient.pk)
            case _:
                return row.percentage

    by_name = sorted(rows, key=lambda row: (row.patient.full_name, row.patient.pk))
    known = [row for row in by_name if value(row) is not None]
    unknown = [row for row in by_name if value(row) is None]
    return [*sorted(known, key=value, reverse=descending), *unknown]


def _complete(rows: Collection[PatientRow], now: datetime, *, spark: bool) -> list[PatientRow]:
    """The rows of one page with their last activity and, for pages, the bars of two weeks."""
    seen = [row.patient.pk for row in rows if row.figures is not None]
    last = last_activities(seen, now)
    days = daily_of([row.grant for row in rows], days=SPARK_DAYS, now=now) if spark else {}
    return [
        PatientRow(
            row.patient, row.grant, row.age, row.active, row.figures, last.get(row.patient.pk), days.get(row.patient.pk)
        )
        for row in rows
    ]


def last_activities(patient_ids: list[UUID], now: datetime) -> dict[UUID, datetime | None]:
    """The planned time of the newest dose that was recorded, per patient."""
    if not patient_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [now, patient_ids])
        return dict(cursor.fetchall())
