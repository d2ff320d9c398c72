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
    # the last reminder told: "days:end"
    reminded_for = models.CharField(max_length=40, blank=True, default="", db_default="")
    last_payment_md5 = models.CharField(max_length=32, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints: ClassVar = [
            models.CheckConstraint(  # the free plan has no end, and nothing smaller to go to
                condition=~models.Q(tier=Tier.FREEMIUM)
                | (models.Q(expires_at__isnull=True, pending_tier="") & ~models.Q(status=SubscriptionStatus.GRACE)),
                name="subscriptions_free_has_no_end",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=SubscriptionStatus.GRACE) | models.Q(expires_at__isnull=False),
                name="subscriptions_grace_after_an_end",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=SubscriptionStatus.EXPIRED) | models.Q(tier=Tier.FREEMIUM),
                name="subscriptions_expired_is_free",
            ),
            models.CheckConstraint(
                condition=models.Q(pending_tier="")
                | models.Q(pending_tier=Tier.FREEMIUM)
                | models.Q(tier=Tier.FAMILY_PREMIUM, pending_tier=Tier.PREMIUM),
                name="subscriptions_pending_is_lower",
            ),
        ]
        indexes: ClassVar = [
            models.Index(  # the hourly job: what ends, and whom to remind
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
    status = models.CharField(_("status"), max_length=8, choices=SeatStatus, default=SeatStatus.INVITED)
    added_at = models.DateTimeField(_("invited at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("family seat")
        verbose_name_plural = _("family seats")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "member"], name="subscriptions_seat_once"),
            models.UniqueConstraint(  # nobody sits in two families
                fields=["member"], name="subscriptions_one_seat", condition=models.Q(status=SeatStatus.ACTIVE)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.status}"
