"""The hourly evaluation: repeated abnormal readings raise their alert one step (domain.md §2.13, §7.1).

Cost follows the abnormal readings since the last run, not the table: they wait in ``UnevaluatedVital``.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from apps.health_monitoring.models import HealthAlert, UnevaluatedVital
from apps.health_monitoring.rules.severity import LOOKED_BACK, is_repeated, raised
from apps.health_monitoring.services.journal import announcements_of
from dastern.outbox.services import outbox_add_many

BATCH: Final = 500

_CANDIDATES = """
SELECT DISTINCT patient_id FROM (
  SELECT patient_id FROM health_monitoring_unevaluatedvital ORDER BY vital_id LIMIT %s
) waiting
"""
_FEEDS = "SELECT user_id FROM sync_feed WHERE user_id = ANY(%s) ORDER BY user_id FOR UPDATE SKIP LOCKED"
_CLAIM = """
WITH claimed AS (
  DELETE FROM health_monitoring_unevaluatedvital WHERE vital_id IN (
    SELECT vital_id FROM health_monitoring_unevaluatedvital WHERE patient_id = ANY(%s)
    ORDER BY vital_id LIMIT %s FOR UPDATE SKIP LOCKED
  ) RETURNING vital_id
)
SELECT v.patient_id, v.vital_type, v.measured_at
FROM claimed c JOIN health_monitoring_healthvital v ON v.id = c.vital_id WHERE v.deleted_at IS NULL
"""
# The abnormal readings around each new one: index health_vital_trend, one look a patient and type.
_AROUND = """
SELECT v.patient_id, v.vital_type, v.measured_at
FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::timestamptz[]) AS p (patient_id, kind, since, until)
JOIN health_monitoring_healthvital v
  ON v.patient_id = p.patient_id AND v.vital_type = p.kind AND v.deleted_at IS NULL
 AND v.measured_at > p.since AND v.measured_at <= p.until
WHERE v.severity <> ''
"""
_ALERTS = """
SELECT a.id, a.patient_id, a.vital_type, a.severity, a.occurred_at, a.last_at
FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::timestamptz[]) AS p (patient_id, kind, since, until)
JOIN health_monitoring_healthalert a
  ON a.patient_id = p.patient_id AND a.vital_type = p.kind AND NOT a.is_resolved AND a.raised_from = ''
 AND a.occurred_at <= p.until AND a.last_at > p.since
WHERE a.severity IN ('LOW', 'MEDIUM')
ORDER BY a.id FOR UPDATE OF a
"""
_RAISE = """
UPDATE health_monitoring_healthalert a
SET raised_from = a.severity, severity = r.severity, acknowledged_at = NULL,
    advice = CASE WHEN r.severity = 'HIGH' THEN 'CONTACT_DOCTOR' ELSE 'MEASURE_AGAIN' END
FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS r (id, old, severity)
WHERE a.id = r.id AND a.severity = r.old AND a.raised_from = '' AND NOT a.is_resolved
RETURNING a.id
"""


@dataclass(frozen=True, slots=True)
class _Alert:
    id: UUID
    patient_id: UUID
    vital_type: str
    severity: str
    occurred_at: datetime
    last_at: datetime


def vitals_unevaluated_count() -> int:
    """How many abnormal readings wait, for the metrics."""
    return UnevaluatedVital.objects.count()


def vitals_evaluate(*, now: datetime, progress: Callable[[int], object] | None = None) -> int:
    """Look at every waiting reading, in batches. Returns how many alerts were raised one step.

    Feeds are locked before rows; those that somebody holds are left for the next run. Two runs at once share the
    work, and a run that is killed leaves whole batches behind. ``progress`` is told of each batch's readings.
    """
    raised_alerts = 0
    while True:
        claimed, changed = _batch(now)
        raised_alerts += changed
        if progress:
            progress(claimed)
        if claimed < BATCH:
            return raised_alerts


@transaction.atomic
def _batch(now: datetime) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, [BATCH])
        patients = [row[0] for row in cursor.fetchall()]
        if not patients:
            return 0, 0
        cursor.execute(_FEEDS, [patients])
        held = [row[0] for row in cursor.fetchall()]
        cursor.execute(_CLAIM, [held, BATCH])
        fresh = cursor.fetchall()
        if not fresh:
            return 0, 0
        changed = _raise(_repeated(fresh))
    alerts = HealthAlert.objects.in_bulk(changed)
    outbox_add_many(announcements_of(alerts, now))
    return len(fresh), len(changed)


def _spans(rows: Sequence[tuple[UUID, str, datetime]]) -> list[list[object]]:
    """Patients, types, and from when to when to look, as columns."""
    spans: dict[tuple[UUID, str], list[datetime]] = defaultdict(list)
    for patient_id, kind, moment in rows:
        spans[patient_id, kind].append(moment)
    pairs = sorted(spans)
    return [
        [patient_id for patient_id, _kind in pairs],
        [kind for _patient, kind in pairs],
        [min(spans[pair]) - LOOKED_BACK for pair in pairs],
        [max(spans[pair]) for pair in pairs],
    ]


def _repeated(fresh: Sequence[tuple[UUID, str, datetime]]) -> list[tuple[UUID, str, datetime]]:
    """Those readings that are at least the third abnormal occasion of 24 hours."""
    around: dict[tuple[UUID, str], list[datetime]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_AROUND, _spans(fresh))
        for patient_id, kind, moment in cursor.fetchall():
            around[patient_id, kind].append(moment)
    return [row for row in fresh if is_repeated(row[2], around[row[0], row[1]])]


def _raise(repeated: Sequence[tuple[UUID, str, datetime]]) -> list[UUID]:
    """Raise the open alerts of these readings; guarded, so that a second run changes nothing."""
    if not repeated:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ALERTS, _spans(repeated))
        alerts = [_Alert(*row) for row in cursor.fetchall()]
        graver = [
            (alert.id, alert.severity, raised(alert.severity))
            for alert in alerts
            if any(
                (patient_id, kind) == (alert.patient_id, alert.vital_type)
                and alert.occurred_at <= moment <= alert.last_at
                for patient_id, kind, moment in repeated
            )
        ]
        cursor.execute(_RAISE, [list(column) for column in zip(*graver, strict=True)] or [[], [], []])
        return [row[0] for row in cursor.fetchall()]
