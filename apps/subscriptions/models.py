"""One subscription a person, and the seats of a family plan (domain.md §2.10)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.subscriptions.choices import SeatStatus, SubscriptionStatus, Tier
from dastern.core.models import new_id

FREE_STORAGE = 5 * 1024**3


class Subscription(models.Model):
    """The plan somebody is on. Limits come from the plan table in rules.py, never from this row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="subscription")
    tier = models.CharField(_("plan"), max_length=16, choices=Tier, default=Tier.FREEMIUM)
    status = models.CharField(_("status"), max_length=8, choices=SubscriptionStatus, default=SubscriptionStatus.ACTIVE)
    storage_quota = models.BigIntegerField(_("storage quota (bytes)"), default=FREE_STORAGE)
    storage_used = models.BigIntegerField(_("storage used by files (bytes)"), default=0)
    started_at = models.DateTimeField(_("started at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    pending_tier = models.CharField(_("plan after that"), max_length=16, choices=Tier, blank=True)
    last_payment_md5 = models.CharField(max_length=32, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                name="subscriptions_expiry",
                condition=models.Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.tier}"


class FamilyMember(models.Model):
    """A seat of a family plan; its holder inherits Premium while seated."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="members")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="family_seats")
    status = models.CharField(max_length=8, choices=SeatStatus, default=SeatStatus.INVITED)
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("family seat")
        verbose_name_plural = _("family seats")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "member"], name="subscriptions_seat_once")
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.status}"
