"""Bulk data for benchmarks: thousands of patients with a history, made inside the database in set-based statements.

Every row satisfies the constraints of the product; triggers of the tables are off while loading (feeds are written
set-based instead), because a benchmark needs a million rows in a minute.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from dastern.core.localtime import DEFAULT_ZONE

CHUNK = 1000
PATIENTS_PER_DOCTOR = 500
PASSWORD = "Load-2026-only"  # noqa: S105  (bulk people exist on benchmark machines only)

_TABLES = (
    "users_user", "connections_connection", "subscriptions_subscription", "prescriptions_prescription",
    "prescriptions_prescriptionversion", "medications_medication", "doses_doseevent",
)  # fmt: skip
# UUID version 7 without PostgreSQL 18: the milliseconds of now over the first 48 bits of a random UUID
_UUID7 = """
CREATE FUNCTION pg_temp.uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid
$$
"""
_PEOPLE = """
INSERT INTO users_user (id, password, is_superuser, role, first_name, last_name, full_name, email, gender,
  date_of_birth, profile_picture, language, theme, timezone, hospital_clinic, specialty, license_number, license_photo,
  rejection_reason, grace_period_minutes, family_alert_minutes, account_status, email_verified_at,
  failed_login_attempts, status_before_deletion, is_staff, created_at, updated_at)
SELECT pg_temp.uuid7(), %(password)s, false, %(role)s::text, '', '',
  (ARRAY['Sok','Chan','Chea','Keo','Lim','Heng','Nhem','Ouk','Pich','Seng'])[1 + n %% 10] || ' ' ||
  (ARRAY['Sophea','Dara','Bopha','Vibol','Sreyneang','Rithy','Channary','Kosal'])[1 + n / 10 %% 8] || ' ' || n,
  lower(%(role)s::text) || n || '@load.example', CASE n %% 2 WHEN 0 THEN 'FEMALE' ELSE 'MALE' END,
  date '1940-01-01' + (n * 37 %% 25000), '', CASE n %% 5 WHEN 0 THEN 'ENGLISH' ELSE 'KHMER' END, 'LIGHT',
  %(zone)s::text, '', CASE %(role)s::text WHEN 'DOCTOR' THEN 'GENERAL_PRACTICE' ELSE '' END,
  CASE %(role)s::text WHEN 'DOCTOR' THEN 'LOAD-' || n END, '', '', 30, 60,
  CASE %(role)s::text WHEN 'DOCTOR' THEN 'VERIFIED' ELSE 'ACTIVE' END, %(now)s, 0, '', false, %(now)s, %(now)s
FROM generate_series(%(first)s::int, %(last)s::int) AS n
RETURNING id
"""
_FEEDS = """
INSERT INTO sync_feed (user_id, revision, generation) SELECT unnest(%(ids)s::uuid[]), 0, 1 ON CONFLICT DO NOTHING
"""
_PLANS = """
INSERT INTO subscriptions_subscription (id, user_id, tier, status, storage_quota, storage_used, started_at,
  pending_tier, last_payment_md5, updated_at)
SELECT pg_temp.uuid7(), id, 'FREEMIUM', 'ACTIVE', 5368709120, 0, %(now)s, '', '', %(now)s
FROM unnest(%(ids)s::uuid[]) AS id
"""
_LINKS = """
INSERT INTO connections_connection (id, initiator_id, recipient_id, patient_id, kind, status, permission_level,
  requested_level, scope, alerts_enabled, relationship, message, requested_at, accepted_at, revoke_reason, updated_at)
SELECT pg_temp.uuid7(), viewer, patient, patient, %(kind)s::text, 'ACCEPTED', 'ALLOWED', '', '{}', true, '', '',
  %(now)s, %(now)s, '', %(now)s
FROM unnest(%(viewers)s::uuid[], %(patients)s::uuid[]) AS p (viewer, patient)
"""
_PRESCRIPTIONS = """
INSERT INTO prescriptions_prescription (id, patient_id, doctor_id, patient_name, patient_gender, patient_age, title,
  symptoms, diagnosis, clinical_note, doctor_name, doctor_license_number, start_date, status, source, current_version,
  is_urgent, urgent_reason, retake_reason, activated_at, paused_days, stopped_reason, created_at, updated_at)
