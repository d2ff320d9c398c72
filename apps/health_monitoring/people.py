"""What this app adds to a person's export."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop

from apps.connections.rules import self_grant
from apps.health_monitoring.models import HealthAlert, HealthVital
from apps.health_monitoring.paper import alerts_sheet, profile_sheet, vitals_sheet
from apps.health_monitoring.selectors.alerts import alerts_shown
from apps.health_monitoring.selectors.profile import profile_shown
from apps.health_monitoring.selectors.thresholds import thresholds_shown
from apps.health_monitoring.wire import vital_wire
from apps.users import registry
from dastern.core import clock

_PAGE = 500


def _vitals(user_id: UUID) -> Iterator[Mapping[str, Any]]:
    """Every reading that was not taken back."""
    rows = HealthVital.objects.filter(patient_id=user_id, deleted_at=None).order_by("measured_at", "id")
    yield from map(vital_wire, rows.iterator(chunk_size=_PAGE))


def _alerts(user_id: UUID) -> Iterator[Mapping[str, Any]]:
    rows = list(HealthAlert.objects.filter(patient_id=user_id).select_related("vital").order_by("created_at", "id"))
    yield from alerts_shown(self_grant(user_id), rows)


def _thresholds(user_id: UUID) -> Iterator[Mapping[str, Any]]:
    yield thresholds_shown(user_id)


def _profile(user_id: UUID) -> Iterator[Mapping[str, Any]]:
    yield profile_shown(self_grant(user_id), now=clock.now())


def register() -> None:
    """Register everything (once, from ``ready``)."""
    registry.register_export("vitals", _vitals, sheet=vitals_sheet(_vitals))
    registry.register_export("healthAlerts", _alerts, sheet=alerts_sheet(_alerts))
    registry.register_export("thresholds", _thresholds, title=gettext_noop("Usual ranges"))
    registry.register_export("healthProfile", _profile, sheet=profile_sheet(_profile))
