"""What a prescription says, header and medicines in the words of the wire, and how rows come to say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.medications.models import CatalogueMedicine, Medication
from apps.medications.services import medication_build, medications_insert, medications_retire
from apps.medications.wire import medication_of_wire
from apps.prescriptions.models import Prescription
from apps.prescriptions.rules import SETTINGS, fields_differing, matched
from apps.prescriptions.services.record import end_require, living, start_require
from apps.prescriptions.wire import header_wire, medicine_kept
from dastern.core.actor import Actor
from dastern.core.api.exceptions import camel
from dastern.core.errors import Invalid

_DATES = {"follow_up_date", "start_date", "end_date"}
HEADER_FIELDS = ("title", "symptoms", "diagnosis", "clinical_note", "doctor_name", *sorted(_DATES))


@dataclass(frozen=True, slots=True)
class Content:
    """What a version says, ready to be kept as JSON and carried out later exactly as it was shown."""

    header: Mapping[str, Any]
    medicines: Sequence[Mapping[str, Any]]

    @property
    def snapshot(self) -> dict[str, Any]:
        """The form in which versions keep it."""
        return {"header": dict(self.header), "medications": [dict(medicine) for medicine in self.medicines]}


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of a write of content: what the safety check says, and the medicine when it was about one."""

    prescription_id: UUID
    warnings: list[dict[str, Any]] = field(default_factory=list)
    medication_id: UUID | None = None


def content_present(prescription: Prescription) -> Content:
    """What is in force, or in the draft."""
    return Content(header_wire(prescription), [medicine_kept(medicine) for medicine in living(prescription)])


def content_wanted(
    prescription: Prescription,
    *,
    header: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]] | None,
    actor: Actor,
) -> Content:
    """The content after an edit: ``header`` holds validated changes, ``rows`` the whole new list of medicines or None.

    A medicine that the list only repeats keeps its row.
    """
    present = content_present(prescription)
    new_header = present.header | {  # type: ignore[operator]
        camel(name): value.isoformat() if isinstance(value, date) else value for name, value in header.items()
    }
    if rows is None:
        return Content(new_header, present.medicines)
    wanted = [medicine_typed(prescription, row, actor) for row in rows]
    row_of = {medicine["id"]: row for medicine, row in zip(wanted, rows, strict=True)}
    pairs, _added, _removed = matched(present.medicines, wanted)
    old_of = {new["id"]: old for old, new in pairs}
    return Content(
        new_header,
        [
            medicine_continued(old_of[new["id"]], new, row_of[new["id"]]) if new["id"] in old_of else new
            for new in wanted
        ],
    )


def medicine_typed(prescription: Prescription, row: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Validated input as a medicine of the wire, under the id that its row will have."""
    built = medication_build(
        row,
        prescription_id=prescription.pk,
        patient_id=prescription.patient_id,
        row_number=0,
        created_by_id=actor.id,
        version_number=prescription.current_version,
    )
    return medicine_kept(built)


def medicine_continued(old: Mapping[str, Any], new: Mapping[str, Any], row: Mapping[str, Any]) -> Mapping[str, Any]:
    """``new`` as the successor of ``old``: begun on the same day, with the patient's settings that ``row`` leaves out.

    ``old`` itself, and so its row, when nothing differs in what is prescribed.
    """
    settings = {name: old[name] for name in SETTINGS if _column(name) not in row}
    successor = {**new, **settings, "startsOn": old["startsOn"], "batchId": old["batchId"]}
    return successor if fields_differing(old, successor) else old


def _column(name: str) -> str:
    return {"reminderEnabled": "reminder_enabled", "stockCount": "stock_count"}.get(name, name)


def content_require(prescription: Prescription, content: Content, today: date) -> None:
    """Raises Invalid for what no prescription may say: no medicine, no reason, an odd start, an end before it.

    A doctor writes the strength of every medicine; patients may not know it (domain.md §7.5).
    """
    header = content.header
    if not content.medicines:
        raise Invalid(errors=[("medications", _("A prescription needs at least one medicine."))])
    if prescription.is_doctor_made:
        if not (header["symptoms"].strip() or header["diagnosis"].strip()):
            raise Invalid(errors=[("diagnosis", _("Give the symptoms or the diagnosis."))])
        missing = [place for place, medicine in enumerate(content.medicines) if not medicine["strength"].strip()]
        if missing:
            raise Invalid(errors=[(f"medications[{place}].strength", _("Give the strength.")) for place in missing])
    start, end = _day(header["startDate"]), _day(header["endDate"])
    assert start is not None
    if start != prescription.start_date:
        start_require(start, today)
    end_require(start, end)


def header_set(prescription: Prescription, header: Mapping[str, Any]) -> bool:
    """Write the header into the row (not saved). Returns whether the days of the course moved."""
    before = prescription.start_date, prescription.end_date
    for name in HEADER_FIELDS:
        value = header[camel(name)]
        setattr(prescription, name, _day(value) if name in _DATES else value)
    return before != (prescription.start_date, prescription.end_date)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def rows_of(content: Content, prescription: Prescription) -> dict[str, Medication]:
    """The medicines of ``content`` by id, as unsaved rows with their catalogue entry, in one query.

    A catalogue entry that is gone is left out: the name as written is what counts.
    """
    rows = {str(medicine["id"]): medication_of_wire(medicine) for medicine in content.medicines}
    known = CatalogueMedicine.objects.in_bulk([row.catalogue_id for row in rows.values() if row.catalogue_id])
    for row in rows.values():
        row.catalogue = known.get(row.catalogue_id) if row.catalogue_id else None
        row.prescription_id = prescription.pk
        row.patient_id = prescription.patient_id
    return rows


def medicines_become(
    prescription: Prescription, content: Content, number: int, *, actor: Actor, today: date
) -> tuple[set[UUID], set[UUID]]:
    """Make the living rows say ``content`` as version ``number``. Returns the ids of (retired, new) rows.

    Rows are never changed in what they prescribe: a changed medicine is a new row, so that dose history keeps the old
    one. A medicine added to a course in force begins today, and its duration counts from then.
    """
    before = {str(row.pk): row for row in living(prescription)}
    pairs, added, _removed = matched([medicine_kept(row) for row in before.values()], content.medicines)
    old_of = {new["id"]: before[old["id"]] for old, new in pairs}
    in_force = prescription.activated_at is not None and today > prescription.start_date
    begins = dict.fromkeys((medicine["id"] for medicine in added), today) if in_force else {}
    new, moved = [], []
    for position, (key, row) in enumerate(rows_of(content, prescription).items(), start=1):
        if key in before:
            if before[key].row_number != position:
                before[key].row_number = position
                moved.append(before[key])
            continue
        row.row_number = position
        row.starts_on = begins.get(key, row.starts_on)
        row.created_by_id = actor.id
        row.created_in_version = number
        if key in old_of:
            row.image = old_of[key].image
            row.paused_days = old_of[key].paused_days
        new.append(row)
    kept = {medicine["id"] for medicine in content.medicines}
    retired = {row.pk for key, row in before.items() if key not in kept}
    medications_retire(retired, version_number=number)
    medications_insert(new)
    Medication.objects.bulk_update(moved, ["row_number"])
    return retired, {row.pk for row in new}
