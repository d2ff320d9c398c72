"""Whose dose is it? Asked without locks, before the access door and the locks."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

_OWNERS = """
SELECT id, patient_id FROM doses_doseevent WHERE id = ANY(%s)
UNION ALL SELECT id, patient_id FROM doses_withdrawndose WHERE id = ANY(%s)
"""


def doses_existing(dose_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Dose → patient of those that exist, on the schedule or withdrawn from it; whoever asks."""
    ids = list(dose_ids)
    with connection.cursor() as cursor:
        cursor.execute(_OWNERS, [ids, ids])
        return dict(cursor.fetchall())
