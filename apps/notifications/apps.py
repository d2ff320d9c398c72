"""Configuration of the notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Telling people: texts in both languages, channels, the live stream."""

    name = "apps.notifications"
    label = "notifications"
