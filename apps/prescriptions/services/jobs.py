"""What the calendar does: courses end, horizons move on, people are reminded (domain.md §2.4, §7.5).

Every job runs each hour, because midnight comes at different instants to patients in different zones; the state on
the row and the dedupe key of the message make a second run harmless.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from apps.audit.choices import AuditAction
from apps.doses.models import DoseEvent
from apps.doses.rules.planning import HORIZON_DAYS
from apps.doses.services.schedule import courses_lay_out
from apps.notifications.choices import NotificationType
from apps.notifications.services import notification_send
from apps.prescriptions.choices import PrescriptionStatus
from apps.prescriptions.models import Prescription
from apps.prescriptions.rules import END_PROMPT_DAYS, Move, end_prompt, pause_prompt
from apps.prescriptions.services.record import audit, course_of, move, proposals_supersede, save
from dastern.core import clock
from dastern.core.actor import SYSTEM
from dastern.core.localtime import local_date, local_time
from dastern.sync.feed import feed_lock

EXTEND_UNTIL = time(1)
REMIND_FROM = time(8)  # a message that can wait does not buzz at midnight
_BATCH = 200
_IN_COURSE = (PrescriptionStatus.ACTIVE, PrescriptionStatus.PAUSED)


def courses_finish() -> int:
    """End courses whose last local day has passed. Returns how many.

    A paused course ends only by its written end: without one, resuming moves the end.
    """
    now = clock.now()
    count = 0
    for zone, rows in _by_zone():
        today = local_date(now, zone)
        over = rows.filter(
            Q(status=PrescriptionStatus.ACTIVE, last_day__lt=today)
            | Q(status=PrescriptionStatus.PAUSED, end_date__lt=today)
        )
        for batch in _batches(over):
            for prescription_id, patient_id in batch:
                count += _finish(prescription_id, patient_id, today, now)
    return count


@transaction.atomic
def _finish(prescription_id: UUID, patient_id: UUID, today: date, now: datetime) -> bool:
    """End one course, unless it was prolonged, paused or stopped meanwhile."""
    feed_lock([patient_id])
    prescription = (
        Prescription.objects.select_for_update(of=("self",))
        .select_related("patient")
        .filter(pk=prescription_id, deleted_at=None, status__in=_IN_COURSE)
        .first()
    )
    if prescription is None:
        return False
    paused = prescription.status == PrescriptionStatus.PAUSED
    last = prescription.end_date if paused else prescription.last_day
    if last is None or last >= today:
        return False
    old = move(prescription, Move.FINISH)
    prescription.stopped_at = now
    prescription.paused_at = None
    save(prescription, now)
    proposals_supersede(prescription, now)
    audit(AuditAction.PRESCRIPTION_UPDATE, prescription, SYSTEM, action="FINISHED", old=old, new=prescription.status)
    return True


def horizons_extend() -> int:
    """Lay out the days that came within the horizon of open courses. Returns how many doses were new.

    Done in the first hour of the patient's day; a night that was missed is made up for by the next.
    """
    now = clock.now()
    count = 0
    for zone, rows in _by_zone():
        if local_time(now, zone) >= EXTEND_UNTIL:
            continue
        edge = local_date(now, zone) + timedelta(days=HORIZON_DAYS - 1)
        reaching = rows.filter(status=PrescriptionStatus.ACTIVE).filter(Q(last_day=None) | Q(last_day__gte=edge))
        for batch in _batches(reaching):
            count += _extend(batch, now)
    return count


@transaction.atomic
def _extend(batch: list[tuple[UUID, UUID]], now: datetime) -> int:
    feed_lock([patient_id for _pk, patient_id in batch])
    rows = Prescription.objects.select_for_update(of=("self",)).filter(
        pk__in=[pk for pk, _patient_id in batch], status=PrescriptionStatus.ACTIVE, deleted_at=None
    )
    courses = [course_of(prescription) for prescription in rows.order_by("pk")]
    laid_out = (
        DoseEvent.objects.filter(prescription_id__in=[c.prescription_id for c in courses], scheduled_time__gt=now)
        .values_list("medication_id")
        .annotate(last=Max("local_date"))
    )
    # only behind what stands: a slot left out because its ingredient was just taken must not come back
    return courses_lay_out(courses, now=now, after=dict(laid_out))


def reminders_send() -> int:
    """Tell patients, from 08:00 of their day, about tomorrow's visit, a near end and a long pause. Returns how many."""
    now = clock.now()
    count = 0
    for zone, rows in _by_zone():
        if local_time(now, zone) < REMIND_FROM:
            continue
        today = local_date(now, zone)
        count += _follow_ups(rows, today)
        count += _ends(rows, today)
        count += _pauses(rows, today, zone)
    return count


def _follow_ups(rows: QuerySet[Prescription], today: date) -> int:
    due = rows.filter(status__in=_IN_COURSE, follow_up_date=today + timedelta(days=1))
    return sum(
        _remind(
            prescription,
            NotificationType.FOLLOW_UP,
            "prescriptions.follow_up",
            key=f"follow-up:{prescription.pk}:{prescription.follow_up_date}",
        )
        for prescription in due.iterator(_BATCH)
    )


def _ends(rows: QuerySet[Prescription], today: date) -> int:
    days = [today + timedelta(days=left) for left in END_PROMPT_DAYS]
    count = 0
    for prescription in rows.filter(status=PrescriptionStatus.ACTIVE, last_day__in=days).iterator(_BATCH):
        assert prescription.last_day is not None
        left = end_prompt(prescription.last_day, today)
        # a course shorter than the notice would be announced on its first day
        if left is not None and prescription.start_date < today:
            count += _remind(
                prescription,
                NotificationType.REFILL_LOW,
                "prescriptions.ending",
                key=f"course-end:{prescription.pk}:{prescription.last_day}:{left}",
                days=left,
            )
    return count


def _pauses(rows: QuerySet[Prescription], today: date, zone: str) -> int:
    count = 0
    for prescription in rows.filter(status=PrescriptionStatus.PAUSED, paused_at__isnull=False).iterator(_BATCH):
        assert prescription.paused_at is not None
        paused_on = local_date(prescription.paused_at, zone)
        days = pause_prompt(paused_on, today)
        if days is not None:
            count += _remind(
                prescription,
                NotificationType.PRESCRIPTION_UPDATE,
                "prescriptions.still_paused",
                key=f"paused:{prescription.pk}:{paused_on}:{days}",
                days=days,
            )
    return count


def _remind(
    prescription: Prescription,
    type: NotificationType,  # noqa: A002  (the field's own name)
    template: str,
    *,
    key: str,
    days: int = 1,
) -> bool:
    sent = notification_send(
        recipient_id=prescription.patient_id,
        type=type,
        template=template,
        context={"count": days},
        data={"prescriptionId": str(prescription.pk), "patientId": str(prescription.patient_id), "days": days},
        dedupe_key=key,
    )
    return sent is not None


def _by_zone() -> Iterator[tuple[str, QuerySet[Prescription]]]:
    """Prescriptions in course by the time zone of their patients, since "today" differs."""
    rows = Prescription.objects.filter(status__in=_IN_COURSE, deleted_at=None)
    for zone in rows.order_by().values_list("patient__timezone", flat=True).distinct():
        yield zone, rows.filter(patient__timezone=zone)


def _batches(rows: QuerySet[Prescription]) -> Iterator[list[tuple[UUID, UUID]]]:
    """(id, patient id) of ``rows``, read once, in short lists."""
    found = list(rows.order_by("pk").values_list("pk", "patient_id"))
    for start in range(0, len(found), _BATCH):
        yield found[start : start + _BATCH]
