"""What the bank knows: accounts, transactions, tokens, calls a token and day, and its own clock."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import random
import re
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from payment_node import khqr
from payment_node.bakong_simulator import faults
from payment_node.bakong_simulator.faults import Fault
from payment_node.khqr import KhqrError

TOKEN_SECONDS = 7_776_000
ACCOUNT = re.compile(r"[^@\s]{1,30}@[a-z0-9]{2,20}")
_PHNOM_PENH = dt.timezone(dt.timedelta(hours=7))
_RECEIVERS = ("das.tern@devb",)
_PAYERS = ("sokha@wing", "dara@aclb", "vanna@abaa")


class Refused(ValueError):
    """What the payer's app would say."""


@dataclass(slots=True)
class Transaction:
    """One transfer, or one that failed. ``amount`` is text, so that nothing is rounded."""

    md5: str
    hash: str
    from_account: str
    to_account: str
    currency: str
    amount: str
    created_ms: int
    acknowledged_ms: int
    external_ref: str
    static: bool
    failed: bool = False
    tracking: str | None = None


class Bank:
    """The state. Every public method is one atomic act."""

    def __init__(self, *, key: str, daily_limit: int = 100, state_file: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.key = key.encode()
        self.daily_limit = daily_limit
        self.state_file = state_file
        self.address = ""
        self.reset()
        if state_file is not None and state_file.exists():
            self._load(state_file)

    def reset(self) -> None:
        """As new: usual accounts, usual faults, real time."""
        with self.lock:
            self.offset_ms = 0
            self.accounts = set(_RECEIVERS + _PAYERS)
            self.transactions: list[Transaction] = []
            self.shown: dict[str, str] = {}
            self.used: dict[tuple[str, str], int] = {}
            self.calls: list[dict[str, Any]] = []
            self.faults: list[Fault] = faults.usual()
            self.mails: dict[str, str] = {}
            self.renewals = 0

    def _load(self, file: Path) -> None:
        kept = json.loads(file.read_text())
        self.accounts |= set(kept["accounts"])
        self.transactions = [Transaction(**row) for row in kept["transactions"]]
        self.shown = kept["shown"]

    def save(self) -> None:
        """Keep what must survive a restart."""
        if self.state_file is None:
            return
        with self.lock:
            kept = {
                "accounts": sorted(self.accounts),
                "transactions": [asdict(row) for row in self.transactions[-1000:]],
                "shown": dict(list(self.shown.items())[-200:]),
            }
            self.state_file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.state_file.with_suffix(".new")
            fresh.write_text(json.dumps(kept))
            fresh.replace(self.state_file)

    # --- clock and tokens ------------------------------------------------------------------------------------------

    def now_ms(self) -> int:
        """The bank's clock."""
        return time.time_ns() // 1_000_000 + self.offset_ms

    def day(self) -> str:
        """The day of the limit, in Phnom Penh."""
        return dt.datetime.fromtimestamp(self.now_ms() / 1000, _PHNOM_PENH).date().isoformat()

    def token(self, *, email: str = "payments@dastern.example", exp: int | None = None) -> str:
        """A JWT as NBC's: iat, exp 90 days later, an id."""
        now = self.now_ms() // 1000
        token_id = hashlib.sha256(email.encode()).hexdigest()[:16]
        claims = {"data": {"id": token_id}, "iat": now, "exp": exp if exp is not None else now + TOKEN_SECONDS}
        claims["data"]["nonce"] = secrets.token_hex(4)  # type: ignore[index]
        head = _b64(b'{"alg":"HS256","typ":"JWT"}') + "." + _b64(json.dumps(claims).encode())
        with self.lock:
            self.mails.setdefault(email, token_id)
        return head + "." + _b64(hmac.new(self.key, head.encode(), hashlib.sha256).digest())

    def token_id(self, token: str) -> str | None:
        """Whose token it is; None when it is forged or over."""
        try:
            head, _dot, seal = token.rpartition(".")
            if not hmac.compare_digest(seal, _b64(hmac.new(self.key, head.encode(), hashlib.sha256).digest())):
                return None
            claims = json.loads(_unb64(head.split(".")[1]))
            return str(claims["data"]["id"]) if claims["exp"] * 1000 > self.now_ms() else None
        except (ValueError, KeyError, IndexError, TypeError):
            return None

    def count(self, token_id: str) -> bool:
        """Count a call of this token, refused ones too; False when the day's limit is passed."""
        with self.lock:
            place = (token_id, self.day())
            self.used[place] = self.used.get(place, 0) + 1
            return self.daily_limit == 0 or self.used[place] <= self.daily_limit

    # --- the payer's side ------------------------------------------------------------------------------------------

    def scan(self, qr: str) -> dict[str, Any]:
        """What a bank's app shows of a code. Raises Refused."""
        try:
            fields = khqr.decode(qr)
        except KhqrError as error:
            raise Refused(f"this is no KHQR: {error.reason}") from None
        expires = fields["expires_at_ms"]
        if isinstance(expires, int) and self.now_ms() > expires:
            raise Refused("this QR has expired")
        if not khqr.verify(qr, self.now_ms()):
            raise Refused("this QR is broken")
        if fields["bakong_account_id"] not in self.accounts:
            raise Refused("the receiving account is unknown")
        return fields | {"md5": khqr.md5_of(qr)}

    def pay(self, qr: str, given: dict[str, Any]) -> Transaction:
        """Move money. ``force`` allows what real life also brings; the MD5 is over the text as given."""
        force = bool(given.get("force"))
        try:
            fields = self.scan(qr)
        except Refused:
            if not force:
                raise
            fields = khqr.decode(qr)
        md5 = khqr.md5_of(qr)
        fixed = fields["amount"]
        amount = str(given.get("amount") or fixed or "")
        currency = str(given.get("currency") or fields["currency"])
        to = str(given.get("to") or fields["bakong_account_id"])
        payer = str(given.get("from") or _PAYERS[0])
        if not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,2})?", amount):
            raise Refused("an amount is needed")
        strange = (fixed and Decimal(amount) != Decimal(str(fixed))) or (currency, to) != (
            fields["currency"],
            fields["bakong_account_id"],
        )
        with self.lock:
            paid = any(row.md5 == md5 and not row.failed for row in self.transactions)
            if not force and (strange or (paid and fixed)):
                raise Refused("paid already" if paid else "a dynamic QR fixes amount, currency and receiver")
            row = self._new(md5, payer, to, currency, amount, given.get("at_ms"), static=not fixed)
            self.transactions.append(row)
        self.save()
        return row

    def fail(self, qr: str) -> Transaction:
        """A transfer that failed at the bank."""
        fields = khqr.decode(qr)
        to, currency = str(fields["bakong_account_id"]), str(fields["currency"])
        amount = str(fields["amount"] or "0")
        with self.lock:
            row = self._new(khqr.md5_of(qr), _PAYERS[0], to, currency, amount, None, static=False)
            row.failed = True
            self.transactions.append(row)
        self.save()
        return row

    def _new(
        self, md5: str, payer: str, to: str, currency: str, amount: str, at_ms: int | None, *, static: bool
    ) -> Transaction:
        created = (self.now_ms() if at_ms is None else int(at_ms)) // 1000 * 1000
        later = random.choice((1000, 2000))  # noqa: S311
        reference = "100FT" + "".join(secrets.choice("0123456789") for _digit in range(11))
        return Transaction(
            md5, secrets.token_hex(32), payer, to, currency, amount, created, created + later, reference, static
        )

    def found(self, *, index_delay_ms: int = 0, **wanted: str) -> Transaction | None:
        """The first transaction with these values; a success before a failure, none that is not indexed yet."""
        with self.lock:
            rows = [
                row
                for row in self.transactions
                if all(getattr(row, name) == value for name, value in wanted.items())
                and self.now_ms() - row.created_ms >= index_delay_ms
            ]
        return next((row for row in rows if not row.failed), rows[0] if rows else None)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
