"""The twelve paths under /v1/, as the bank answers them, with the faults of the run."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from payment_node.bakong_simulator.bank import ACCOUNT, Bank, Transaction
from payment_node.bakong_simulator.faults import MD5_LIST, Fault

_NGINX = (
    "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr><center>nginx</center></body></html>"
)
_CLOUDFRONT = (
    "<!DOCTYPE HTML><HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1>"
    "The Amazon CloudFront distribution is configured to block access from your country.</BODY></HTML>"
)
_HEX64 = re.compile(r"[0-9a-fA-F]{64}")
_MOST = 50


@dataclass(slots=True)
class Reply:
    """An answer on its way out. ``hold``: never answer; ``drop``: close half-way; ``cut``: send only half."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay_ms: int = 0
    hold: bool = False
    drop: bool = False


def _json(code: int, message: str, error: int | None, data: Any = None, status: int = 200) -> Reply:
    body = {"responseCode": code, "responseMessage": message, "errorCode": error, "data": data}
    return Reply(status, json.dumps(body).encode())


def _html(status: int, text: str) -> Reply:
    return Reply(status, text.encode(), "text/html")


def nginx(status: int, words: str) -> Reply:
    """An error page of the edge server."""
    return _html(status, _NGINX.format(f"{status} {words}"))


_NOT_FOUND = (1, "Transaction could not be found. Please check and try again.", 1)
_MISSING = (1, "Missing required fields", 5)
_UNAUTHORIZED = (1, "Unauthorized, not yet requested for token or code invalid", 6)


