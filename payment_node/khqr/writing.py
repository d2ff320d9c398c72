"""From fields to the text of a KHQR, byte for byte as the SDK writes it."""

from collections.abc import Mapping
from decimal import Decimal

from payment_node.khqr.checksum import crc_of
from payment_node.khqr.errors import ErrorCode, KhqrError
from payment_node.khqr.tags import (
    ACCOUNTS,
    ADDITIONAL,
    AMOUNT_MAX,
    CITY,
    CURRENCY_NUMBERS,
    LANGUAGE,
    NAME,
    TIMESTAMP,
    UNIONPAY,
    VALUE_MAX,
    Field,
    amount_parts,
    require_account,
    require_category,
    require_length,
    require_plain,
)

FieldValue = str | int | Decimal | None
_DEFAULT_CITY = "Phnom Penh"
_DEFAULT_CATEGORY = "5999"
_NAMES = frozenset(
    {"account_type", "currency", "amount", "merchant_category_code", "created_at_ms", "expires_at_ms"}
    | {field.name for field in (*ADDITIONAL, *LANGUAGE, UNIONPAY, NAME, CITY)}
    | {field.name for _tag, fields in ACCOUNTS.values() for field in fields}
)


def build(fields: Mapping[str, FieldValue]) -> str:
    """The KHQR of ``fields`` (neutral names: account_type, bakong_account_id, merchant_name, amount, …).

    Empty text and None mean "not given". ``amount`` may be text or a Decimal, whose own exponent is kept; without an
    amount, or with zero, the code is static and an expiry is dropped. Raises KhqrError.
    """
    unknown = fields.keys() - _NAMES
    if unknown:
        raise KhqrError("unknown field", field=min(unknown))
    currency = _text(fields, "currency") or "KHR"
    if currency not in CURRENCY_NUMBERS:
        raise KhqrError("only USD and KHR", field="currency", code=ErrorCode.CURRENCY_UNSUPPORTED)
    account = _account(fields)
    name = _limited(fields, NAME)
    if not name:
        raise KhqrError("required", field=NAME.name, code=ErrorCode.MERCHANT_NAME_REQUIRED)
    city = _limited(fields, CITY) or _DEFAULT_CITY
    amount = _amount(fields.get("amount"), currency)
    unionpay = _limited(fields, UNIONPAY)
    if unionpay and currency == "USD":
        raise KhqrError("not with USD", field=UNIONPAY.name, code=ErrorCode.UNIONPAY_WITH_USD)
    category = _text(fields, "merchant_category_code") or _DEFAULT_CATEGORY
    require_category(category)
    text = "".join(
        (
            "000201",
            "010212" if amount else "010211",
            _tag("15", unionpay),
            account,
            _tag("52", category),
            "5303",
            CURRENCY_NUMBERS[currency],
            _tag("54", amount),
            "5802KH",
            _tag("59", name),
            _tag("60", city),
            _template("62", fields, ADDITIONAL),
            _language(fields),
            _timestamps(fields) if amount else "",
            "6304",
        )
    )
    return text + crc_of(text)


def _text(fields: Mapping[str, FieldValue], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise KhqrError("not a text", field=name)
    require_plain(value, name)
    return value


def _limited(fields: Mapping[str, FieldValue], field: Field) -> str:
    value = _text(fields, field.name)
    require_length(value, field)
    return value


def _tag(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}" if value else ""


def _template(tag: str, fields: Mapping[str, FieldValue], parts: tuple[Field, ...]) -> str:
    value = "".join([_tag(part.tag, _limited(fields, part)) for part in parts])
    if len(value) > VALUE_MAX:
        # the SDK writes a length of three digits here, which nobody can read
        raise KhqrError(f"the fields of tag {tag} are longer than {VALUE_MAX} together")
    return _tag(tag, value)


def _account(fields: Mapping[str, FieldValue]) -> str:
    kind = _text(fields, "account_type")
    if kind not in ACCOUNTS:
        raise KhqrError("individual or merchant", field="account_type")
    account_id = _text(fields, "bakong_account_id")
    if not account_id:
        raise KhqrError("required", field="bakong_account_id", code=ErrorCode.ACCOUNT_REQUIRED)
    require_account(account_id)
    if kind == "merchant":
        if not _text(fields, "merchant_id"):
            raise KhqrError("required", field="merchant_id", code=ErrorCode.MERCHANT_ID_REQUIRED)
        if not _text(fields, "acquiring_bank"):
            raise KhqrError("required", field="acquiring_bank", code=ErrorCode.ACQUIRING_BANK_REQUIRED)
    tag, parts = ACCOUNTS[kind]
    return _template(tag, fields, parts)


def _amount(value: FieldValue, currency: str) -> str:
    """As written into tag 54, or nothing for a static code."""
    if value is None or value == "":
        return ""
    if isinstance(value, Decimal):
        value = format(value, "f")  # keeps the exponent: 100 stays 100, 100.00 stays 100.00
    if not isinstance(value, str):
        raise KhqrError("not a text or Decimal", field="amount", code=ErrorCode.AMOUNT_INVALID)
    whole, fraction = amount_parts(value, currency)
    if whole == "0" and not fraction.strip("0"):
        return ""
    written = f"{whole}.{fraction:0<2}" if fraction and currency == "USD" else whole
    if len(written) > AMOUNT_MAX:
        raise KhqrError(f"longer than {AMOUNT_MAX}", field="amount", code=ErrorCode.AMOUNT_INVALID)
    return written


def _language(fields: Mapping[str, FieldValue]) -> str:
    language, name = _text(fields, "language_preference"), _text(fields, "merchant_name_alternate")
    if language and not name:
        raise KhqrError("required", field="merchant_name_alternate", code=ErrorCode.ALTERNATE_NAME_REQUIRED)
    if name and not language:
        raise KhqrError("required with a name", field="language_preference")
    return _template("64", fields, LANGUAGE)


def _timestamps(fields: Mapping[str, FieldValue]) -> str:
    created, expires = _moment(fields, "created_at_ms"), _moment(fields, "expires_at_ms")
    if not expires:
        raise KhqrError("required with an amount", field="expires_at_ms", code=ErrorCode.EXPIRY_REQUIRED)
    if not TIMESTAMP.fullmatch(expires):
        raise KhqrError("not 13 digits", field="expires_at_ms", code=ErrorCode.EXPIRY_NOT_13_DIGITS)
    if not TIMESTAMP.fullmatch(created):
        raise KhqrError("not 13 digits", field="created_at_ms")
    if expires < created:
        raise KhqrError("before the creation", field="expires_at_ms", code=ErrorCode.EXPIRY_BEFORE_CREATION)
    return f"99340013{created}0113{expires}"


def _moment(fields: Mapping[str, FieldValue], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise KhqrError("not milliseconds", field=name)
    return str(value)