SELECT pg_temp.uuid7(), patient, doctor, '', '', 60, '', '', 'Hypertension', '', '', '',
  (%(first_day)s)::date, 'ACTIVE', 'DOCTOR', 1, false, '', '', %(now)s, 0, '', %(now)s, %(now)s
FROM unnest(%(patients)s::uuid[], %(doctors)s::uuid[]) AS p (patient, doctor)
"""
_MEDICATIONS = """
INSERT INTO medications_medication (id, prescription_id, patient_id, row_number, medicine_name, medicine_name_khmer,
  image, medicine_type, form, strength, unit, dosage_amount, description, additional_note, instructions,
  morning_dosage, daytime_dosage, night_dosage, custom_times, frequency, timing, before_meal, frequency_type, weekdays,
  ongoing, is_prn, reminder_enabled, time_critical, private, created_in_version, created_at, updated_at)
SELECT pg_temp.uuid7(), rx.id, rx.patient_id, m.row, m.name, m.khmer, '', 'PO', 'TABLET', m.strength, 'TABLET', 1, '',
  '', '', m.morning::jsonb, m.noon::jsonb, m.night::jsonb, '[]', '', '', false, 'DAILY', '{}', true, false, true,
  false, false, 1, %(now)s, %(now)s
FROM prescriptions_prescription rx,
  (VALUES (1, 'Amlodipine', 'អាំឡូឌីពីន', '5 mg', '{"amount":"1","beforeMeal":false}', NULL, NULL),
          (2, 'Metformin', 'មេតហ្វមីន', '500 mg', NULL, '{"amount":"1","beforeMeal":false}', NULL),
          (3, 'Atorvastatin', 'អាតូវ៉ាស្តាទីន', '20 mg', NULL, NULL, '{"amount":"1","beforeMeal":false}')
  ) AS m (row, name, khmer, strength, morning, noon, night)
WHERE rx.patient_id = ANY(%(ids)s::uuid[])
"""
_DOSES = """
INSERT INTO doses_doseevent (id, prescription_id, medication_id, patient_id, scheduled_time, local_date, time_period,
  reminder_time, amount, grace_minutes, overdue_at, version_number, status, half_interval_minutes, taken_at,
  skip_reason, source, recorded_by_id, recorded_at, missed_at, missed_alert_at, created_at)
SELECT pg_temp.uuid7(), d.prescription_id, d.medication_id, d.patient_id, d.due, d.day, d.period, d.clock, 1, 30,
  d.due + interval '30 minutes', 1, d.status, 720,
  CASE d.status WHEN 'TAKEN_ON_TIME' THEN d.due + interval '9 minutes'
                WHEN 'TAKEN_LATE' THEN d.due + interval '95 minutes' END,
  CASE d.status WHEN 'SKIPPED' THEN 'NO_MEDICINE' ELSE '' END,
  CASE WHEN d.status = 'DUE' THEN '' WHEN d.status = 'MISSED' THEN 'SYSTEM' ELSE 'SELF' END,
  CASE WHEN d.status IN ('DUE', 'MISSED') THEN NULL ELSE d.patient_id END,
  CASE WHEN d.status IN ('DUE', 'MISSED') THEN NULL ELSE d.due END,
  CASE d.status WHEN 'MISSED' THEN d.due + interval '31 minutes' END,
  CASE d.status WHEN 'MISSED' THEN d.due + interval '60 minutes' END, %(now)s
