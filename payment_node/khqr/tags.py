"""What the tags mean, how long they may be, and the tests that both directions share."""

import re
from dataclasses import dataclass

from payment_node.khqr.errors import ErrorCode, KhqrError

CURRENCY_NUMBERS = {"USD": "840", "KHR": "116"}
CURRENCY_NAMES = {number: name for name, number in CURRENCY_NUMBERS.items()}
TIMESTAMP = re.compile(r"[0-9]{13}")
MERCHANT_CATEGORY = re.compile(r"[0-9]{4}")
# No sign, exponent, group mark or foreign digit: readers that differ on those would differ on the money.
AMOUNT = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?")
AMOUNT_MAX = 13
VALUE_MAX = 99
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Field:
    """One text field: where it stands and the longest value."""

    tag: str
    name: str
    limit: int
    too_long: ErrorCode


# in the order in which the SDK writes them
ADDITIONAL = (
    Field("01", "bill_number", 25, ErrorCode.BILL_NUMBER_LENGTH),
    Field("02", "mobile_number", 25, ErrorCode.MOBILE_NUMBER_TOO_LONG),
    Field("03", "store_label", 25, ErrorCode.STORE_LABEL_LENGTH),
    Field("07", "terminal_label", 25, ErrorCode.TERMINAL_LABEL_LENGTH),
    Field("08", "purpose_of_transaction", 25, ErrorCode.PURPOSE_TOO_LONG),
)
LANGUAGE = (
    Field("00", "language_preference", 2, ErrorCode.LANGUAGE_TOO_LONG),
    Field("01", "merchant_name_alternate", 25, ErrorCode.ALTERNATE_NAME_TOO_LONG),
    Field("02", "merchant_city_alternate", 15, ErrorCode.ALTERNATE_CITY_TOO_LONG),
)
_ACCOUNT = Field("00", "bakong_account_id", 32, ErrorCode.ACCOUNT_TOO_LONG)
_BANK = Field("02", "acquiring_bank", 32, ErrorCode.ACQUIRING_BANK_TOO_LONG)
ACCOUNTS: dict[str, tuple[str, tuple[Field, ...]]] = {
    "individual": (
        "29",
        (_ACCOUNT, Field("01", "account_information", 32, ErrorCode.ACCOUNT_INFORMATION_TOO_LONG), _BANK),
    ),
    "merchant": ("30", (_ACCOUNT, Field("01", "merchant_id", 32, ErrorCode.MERCHANT_ID_TOO_LONG), _BANK)),
}
UNIONPAY = Field("15", "upi_account", VALUE_MAX, ErrorCode.UNIONPAY_TOO_LONG)
NAME = Field("59", "merchant_name", 25, ErrorCode.MERCHANT_NAME_TOO_LONG)
CITY = Field("60", "merchant_city", 15, ErrorCode.MERCHANT_CITY_TOO_LONG)


def require_plain(text: str, field: str = "") -> None:
    """Refuse characters that count two units of a length (and half ones): readers disagree on where they end."""
    if not text.isascii() and _BEYOND_BMP.search(text):
        raise KhqrError("characters above U+FFFF are not allowed", field=field)


def require_length(value: str, field: Field) -> None:
    """Refuse a value longer than its field."""
    if len(value) > field.limit:
        raise KhqrError(f"longer than {field.limit}", field=field.name, code=field.too_long)


def require_account(account: str) -> None:
    """Refuse what is not ``name@bank``. Two @ pass the SDK; banks would differ on the receiver."""
    if "@" not in account:
        raise KhqrError("no @", field="bakong_account_id", code=ErrorCode.ACCOUNT_INVALID)
    name, _at, bank = account.partition("@")
    if not name or not bank or "@" in bank:
        raise KhqrError("not name@bank", field="bakong_account_id", code=ErrorCode.ACCOUNT_INVALID)


def require_category(value: str) -> None:
    """Refuse a merchant category that is not four ASCII digits."""
    if len(value) > 4:
        raise KhqrError("longer than 4", field="merchant_category_code", code=ErrorCode.MERCHANT_CATEGORY_TOO_LONG)
    if not MERCHANT_CATEGORY.fullmatch(value):
        numeric = value.isascii() and value.isdigit()
        code = None if numeric else ErrorCode.MERCHANT_CATEGORY_NOT_NUMERIC
        raise KhqrError("not four digits", field="merchant_category_code", code=code)


def amount_parts(text: str, currency: str) -> tuple[str, str]:
    """Whole part and fraction of a plain decimal that ``currency`` can hold. Raises KhqrError 4."""
    found = AMOUNT.fullmatch(text)
    if not found:
        raise KhqrError("not a plain decimal number", field="amount", code=ErrorCode.AMOUNT_INVALID)
    whole, fraction = found[1], found[2] or ""
    if len(fraction) > 2 if currency == "USD" else fraction.strip("0"):
        raise KhqrError(f"more decimals than {currency} has", field="amount", code=ErrorCode.AMOUNT_INVALID)
    return whole, fraction
