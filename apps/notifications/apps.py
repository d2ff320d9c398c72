"""Configuration of the notifications app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class NotificationsConfig(AppConfig):
    """Telling people: texts in both languages, channels, the live stream."""

    name = "apps.notifications"
    label = "notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        """Register the outbox handlers of mail and queued channels, what phones pull and push, and what people own."""
        from apps.notifications import accounts, delivery, mail, sync, wire
        from apps.notifications.choices import UNMUTABLE, NotificationType
        from apps.users import registry as people
        from apps.users.telling import TOPIC as TOLD
        from dastern.outbox import registry
        from dastern.sync import registry as sync_registry

        people.register_mutable(set(NotificationType.values) - UNMUTABLE)
        sheet = people.Sheet(gettext_noop("Messages"), wire.notifications_lines, rank=65)
        people.register_export("notifications", wire.notifications_export, sheet=sheet)
        people.register_export("devices", wire.devices_export, title=gettext_noop("Phones that get messages"))
        accounts.register()
        registry.register(TOLD, accounts.accounts_handle)
        registry.register(mail.TOPIC, mail.mail_handle, external=True, most_attempts=delivery.MOST_ATTEMPTS)
        delivery.register()
        sync_registry.register_resource("notifications", wire.notifications_load, own_only=True)
        sync_registry.register_acts(["notification.read"], sync.ReadActs)
