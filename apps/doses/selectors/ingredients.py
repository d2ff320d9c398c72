"""Intakes of an ingredient, across scheduled doses, intakes when needed and combinations (domain.md §7.5)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection

from apps.doses.rules.prn import Limits, Taken
from apps.medications.models import Medication

_DAY = timedelta(days=1)
# Same medicine, same name, or a shared substance of the catalogue.
_TAKEN = """
SELECT t.id, x.at, x.amount
FROM medications_medication t
LEFT JOIN medications_cataloguemedicine tc ON tc.id = t.catalogue_id
CROSS JOIN LATERAL (
  SELECT d.medication_id, d.taken_at AS at, coalesce(d.amount_taken, d.amount, 1) AS amount FROM doses_doseevent d
  WHERE d.patient_id = t.patient_id AND d.scheduled_time BETWEEN %s AND %s
    AND d.status IN ('TAKEN_ON_TIME', 'TAKEN_LATE') AND d.taken_at BETWEEN %s AND %s
  UNION ALL
  SELECT p.medication_id, p.taken_at, p.amount FROM doses_prnintake p
  WHERE p.patient_id = t.patient_id AND p.taken_at BETWEEN %s AND %s
) x
JOIN medications_medication m ON m.id = x.medication_id
LEFT JOIN medications_cataloguemedicine c ON c.id = m.catalogue_id
WHERE t.id = ANY(%s)
  AND (m.id = t.id OR lower(m.medicine_name) = lower(t.medicine_name) OR c.substances && tc.substances)
"""


def ingredient_intakes(
    medication_ids: Collection[UUID], *, since: datetime, until: datetime
) -> Mapping[UUID, list[Taken]]:
    """Medicine → intakes of its ingredient by its patient in that time, in one query."""
    found: dict[UUID, list[Taken]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [since - _DAY, until + _DAY, since, until, since, until, list(medication_ids)])
        for medication_id, at, amount in cursor.fetchall():
            found[medication_id].append(Taken(at, amount))
    return found


@dataclass(frozen=True, slots=True)
class PrnMedicine:
    """What recording an intake needs to know of a medicine."""

    id: UUID
    patient_id: UUID
    prescription_id: UUID
    usual_amount: Decimal
    limits: Limits


def prn_medicines(medication_ids: Collection[UUID], patient_ids: Collection[UUID]) -> dict[UUID, PrnMedicine]:
    """Those of the medicines that belong to these patients, in one query."""
    rows = Medication.objects.filter(pk__in=list(medication_ids), patient_id__in=list(patient_ids)).only(
        "id", "patient_id", "prescription_id", "dosage_amount", "prn_max_per_day", "prn_min_interval_hours"
    )
    return {
        row.id: PrnMedicine(
            id=row.id,
            patient_id=row.patient_id,
            prescription_id=row.prescription_id,
            usual_amount=row.dosage_amount or Decimal(1),
            limits=Limits(
                row.prn_max_per_day,
                timedelta(hours=float(row.prn_min_interval_hours)) if row.prn_min_interval_hours else None,
            ),
        )
        for row in rows
    }
