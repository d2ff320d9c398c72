"""What was sent, for staff: which channel failed, never more of the words than one look at a time."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.notifications.models import Delivery, Device, Notification, PushMessage
from dastern.core.admin import LargeTablePaginator, StaffAdmin, staff_actor


def _looked_at(request: HttpRequest, notification: Notification) -> None:
    """Write down that a member of staff read a message."""
    patient_id = notification.data.get("patientId")
    audit_record(
        AuditAction.DATA_ACCESS,
        actor=staff_actor(request),
        resource_type="notification",
        resource_id=notification.pk,
        patient_id=UUID(patient_id) if patient_id else notification.recipient_id,
    )


@admin.register(Notification)
class NotificationAdmin(StaffAdmin):
    """The list has no words; opening a message shows them and is written down."""

    list_display = ("created_at", "type", "recipient", "channels", "is_read")
    list_filter = ("type", "is_read")
    search_fields = ("=recipient__email", "=id")
    ordering = ("-created_at",)
    list_select_related = ("recipient",)
    paginator = LargeTablePaginator
    fields = ("recipient", "type", "title", "message", "lang", "channels", "is_read", "read_at", "created_at")

    @admin.display(description=_("channels"))
    def channels(self, notification: Notification) -> str:
        """The plan of each channel."""
        return ", ".join(f"{name}: {state}" for name, state in sorted(notification.channel_state.items()))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One message."""
        found = self.get_object(request, object_id)
        if found is not None:
            _looked_at(request, found)
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(Delivery)
class DeliveryAdmin(StaffAdmin):
    """How each channel ended; filter by "failed"."""

    list_display = ("done_at", "channel", "state", "recipient", "kind")
    list_filter = ("state", "channel")
    search_fields = ("=notification__recipient__email",)
    ordering = ("-id",)
    list_select_related = ("notification", "notification__recipient")
    paginator = LargeTablePaginator
    fields = ("done_at", "channel", "state", "recipient", "kind")

    @admin.display(description=_("person"))
    def recipient(self, delivery: Delivery) -> str:
        """For whom it was."""
        return str(delivery.notification.recipient)

    @admin.display(description=_("type"))
    def kind(self, delivery: Delivery) -> str:
        """What it was about."""
        return str(delivery.notification.get_type_display())


@admin.register(PushMessage)
class PushMessageAdmin(StaffAdmin):
    """What was sent to which phone, or would have been without a gateway; opening one is written down."""

    list_display = ("created_at", "recipient", "device")
    search_fields = ("=notification__recipient__email",)
    ordering = ("-id",)
    list_select_related = ("notification__recipient", "device")
    paginator = LargeTablePaginator
    fields = ("created_at", "recipient", "device", "title", "body")

    @admin.display(description=_("person"))
    def recipient(self, message: PushMessage) -> str:
        """For whom it was."""
        return str(message.notification.recipient)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One message."""
        found = self.get_object(request, object_id)
        if found is not None:
            _looked_at(request, found.notification)
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(Device)
class DeviceAdmin(StaffAdmin):
    """Phones; their tokens are nobody's business."""

    list_display = ("user", "platform", "app_version", "last_seen")
    list_filter = ("platform",)
    search_fields = ("=user__email",)
    ordering = ("-last_seen",)
    list_select_related = ("user",)
    fields = ("user", "platform", "app_version", "last_seen")
