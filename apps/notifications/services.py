"""Telling people: one row in the recipient's language, then the channels they chose."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.notifications.channels import QUEUED
from apps.notifications.channels.in_app.channel import deliver as announce
from apps.notifications.choices import EMAIL_SILENT, UNMUTABLE, NotificationType
from apps.notifications.delivery import delivery_topic
from apps.notifications.mail import mail_queue
from apps.notifications.models import Device, Notification, NotifiedSubject
from apps.notifications.rules import held_until
from apps.notifications.selectors import inbox
from apps.notifications.texts import text_render
from apps.users.choices import Language
from apps.users.models import NotificationPreference, User
from dastern.core import clock
from dastern.core.actor import SYSTEM, Actor
from dastern.core.errors import NotFound
from dastern.core.ids import uuid7
from dastern.outbox.models import OutboxMessage, OutboxState
from dastern.outbox.services import outbox_add
from dastern.sync.feed import feed_lock

__all__ = ["mail_queue", "notification_send"]

MOST_DEVICES = 10
_READ_KEPT = timedelta(days=90)
_UNREAD_KEPT = timedelta(days=180)
_CHUNK = 500


def subjects_untold(recipient_id: UUID, subjects: Sequence[str]) -> list[str]:
    """Those of ``subjects`` of which this person was never told, in the given order; for composing group messages."""
    told = set(
        NotifiedSubject.objects.filter(recipient_id=recipient_id, subject__in=subjects).values_list(
            "subject", flat=True
        )
    )
    return [subject for subject in subjects if subject not in told]


@transaction.atomic
def notification_send(
    *,
    recipient_id: UUID,
    type: NotificationType,  # noqa: A002  (the field's own name)
    template: str,
    context: Mapping[str, Any],
    data: Mapping[str, Any],
    dedupe_key: str | None = None,
    actor: Actor = SYSTEM,
    subjects: Sequence[str] = (),
) -> Notification | None:
    """Tell one person one thing, in that person's language; joins the caller's transaction.

    ``template`` names a registered text (texts.py), filled from ``context``. ``data`` is for the app (ids, deep
    link; no medicine names; ``critical: true`` passes quiet hours). ``dedupe_key`` and ``subjects`` make it once for
    ever: None is returned, and nothing written, when the key is known or the person was told of every subject.
    ``actor`` is who caused it, for the audit row. Raises User.DoesNotExist for an unknown recipient.
    """
    now = clock.now()
    if subjects and not subjects_untold(recipient_id, subjects):
        return None
    user = User.objects.select_related("notification_preference").get(pk=recipient_id)
    preference: NotificationPreference | None = getattr(user, "notification_preference", None)
    language = Language(user.language).code
    text = text_render(template, language, context)
    states, held = _plan(user, preference, type, data, now)
    notification = Notification(
        id=uuid7(),
        recipient=user,
        type=type,
        title=" ".join(text.title.split())[:255],  # a name with a line break must not break a mail or a lock screen
        message=text.message,
        data=dict(data),
        lang=language,
        dedupe_key=dedupe_key,
        channel_state=states,
        created_at=now,
    )
    feed_lock([recipient_id])  # before the row, as everywhere: the dedupe key may make two senders wait
    if not _insert_once(notification, subjects):
        return None
    if states["in_app"] != "muted":
        announce(notification)
    for channel in QUEUED:
        if states[channel] in {"queued", "held"}:
            outbox_add(
                delivery_topic(channel),
                {"notificationId": str(notification.id)},
                dedupe_key=f"deliver:{notification.id}:{channel}",
                at=held,
            )
    patient_id = data.get("patientId")
    audit_record(
        AuditAction.NOTIFICATION_SENT,
        actor=actor,
        resource_type="notification",
        resource_id=notification.id,
        patient_id=UUID(str(patient_id)) if patient_id else recipient_id,
        details={"type": str(type), "template": template, "recipientId": str(recipient_id)},
    )
    return notification


def _plan(
    user: User,
    preference: NotificationPreference | None,
    type: NotificationType,  # noqa: A002
    data: Mapping[str, Any],
    now: datetime,
) -> tuple[dict[str, str], datetime | None]:
    """The first state of every channel, and until when the queued ones are held back."""
    if preference is None:
        preference = NotificationPreference(user=user)
    if type in preference.muted_types and type not in UNMUTABLE:
        return dict.fromkeys(("in_app", *QUEUED), "muted"), None
    held = None
    if type not in UNMUTABLE and data.get("critical") is not True:
        held = held_until(now, user.timezone, preference.quiet_from, preference.quiet_until)
    waiting = "held" if held else "queued"
    by_mail = preference.email_enabled and type not in EMAIL_SILENT and user.email_verified_at is not None
    by_push = preference.push_enabled or type in UNMUTABLE
    return {
        "in_app": "sent",
        "email": waiting if by_mail else "off",
        "push": waiting if by_push else "off",
    }, held


def _insert_once(notification: Notification, subjects: Sequence[str]) -> bool:
    """Insert; False when somebody told it before, also at this very moment (the constraints decide)."""
    if notification.dedupe_key is None:
        notification.save(force_insert=True)
    else:
        Notification.objects.bulk_create([notification], ignore_conflicts=True)
        if not Notification.objects.filter(pk=notification.pk).exists():
            return False
    if not subjects:
        return True
    NotifiedSubject.objects.bulk_create(
        [
            NotifiedSubject(recipient_id=notification.recipient_id, subject=subject, notification=notification)
            for subject in dict.fromkeys(subjects)
        ],
        ignore_conflicts=True,
    )
    if NotifiedSubject.objects.filter(notification=notification).exists():
        return True
    Notification.objects.filter(pk=notification.pk).delete()
    return False


@transaction.atomic
def notification_read(*, actor: Actor, notification_id: UUID) -> Notification:
    """Mark one's own notification read; again is no error. Raises NotFound for somebody else's."""
    feed_lock([actor.user_id])
    mine = inbox(actor).filter(pk=notification_id)
    mine.filter(is_read=False).update(is_read=True, read_at=clock.now())
    found = mine.first()
    if found is None:
        raise NotFound
    return found


@transaction.atomic
def notification_read_all(*, actor: Actor) -> int:
    """Mark everything of one's own read. Returns how many were unread."""
    feed_lock([actor.user_id])
    return Notification.objects.filter(recipient_id=actor.user_id, is_read=False).update(
        is_read=True, read_at=clock.now()
    )


