"""Configuration of the prescriptions app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrescriptionsConfig(AppConfig):
    """Prescriptions: lifecycle and versions."""

    name = "apps.prescriptions"
    label = "prescriptions"
    verbose_name = _("Prescriptions")

    def ready(self) -> None:
        """Register the texts, what phones pull and push, and what storage and export tell."""
        from apps.prescriptions import export, texts
        from apps.prescriptions.sync import DraftActs
        from apps.prescriptions.wire import prescriptions_load
        from dastern.sync import registry

        texts.register()
        export.register()
        registry.register_resource("prescriptions", prescriptions_load)
        registry.register_acts(["prescription.drafted"], DraftActs)
