"""The week in figures for doctors: Monday 07:00 of their own week (domain.md §2.16)."""

from collections.abc import Iterator
from datetime import datetime, time

from apps.adherence.rules import YELLOW_FROM
from apps.adherence.selectors import figures_of_patients
from apps.connections.access import access_grants_of_viewer, access_seen_many
from apps.connections.choices import Ability
from apps.connections.rules import Side
from apps.notifications.choices import NotificationType
from apps.notifications.services import notification_send
from apps.users.choices import AccountStatus, Language, Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.localtime import local_date, local_time

DIGEST_FROM = time(7)
DAYS = 7
_MONDAY = 0
_CHUNK = 200


def digests_send(*, now: datetime | None = None) -> int:
    """One message a verified doctor and week, from Monday 07:00: how many patients, how many below 70 %, how many
    missed doses. Figures only, of patients who show the doctor all their figures. Returns how many were sent."""
    moment = now or clock.now()
    return sum(_digest_send(doctor, moment) for doctor in _waiting(moment))


def _waiting(now: datetime) -> Iterator[User]:
    rows = User.objects.filter(role=Role.DOCTOR, account_status=AccountStatus.VERIFIED)
    for doctor in rows.exclude(notification_preference__weekly_digest=False).order_by("pk").iterator(chunk_size=_CHUNK):
        monday = local_date(now, doctor.timezone).weekday() == _MONDAY
        if monday and local_time(now, doctor.timezone) >= DIGEST_FROM:
            yield doctor


def _digest_send(doctor: User, now: datetime) -> bool:
    grants = access_grants_of_viewer(doctor.pk, now=now)
    patients = [grant.patient_id for grant in grants if grant.side is Side.DOCTOR and grant.adherence]
    if not patients:
        return False
    figures = figures_of_patients(patients, days=DAYS, now=now).values()
    low = [one for one in figures if one.percentage is not None and one.percentage < YELLOW_FROM]
    day = local_date(now, doctor.timezone)
    sent = notification_send(
        recipient_id=doctor.pk,
        type=NotificationType.MISSED_DOSE_ALERT,
        template="doctor.week",
        context={"patients": len(patients), "low": len(low), "missed": sum(one.missed for one in figures)},
        data={"week": day.isoformat()},
        dedupe_key=f"week:{doctor.pk}:{day}",
    )
    if sent is None:
        return False
    viewer = Actor(id=doctor.pk, role=doctor.role, language=Language(doctor.language).code)
    access_seen_many(viewer, patients, resource_type="adherence", ability=Ability.VIEW_ADHERENCE, now=now)
    return True
