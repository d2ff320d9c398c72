"""A patient with a year of data behind her: doses, the acts that recorded them, messages, reminders of the phone."""

from datetime import timedelta

from django.db import connection

from apps.users.models import User
from dastern.core import clock
from tests.support.courses import course_of, lay_out, medicine, slot

DAYS = 365
_RECORDED = """
UPDATE doses_doseevent SET
  status = CASE WHEN mod(n, 23) = 0 THEN 'MISSED' WHEN mod(n, 17) = 0 THEN 'SKIPPED'
                WHEN mod(n, 7) = 0 THEN 'TAKEN_LATE' ELSE 'TAKEN_ON_TIME' END,
  skip_reason = CASE WHEN mod(n, 23) <> 0 AND mod(n, 17) = 0 THEN 'FASTING' ELSE '' END,
  taken_at = CASE WHEN mod(n, 23) = 0 OR mod(n, 17) = 0 THEN NULL ELSE scheduled_time + interval '4 minutes' END,
  source = CASE WHEN mod(n, 23) = 0 THEN 'SYSTEM' WHEN mod(n, 5) = 0 THEN 'CAREGIVER' WHEN mod(n, 3) = 0 THEN 'OFFLINE'
                ELSE 'SELF' END,
  recorded_by_id = patient_id, recorded_at = scheduled_time
FROM (SELECT id AS dose_id, row_number() OVER (ORDER BY scheduled_time, id) AS n FROM doses_doseevent
      WHERE patient_id = %s) numbered
WHERE id = dose_id AND scheduled_time < %s
"""
_AUDIT = """
INSERT INTO audit_auditlog (actor_id, actor_role, action_type, resource_type, resource_id, patient_id, outcome, details,
  created_at, ip_address, user_agent, request_id)
SELECT patient_id, 'PATIENT', 'DOSE_TAKEN', 'dose', id::text, patient_id, 'ALLOWED', '{}', scheduled_time,
  '127.0.0.1', '', ''
FROM doses_doseevent WHERE patient_id = %s
"""
_REMINDERS = """
INSERT INTO doses_reminderlog (id, patient_id, dose_id, device_id, planned_for, answer, exact, created_at)
SELECT gen_random_uuid(), patient_id, id, 'phone', scheduled_time, 'TAKEN', true, scheduled_time
FROM doses_doseevent WHERE patient_id = %s
"""
_MESSAGES = """
INSERT INTO notifications_notification (id, recipient_id, type, title, message, data, is_read, lang, channel_state,
  created_at)
SELECT gen_random_uuid(), %s, 'SYSTEM', 'ដល់ពេលប្រើថ្នាំ', 'សូមបើកកម្មវិធីដើម្បីមើល។', '{}', true, 'km', '{}',
  now() - n * interval '1 day'
FROM generate_series(1, 365) n
"""


def year_behind(patient: User) -> int:
    """Four doses a day for a year, recorded in every way. Returns how many doses."""
    begun = clock.now() - timedelta(days=DAYS)
    course = course_of(patient, start=begun.date())
    times = {"morning_dosage": slot(), "night_dosage": slot("0.5")}
    medicine(course, "Amlodipine", medicine_name_khmer="អាំឡូឌីពីន", unit="TABLET", duration=DAYS, **times)
    medicine(course, "Metformin", medicine_name_khmer="មេតហ្វរមីន", unit="TABLET", duration=DAYS, row_number=2, **times)
    doses = lay_out(course, begun)
    with connection.cursor() as cursor:
        cursor.execute(_RECORDED, [patient.id, clock.now()])
        for statement in (_AUDIT, _REMINDERS, _MESSAGES):
            cursor.execute(statement, [patient.id])
    return doses
