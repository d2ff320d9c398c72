"""Words of the bank's side."""

from enum import StrEnum

from django.db.models import TextChoices


class CallReason(TextChoices):
    """Why a call was made. FINAL and USER may use the reserve of the day."""

    SCHEDULE = "SCHEDULE"
    FINAL = "FINAL"  # the look that may end a payment as expired
    USER = "USER"  # "I have paid"
    LATE = "LATE"  # after the end
    TOKEN = "TOKEN"  # noqa: S105
    DEEP_LINK = "DEEP_LINK"


class PauseReason(TextChoices):
    """Why nobody asks the bank now."""

    DAILY_LIMIT = "DAILY_LIMIT"
    THROTTLED = "THROTTLED"
    CLOSED = "CLOSED"
    TOKEN = "TOKEN"  # noqa: S105
    UNAVAILABLE = "UNAVAILABLE"


class AnswerKind(StrEnum):
    """What an answer of the bank means. Only NOT_FOUND means "unpaid"."""

    PAID = "PAID"
    NOT_FOUND = "NOT_FOUND"
    FAILED = "FAILED"
    STATIC_QR = "STATIC_QR"
    UNAUTHORIZED = "UNAUTHORIZED"
    DAILY_LIMIT = "DAILY_LIMIT"
    THROTTLED = "THROTTLED"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"
    NOT_ASKED = "NOT_ASKED"  # the ledger or a pause refused the call
