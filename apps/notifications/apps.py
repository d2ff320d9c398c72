"""Configuration of the notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Telling people: texts in both languages, channels, the live stream."""

    name = "apps.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Register the outbox handlers of mail and of the queued channels."""
        from apps.notifications import accounts
        from apps.notifications.delivery import delivery_handle
        from apps.notifications.mail import TOPIC, mail_handle
        from apps.notifications.services import DELIVER
        from apps.users.telling import TOPIC as TOLD
        from dastern.outbox import registry

        accounts.register()
        registry.register(TOLD, accounts.accounts_handle)
        registry.register(TOPIC, mail_handle)
        registry.register(DELIVER, delivery_handle)
