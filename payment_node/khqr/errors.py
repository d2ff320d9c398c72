"""Why a KHQR is refused, under the numbers of the SDK that the banks use."""

from enum import IntEnum


class ErrorCode(IntEnum):
    """The SDK's numbers (bakong-khqr 1.0.20); the Bakong service has others."""

    ACCOUNT_REQUIRED = 1
    MERCHANT_NAME_REQUIRED = 2
    ACCOUNT_INVALID = 3
    AMOUNT_INVALID = 4
    ACCOUNT_TOO_LONG = 6
    MERCHANT_NAME_TOO_LONG = 7
    KHQR_INVALID = 8
    BILL_NUMBER_LENGTH = 10
    STORE_LABEL_LENGTH = 11
    TERMINAL_LABEL_LENGTH = 12
    MERCHANT_CATEGORY_TOO_LONG = 18
    MERCHANT_CITY_TOO_LONG = 21
    CURRENCY_UNSUPPORTED = 28
    MERCHANT_ID_REQUIRED = 30
    ACQUIRING_BANK_REQUIRED = 31
    MERCHANT_ID_TOO_LONG = 32
    ACQUIRING_BANK_TOO_LONG = 33
    MOBILE_NUMBER_TOO_LONG = 34
    ACCOUNT_INFORMATION_TOO_LONG = 35
    LANGUAGE_TOO_LONG = 38
    ALTERNATE_NAME_REQUIRED = 39
    ALTERNATE_NAME_TOO_LONG = 40
    ALTERNATE_CITY_TOO_LONG = 41
    PURPOSE_TOO_LONG = 42
    UNIONPAY_TOO_LONG = 43
    UNIONPAY_WITH_USD = 44
    EXPIRY_REQUIRED = 45
    EXPIRED = 46
    DYNAMIC_WITHOUT_AMOUNT = 47
    INITIATION_INVALID = 48
    EXPIRY_NOT_13_DIGITS = 49
    EXPIRY_BEFORE_CREATION = 50
    MERCHANT_CATEGORY_NOT_NUMERIC = 51


class KhqrError(ValueError):
    """A refused input or payload.

    ``field`` is the neutral name of what is wrong (empty for the payload as a whole); ``error_code`` is the SDK's
    number, or None for what the SDK lets through and a payment system must not.
    """

    def __init__(self, reason: str, *, field: str = "", code: ErrorCode | None = None) -> None:
        self.reason = reason
        self.field = field
        self.error_code = code
        super().__init__(f"{field}: {reason}" if field else reason)
