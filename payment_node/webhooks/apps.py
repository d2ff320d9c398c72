"""Events for the main server: written with the change they tell, delivered at least once."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "payment_node.webhooks"
    label = "webhooks"
