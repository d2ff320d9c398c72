"""Reading a bank's statement (CSV). Pure.

Columns by name, in any order and case: date, amount, currency, and where the bank gives them reference, payer,
description. Dates are ISO or day/month/year, times of Phnom Penh; amounts may group thousands with commas; money that
left the account is negative.
"""

import csv
import hashlib
import io
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y",
)  # fmt: skip
_PHNOM_PENH = ZoneInfo("Asia/Phnom_Penh")
_NEEDED = {"date", "amount", "currency"}
_MOST_LINES = 20_000
_MOST = Decimal(10) ** 10


class StatementError(ValueError):
    """Why a file is refused; names the line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One movement."""

    key: str
    booked_at: datetime
    reference: str
    amount: Decimal
    currency: str
    payer: str
    description: str


def read(text: str) -> list[Line]:
    """The movements. Raises StatementError; a file is taken whole or not at all."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    names = {name.strip().lower(): name for name in reader.fieldnames or [] if name}
    missing = _NEEDED - names.keys()
    if missing:
        raise StatementError(f"the column {min(missing)} is missing")
    lines: list[Line] = []
    seen: Counter[str] = Counter()
    for row in reader:
        if len(lines) >= _MOST_LINES:
            raise StatementError(f"more than {_MOST_LINES} lines")
        values = {name: (row.get(column) or "").strip() for name, column in names.items()}
        if any(values.values()):
            lines.append(_line(values, reader.line_num, seen))
    return lines


def _line(values: dict[str, str], number: int, seen: Counter[str]) -> Line:
    raw = "\x1f".join(
        values.get(name, "") for name in ("date", "reference", "amount", "currency", "payer", "description")
    )
    seen[raw] += 1  # two equal lines of one file are two movements
    key = hashlib.sha256(f"{raw}\x1f{seen[raw]}".encode()).hexdigest()
    currency = values["currency"].upper()
    if currency not in {"USD", "KHR"}:
        raise StatementError(f"line {number}: currency {values['currency']!r}")
    return Line(
        key,
        _moment(values["date"], number),
        values.get("reference", "")[:100],
        _amount(values["amount"], number),
        currency,
        values.get("payer", "")[:200],
        values.get("description", "")[:500],
    )


def _moment(text: str, number: int) -> datetime:
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=_PHNOM_PENH)
        except ValueError:
            continue
    raise StatementError(f"line {number}: date {text!r}")


def _amount(text: str, number: int) -> Decimal:
    try:
        amount = Decimal(text.replace(",", "")) if text.isascii() else Decimal("NaN")
    except InvalidOperation:
        raise StatementError(f"line {number}: amount {text!r}") from None
    if not amount.is_finite() or abs(amount) >= _MOST or amount != amount.quantize(Decimal("0.01")):
        raise StatementError(f"line {number}: amount {text!r}")
    return amount