@transaction.atomic
def notification_delete(*, actor: Actor, notification_id: UUID) -> None:
    """Remove one's own notification from the inbox; what it said is gone, that it was told is remembered.

    Raises NotFound for somebody else's and for one that was removed before.
    """
    now = clock.now()
    feed_lock([actor.user_id])
    removed = inbox(actor).filter(pk=notification_id).update(
        title="", message="", data={}, is_read=True, read_at=Coalesce("read_at", now), deleted_at=now
    )  # fmt: skip
    if not removed:
        raise NotFound


@transaction.atomic
def device_register(*, actor: Actor, push_token: str, platform: str, app_version: str = "") -> Device:
    """Make this phone reachable. A token moves with its phone: the account that signed in last owns it.

    Of more than ten phones those not seen for longest are forgotten.
    """
    device, _ = Device.objects.update_or_create(
        push_token=push_token,
        defaults={
            "user_id": actor.user_id,
            "platform": platform,
            "app_version": app_version,
            "last_seen": clock.now(),
        },
    )
    newest = Device.objects.filter(user_id=actor.user_id).order_by("-last_seen", "-id").values("pk")[:MOST_DEVICES]
    Device.objects.filter(user_id=actor.user_id).exclude(pk__in=newest).delete()
    return device


@transaction.atomic
def device_forget(*, actor: Actor, push_token: str) -> None:
    """Stop reaching this phone; an unknown token is no error (signing out twice)."""
    Device.objects.filter(push_token=push_token, user_id=actor.user_id).delete()


def deliveries_drop(*, recipient_id: UUID, patient_id: UUID) -> int:
    """Drop what still waits to be sent to somebody about a patient, when the grant is gone. Returns how many."""
    waiting = Notification.objects.filter(
        recipient_id=recipient_id, data__patientId=str(patient_id), created_at__gte=clock.now() - timedelta(days=1)
    ).values_list("id", flat=True)
    dropped, _ = OutboxMessage.objects.filter(
        topic__in=[delivery_topic(channel) for channel in QUEUED],
        state=OutboxState.PENDING,
        dedupe_key__in=[f"deliver:{notification_id}:{channel}" for notification_id in waiting for channel in QUEUED],
    ).delete()
    return dropped


def notifications_clean_up(*, now: datetime | None = None) -> int:
    """Forget what was read over 90 days ago and what nobody read for 180 (domain.md §2.8). Returns how many.

    In chunks; the feeds are locked before the rows, as every writer of the inbox does it.
    """
    moment, deleted = now or clock.now(), 0
    old = Q(is_read=True, created_at__lt=moment - _READ_KEPT) | Q(created_at__lt=moment - _UNREAD_KEPT)
    while True:
        chunk = list(Notification.objects.filter(old).order_by("created_at").values_list("pk", "recipient_id")[:_CHUNK])
        if not chunk:
            return deleted
        with transaction.atomic():
            feed_lock({recipient_id for _pk, recipient_id in chunk})
            _, by_model = Notification.objects.filter(old, pk__in=[pk for pk, _recipient in chunk]).delete()
        deleted += by_model.get("notifications.Notification", 0)
