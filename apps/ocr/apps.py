"""Configuration of the recognition app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class OcrConfig(AppConfig):
    """Reads photos of prescriptions; never acts on what it read."""

    name = "apps.ocr"
    label = "ocr"
    verbose_name = _("Recognition")

    def ready(self) -> None:
        """Register the pictures and readings that go with an account, and how the log names a scan."""
        from apps.audit.sentences import register_kind
        from apps.ocr.selectors import RESOURCE, scan_files
        from apps.ocr.wire import scans_exported
        from apps.users.registry import register_export, register_files

        register_files(scan_files)
        register_export("scans", scans_exported, title=gettext_noop("Scans of prescriptions"))
        register_kind(RESOURCE, _("a photo of your prescription"))
