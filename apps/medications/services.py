"""Writing medicines. Callers that write prescriptions hold the feeds and the prescription's row."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.medications.models import CatalogueMedicine, Medication
from apps.medications.rules import slots
from apps.medications.rules.catalogue import COLUMNS, LISTS, CatalogueRow
from apps.medications.rules.regimen import frequency_text, timing_text
from apps.medications.selectors import medication_of
from apps.users.services import file_counted
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.files import image_clean
from dastern.sync.feed import feed_lock


def medication_build(
    row: Mapping[str, Any],
    *,
    prescription_id: UUID,
    patient_id: UUID,
    row_number: int,
    created_by_id: UUID | None,
    version_number: int,
    starts_on: date | None = None,
) -> Medication:
    """An unsaved medicine of validated input (``MedicationInput``); frequency and timing texts derived when absent.

    A catalogue id that does not exist is dropped: the name as typed is what counts.
    """
    fields = {name: value for name, value in row.items() if value is not None}
    intakes = slots(
        row.get("morning_dosage"), row.get("daytime_dosage"), row.get("night_dosage"), row.get("custom_times") or ()
    )
    before_meal = bool(row.get("before_meal")) or any(intake.before_meal for intake in intakes)
    fields["frequency"] = row.get("frequency") or frequency_text(intakes)
    fields["timing"] = row.get("timing") or (timing_text(before_meal) if intakes else "")
    fields["before_meal"] = before_meal
    catalogue_id = fields.pop("catalogue_id", None)
    catalogue = CatalogueMedicine.objects.filter(pk=catalogue_id).first() if catalogue_id else None
    if catalogue and "timeCritical" in catalogue.flags:
        fields["time_critical"] = True  # the family hears of a miss after 30 minutes (domain.md §7.2)
    return Medication(
        prescription_id=prescription_id,
        patient_id=patient_id,
        row_number=row_number,
        created_by_id=created_by_id,
        created_in_version=version_number,
        starts_on=starts_on,
        catalogue=catalogue,
        **fields,
    )


def medications_insert(medicines: Sequence[Medication]) -> None:
    """Insert complete rows in one statement, for versions that are carried out as they were shown."""
    Medication.objects.bulk_create(medicines)


def medications_pause_add(*, prescription_id: UUID, days: int) -> None:
    """Count the days of a pause for the living medicines; one added later was not paused by it."""
    if days:
        living = Medication.objects.filter(prescription_id=prescription_id, retired_in_version=None)
        living.update(paused_days=F("paused_days") + days)


def medications_retire(medication_ids: Collection[UUID], *, version_number: int) -> int:
    """End medicines with a version; rows stay so that dose history keeps its medicine. Returns how many."""
    return Medication.objects.filter(pk__in=medication_ids, retired_in_version=None).update(
        retired_in_version=version_number
    )


def medication_reminder_set(*, actor: Actor, medication_id: UUID, enabled: bool) -> Medication:
    """The patient switches the reminders of one medicine; the schedule stays. Raises NotFound."""
    medication = medication_of(actor, medication_id, own_only=True)  # outside, so that a denial's audit row stays
    with transaction.atomic():
        feed_lock([actor.user_id])
        Medication.objects.filter(pk=medication.pk).update(reminder_enabled=enabled)
    medication.reminder_enabled = enabled
    return medication


def medication_photo_set(*, actor: Actor, medication_id: UUID, upload: Any) -> Medication:
    """Attach a picture of the medicine. Raises NotFound, PlanLimit, and what ``image_clean`` raises."""
    now = clock.now()
    medication = medication_of(actor, medication_id, own_only=True)
    picture = image_clean(upload)
    with transaction.atomic():
        feed_lock([medication.patient_id])
        old = _photo_of_no_other(medication.pk)
        file_counted(user_id=medication.patient_id, size=picture.size, replaces=old, now=now)
        medication.image.save(str(picture.name), picture, save=False)
        Medication.objects.filter(pk=medication.pk).update(image=medication.image.name)
        audit_record(
            AuditAction.PRESCRIPTION_UPDATE,
            actor=actor,
            resource_type="medication",
            resource_id=medication.pk,
            patient_id=medication.patient_id,
            details={"event": "PHOTO_SET"},
        )
        if old:
            transaction.on_commit(lambda: medication.image.storage.delete(old))
    return medication


def _photo_of_no_other(medication_id: UUID) -> str:
    """The stored picture that a new one replaces; empty when a row of an earlier version still shows it."""
    old = Medication.objects.values_list("image", flat=True).filter(pk=medication_id).first() or ""
    shared = old and Medication.objects.filter(image=old).exclude(pk=medication_id).exists()
    return "" if shared else old


def catalogue_load(rows: Sequence[CatalogueRow]) -> int:
    """Insert or update the catalogue by English name; returns how many rows were written.

    Nothing is deleted, and a row that a pharmacist checked stays as it is.
    """
    with transaction.atomic():
        known = CatalogueMedicine.objects.filter(name_en__in=[row.name_en for row in rows])
        locked = known.select_for_update().order_by("name_en").values_list("name_en", "source_checked")
        checked = {name for name, source_checked in locked if source_checked}
        written = [
            CatalogueMedicine(
                **{
                    column: list(getattr(row, column)) if column in LISTS else getattr(row, column)
                    for column in COLUMNS
                }
            )
            for row in rows
            if row.name_en not in checked
        ]
        CatalogueMedicine.objects.bulk_create(
            written, update_conflicts=True, unique_fields=["name_en"], update_fields=COLUMNS[1:]
        )
    return len(written)
