"""Kinds and states of payments."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PaymentStatus(models.TextChoices):
    """The payment node's five states (domain.md §4.2)."""

    PENDING = "PENDING", _("Waiting")
    COMPLETED = "COMPLETED", _("Paid")
    FAILED = "FAILED", _("Failed")
    CANCELLED = "CANCELLED", _("Cancelled")
    REFUNDED = "REFUNDED", _("Given back")


class PaymentKind(models.TextChoices):
    """What a payment is for."""

    NEW = "NEW", _("New plan")
    RENEWAL = "RENEWAL", _("Renewal")
    UPGRADE = "UPGRADE", _("Upgrade")


class PaidPlan(models.TextChoices):
    """The plans that can be bought."""

    PREMIUM = "PREMIUM", _("Premium")
    FAMILY_PREMIUM = "FAMILY_PREMIUM", _("Family Premium")


class Currency(models.TextChoices):
    """What Bakong moves."""

    USD = "USD", "USD"
    KHR = "KHR", "KHR"


class Checking(models.TextChoices):
    """Whether the node can ask the bank now. PAUSED: "we cannot check now; do not pay twice"."""

    ACTIVE = "ACTIVE", _("Checking")
    PAUSED = "PAUSED", _("Paused")


class Cause(models.TextChoices):
    """By what way a change of a payment was learnt."""

    CREATED = "CREATED", _("made")
    WEBHOOK = "WEBHOOK", _("told by the payment node")
    STATUS = "STATUS", _("asked by the payer")
    RECONCILE = "RECONCILE", _("compared by the job")
    CANCEL = "CANCEL", _("cancelled by the payer")
    GIVEN_UP = "GIVEN_UP", _("the payment node never answered")


class Verdict(models.TextChoices):
    """What became of an event that the payment node sent."""

    RECEIVED = "RECEIVED", _("received")
    APPLIED = "APPLIED", _("applied")
    IGNORED = "IGNORED", _("nothing to do")
    UNKNOWN = "UNKNOWN", _("no such payment here")
    MISMATCH = "MISMATCH", _("differs from the payment here")


# Reasons of our own, beside those that the node tells.
NOT_CREATED = "NOT_CREATED"
UNKNOWN_AT_NODE = "UNKNOWN_AT_NODE"
