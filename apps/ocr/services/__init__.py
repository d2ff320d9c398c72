"""Writes of recognition: a photo taken in, read, answered, forgotten."""

from apps.ocr.services.answering import scan_confirm, scan_discard
from apps.ocr.services.intake import scan_create, scan_enqueue, scan_wait
from apps.ocr.services.reading import engines_tell, scan_read
from apps.ocr.services.upkeep import scans_forget, scans_watch

__all__ = [
    "engines_tell",
    "scan_confirm",
    "scan_create",
    "scan_discard",
    "scan_enqueue",
    "scan_read",
    "scan_wait",
    "scans_forget",
    "scans_watch",
]
