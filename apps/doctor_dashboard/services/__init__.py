"""Writes of the doctor's side."""

from apps.doctor_dashboard.services.marks import worklist_mark
from apps.doctor_dashboard.services.notes import note_change, note_create, note_delete
from apps.doctor_dashboard.services.templates import template_delete, template_keep, warnings_answer

__all__ = [
    "note_change",
    "note_create",
    "note_delete",
    "template_delete",
    "template_keep",
    "warnings_answer",
    "worklist_mark",
]
