"""Payments: codes, their states, the monitor that watches for the money."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments."""

    name = "payment_node.payments"
    label = "payments"