FROM (
  SELECT m.prescription_id, m.id AS medication_id, m.patient_id, day::date AS day, s.period, s.clock,
    (day::date + s.clock) AT TIME ZONE %(zone)s::text AS due,
    CASE WHEN (day::date + s.clock) AT TIME ZONE %(zone)s::text > %(now)s - interval '2 hours' THEN 'DUE'
         ELSE (ARRAY['TAKEN_ON_TIME','TAKEN_ON_TIME','TAKEN_ON_TIME','TAKEN_ON_TIME','TAKEN_ON_TIME','TAKEN_ON_TIME',
                     'TAKEN_ON_TIME','TAKEN_LATE','SKIPPED','MISSED'])[1 + floor(random() * 10)::int] END AS status
  FROM medications_medication m
  JOIN (VALUES (1, 'MORNING', time '07:00'), (2, 'NOON', time '12:00'), (3, 'EVENING', time '18:00'))
    AS s (row, period, clock) ON s.row = m.row_number
  CROSS JOIN generate_series((%(first_day)s)::date, (%(last_day)s)::date, interval '1 day') AS day
  WHERE m.patient_id = ANY(%(ids)s::uuid[])
) d
"""
_CHANGES = """
WITH objects AS (
  SELECT patient_id, 'doses' AS resource, id FROM doses_doseevent WHERE patient_id = ANY(%(ids)s::uuid[])
  UNION ALL
  SELECT patient_id, 'prescriptions', id FROM prescriptions_prescription WHERE patient_id = ANY(%(ids)s::uuid[])
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY patient_id ORDER BY resource DESC, id) AS revision FROM objects
), written AS (
  INSERT INTO sync_change (user_id, resource, object_id, revision, deleted, changed_at)
  SELECT patient_id, resource, id, revision, false, %(now)s FROM numbered RETURNING user_id
)
UPDATE sync_feed f SET revision = w.n
FROM (SELECT user_id, count(*) AS n FROM written GROUP BY user_id) w WHERE f.user_id = w.user_id
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What is loaded: patients, days of history and days ahead, as of ``now``."""

    patients: int
    days: int
    ahead: int
    now: datetime


@contextmanager
def _bulk() -> Iterator[Any]:
    """A transaction with the tables' triggers off; they are on again whatever happens."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # waiting checks would forbid ALTER TABLE
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def load(wanted: Load) -> Iterator[int]:
    """Load the people in chunks, each a transaction; yields how many patients each chunk added.

    Bulk people have numbered addresses (patient1@load.example …) and one password; a second load continues the
    numbers.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('pg_temp.uuid7()') IS NULL")
        if cursor.fetchone()[0]:
            cursor.execute(_UUID7)
        cursor.execute("SELECT count(*) FROM users_user WHERE email LIKE 'patient%%@load.example'")
        start = cursor.fetchone()[0] + 1
    values: dict[str, Any] = {"now": wanted.now, "zone": DEFAULT_ZONE, "password": make_password(PASSWORD)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (%(now)s AT TIME ZONE %(zone)s::text)::date - %(days)s::int, "
            "(%(now)s AT TIME ZONE %(zone)s::text)::date + %(ahead)s::int",
            values | {"days": wanted.days - 1, "ahead": wanted.ahead},
        )
        values["first_day"], values["last_day"] = cursor.fetchone()
    end = start + wanted.patients
    for first in range(start, end, CHUNK):
        last = min(first + CHUNK, end) - 1
        _load_chunk(values, first, last)
        yield last - first + 1
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _load_chunk(values: dict[str, Any], first: int, last: int) -> None:
    with _bulk() as cursor:
        doctors_first, doctors_last = (first - 1) // PATIENTS_PER_DOCTOR + 1, (last - 1) // PATIENTS_PER_DOCTOR + 1
        cursor.execute(
            "SELECT count(*) FROM users_user WHERE email LIKE 'doctor%%@load.example'",
        )
        known = cursor.fetchone()[0]
        if doctors_last > known:
            people = {"role": "DOCTOR", "first": max(known + 1, doctors_first), "last": doctors_last}
            cursor.execute(_PEOPLE, values | people)
            made = [row[0] for row in cursor.fetchall()]
            cursor.execute(_FEEDS, {"ids": made})
        cursor.execute(
            "SELECT id FROM users_user WHERE email LIKE 'doctor%%@load.example' ORDER BY id",
        )
        doctors = [row[0] for row in cursor.fetchall()]
        cursor.execute(_PEOPLE, values | {"role": "PATIENT", "first": first, "last": last})
        ids = [row[0] for row in cursor.fetchall()]
        theirs = [doctors[(first + n - 1) // PATIENTS_PER_DOCTOR] for n in range(len(ids))]
        helped = list(zip(ids[1::3], ids[::3], strict=False))  # every third patient is helped by a neighbour
        chunk = values | {"ids": ids, "patients": ids, "doctors": theirs}
        cursor.execute(_FEEDS, chunk)
        cursor.execute(_PLANS, chunk)
        cursor.execute(_LINKS, chunk | {"kind": "DOCTOR", "viewers": theirs})
        cursor.execute(
            _LINKS,
            values | {"kind": "CAREGIVER", "viewers": [h for h, _ in helped], "patients": [p for _, p in helped]},
        )
        for statement in (_PRESCRIPTIONS, _MEDICATIONS, _DOSES, _CHANGES):
            cursor.execute(statement, chunk)
