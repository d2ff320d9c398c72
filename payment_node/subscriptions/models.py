"""One row a user, and its history."""

from typing import ClassVar

from django.db import models


class SubscriptionStatus(models.TextChoices):
    """PENDING before the first payment."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class Subscription(models.Model):
    """Derived from payments; it can be computed again at any time."""

    user_id = models.CharField(max_length=64, unique=True)
    plan_type = models.CharField(max_length=16, blank=True)
    status = models.CharField(max_length=9, choices=SubscriptionStatus, default=SubscriptionStatus.PENDING)
    start_date = models.DateTimeField(null=True)
    next_billing_date = models.DateTimeField(null=True)
    last_billing_date = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    sequence = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "subscription"
        indexes: ClassVar = [
            # the job that ends them
            models.Index(fields=["next_billing_date"], name="subscription_ends", condition=models.Q(status="ACTIVE")),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.status}"


class SubscriptionHistory(models.Model):
    """Every change, never changed itself (triggers)."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="history")
    old_status = models.CharField(max_length=9)
    new_status = models.CharField(max_length=9)
    plan_type = models.CharField(max_length=16, blank=True)
    next_billing_date = models.DateTimeField(null=True)
    at = models.DateTimeField()
    cause = models.CharField(max_length=60)

    class Meta:
        db_table = "subscription_history"
        verbose_name = "change of a subscription"
        verbose_name_plural = "changes of subscriptions"

    def __str__(self) -> str:
        return f"{self.old_status} to {self.new_status}"
