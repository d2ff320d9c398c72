"""Endpoints of groups of medicines (domain.md §2.15)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.batch_medication import selectors, services
from apps.batch_medication.api import serializers as shapes
from apps.batch_medication.wire import batch_wire
from apps.doses.api.serializers import GroupOutput
from apps.doses.selectors.courses import CourseStanding
from apps.prescriptions.models import Prescription
from apps.prescriptions.selectors import looked_at
from dastern.core import clock
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.renderers import fast_response
from dastern.core.api.views import ApiView, IsPatient


class BatchApiView(ApiView):
    """A view whose answers are groups."""

    def told(self, holders: list[Prescription]) -> list[dict[str, Any]]:
        """Groups of one patient with their progress."""
        actor = self.actor()
        standing = selectors.batches_standing(actor, holders, now=clock.now())
        return [batch_wire(row, actor.user_id, standing.get(row.pk, CourseStanding())) for row in holders]

    def one(self, holder: Prescription, *, status: int = 200, **extra: Any) -> Response:
        """One group."""
        return self.answer(self.told([holder])[0] | extra, status=status)


class BatchesView(BatchApiView):
    """Groups."""

    def get_permissions(self) -> list[Any]:
        """Reading asks the access door; only patients have groups."""
        return [IsPatient()] if self.request.method == "POST" else list(super().get_permissions())

    @extend_schema(parameters=[shapes.BatchQuery, *PAGES], responses={200: shapes.BatchPage})
    def get(self, request: Request) -> Response:
        """My groups by time, or those of a patient who shows them to me; ended ones are left out."""
        actor, query = self.actor(), self.parse_query(shapes.BatchQuery)
        rows = selectors.batches_listed(actor, **query)
        return self.answer(page_of(request, rows, lambda found: self.told(looked_at(actor, found))))

    @extend_schema(request=shapes.BatchInput, responses={201: shapes.BatchWrittenOutput})
    def post(self, request: Request) -> Response:
        """Make a group of medicines that are taken together at one time every day; it is in force at once."""
        body = self.parse(shapes.BatchInput)
        at = body["scheduled_time"]
        batch_id, warnings = services.batch_create(
            actor=self.actor(),
            name=body["name"],
            scheduled_time=at,
            rows=[shapes.retimed(row, at) for row in body["medicines"]],
        )
        return self.one(selectors.batch_reread(batch_id), status=201, warnings=warnings)


class BatchView(BatchApiView):
    """One group."""

    @extend_schema(responses={200: shapes.BatchOutput})
    def get(self, request: Request, pk: UUID) -> Response:
        """The group with its medicines and progress."""
        return self.one(selectors.batch_shown_to(self.actor(), pk))

    @extend_schema(request=shapes.BatchChangeInput, responses={200: shapes.BatchOutput})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Rename it, move its time (doses ahead follow), switch it off and on."""
        services.batch_change(actor=self.actor(), batch_id=pk, **self.parse(shapes.BatchChangeInput))
        return self.one(selectors.batch_reread(pk))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """End it; what was recorded stays."""
        services.batch_delete(actor=self.actor(), batch_id=pk)
        return self.answer(status=204)


class BatchMedicinesView(BatchApiView):
    """Medicines of a group."""

    @extend_schema(request=shapes.BatchMedicineInput, responses={201: shapes.BatchWrittenOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Add a medicine at the group's time, planned from now."""
        actor, row = self.actor(), self.parse(shapes.BatchMedicineInput)
        at = selectors.batch_found(pk).scheduled_time
        warnings = services.batch_medicine_add(actor=actor, batch_id=pk, row=shapes.retimed(row, at))
        return self.one(selectors.batch_reread(pk), status=201, warnings=warnings)


class BatchMedicineView(BatchApiView):
    """One medicine of a group."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID, medication: UUID) -> Response:
        """Take it out; removing the last one ends the group."""
        services.batch_medicine_remove(actor=self.actor(), batch_id=pk, medication_id=medication)
        return self.answer(status=204)


class BatchTakenView(BatchApiView):
    """The whole group at once."""

    @extend_schema(request=None, responses={200: GroupOutput})
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Record the group's doses of the current slot as taken now; each is answered for itself."""
        answers, figures = services.batch_take(actor=self.actor(), batch_id=pk)
        results = [
            {"doseId": str(one.dose_id), "outcome": one.outcome, "code": one.code, "dose": one.dose} for one in answers
        ]
        return fast_response({"results": results, "dailyProgress": figures.progress})
