"""Configuration of the prescriptions app."""

from django.apps import AppConfig


class PrescriptionsConfig(AppConfig):
    """Prescriptions: lifecycle and versions."""

    name = "apps.prescriptions"
    label = "prescriptions"
