"""From the text of a KHQR to its fields, and the judgement whether to trust it.

A checksum is no signature: anyone can add a second amount or account and seal the text again, and readers differ in
which one they take. What is ambiguous is therefore refused, although the SDK accepts it.
"""

import re

from payment_node.khqr.checksum import crc_of
from payment_node.khqr.errors import ErrorCode, KhqrError
from payment_node.khqr.tags import (
    ACCOUNTS,
    ADDITIONAL,
    AMOUNT_MAX,
    CITY,
    CURRENCY_NAMES,
    LANGUAGE,
    NAME,
    TIMESTAMP,
    UNIONPAY,
    amount_parts,
    require_account,
    require_category,
    require_length,
    require_plain,
)

_HEADER = re.compile(r"[0-9]{4}")
_SEAL = re.compile(r"6304[0-9A-Fa-f]{4}")
_REQUIRED = ("00", "52", "53", "58", "59", "60", "63")
# everything but the longest of texts; a KHQR of all fields stays far below
_PAYLOAD_MAX = 1000


def decode(payload: str) -> dict[str, str | int | None]:
    """The fields under their neutral names, None where absent; ``amount`` is text, the moments are integers.

    Says what is written, not whether it is true: the checksum, the limits and the clock are ``verify``'s. Raises
    KhqrError 8 for what is not a KHQR, 28 for a foreign currency; unknown tags and sub-tags are skipped.
    """
    tags = _payload_tags(payload)
    kind, tag = ("merchant", "30") if "30" in tags else ("individual", "29")
    if tag not in tags:
        raise _invalid("no account")
    currency = CURRENCY_NAMES.get(tags.get("53", ""))
    if currency is None:
        raise KhqrError("only USD and KHR", field="currency", code=ErrorCode.CURRENCY_UNSUPPORTED)
    account, additional = _sub_tags(tags, tag), _sub_tags(tags, "62")
    language, moments = _sub_tags(tags, "64"), _sub_tags(tags, "99")
    fields: dict[str, str | int | None] = {
        "account_type": kind,
        "payload_format_indicator": tags.get("00"),
        "point_of_initiation": tags.get("01"),
        "upi_account": tags.get("15"),
        "bakong_account_id": account.get("00"),
        "account_information": account.get("01") if kind == "individual" else None,
        "merchant_id": account.get("01") if kind == "merchant" else None,
        "acquiring_bank": account.get("02"),
        "merchant_category_code": tags.get("52"),
        "currency": currency,
        "amount": tags.get("54"),
        "country_code": tags.get("58"),
        "merchant_name": tags.get("59"),
        "merchant_city": tags.get("60"),
        "created_at_ms": _moment(moments, "00"),
        "expires_at_ms": _moment(moments, "01"),
        "crc": tags.get("63"),
    }
    fields |= {field.name: additional.get(field.tag) for field in ADDITIONAL}
    return fields | {field.name: language.get(field.tag) for field in LANGUAGE}


def verify(payload: str, now_ms: int) -> bool:
    """True for a KHQR that is whole, sealed, within every limit, unambiguous and, if it expires, not expired.

    ``now_ms`` is the clock in milliseconds; at the very millisecond of the expiry the code is still valid.
    """
    try:
        tags = _payload_tags(payload)
        _require_seal(payload)
        _require_head(tags)
        _require_account(tags)
        _require_texts(tags)
        _require_money_and_time(tags, now_ms)
    except KhqrError:
        return False
    return True


def _invalid(reason: str) -> KhqrError:
    return KhqrError(reason, code=ErrorCode.KHQR_INVALID)


def _payload_tags(payload: str) -> dict[str, str]:
    if not isinstance(payload, str) or not 0 < len(payload) <= _PAYLOAD_MAX:
        raise _invalid("not a KHQR")
    require_plain(payload)
    tags = _split(payload)
    if "29" in tags and "30" in tags:
        raise _invalid("two accounts")
    return tags


def _split(text: str) -> dict[str, str]:
    """Tag to value. A repeated tag is refused: which of two amounts is meant?"""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        header = text[at : at + 4]
        if not _HEADER.fullmatch(header):
            raise _invalid("broken length")
        tag, length = header[:2], int(header[2:])
        value = text[at + 4 : at + 4 + length]
        if len(value) != length or not length:
            raise _invalid(f"tag {tag} is cut short or empty")
        if tag in found:
            raise _invalid(f"tag {tag} is repeated")
        found[tag] = value
        at += 4 + length
    return found


