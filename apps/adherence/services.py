"""The evening summary for caregivers who asked for it (domain.md §2.16)."""

from collections.abc import Iterator
from datetime import datetime, time

from apps.adherence import rules
from apps.adherence.selectors import days_between
from apps.connections.access import access_grants_of_viewer, access_seen_many
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, may
from apps.notifications.choices import NotificationType
from apps.notifications.services import notification_send
from apps.users.choices import Language, Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.localtime import local_date, local_time

SUMMARY_FROM = time(20)
_CHUNK = 200


def summaries_send(*, now: datetime | None = None) -> int:
    """From 20:00 of a caregiver's own day, one message about everybody cared for; once a day. Returns how many.

    Only what the caregiver's grant shows counts, and the look is audited as every look is. Nothing planned, nothing
    said.
    """
    moment = now or clock.now()
    return sum(_summary_send(user, moment) for user in _waiting(moment))


def _waiting(now: datetime) -> Iterator[User]:
    rows = User.objects.filter(notification_preference__daily_summary=True).exclude(role=Role.DOCTOR)
    for user in rows.order_by("pk").iterator(chunk_size=_CHUNK):
        if user.is_active and local_time(now, user.timezone) >= SUMMARY_FROM:
            yield user


def _summary_send(caregiver: User, now: datetime) -> bool:
    grants = [
        grant
        for grant in access_grants_of_viewer(caregiver.pk, now=now)
        if grant.side is Side.CAREGIVER and may(grant, Ability.VIEW_ADHERENCE)
    ]
    zones = {
        user.pk: user for user in User.objects.filter(pk__in=[grant.patient_id for grant in grants]) if user.is_active
    }
    told = [
        (zones[grant.patient_id], told) for grant in grants if grant.patient_id in zones
        if (told := _day(grant, zones[grant.patient_id], now))
    ]  # fmt: skip
    if not told:
        return False
    day = local_date(now, caregiver.timezone)
    people = "; ".join(f"{patient.full_name} {figures}" for patient, figures in told)
    sent = notification_send(
        recipient_id=caregiver.pk,
        type=NotificationType.FAMILY_ALERT,
        template="adherence.day",
        context={"people": people},
        data={"date": day.isoformat(), "patientIds": [str(patient.pk) for patient, _figures in told]},
        dedupe_key=f"evening:{caregiver.pk}:{day}",
    )
    if sent is None:
        return False
    viewer = Actor(id=caregiver.pk, role=caregiver.role, language=Language(caregiver.language).code)
    access_seen_many(
        viewer,
        [patient.pk for patient, _figures in told],
        resource_type="adherence",
        ability=Ability.VIEW_ADHERENCE,
        now=now,
    )
    return True


def _day(grant: Grant, patient: User, now: datetime) -> str:
    """``3/4`` of the patient's own day; blank when nothing was planned."""
    today = local_date(now, patient.timezone)
    figures = rules.summed(days_between(grant, today, today))
    return f"{figures.taken}/{figures.total}" if figures.total else ""
