"""Configuration of the doctor_dashboard app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DoctorDashboardConfig(AppConfig):
    """The doctor's side: dashboard and admin site."""

    name = "apps.doctor_dashboard"
    label = "doctor_dashboard"
    verbose_name = _("My patients")

    def ready(self) -> None:
        """Register what doctors are told."""
        from apps.doctor_dashboard import texts

        texts.register()
