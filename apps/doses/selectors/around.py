"""What surrounds a dose: asked only when an intake is early or late."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from apps.doses.rules.windows import Neighbours

HIGH_ALERT = "highAlert"
_REACH = timedelta(hours=24)
_AROUND = """
SELECT u.timezone, %s = ANY(coalesce(tc.flags, '{}')),
  (SELECT max(x.at) FROM (
     SELECT o.medication_id, o.taken_at AS at FROM doses_doseevent o
     WHERE o.patient_id = t.patient_id AND o.scheduled_time BETWEEN %s AND %s AND o.id <> %s
       AND o.status IN ('TAKEN_ON_TIME', 'TAKEN_LATE') AND o.taken_at BETWEEN %s AND %s
     UNION ALL
     SELECT p.medication_id, p.taken_at FROM doses_prnintake p
     WHERE p.patient_id = t.patient_id AND p.taken_at BETWEEN %s AND %s
   ) x
   JOIN medications_medication m ON m.id = x.medication_id
   LEFT JOIN medications_cataloguemedicine c ON c.id = m.catalogue_id
   WHERE m.id = t.id OR lower(m.medicine_name) = lower(t.medicine_name) OR c.substances && tc.substances),
  (SELECT min(n.scheduled_time) FROM doses_doseevent n
   WHERE n.medication_id = t.id AND n.scheduled_time > %s AND n.status = 'DUE')
FROM medications_medication t
JOIN users_user u ON u.id = t.patient_id
LEFT JOIN medications_cataloguemedicine tc ON tc.id = t.catalogue_id
WHERE t.id = %s
"""


@dataclass(frozen=True, slots=True)
class Around:
    """The zone of the patient, the caution of the medicine, and its neighbours in time."""

    zone: str
    high_alert: bool
    neighbours: Neighbours


def dose_around(dose_id: UUID, medication_id: UUID, scheduled: datetime, at: datetime) -> Around:
    """What stands around an intake at ``at`` of a dose planned for ``scheduled``, in one statement.

    The last intake counts the ingredient: scheduled, when needed, or in a combination.
    """
    since = at - _REACH
    with connection.cursor() as cursor:
        cursor.execute(
            _AROUND,
            [HIGH_ALERT, since - _REACH, at + _REACH, dose_id, since, at, since, at, scheduled, medication_id],
        )
        zone, high_alert, last_intake, next_planned = cursor.fetchone()
    return Around(zone, high_alert, Neighbours(last_intake, next_planned))


_HIGH_ALERT = """
SELECT m.id FROM medications_medication m JOIN medications_cataloguemedicine c ON c.id = m.catalogue_id
WHERE m.id = ANY(%s) AND %s = ANY(c.flags)
"""


def high_alert_among(medication_ids: list[UUID]) -> set[UUID]:
    """Those of the medicines that are never marked as a group (domain.md §7.5)."""
    with connection.cursor() as cursor:
        cursor.execute(_HIGH_ALERT, [medication_ids, HIGH_ALERT])
        return {row[0] for row in cursor.fetchall()}
