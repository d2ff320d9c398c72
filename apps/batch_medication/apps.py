"""Configuration of the batch_medication app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BatchMedicationConfig(AppConfig):
    """Groups of medicines that share one clock time."""

    name = "apps.batch_medication"
    label = "batch_medication"
    verbose_name = _("Groups of medicines")

    def ready(self) -> None:
        """Register what phones pull and what the export tells."""
        from apps.batch_medication.paper import batches_sheet
        from apps.batch_medication.wire import batches_export, batches_load
        from apps.users.registry import register_export
        from dastern.sync.registry import register_resource

        register_resource("batches", batches_load)
        register_export("medicationBatches", batches_export, sheet=batches_sheet(batches_export))
