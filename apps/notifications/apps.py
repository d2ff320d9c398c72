"""Configuration of the notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Telling people: texts in both languages, channels, the live stream."""

    name = "apps.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Register the outbox handlers of mail and of the queued channels."""
        from apps.notifications.delivery import delivery_handle
        from apps.notifications.mail import TOPIC, mail_handle
        from apps.notifications.services import DELIVER
        from dastern.outbox import registry

        registry.register(TOPIC, mail_handle)
        registry.register(DELIVER, delivery_handle)
