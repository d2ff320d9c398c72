"""The client of the National Bank's Open API, with its ledger of calls."""

from django.apps import AppConfig


class BakongConfig(AppConfig):
    """Bakong."""

    name = "payment_node.bakong"
    label = "bakong"
    verbose_name = "Bakong"
