"""How many events wait."""

from payment_node.webhooks.models import DeliveryStatus, WebhookDelivery


def waiting() -> dict[str, int]:
    """Undelivered events by state."""
    return {
        "pending": WebhookDelivery.objects.filter(status=DeliveryStatus.PENDING).count(),
        "failed": WebhookDelivery.objects.filter(status=DeliveryStatus.FAILED).count(),
    }
