"""The doctor's day in five figures, and the figures of one patient over a span of days."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection

from apps.adherence.rules import Day, filled
from apps.adherence.selectors import days_between, where_we_are
from apps.audit.choices import AuditAction
from apps.connections.choices import Ability
from apps.connections.rules import Grant
from apps.doctor_dashboard import rules
from apps.doctor_dashboard.rules import Pulse
from apps.doctor_dashboard.selectors.figures import figures_of, pulses_of
from apps.doctor_dashboard.selectors.sight import doctor_grants, patient_granted
from apps.doctor_dashboard.selectors.worklist import requests_waiting
from apps.users.models import User
from dastern.core.actor import Actor

RECENT = 10
DONE = (
    AuditAction.DOSE_TAKEN, AuditAction.DOSE_SKIPPED, AuditAction.DOSE_CORRECTED, AuditAction.PRESCRIPTION_CONFIRM,
    AuditAction.PRESCRIPTION_RETAKE,
)  # fmt: skip
# The newest acts of each patient by the index audit_patient, then the newest of all.
_RECENT = """
SELECT p.id, a.action_type, a.created_at FROM unnest(%s::uuid[]) AS p (id) CROSS JOIN LATERAL (
  SELECT action_type, created_at, id FROM audit_auditlog
  WHERE patient_id = p.id AND action_type = ANY(%s) AND outcome = 'ALLOWED' AND actor_id <> %s
  ORDER BY id DESC LIMIT %s) a
ORDER BY a.id DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Overview:
    """GET doctor-dashboard."""

    patients: int
    attention: int
    alerts: int
    recent: list[tuple[UUID, str, str, datetime]]
    requests: int


def overview(doctor: Actor, *, now: datetime) -> Overview:
    """How many patients, how many below 70 % over thirty days, how many with an alert; what happened last."""
    grants = doctor_grants(doctor, now=now)
    figures = figures_of(grants, days=rules.WINDOW_DAYS, now=now)
    low = [taken for row in figures.values() if (taken := row.percentage) is not None and taken < rules.LOW_BELOW]
    pulses = pulses_of(grants, days=rules.PULSE_DAYS, now=now)
    return Overview(
        len(grants),
        len(low),
        sum(pulse.alert is not None for pulse in pulses),
        _recent(doctor, grants),
        len(requests_waiting(doctor)),
    )


def _recent(doctor: Actor, grants: list[Grant]) -> list[tuple[UUID, str, str, datetime]]:
    # acts are told of patients who show everything: an audit row does not say which prescription a dose belongs to
    ids = [grant.patient_id for grant in grants if grant.sees_everything]
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, [ids, list(DONE), doctor.user_id, RECENT, RECENT])
        rows = cursor.fetchall()
    names = dict(User.objects.filter(pk__in={row[0] for row in rows}).values_list("id", "full_name"))
    return [(who, names[who], action, at) for who, action, at in rows if who in names]


@dataclass(frozen=True, slots=True)
class Span:
    """Adherence of one patient between two days."""

    first: date
    last: date
    days: list[Day]
    pulse: Pulse | None


def adherence_span(doctor: Actor, patient_id: UUID, *, first: date | None, last: date | None, now: datetime) -> Span:
    """Every local day from ``first`` to ``last`` (thirty up to today without them), and the alert of the last three.

    Raises NotFound (audited as denied).
    """
    grant = patient_granted(doctor, patient_id, Ability.VIEW_ADHERENCE, resource_type="adherence", now=now)
    today, _revision = where_we_are(patient_id, now)
    end = last or (min(today, first + timedelta(days=rules.WINDOW_DAYS - 1)) if first and first > today else today)
    end = max(end, first) if first else end
    start = first or end - timedelta(days=rules.WINDOW_DAYS - 1)
    start = max(start, end - timedelta(days=365))
    found = filled(days_between(grant, start, end), end, (end - start).days + 1)
    pulses = pulses_of([grant], days=rules.PULSE_DAYS, now=now)
    return Span(start, end, found, pulses[0] if pulses else None)