class Service:
    """Answers service calls against one bank."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.paths: dict[str, tuple[bool, Callable[[Any, list[Fault]], Reply]]] = {
            "/v1/request_token": (False, self._request_token),
            "/v1/verify": (False, self._verify),
            "/v1/renew_token": (False, self._renew),
            "/v1/check_transaction_by_md5": (True, self._one("md5", "md5")),
            "/v1/check_transaction_by_hash": (True, self._one("hash", "hash")),
            "/v1/check_transaction_by_short_hash": (True, self._short_hash),
            "/v1/check_transaction_by_instruction_ref": (True, self._one("instructionRef", None)),
            "/v1/check_transaction_by_external_ref": (True, self._one("externalRef", "external_ref")),
            MD5_LIST: (True, self._many("md5", "STATIC_QR")),
            "/v1/check_transaction_by_hash_list": (True, self._many("hash", "FAILED")),
            "/v1/check_bakong_account": (False, self._account),
            "/v1/generate_deeplink_by_qr": (False, self._deep_link),
        }

    def answer(self, method: str, path: str, authorization: str, raw: bytes) -> Reply:
        """One call, written into the log with what it got."""
        now = self.bank.now_ms()
        token = authorization.removeprefix("Bearer ") if authorization.startswith("Bearer ") else ""
        token_id = self.bank.token_id(token) if token else None
        with self.bank.lock:
            striking = [fault for fault in self.bank.faults if fault.hits(path, now)]
        reply = self._early(striking) or self._routed(method, path, token, token_id, raw, striking)
        _spoil(reply, striking)
        with self.bank.lock:
            self.bank.calls.append(
                {
                    "path": path,
                    "tokenId": token_id,
                    "at": now,
                    "status": reply.status,
                    "answer": reply.body.decode()[:300],
                }
            )
        return reply

    def _early(self, striking: list[Fault]) -> Reply | None:
        for fault in striking:
            if fault.kind == "timeout":
                return Reply(hold=True)
            if fault.kind == "geo_block":
                return _html(403, _CLOUDFRONT)
            if fault.kind == "nginx_403":
                return nginx(403, "Forbidden")
            if fault.kind == "http":
                reply = nginx(int(fault.value), "Error")
                if reply.status == 429:
                    reply.headers["Retry-After"] = "30"
                return reply
            if fault.kind in {"unauthorized", "unauthorized_200"}:
                return _json(*_UNAUTHORIZED, status=401 if fault.kind == "unauthorized" else 200)
            if fault.kind == "daily_limit":
                return self._limit()
            if fault.kind == "html_200":
                return _html(200, "<html><body>Maintenance</body></html>")
            if fault.kind == "null_data":
                return _json(0, "Success", None)
        return None

    def _limit(self) -> Reply:
        text = f"Daily request limit of {self.bank.daily_limit or 100} exceeded. Please try again tomorrow."
        return _json(1, text, 17)

    def _routed(
        self, method: str, path: str, token: str, token_id: str | None, raw: bytes, striking: list[Fault]
    ) -> Reply:
        if path not in self.paths:
            return nginx(404, "Not Found")
        if method != "POST":
            return nginx(405, "Not Allowed")
        needs_token, act = self.paths[path]
        if needs_token:
            if not token and path == MD5_LIST:
                return nginx(403, "Forbidden")
            if token_id is None:
                return _json(*_UNAUTHORIZED, status=401)
            if not self.bank.count(token_id):
                return self._limit()
        try:
            body = json.loads(raw)
        except ValueError:
            return _json(*_MISSING, status=400)
        return act(body, striking)

    # --- tokens ------------------------------------------------------------------------------------------------------

    def _request_token(self, body: Any, striking: list[Fault]) -> Reply:
        limits = {"email": 30, "organization": 100, "project": 100}
        if not all(_text(body, name) and len(body[name]) <= most for name, most in limits.items()):
            return _json(*_MISSING, status=400)
        if body["email"] in self.bank.mails:
            return _json(1, "Email is already registered", 8)
        self.bank.token(email=body["email"])
        return _json(0, "Please check your email.", None)

    def _verify(self, body: Any, striking: list[Fault]) -> Reply:
        if not _text(body, "code"):
            return _json(*_MISSING, status=400)
        if len(body["code"]) != 20:
            return _json(*_UNAUTHORIZED, status=401)
        return _json(0, "Success", None, {"token": self.bank.token()})

    def _renew(self, body: Any, striking: list[Fault]) -> Reply:
        if not _text(body, "email"):
            return _json(*_MISSING, status=400)
        if body["email"] not in self.bank.mails:
            return _json(1, "Not registered yet", 10)
        with self.bank.lock:
            self.bank.renewals += 1
        return _json(0, "Token has been issued", None, {"token": self.bank.token(email=body["email"])})

    # --- transactions ------------------------------------------------------------------------------------------------

    def _one(self, name: str, column: str | None) -> Callable[[Any, list[Fault]], Reply]:
        def act(body: Any, striking: list[Fault]) -> Reply:
            if not _text(body, name) or (name == "hash" and not _HEX64.fullmatch(body[name])):
                return _json(*_MISSING, status=400)
            row = self._found(column, body[name], striking) if column else None
            if row is None:
                return _json(*_NOT_FOUND)
            if row.static and name == "md5":
                return _json(1, "Static QR is not supported", 2)
            if row.failed:
                return _json(1, "Transaction failed.", 3)
            return self._paid(row, striking)

        return act

    def _found(self, column: str, value: str, striking: list[Fault]) -> Transaction | None:
        delay = sum(int(fault.value) for fault in striking if fault.kind == "index_delay_ms")
        if any(fault.kind == "duplicate_hash" for fault in striking):
            return next((row for row in self.bank.transactions if not row.failed), None)
        return self.bank.found(index_delay_ms=delay, **{column: value})

    def _paid(self, row: Transaction, striking: list[Fault]) -> Reply:
        # amounts are JSON numbers in major units: written as text, so that no float comes in between
        data = json.dumps(_transaction(row, striking))
        amount = _number(row.amount, striking)
        body = '{"responseCode":0,"responseMessage":"Success","errorCode":null,"data":' + data + "}"
        return Reply(200, body.replace('"@amount@"', amount).encode())

    def _short_hash(self, body: Any, striking: list[Fault]) -> Reply:
        if not (_text(body, "hash") and _text(body, "currency") and isinstance(body.get("amount"), int | float)):
            return _json(*_MISSING, status=400)
        for row in self.bank.transactions:
            same_money = (float(row.amount), row.currency) == (float(body["amount"]), body["currency"])
            if same_money and row.hash[:8] == body["hash"] and not row.failed:
                return self._paid(row, striking)
        return _json(*_NOT_FOUND)

    def _many(self, column: str, odd: str) -> Callable[[Any, list[Fault]], Reply]:
        def act(body: Any, striking: list[Fault]) -> Reply:
            if not isinstance(body, list) or not 0 < len(body) <= _MOST or not all(isinstance(x, str) for x in body):
                return _json(*_MISSING, status=400)
            items = [self._item(column, value, odd, striking) for value in body]
            if any(fault.kind == "reorder" for fault in striking):
                items.reverse()
            if any(fault.kind == "drop_item" for fault in striking):
                items = items[1:]
            text = "[" + ",".join(items) + "]"
            body_text = '{"responseCode":0,"responseMessage":"Success","errorCode":null,"data":' + text + "}"
            return Reply(200, body_text.encode())

        return act

    def _item(self, column: str, value: str, odd: str, striking: list[Fault]) -> str:
        row = self._found(column, value, striking)
        status, data, amount = "NOT_FOUND", None, ""
        if row is not None:
            status = odd if row.failed or row.static else "SUCCESS"
            if status == "SUCCESS":
                data, amount = _transaction(row, striking), _number(row.amount, striking)
        item = {column: value, "status": status, "message": status.capitalize(), "data": data}
        return json.dumps(item).replace('"@amount@"', amount)

    # --- the rest ----------------------------------------------------------------------------------------------------

    def _account(self, body: Any, striking: list[Fault]) -> Reply:
        if not _text(body, "accountId"):
            return _json(*_MISSING, status=400)
        if not ACCOUNT.fullmatch(body["accountId"]):
            return _json(1, "Account ID is invalid", 12)
        if body["accountId"] not in self.bank.accounts:
            return _json(1, "Account ID not found", 11)
        return _json(0, "Account ID exists", None)

    def _deep_link(self, body: Any, striking: list[Fault]) -> Reply:
        if not _text(body, "qr"):
            return _json(*_MISSING)
        source = body.get("sourceInfo")
        if source is not None and not all(_text(source, n) for n in ("appIconUrl", "appName", "appDeepLinkCallback")):
            return _json(*_MISSING)
        with self.bank.lock:
            number = f"{len(self.bank.shown) + 1:x}"
            self.bank.shown[number] = body["qr"]
        self.bank.save()
        return _json(0, "Success", None, {"shortLink": f"{self.bank.address}/_sim/open/{number}"})


def _text(body: Any, name: str) -> bool:
    return isinstance(body, dict) and isinstance(body.get(name), str) and bool(body[name])


def _transaction(row: Transaction, striking: list[Fault]) -> dict[str, Any]:
    kinds = {fault.kind for fault in striking}
    data: dict[str, Any] = {
        "hash": row.hash,
        "fromAccountId": row.from_account,
        "toAccountId": row.to_account,
        "currency": row.currency,
        "amount": row.amount if "wrong_type" in kinds else "@amount@",
        "description": None,
        "createdDateMs": str(row.created_ms) if "wrong_type" in kinds else row.created_ms,
        "acknowledgedDateMs": row.acknowledged_ms,
        "trackingStatus": row.tracking,
        "receiverBank": None,
        "receiverBankAccount": None,
        "instructionRef": None,
        "externalRef": row.external_ref,
    }
    return data | ({"settlementBatch": "B-7"} if "extra_fields" in kinds else {})


def _number(amount: str, striking: list[Fault]) -> str:
    if any(fault.kind == "swap_amount" for fault in striking):
        return "0.01"
    return amount.rstrip("0").rstrip(".") if "." in amount else amount


def _spoil(reply: Reply, striking: list[Fault]) -> None:
    for fault in striking:
        if fault.kind == "delay_ms":
            reply.delay_ms += int(fault.value)
        elif fault.kind == "drop":
            reply.drop = True
        elif fault.kind == "truncate":
            reply.body = reply.body[: len(reply.body) // 2]
