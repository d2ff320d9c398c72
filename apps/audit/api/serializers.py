"""Shapes of requests and answers."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.audit.choices import AuditAction, Outcome
from dastern.core.api.serializers import PageOutput, StrictSerializer


class PeriodQuery(StrictSerializer):
    """``from`` (inclusive) and ``to`` (exclusive): instants."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Adds from and to, of which the first is a word of Python's own."""
        fields = super().get_fields()
        for name in ("from", "to"):
            fields[name] = serializers.DateTimeField(source=f"{name}_at", required=False)
        return fields

    def validate(self, attrs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The end must come after the beginning."""
        if attrs.get("from_at") and attrs.get("to_at") and attrs["from_at"] >= attrs["to_at"]:
            raise serializers.ValidationError({"to": [_("The end is not after the beginning.")]})
        return attrs


class OwnQuery(PeriodQuery):
    """Query of GET audit."""

    resource_type = serializers.CharField(max_length=100, required=False)
    action_type = serializers.ChoiceField(choices=AuditAction.choices, required=False)


class AboutQuery(PeriodQuery):
    """Query of GET audit/my-data."""

    action_type = serializers.ChoiceField(choices=AuditAction.choices, required=False)
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False)


class ExportQuery(PeriodQuery):
    """Query of GET audit/my-data/export."""

    format = serializers.ChoiceField(choices=["csv", "json"], default="csv")


class StaffQuery(PeriodQuery):
    """Query of GET audit/all."""

    actor_id = serializers.UUIDField(required=False)
    patient_id = serializers.UUIDField(required=False)
    resource_type = serializers.CharField(max_length=100, required=False)
    resource_id = serializers.CharField(max_length=64, required=False)
    action_type = serializers.ChoiceField(choices=AuditAction.choices, required=False)
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False)
    request_id = serializers.CharField(max_length=64, required=False)


# --- answers ------------------------------------------------------------------------------------------------------


class OwnActionOutput(StrictSerializer):
    """One of my actions."""

    id = serializers.IntegerField()
    action_type = serializers.CharField()
    what = serializers.CharField()
    resource_type = serializers.CharField()
    resource_id = serializers.CharField(allow_null=True)
    patient_id = serializers.UUIDField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    at = serializers.DateTimeField(allow_null=True)
    ip_address = serializers.CharField(allow_null=True)
    user_agent = serializers.CharField(allow_null=True)


class TouchedOutput(StrictSerializer):
    """Somebody touched my data."""

    id = serializers.IntegerField()
    who = serializers.CharField()
    role = serializers.CharField(allow_blank=True)
    action_type = serializers.CharField()
    what = serializers.CharField()
    resource_type = serializers.CharField()
    resource_id = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    at = serializers.DateTimeField(allow_null=True)


class AuditEntryOutput(OwnActionOutput):
    """One entry, for staff."""

    actor_id = serializers.UUIDField(allow_null=True)
    actor_name = serializers.CharField(allow_null=True)
    actor_role = serializers.CharField(allow_blank=True)
    patient_name = serializers.CharField(allow_null=True)
    details = serializers.DictField()
    request_id = serializers.CharField(allow_null=True)


class OwnActionPage(PageOutput):
    """My actions."""

    items = OwnActionOutput(many=True)


class TouchedPage(PageOutput):
    """Who touched my data."""

    items = TouchedOutput(many=True)


class AuditEntryPage(PageOutput):
    """The log."""

    items = AuditEntryOutput(many=True)
