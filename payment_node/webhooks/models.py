"""One event on its way."""

from typing import ClassVar

from django.db import models

from payment_node.core.ids import new_id


class DeliveryStatus(models.TextChoices):
    """FAILED after a day of trying; staff may send it again."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class WebhookDelivery(models.Model):
    """An event as it is sent: ``payload`` is the raw body that is signed anew in each attempt."""

    event_id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.CharField(max_length=32)
    subject = models.CharField(max_length=80)  # whose events are in order: payment:<id> or user:<id>
    sequence = models.PositiveIntegerField()
    payload = models.TextField()
    status = models.CharField(max_length=9, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    url = models.CharField(max_length=300, blank=True)
    signature = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_retry_at = models.DateTimeField()
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    trying_since = models.DateTimeField()  # a day from here it is given up
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_delivery"
        verbose_name_plural = "webhook deliveries"
        indexes: ClassVar = [
            # the sender: what is due, oldest first
            models.Index(fields=["next_retry_at"], name="webhook_due", condition=models.Q(status="PENDING")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "sequence"], name="webhook_one_a_step"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.status}"
