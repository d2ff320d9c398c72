"""Shapes of requests and answers."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.connections.choices import AccessRequestStatus, ConnectionKind, ConnectionStatus, PermissionLevel
from apps.connections.selectors import HISTORY_ACTIONS
from apps.users.choices import Role, Specialty
from dastern.core.api.serializers import CodeField, PageOutput, StrictSerializer


class ScopeSerializer(StrictSerializer):
    """What level SELECTED (or an approved request) shows; validated into the stored form."""

    prescription_ids = serializers.ListField(child=serializers.UUIDField(), max_length=100, required=False)
    vitals = serializers.BooleanField(required=False)
    adherence = serializers.BooleanField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Adds from and to, of which the first is a word of Python's own."""
        fields = super().get_fields()
        for name in ("from", "to"):
            fields[name] = serializers.DateField(required=False, allow_null=True)
        return fields

    def validate(self, attrs: Mapping[str, Any]) -> dict[str, Any]:
        """The stored form; the first day must not come after the last."""
        first, last = attrs.get("from"), attrs.get("to")
        if first and last and first > last:
            raise serializers.ValidationError({"to": [_("The last day is before the first.")]})
        return {
            "prescriptionIds": [str(value) for value in attrs.get("prescription_ids", [])],
            "vitals": attrs.get("vitals", False),
            "adherence": attrs.get("adherence", False),
            "from": first.isoformat() if first else None,
            "to": last.isoformat() if last else None,
        }


class RequestInput(StrictSerializer):
    """POST connections."""

    target_user_id = serializers.UUIDField()
    target_role = serializers.ChoiceField(choices=Role.choices, required=False, allow_null=True)
    message = serializers.CharField(max_length=500, required=False, allow_blank=True)
    relationship = serializers.CharField(max_length=50, required=False, allow_blank=True)
    permission_level = serializers.ChoiceField(choices=PermissionLevel.choices, required=False, allow_null=True)
    scope = ScopeSerializer(required=False, allow_null=True)


class AcceptInput(StrictSerializer):
    """PATCH accept; both are honoured only from the patient."""

    permission_level = serializers.ChoiceField(choices=PermissionLevel.choices, required=False, allow_null=True)
    scope = ScopeSerializer(required=False, allow_null=True)


class ReasonInput(StrictSerializer):
    """PATCH reject and revoke."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class PermissionInput(StrictSerializer):
    """PATCH permission."""

    permission_level = serializers.ChoiceField(choices=PermissionLevel.choices)
    scope = ScopeSerializer(required=False, allow_null=True)
    valid_until = serializers.DateTimeField(required=False, allow_null=True)


class AlertsInput(StrictSerializer):
    """PATCH alerts."""

    enabled = serializers.BooleanField()


class GenerateInput(StrictSerializer):
    """POST tokens/generate; there is no default level, so that the patient chooses (domain.md §7.6)."""

    permission_level = serializers.ChoiceField(choices=PermissionLevel.choices)
    scope = ScopeSerializer(required=False, allow_null=True)


class LinkCodeInput(StrictSerializer):
    """POST tokens/validate and consume."""

    token = CodeField(max_length=64)


class AccessRequestInput(StrictSerializer):
    """POST access-requests."""

    scope = ScopeSerializer()
    reason = serializers.CharField(max_length=500)


class ApproveInput(StrictSerializer):
    """PATCH approve: the patient may narrow the scope."""

    scope = ScopeSerializer(required=False, allow_null=True)


class ListQuery(StrictSerializer):
    """Query of GET connections."""

    status = serializers.ChoiceField(choices=ConnectionStatus.choices, required=False)
    kind = serializers.ChoiceField(choices=ConnectionKind.choices, required=False)


class HistoryQuery(StrictSerializer):
    """Query of GET history."""

    days = serializers.ChoiceField(choices=["7", "30", "90"], default="30")
    filter = serializers.ChoiceField(choices=sorted(HISTORY_ACTIONS), required=False)


class SearchQuery(StrictSerializer):
    """Query of GET doctors/search."""

    query = serializers.CharField(max_length=100, default="", allow_blank=True)


# --- answers ------------------------------------------------------------------------------------------------------


class ScopeOutput(StrictSerializer):
    """A stored scope."""

    prescription_ids = serializers.ListField(child=serializers.UUIDField())
    vitals = serializers.BooleanField()
    adherence = serializers.BooleanField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Adds from and to."""
        fields = super().get_fields()
        for name in ("from", "to"):
            fields[name] = serializers.DateField(allow_null=True)
        return fields


