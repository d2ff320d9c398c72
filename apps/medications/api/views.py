"""Endpoints of medicines; those that write a prescription's content live with prescriptions."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.medications import selectors, services
from apps.medications.api import serializers as shapes
from apps.medications.wire import catalogue_wire, medication_wire
from dastern.core import ratelimit
from dastern.core.api.pagination import PAGES, page_of
from dastern.core.api.schema import IMAGE_UPLOAD
from dastern.core.api.views import ApiView, IsPatient


class ArchivedView(ApiView):
    """Medicines of ended prescriptions."""

    permission_classes = [IsPatient]

    @extend_schema(parameters=PAGES, responses={200: shapes.MedicationPageOutput})
    def get(self, request: Request) -> Response:
        """My archived medicines, newest first."""
        rows = selectors.medications_archived(self.actor())
        return self.answer(page_of(request, rows, lambda found: [medication_wire(row) for row in found]))


class SearchView(ApiView):
    """Search by name."""

    @extend_schema(parameters=[shapes.SearchQuery], responses={200: shapes.SearchOutput})
    def get(self, request: Request) -> Response:
        """My own medicines and the catalogue, in Khmer or Latin script."""
        query = self.parse_query(shapes.SearchQuery)["q"]
        own = selectors.own_found(self.actor(), query)
        catalogue = selectors.catalogue_found(query, selectors.MOST_FOUND - len(own))
        return self.answer(
            {
                "own": [
                    {
                        "medicineName": row.medicine_name,
                        "medicineNameKhmer": row.medicine_name_khmer,
                        "strength": row.strength,
                        "unit": row.unit,
                        "catalogueId": str(row.catalogue_id) if row.catalogue_id else None,
                    }
                    for row in own
                ],
                "catalogue": [catalogue_wire(row) for row in catalogue],
            }
        )


class ReminderView(ApiView):
    """Reminders of one medicine."""

    permission_classes = [IsPatient]

    @extend_schema(request=shapes.ReminderInput, responses={200: shapes.MedicationOutput})
    def put(self, request: Request, pk: UUID) -> Response:
        """Switch them on or off."""
        enabled = self.parse(shapes.ReminderInput)["enabled"]
        medication = services.medication_reminder_set(actor=self.actor(), medication_id=pk, enabled=enabled)
        return self.answer(medication_wire(medication))


class PhotoView(ApiView):
    """The picture of one medicine."""

    permission_classes = [IsPatient]
    parser_classes = [MultiPartParser]

    @extend_schema(
        request={"multipart/form-data": IMAGE_UPLOAD},
        responses={200: shapes.MedicationOutput},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Attach a picture (JPEG, PNG or WebP, at most 5 MB)."""
        actor = self.actor()
        ratelimit.check(request, "upload", str(actor.user_id))
        medication = services.medication_photo_set(actor=actor, medication_id=pk, upload=request.FILES.get("image"))
        return self.answer(medication_wire(medication))
