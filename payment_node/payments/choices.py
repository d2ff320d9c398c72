"""Words of payments."""

from django.db.models import TextChoices


class Status(TextChoices):
    """The five states."""

    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    REFUNDED = "REFUNDED"


class Reason(TextChoices):
    """Why a payment is in its state, where that needs saying."""

    EXPIRED = "EXPIRED"
    BANK_REJECTED = "BANK_REJECTED"
    LATE_PAYMENT = "LATE_PAYMENT"
    PAID_AFTER_CANCEL = "PAID_AFTER_CANCEL"
    STAFF_DECISION = "STAFF_DECISION"
    REFUNDED_BY_STAFF = "REFUNDED_BY_STAFF"
    CANCELLED_BY_USER = "CANCELLED_BY_USER"


class ReviewReason(TextChoices):
    """Why a person must look."""

    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    RECEIVER_MISMATCH = "RECEIVER_MISMATCH"
    DUPLICATE_HASH = "DUPLICATE_HASH"
    POSSIBLE_DOUBLE = "POSSIBLE_DOUBLE"
    TIME_MISMATCH = "TIME_MISMATCH"
    TRACKING_REFUNDED = "TRACKING_REFUNDED"


class Currency(TextChoices):
    """What a code may ask for."""

    USD = "USD"
    KHR = "KHR"


class Plan(TextChoices):
    """What is paid for."""

    PREMIUM = "PREMIUM"
    FAMILY_PREMIUM = "FAMILY_PREMIUM"


class Kind(TextChoices):
    """A first month, another month, or the difference to a bigger plan."""

    NEW = "NEW"
    RENEWAL = "RENEWAL"
    UPGRADE = "UPGRADE"
