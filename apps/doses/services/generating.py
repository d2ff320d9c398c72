"""Laying out many courses at once, read from their table: the prescriptions app stands above this one."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from apps.doses.services.schedule import Course, courses_lay_out
from dastern.sync.feed import feed_lock

CHUNK = 200
_ACTIVE = """
SELECT p.id FROM prescriptions_prescription p JOIN users_user u ON u.id = p.patient_id
WHERE p.status = 'ACTIVE' AND p.deleted_at IS NULL AND u.account_status <> 'DELETION_PENDING'
  AND (%s::uuid IS NULL OR p.patient_id = %s::uuid)
ORDER BY p.id
"""
_PATIENTS = "SELECT DISTINCT patient_id FROM prescriptions_prescription WHERE id = ANY(%s)"
_COURSES = """
SELECT id, patient_id, current_version, start_date, end_date FROM prescriptions_prescription
WHERE id = ANY(%s) AND status = 'ACTIVE' AND deleted_at IS NULL ORDER BY id FOR UPDATE
"""


def courses_active(*, patient_id: UUID | None = None) -> list[UUID]:
    """The prescriptions in force (of one patient)."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE, [patient_id, patient_id])
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def courses_generate(prescription_ids: list[UUID], *, now: datetime) -> int:
    """Lay out what is missing from these courses from ``now`` on, in a handful of statements. Returns how many doses.

    Courses that were paused or stopped meanwhile are left alone. No slot is made that would double a recent intake.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PATIENTS, [prescription_ids])
        feed_lock(row[0] for row in cursor.fetchall())
        cursor.execute(_COURSES, [prescription_ids])
        courses = [Course(*row) for row in cursor.fetchall()]
    return courses_lay_out(courses, now=now, respect_taken=True)
