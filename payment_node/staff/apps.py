"""What staff do: the review queue, refunds, bank statements, reports."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """Staff."""

    name = "payment_node.staff"
    label = "staff"
