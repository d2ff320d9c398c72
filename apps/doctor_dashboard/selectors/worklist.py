"""Who needs this doctor today: computed from what is recorded, in a constant number of statements."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from apps.connections.choices import Ability, ConnectionKind, ConnectionStatus
from apps.connections.models import Connection
from apps.connections.rules import Grant, may
from apps.doctor_dashboard import rules
from apps.doctor_dashboard.choices import AlertLevel, MarkState, WorklistKind
from apps.doctor_dashboard.models import WorklistMark
from apps.doctor_dashboard.rules import Item, Pulse
from apps.doctor_dashboard.selectors.figures import daily_of, pulses_of
from apps.doctor_dashboard.selectors.sight import doctor_grants, prescriptions_within
from apps.doses.rules.figures import Figures
from apps.health_monitoring.choices import AlertSeverity, AlertType
from apps.health_monitoring.models import HealthAlert
from apps.health_monitoring.wire import URGENT, alert_wire
from apps.prescriptions.choices import PrescriptionStatus
from apps.prescriptions.models import Prescription
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.core.localtime import DEFAULT_ZONE, local_date

PAGE = 25
_HELD = """
SELECT c.object_id FROM sync_change c JOIN sync_feed f ON f.user_id = c.user_id
WHERE c.resource = 'prescriptions' AND c.object_id = ANY(%s) AND c.revision > f.held_revision
"""


@dataclass(frozen=True, slots=True)
class Row:
    """An item with what was decided about it, and the last two weeks of its patient."""

    item: Item
    mark: WorklistMark | None
    days: Mapping[date, Figures]


@dataclass(frozen=True, slots=True)
class Worklist:
    """One page of rows, and how many of each kind there are."""

    rows: list[Row]
    counts: Mapping[str, int]
    total: int
    page: int
    pages: int
    today: date


def worklist(doctor: Actor, *, now: datetime, kind: str = "", state: str = MarkState.OPEN, page: int = 1) -> Worklist:
    """The rows that are open (or done, or put off) now; ``kind`` narrows them."""
    grants = doctor_grants(doctor, now=now)
    items = worklist_items(doctor, grants, now=now)
    marks = {
        mark.key: mark for mark in WorklistMark.objects.filter(doctor_id=doctor.user_id).select_related("marked_by")
    }
    of_state = [item for item in items if state_of(marks.get(item.key), now) == state]
    wanted = [item for item in of_state if not kind or item.kind == kind]
    pages = max(1, -(-len(wanted) // PAGE))
    page = min(max(page, 1), pages)
    shown = wanted[(page - 1) * PAGE : page * PAGE]
    ids = {item.patient_id for item in shown}
    spark = daily_of([grant for grant in grants if grant.patient_id in ids], days=rules.SPARK_DAYS, now=now)
    return Worklist(
        [Row(item, marks.get(item.key), spark.get(item.patient_id, {})) for item in shown],
        Counter(item.kind for item in of_state),
        len(wanted),
        page,
        pages,
        local_date(now, DEFAULT_ZONE),
    )


def state_of(mark: WorklistMark | None, now: datetime) -> str:
    """What a row is now: a row put off is open again when its time has come."""
    if mark is None or (mark.state == MarkState.SNOOZED and mark.until is not None and mark.until <= now):
        return MarkState.OPEN
    return mark.state


def worklist_items(doctor: Actor, grants: Collection[Grant], *, now: datetime) -> list[Item]:
    """Every row, the most pressing first."""
    found = [
        *_of_alerts(grants, now),
        *_of_doses(grants, now),
        *_of_prescriptions(doctor, grants, now),
        *_of_requests(doctor),
    ]
    people = {
        row[0]: row[1:]
        for row in User.objects.filter(pk__in={item.patient_id for item in found}).values_list(
            "id", "full_name", "phone_number"
        )
    }
    named = [_named(item, *people[item.patient_id]) for item in found if item.patient_id in people]
    return rules.worklist_sorted(named, WorklistKind.values)


def _named(item: Item, name: str, phone: str | None) -> Item:
    # before the link stands, a name is all that a request shows
    shown = "" if item.kind == WorklistKind.CONNECTION_REQUEST else phone or ""
    return Item(item.kind, item.subject_id, item.marker, item.patient_id, name, shown, item.grave, item.facts)


def _of_alerts(grants: Collection[Grant], now: datetime) -> Iterable[Item]:
    """Open alerts of a week that are HIGH or CRITICAL; a call for help is shown whatever the level (§2.3)."""
    calls = Q(patient_id__in=[grant.patient_id for grant in grants], alert_type=AlertType.EMERGENCY_MANUAL)
    readings = Q(patient_id__in=[grant.patient_id for grant in grants if may(grant, Ability.VIEW_VITALS)])
    rows = HealthAlert.objects.filter(
        calls | readings,
        is_resolved=False,
        severity__in=URGENT,
        occurred_at__gte=now - timedelta(days=rules.PULSE_DAYS),
    ).select_related("vital")
    for row in rows:
        told = alert_wire(row, located=False)["message"]
        grave = row.severity == AlertSeverity.CRITICAL
        yield Item(
            WorklistKind.VITAL_ALERT, row.pk, "", row.patient_id, grave=grave, facts={"message": told, "vitals": True}
        )


def _of_doses(grants: Collection[Grant], now: datetime) -> Iterable[Item]:
    week = rules.week_of(local_date(now, DEFAULT_ZONE))
    for pulse in pulses_of(grants, days=rules.PULSE_DAYS, now=now):
        yield from _of_pulse(pulse, week, now)


def _of_pulse(pulse: Pulse, week: str, now: datetime) -> Iterable[Item]:
    who = pulse.patient_id
    yesterday = local_date(now, DEFAULT_ZONE) - timedelta(days=1)
    if pulse.side_effects_on is not None and pulse.side_effects_on >= yesterday:
        yield Item(WorklistKind.SIDE_EFFECTS, who, pulse.side_effects_on.isoformat(), who, grave=True)
    if alert := pulse.alert:
        facts = {"run": pulse.in_a_row, "days": pulse.missed_days}
        yield Item(
            WorklistKind.MISSED_IN_A_ROW, who, f"{pulse.last_missed}", who,
            grave=alert == AlertLevel.CRITICAL, facts=facts,
        )  # fmt: skip
    if pulse.is_silent:
        yield Item(WorklistKind.SILENT, who, week, who)
    elif pulse.is_low:
        yield Item(WorklistKind.LOW_ADHERENCE, who, week, who, facts={"percentage": pulse.figures.percentage})


def _of_prescriptions(doctor: Actor, grants: Collection[Grant], now: datetime) -> Iterable[Item]:
    today = local_date(now, DEFAULT_ZONE)
    own = Q(doctor_id=doctor.user_id)
    active = Q(status=PrescriptionStatus.ACTIVE)
    waiting = (
        Q(status=PrescriptionStatus.DRAFT)
        | (~Q(retake_reason="") & ~Q(status=PrescriptionStatus.INACTIVE))
        | (active & Q(is_urgent=True, urgent_acknowledged_at=None))
        | Q(status=PrescriptionStatus.PAUSED, paused_at__lt=now - timedelta(days=rules.PAUSED_DAYS))
    )
    ending = active & Q(last_day__range=(today, today + timedelta(days=rules.ENDING_DAYS)))
    rows = list(
        prescriptions_within(doctor, [grant for grant in grants if may(grant, Ability.PRESCRIBE)])
        .filter(own, waiting | ending)
        .only(
            "id", "patient_id", "status", "title", "diagnosis", "symptoms", "is_urgent", "urgent_acknowledged_at",
            "urgent_reason", "retake_reason", "last_day", "current_version", "updated_at", "paused_at",
        )
    )  # fmt: skip
    urgent = [row.pk for row in rows if row.is_urgent and row.urgent_acknowledged_at is None]
    outstanding = _not_received(urgent)
    for row in rows:
        yield from _of_prescription(row, outstanding, now, today)


def _of_prescription(row: Prescription, outstanding: set[UUID], now: datetime, today: date) -> Iterable[Item]:
    facts: dict[str, Any] = {"prescription": str(row), "prescriptionId": row.pk}
    version = str(row.current_version)

    def item(kind: WorklistKind, marker: str, *, grave: bool = False, **more: Any) -> Item:
        return Item(kind, row.pk, marker, row.patient_id, grave=grave, facts={**facts, **more})

    if row.pk in outstanding and rules.unreceived(row.updated_at, now):
        yield item(WorklistKind.URGENT_NOT_RECEIVED, version, grave=True, reason=row.urgent_reason)
    if row.retake_reason:
        yield item(WorklistKind.SENT_BACK, version, reason=row.retake_reason)
    elif row.status == PrescriptionStatus.DRAFT:
        yield item(WorklistKind.DRAFT, version)
    if row.status == PrescriptionStatus.PAUSED and row.paused_at is not None:
        yield item(WorklistKind.PAUSED_LONG, rules.week_of(today), since=row.paused_at)
    if row.status == PrescriptionStatus.ACTIVE and row.last_day is not None:
        yield item(WorklistKind.ENDING, row.last_day.isoformat(), last_day=row.last_day)


def _not_received(prescription_ids: list[UUID]) -> set[UUID]:
    """Those whose newest state no phone of their patient holds."""
    if not prescription_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [prescription_ids])
        return {row[0] for row in cursor.fetchall()}


def requests_waiting(doctor: Actor) -> "list[Connection]":
    """Requests to connect that wait for this doctor's answer, the oldest first."""
    return list(
        Connection.objects.filter(
            recipient_id=doctor.user_id, status=ConnectionStatus.PENDING, kind=ConnectionKind.DOCTOR
        )
        .select_related("initiator", "recipient")
        .order_by("requested_at", "id")
    )


def _of_requests(doctor: Actor) -> Iterable[Item]:
    for link in requests_waiting(doctor):
        facts = {"linkId": link.pk, "message": link.message, "level": link.requested_level, "at": link.requested_at}
        yield Item(WorklistKind.CONNECTION_REQUEST, link.pk, "", link.patient_id, facts=facts)
