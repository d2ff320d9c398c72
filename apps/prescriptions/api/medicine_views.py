"""Endpoints that write the medicines of a prescription (domain.md §2.5)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.medications.api.serializers import MedicationInput, MedicationOutput, MedicationPageOutput
from apps.medications.models import Medication
from apps.medications.wire import medication_wire
from apps.prescriptions import selectors, services
from apps.prescriptions.api import serializers as shapes
from apps.prescriptions.rules import SETTINGS
from apps.prescriptions.services import Written
from apps.prescriptions.wire import prescription_wire
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.views import ApiView

# Derived from the slots unless somebody writes them.
_DERIVED = frozenset({"frequency", "timing", "beforeMeal"})


class MedicineApiView(ApiView):
    """A view whose answers are medicines."""

    def written(self, result: Written, *, status: int = 200) -> Response:
        """The medicine after an allowed write, in force or proposed, with the version that holds it."""
        shown = prescription_wire(selectors.prescription_reread(result.prescription_id), self.actor().user_id)
        proposed = shown["proposal"]["medications"] if shown["proposal"] else []
        medicine = next(row for row in [*shown["medications"], *proposed] if row["id"] == str(result.medication_id))
        version = shown["versions"][-1]
        about = {"versionNumber": version["versionNumber"], "versionState": version["state"]}
        return self.answer({**medicine, **about, "warnings": result.warnings}, status=status)


class PrescriptionMedicinesView(MedicineApiView):
    """Medicines of a prescription."""

    @extend_schema(parameters=PAGES, responses={200: MedicationPageOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """The medicines in force."""
        actor = self.actor()
        rows = selectors.medicines_of(selectors.prescription_shown_to(actor, pk), actor.user_id)
        return self.answer(page_of(request, rows, lambda found: [medication_wire(row) for row in found]))

    @extend_schema(request=shapes.MedicineAddInput, responses={201: shapes.MedicineWrittenOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Add a medicine: in force from now, or proposed when a doctor adds it to a course in force."""
        body = self.parse(shapes.MedicineAddInput)
        reason = body.pop("safety_reason", "")
        result = services.medicine_add(actor=self.actor(), prescription_id=pk, row=body, safety_reason=reason)
        return self.written(result, status=201)


class MedicineView(MedicineApiView):
    """One medicine."""

    @extend_schema(responses={200: MedicationOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """A medicine, also one that a newer version has replaced."""
        return self.answer(medication_wire(selectors.medicine_shown_to(self.actor(), pk)))

    @extend_schema(request=shapes.MedicineChangeInput, responses={200: shapes.MedicineWrittenOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change a medicine: a new row in a new version. Reminders, stock and privacy are settings of the patient."""
        actor = self.actor()
        medication = selectors.medicine_shown_to(actor, pk)
        if isinstance(request.data, Mapping) and request.data and SETTINGS.issuperset(request.data):
            settings = self.parse(shapes.MedicineSettingsInput)
            services.medicine_settings_set(actor=actor, medication=medication, settings=settings)
            return self.written(Written(medication.prescription_id, [], medication.pk))
        body = self.parse(shapes.MedicineAddInput, _merged(medication, request.data))
        reason = body.pop("safety_reason", "")
        return self.written(
            services.medicine_change(actor=actor, medication=medication, row=body, safety_reason=reason)
        )

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take a medicine off the prescription; removing the last one stops it."""
        actor = self.actor()
        services.medicine_remove(actor=actor, medication=selectors.medicine_shown_to(actor, pk))
        return self.answer(status=204)


def _merged(medication: Medication, changes: Any) -> Any:
    """The whole input that results from changing some fields, to be checked as a whole."""
    if not isinstance(changes, Mapping):
        return changes
    names = set(MedicationInput().fields) - SETTINGS - _DERIVED
    present = {name: value for name, value in medication_wire(medication).items() if name in names}
    return {name: value for name, value in present.items() if value is not None} | dict(changes)
