"""Configuration of the medications app."""

from django.apps import AppConfig


class MedicationsConfig(AppConfig):
    """Medicines of a prescription, their dosage, the catalogue."""

    name = "apps.medications"
    label = "medications"
