"""Today's schedule the way DRF's tutorial would write it: model instances, nested serializers, default JWT look-up."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework import generics, serializers
from rest_framework_simplejwt.authentication import JWTAuthentication

from apps.doses.models import DoseEvent
from apps.medications.models import Medication


class ControlMedication(serializers.ModelSerializer[Medication]):
    """The medicine of a dose."""

    class Meta:
        model = Medication
        fields = ("id", "medicine_name", "medicine_name_khmer", "strength", "unit", "frequency", "timing")


class ControlDose(serializers.ModelSerializer[DoseEvent]):
    """A dose with its medicine."""

    medication = ControlMedication()

    class Meta:
        model = DoseEvent
        fields = (
            "id", "medication", "scheduled_time", "time_period", "status", "taken_at", "skip_reason",
            "reminder_time", "grace_minutes", "overdue_at",
        )  # fmt: skip


class ControlToday(generics.ListAPIView):  # type: ignore[type-arg]
    """GET api/control/today."""

    authentication_classes = [JWTAuthentication]
    serializer_class = ControlDose
    pagination_class = None

    def get_queryset(self) -> Any:
        """The caller's doses of the local day."""
        local = timezone.now() + timedelta(hours=7)
        return (
            DoseEvent.objects.filter(patient=self.request.user, local_date=local.date())
            .select_related("medication")
            .order_by("scheduled_time")
        )
