"""Shapes of requests and answers."""

from rest_framework import serializers

from apps.payments.choices import Checking, Currency, PaidPlan, PaymentKind, PaymentStatus
from apps.subscriptions.api.serializers import PlanOutput, SubscriptionOutput
from dastern.core.api.serializers import PageOutput, StrictSerializer

_MOST_SEQUENCE = 2_147_483_647


class PaymentInput(StrictSerializer):
    """POST create. There is no amount: the price is the server's."""

    plan_type = serializers.ChoiceField(choices=PaidPlan.choices)
    currency = serializers.ChoiceField(choices=Currency.choices, default=Currency.USD)
    # phones of the earlier product send it; the deep link names the platform itself
    app_name = serializers.CharField(max_length=50, required=False)


class UpgradeInput(StrictSerializer):
    """POST subscriptions/upgrade."""

    tier = serializers.ChoiceField(choices=PaidPlan.choices)
    currency = serializers.ChoiceField(choices=Currency.choices, default=Currency.USD)


class PaymentOutput(StrictSerializer):
    """A payment with its QR."""

    transaction_id = serializers.CharField()
    bill_number = serializers.CharField()
    md5_hash = serializers.CharField()
    qr_code = serializers.CharField()
    qr_image_path = serializers.CharField(allow_null=True)
    deep_link = serializers.CharField(allow_null=True)
    plan_type = serializers.ChoiceField(choices=PaidPlan.choices)
    kind = serializers.ChoiceField(choices=PaymentKind.choices)
    amount = serializers.CharField()
    currency = serializers.ChoiceField(choices=Currency.choices)
    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class StatusOutput(StrictSerializer):
    """How a payment stands. ``checking`` PAUSED: it cannot be checked now; do not pay twice."""

    md5_hash = serializers.CharField()
    bill_number = serializers.CharField()
    plan_type = serializers.ChoiceField(choices=PaidPlan.choices)
    kind = serializers.ChoiceField(choices=PaymentKind.choices)
    amount = serializers.CharField()
    currency = serializers.ChoiceField(choices=Currency.choices)
    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    reason = serializers.CharField(allow_null=True)
    under_review = serializers.BooleanField()
    checking = serializers.ChoiceField(choices=Checking.choices)
    deep_link = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    subscription = SubscriptionOutput()


class PaymentItem(StrictSerializer):
    """One payment in the list."""

    md5_hash = serializers.CharField()
    bill_number = serializers.CharField()
    plan_type = serializers.ChoiceField(choices=PaidPlan.choices)
    kind = serializers.ChoiceField(choices=PaymentKind.choices)
    amount = serializers.CharField()
    currency = serializers.ChoiceField(choices=Currency.choices)
    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    reason = serializers.CharField(allow_null=True)
    under_review = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    refunded_at = serializers.DateTimeField(allow_null=True)


class PaymentsPage(PageOutput):
    """GET history."""

    items = PaymentItem(many=True)


class PaidPlansOutput(StrictSerializer):
    """GET plans."""

    plans = PlanOutput(many=True)
    currencies = serializers.ListField(child=serializers.ChoiceField(choices=Currency.choices))
    days = serializers.IntegerField()


WebhookInput = type(  # not strict: fields that a newer node adds are passed over (tests/golden/payments)
    "WebhookInput",
    (serializers.Serializer,),
    {
        "__doc__": "POST webhook.",
        "eventId": serializers.UUIDField(),
        "event": serializers.CharField(max_length=64),
        "sequence": serializers.IntegerField(min_value=0, max_value=_MOST_SEQUENCE),
        "occurredAt": serializers.DateTimeField(),
        "data": serializers.DictField(),
    },
)


class WebhookOutput(StrictSerializer):
    """What became of the event: APPLIED, or IGNORED (known, older than what is known, or only informing)."""

    verdict = serializers.ChoiceField(choices=["APPLIED", "IGNORED"])
