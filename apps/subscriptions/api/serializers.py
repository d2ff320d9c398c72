"""Shapes of requests and answers."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.subscriptions.choices import SeatStatus, SubscriptionStatus, Tier
from apps.subscriptions.rules import Feature
from dastern.core.api.serializers import StrictSerializer


class SubscriptionOutput(StrictSerializer):
    """GET subscriptions/me."""

    id = serializers.UUIDField()
    tier = serializers.ChoiceField(choices=Tier.choices)
    effective_tier = serializers.ChoiceField(choices=Tier.choices)
    status = serializers.ChoiceField(choices=SubscriptionStatus.choices)
    started_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    pending_tier = serializers.ChoiceField(choices=Tier.choices, allow_null=True)
    storage_used = serializers.IntegerField()
    storage_quota = serializers.IntegerField()


class LimitsOutput(StrictSerializer):
    """Limits; −1 is "no limit"."""

    prescriptions = serializers.IntegerField()
    medicines = serializers.IntegerField()
    caregivers = serializers.IntegerField()
    doctors = serializers.IntegerField()
    family_seats = serializers.IntegerField()
    storage_bytes = serializers.IntegerField()


FeaturesOutput = type(
    "FeaturesOutput",
    (serializers.Serializer,),
    {"__doc__": "What the plan opens.", **{feature.value: serializers.BooleanField() for feature in Feature}},
)


class PricesOutput(serializers.Serializer):  # type: ignore[type-arg]
    """Price for 30 days by currency."""

    USD = serializers.CharField()
    KHR = serializers.CharField()


class PlanOutput(StrictSerializer):
    """One plan."""

    tier = serializers.ChoiceField(choices=Tier.choices)
    prices = PricesOutput()
    limits = LimitsOutput()
    features = FeaturesOutput()


class PlansOutput(StrictSerializer):
    """GET subscriptions/plans."""

    plans = PlanOutput(many=True)


class DowngradeInput(StrictSerializer):
    """POST downgrade: the plan from the end of what is paid on."""

    tier = serializers.ChoiceField(choices=Tier.choices)


class FamilyAddInput(StrictSerializer):
    """POST family/add: one of the two."""

    member_id = serializers.UUIDField(required=False)
    email = serializers.EmailField(max_length=255, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one way to name a person."""
        if len(attrs) != 1:
            raise serializers.ValidationError({"memberId": [_("Give either memberId or email.")]})
        return attrs


class InvitationInput(StrictSerializer):
    """POST family/accept and decline."""

    invitation_id = serializers.UUIDField()


class SeatsOutput(StrictSerializer):
    """How many seats the plan has, and how many are taken or offered, the payer's own included."""

    total = serializers.IntegerField()
    taken = serializers.IntegerField()


class SeatOutput(StrictSerializer):
    """One seat of the own plan; the name is told once the person agreed."""

    member_id = serializers.UUIDField()
    name = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=SeatStatus.choices)
    added_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)


class OwnSeatOutput(StrictSerializer):
    """Whose plan one sits in."""

    owner_name = serializers.CharField()
    accepted_at = serializers.DateTimeField(allow_null=True)


InvitationOutput = type(
    "InvitationOutput",
    (StrictSerializer,),
    {
        "__doc__": "A seat that was offered to me.",
        "invitation_id": serializers.UUIDField(),
        "from": serializers.CharField(),
        "added_at": serializers.DateTimeField(),
    },
)


class FamilyOutput(StrictSerializer):
    """GET family."""

    seats = SeatsOutput()
    members = SeatOutput(many=True)
    invitations = InvitationOutput(many=True)
    seat = OwnSeatOutput(allow_null=True)
