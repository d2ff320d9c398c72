"""Shapes of answers."""

from rest_framework import serializers

from apps.subscriptions.choices import SubscriptionStatus, Tier
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