class PersonOutput(StrictSerializer):
    """What a link shows of a person."""

    id = serializers.UUIDField()
    full_name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    specialty = serializers.ChoiceField(choices=Specialty.choices, allow_null=True)
    hospital_clinic = serializers.CharField(allow_null=True)
    verified_doctor = serializers.BooleanField()


class ConnectionOutput(StrictSerializer):
    """A link from one's own side."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ConnectionStatus.choices)
    kind = serializers.ChoiceField(choices=ConnectionKind.choices)
    my_side = serializers.ChoiceField(choices=["PATIENT", "CAREGIVER", "DOCTOR"])
    started_by_me = serializers.BooleanField()
    patient_id = serializers.UUIDField()
    other = PersonOutput()
    permission_level = serializers.ChoiceField(choices=PermissionLevel.choices)
    requested_level = serializers.ChoiceField(choices=PermissionLevel.choices, allow_null=True)
    scope = ScopeOutput()
    valid_until = serializers.DateTimeField(allow_null=True)
    alerts_enabled = serializers.BooleanField()
    last_alert_sent = serializers.DateTimeField(allow_null=True)
    relationship = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    requested_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_by_me = serializers.BooleanField()
    revoke_reason = serializers.CharField(allow_blank=True)


class ConnectionPage(PageOutput):
    """A page of links."""

    items = ConnectionOutput(many=True)


class DoctorPage(PageOutput):
    """A page of doctors."""

    items = PersonOutput(many=True)


class CardOutput(PersonOutput):
    """GET users/{id}: the person and the link; no link for oneself."""

    connection = ConnectionOutput(allow_null=True)


class CodeOutput(StrictSerializer):
    """A code for its patient."""

    id = serializers.UUIDField()
    token = serializers.CharField()
    qr_payload = serializers.CharField()
    permission_level = serializers.ChoiceField(choices=PermissionLevel.choices)
    scope = ScopeOutput()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class CodePage(PageOutput):
    """Active codes."""

    items = CodeOutput(many=True)


class CodeCheckOutput(StrictSerializer):
    """POST tokens/validate: no ids."""

    valid = serializers.BooleanField()
    patient_name = serializers.CharField()
    permission_level = serializers.ChoiceField(choices=PermissionLevel.choices)
    expires_at = serializers.DateTimeField()


class CaregiverLimitOutput(StrictSerializer):
    """GET caregiver-limit; ``max`` is null where the plan has no limit."""

    current = serializers.IntegerField()
    max = serializers.IntegerField(allow_null=True)


class AccessRequestOutput(StrictSerializer):
    """A request to see data."""

    id = serializers.UUIDField()
    connection_id = serializers.UUIDField()
    scope = ScopeOutput()
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=AccessRequestStatus.choices)
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class AccessRequestPage(PageOutput):
    """Requests of a link."""

    items = AccessRequestOutput(many=True)


class HistoryItem(StrictSerializer):
    """One event on a link."""

    id = serializers.IntegerField()
    connection_id = serializers.UUIDField()
    event = serializers.CharField()
    by_me = serializers.BooleanField()
    other_name = serializers.CharField()
    at = serializers.DateTimeField()
    old = serializers.CharField(allow_null=True)
    new = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class HistoryPage(PageOutput):
    """Events on one's links."""

    items = HistoryItem(many=True)