def _sub_tags(tags: dict[str, str], tag: str) -> dict[str, str]:
    return _split(tags.get(tag, ""))


def _moment(moments: dict[str, str], tag: str) -> int | None:
    text = moments.get(tag)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise _invalid("a time that is not a number")
    return int(text)


def _require_seal(payload: str) -> None:
    if not _SEAL.fullmatch(payload[-8:]) or crc_of(payload[:-4]) != payload[-4:].upper():
        raise _invalid("checksum")


def _require_head(tags: dict[str, str]) -> None:
    missing = [tag for tag in _REQUIRED if tag not in tags]
    if missing:
        raise _invalid(f"tag {missing[0]} is missing")
    if tags["00"] != "01" or tags["58"] != "KH":
        raise _invalid("format or country")
    if tags.get("01", "12") not in {"11", "12"}:
        raise KhqrError("not 11 or 12", field="point_of_initiation", code=ErrorCode.INITIATION_INVALID)
    if tags["53"] not in CURRENCY_NAMES:
        raise KhqrError("only USD and KHR", field="currency", code=ErrorCode.CURRENCY_UNSUPPORTED)
    require_category(tags["52"])


def _require_account(tags: dict[str, str]) -> None:
    kind = "merchant" if "30" in tags else "individual"
    tag, parts = ACCOUNTS[kind]
    account = _sub_tags(tags, tag)
    for part in parts:
        require_length(account.get(part.tag, ""), part)
    require_account(account.get("00", ""))
    if kind == "merchant" and not {"01", "02"} <= account.keys():
        raise _invalid("a merchant without id or bank")


def _require_texts(tags: dict[str, str]) -> None:
    for field in (NAME, CITY, UNIONPAY):
        require_length(tags.get(field.tag, ""), field)
    if UNIONPAY.tag in tags and CURRENCY_NAMES[tags["53"]] == "USD":
        raise KhqrError("not with USD", field=UNIONPAY.name, code=ErrorCode.UNIONPAY_WITH_USD)
    for tag, parts in (("62", ADDITIONAL), ("64", LANGUAGE)):
        values = _sub_tags(tags, tag)
        for part in parts:
            require_length(values.get(part.tag, ""), part)
    language = _sub_tags(tags, "64")
    if ("00" in language) != ("01" in language):
        raise KhqrError("language and name go together", code=ErrorCode.ALTERNATE_NAME_REQUIRED)


def _require_money_and_time(tags: dict[str, str], now_ms: int) -> None:
    amount, initiation = tags.get("54"), tags.get("01")
    if amount is None and initiation == "12":
        raise KhqrError("required", field="amount", code=ErrorCode.DYNAMIC_WITHOUT_AMOUNT)
    if amount is not None:
        amount_parts(amount, CURRENCY_NAMES[tags["53"]])
        if len(amount) > AMOUNT_MAX:
            raise KhqrError(f"longer than {AMOUNT_MAX}", field="amount", code=ErrorCode.AMOUNT_INVALID)
        if "99" not in tags:
            raise KhqrError("required with an amount", field="expires_at_ms", code=ErrorCode.EXPIRY_REQUIRED)
    moments = _sub_tags(tags, "99")
    expires = moments.get("01")
    if expires is None:
        if initiation == "12":
            raise KhqrError("required with an amount", field="expires_at_ms", code=ErrorCode.EXPIRY_REQUIRED)
        return
    created = moments.get("00", "")
    if not TIMESTAMP.fullmatch(expires) or not TIMESTAMP.fullmatch(created):
        raise KhqrError("not 13 digits", field="expires_at_ms", code=ErrorCode.EXPIRY_NOT_13_DIGITS)
    if expires < created:
        raise KhqrError("before the creation", field="expires_at_ms", code=ErrorCode.EXPIRY_BEFORE_CREATION)
    # whatever tag 01 claims: setting it to 11 must not make an expired code eternal
    if now_ms > int(expires):
        raise KhqrError("expired", field="expires_at_ms", code=ErrorCode.EXPIRED)
