"""Writes of the doctor's side."""

from apps.doctor_dashboard.services.marks import worklist_mark
from apps.doctor_dashboard.services.notes import note_change, note_create, note_delete

__all__ = ["note_change", "note_create", "note_delete", "worklist_mark"]
