"""Configuration of the medications app."""

from django.apps import AppConfig


class MedicationsConfig(AppConfig):
    """Medicines of a prescription, their dosage, the catalogue."""

    name = "apps.medications"
    label = "medications"

    def ready(self) -> None:
        """Register the pictures that go with an account."""
        from apps.medications.selectors import medicine_files
        from apps.users.registry import register_files

        register_files(medicine_files)
