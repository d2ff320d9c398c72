"""Reading links: always from the side of one person."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import CharField, Max, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import translation

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog
from apps.connections.access import access_denied, access_grant, access_seen
from apps.connections.choices import Ability, ConnectionKind, ConnectionStatus
from apps.connections.models import AccessRequest, Connection, ConnectionToken
from apps.connections.rules import Side
from apps.notifications.choices import NotificationType
from apps.notifications.models import Notification
from apps.users.choices import AccountStatus, Role, Specialty
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import NotFound

ALERT_TYPES = (
    NotificationType.MISSED_DOSE_ALERT,
    NotificationType.VITAL_ANOMALY,
    NotificationType.EMERGENCY_ALERT,
)
HISTORY_ACTIONS: Mapping[str, tuple[AuditAction, ...]] = {
    "requests": (AuditAction.CONNECTION_REQUEST,),
    "accepts": (AuditAction.CONNECTION_ACCEPT,),
    "revokes": (AuditAction.CONNECTION_REVOKE, AuditAction.DOCTOR_DISCONNECT),
    "levels": (AuditAction.PERMISSION_CHANGE,),
}
LISTS = ("caregivers", "patients", "doctors", "family")


def links_of(user_id: UUID) -> QuerySet[Connection]:
    """Every link of a person, newest first, with both people."""
    return (
        Connection.objects.filter(Q(initiator_id=user_id) | Q(recipient_id=user_id))
        .select_related("initiator", "recipient")
        .order_by("-requested_at", "-id")
    )


def link_of_side(user_id: UUID, link_id: UUID) -> Connection:
    """The link, when this person is a side of it. Raises NotFound otherwise."""
    link = links_of(user_id).filter(pk=link_id).first()
    if link is None:
        raise NotFound
    return link


def links_listed(user_id: UUID, name: str) -> QuerySet[Connection]:
    """A directional list of living links: my caregivers, my doctors, the patients I follow, my family both ways."""
    living = links_of(user_id).exclude(status=ConnectionStatus.REVOKED)
    match name:
        case "caregivers":
            return living.filter(patient_id=user_id, kind=ConnectionKind.CAREGIVER)
        case "doctors":
            return living.filter(patient_id=user_id, kind=ConnectionKind.DOCTOR)
        case "patients":
            return living.exclude(patient_id=user_id)
        case _:
            return living.filter(kind=ConnectionKind.CAREGIVER)


def caregiver_count(patient_id: UUID) -> int:
    """Caregiver links that take a place in the plan: PENDING and ACCEPTED; doctors do not count."""
    return _living_count(patient_id, ConnectionKind.CAREGIVER)


def doctor_count(patient_id: UUID) -> int:
    """Doctor links that take a place in the plan: PENDING and ACCEPTED."""
    return _living_count(patient_id, ConnectionKind.DOCTOR)


def _living_count(patient_id: UUID, kind: ConnectionKind) -> int:
    return Connection.objects.filter(
        patient_id=patient_id, kind=kind, status__in=[ConnectionStatus.PENDING, ConnectionStatus.ACCEPTED]
    ).count()


def alerts_last_sent(links: Iterable[Connection]) -> dict[UUID, datetime]:
    """Link id → when its viewer was last alerted about its patient, in one query."""
    pairs = {(UUID(str(link.viewer_id)), str(link.patient_id)): link.id for link in links}
    if not pairs:
        return {}
    rows = (
        Notification.objects.filter(
            recipient_id__in={viewer for viewer, _ in pairs},
            type__in=ALERT_TYPES,
            data__patientId__in=sorted({patient for _, patient in pairs}),
        )
        .values_list("recipient_id", "data__patientId")
        .annotate(last=Max("created_at"))
    )
    return {pairs[viewer, patient]: last for viewer, patient, last in rows if (viewer, patient) in pairs}


def person_card(viewer: Actor, user_id: UUID) -> tuple[User, Connection | None]:
    """A person and the ACCEPTED link to them; oneself without one. Everybody else is NotFound and audited as denied."""
    if user_id == viewer.user_id:
        return User.objects.get(pk=user_id), None
    now = clock.now()
    link = (
        links_of(viewer.user_id)
        .filter(Q(initiator_id=user_id) | Q(recipient_id=user_id), status=ConnectionStatus.ACCEPTED)
        .exclude(valid_until__lte=now)
        .first()
    )
    if link is None:
        if access_grant(viewer.user_id, user_id, now=now).side is Side.NONE:
            access_denied(viewer, user_id, resource_type="user", resource_id=user_id, ability=Ability.VIEW_CARD)
        raise NotFound
    if link.patient_id == user_id:
        access_seen(viewer, user_id, resource_type="user", resource_id=user_id, ability=Ability.VIEW_CARD, now=now)
    return (link.initiator if link.initiator_id == user_id else link.recipient), link


def codes_active(patient_id: UUID) -> QuerySet[ConnectionToken]:
    """Codes that can still be used, newest first."""
    return ConnectionToken.objects.filter(
        patient_id=patient_id, used_at=None, withdrawn_at=None, expires_at__gt=clock.now()
    ).order_by("-created_at")


def access_requests_of(user_id: UUID, link_id: UUID) -> QuerySet[AccessRequest]:
    """The requests of a link, newest first, for its two sides. Raises NotFound."""
    return AccessRequest.objects.filter(connection=link_of_side(user_id, link_id)).order_by("-created_at", "-id")


def history_of(user_id: UUID, *, days: int, kind: str | None = None) -> QuerySet[AuditLog]:
    """What happened on a person's links in the last ``days``, newest first; ``kind`` is a key of HISTORY_ACTIONS."""
    actions: Sequence[AuditAction] = (
        HISTORY_ACTIONS[kind] if kind else [action for group in HISTORY_ACTIONS.values() for action in group]
    )
    mine = (
        Connection.objects.filter(Q(initiator_id=user_id) | Q(recipient_id=user_id))
        .annotate(text=Cast("id", CharField()))
        .values("text")
    )
    return AuditLog.objects.filter(
        resource_type="connection",
        resource_id__in=mine,
        action_type__in=actions,
        created_at__gte=clock.now() - timedelta(days=days),
    ).order_by("-id")


def doctors_found(query: str) -> QuerySet[User]:
    """Verified doctors whose name, clinic or specialty (in either language) holds ``query``; all for a blank one."""
    doctors = User.objects.filter(role=Role.DOCTOR, account_status=AccountStatus.VERIFIED)
    wanted = query.strip()
    if wanted:
        doctors = doctors.filter(
            Q(full_name__icontains=wanted)
            | Q(hospital_clinic__icontains=wanted)
            | Q(specialty__in=_specialties(wanted.lower()))
        )
    return doctors.order_by("full_name", "id")


def _specialties(wanted: str) -> list[str]:
    found = set()
    for language in ("en", "km"):
        with translation.override(language):
            found |= {value for value, label in Specialty.choices if wanted in str(label).lower()}
    return sorted(found | {value for value in Specialty.values if wanted in value.lower()})
