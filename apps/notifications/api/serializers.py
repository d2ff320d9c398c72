"""Shapes of requests and answers."""

from rest_framework import serializers

from apps.notifications.choices import NotificationType
from dastern.core.api.serializers import PageOutput, StrictSerializer

PLATFORMS = ("android", "ios", "web")


class InboxQuery(StrictSerializer):
    """Query of GET notifications."""

    unread_only = serializers.BooleanField(default=False)
    type = serializers.ChoiceField(choices=NotificationType.choices, required=False)


class DeviceInput(StrictSerializer):
    """POST notifications/devices."""

    push_token = serializers.CharField(max_length=255)
    platform = serializers.ChoiceField(choices=PLATFORMS)
    app_version = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")


class DeviceForgetInput(StrictSerializer):
    """DELETE notifications/devices."""

    push_token = serializers.CharField(max_length=255)


# --- answers ------------------------------------------------------------------------------------------------------


class NotificationOutput(StrictSerializer):
    """One message."""

    id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=NotificationType.choices)
    title = serializers.CharField()
    message = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # the wire's word; the metaclass takes it off the class
    is_read = serializers.BooleanField()
    read_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class InboxPage(PageOutput):
    """A page of messages, and how many are unread over all pages."""

    items = NotificationOutput(many=True)
    unread_count = serializers.IntegerField()


class UnreadCountOutput(StrictSerializer):
    """How many are unread."""

    count = serializers.IntegerField()


class ReadAllOutput(StrictSerializer):
    """How many were marked read."""

    marked = serializers.IntegerField()


class DeviceOutput(StrictSerializer):
    """A phone that push reaches."""

    id = serializers.UUIDField()
    platform = serializers.CharField()
    app_version = serializers.CharField(allow_blank=True)
    last_seen = serializers.DateTimeField()
