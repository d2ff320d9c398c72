"""What people were told, and the devices on which to tell them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.notifications.choices import NotificationType
from dastern.core.models import new_id


class Notification(models.Model):
    """One message to one person, in the language the person had then. ``dedupe_key`` makes it once for ever."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False
    )
    type = models.CharField(_("type"), max_length=32, choices=NotificationType)
    title = models.CharField(_("title"), max_length=255)
    message = models.TextField(_("message"))
    data = models.JSONField(default=dict)
    is_read = models.BooleanField(_("read"), default=False)
    read_at = models.DateTimeField(null=True)
    lang = models.CharField(max_length=2, default="km")
    dedupe_key = models.CharField(max_length=160, unique=True, null=True)  # noqa: DJ001
    channel_state = models.JSONField(default=dict)  # the plan: channel -> sent | queued | held | muted | off
    created_at = models.DateTimeField(_("sent at"))
    # Removed by its reader: emptied, and kept so that ``dedupe_key`` and its subjects go on meaning "once for ever".
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes: ClassVar = [
            models.Index(fields=["recipient", "-created_at"], name="notifications_inbox"),  # the list
            models.Index(
                fields=["recipient"], name="notifications_unread", condition=models.Q(is_read=False)
            ),  # the count
            models.Index(fields=["created_at"], name="notifications_age"),  # retention
        ]

    def __str__(self) -> str:
        return self.title


class NotifiedSubject(models.Model):
    """Remembers that a person was told of one thing inside a grouped message (for instance each dose of three)."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    subject = models.CharField(max_length=120)
    notification = models.ForeignKey(Notification, models.CASCADE, related_name="subjects")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["recipient", "subject"], name="notifications_subject_once")
        ]

    def __str__(self) -> str:
        return self.subject


class Device(models.Model):
    """A phone that can be reached by push."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices")
    push_token = models.CharField(max_length=255, unique=True)
    platform = models.CharField(max_length=16)
    app_version = models.CharField(max_length=32, blank=True)
    last_seen = models.DateTimeField()

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")

    def __str__(self) -> str:
        return f"{self.platform} {self.app_version}"


class Delivery(models.Model):
    """How one queued channel ended for one notification."""

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="deliveries", db_index=False)
    channel = models.CharField(_("channel"), max_length=16)
    state = models.CharField(_("result"), max_length=16)  # sent | failed | no_device
    done_at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notification", "channel"], name="notifications_delivery_once")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


class PushMessage(models.Model):
    """What was sent to one phone, or would have been where there is no gateway."""

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="pushes", db_index=False)
    device = models.ForeignKey(Device, models.CASCADE, related_name="pushes")
    title = models.CharField(max_length=255)
    body = models.TextField()
    created_at = models.DateTimeField(_("sent at"))

    class Meta:
        verbose_name = _("push message")
        verbose_name_plural = _("push messages")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notification", "device"], name="notifications_push_once")
        ]

    def __str__(self) -> str:
        return self.title
