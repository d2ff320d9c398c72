"""Configuration of the audit app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """Who did what to whose data: append-only, sealed, readable by its owner."""

    name = "apps.audit"
    label = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        """Register the figure and the check."""
        from apps.audit import checks, metrics  # noqa: F401  (the checks register themselves)

        metrics.register()
