"""Configuration of the outbox app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    """Messages, drainer, dead letters."""

    name = "dastern.outbox"
    label = "outbox"
    verbose_name = _("Outbox")

    def ready(self) -> None:
        """Register the figures."""
        from dastern.outbox import metrics

        metrics.register()
