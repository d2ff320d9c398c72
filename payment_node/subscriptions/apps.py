"""The payment-facing subscription: one row a user, derived from what was paid."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    """Subscriptions."""

    name = "payment_node.subscriptions"
    label = "subscriptions"
