"""The payer's side under /_sim/: what a bank app, and a test, does to the bank."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from payment_node.bakong_simulator import faults
from payment_node.bakong_simulator.bank import Bank, Refused
from payment_node.bakong_simulator.service import Reply
from payment_node.khqr import KhqrError


def _json(data: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(data).encode())


class Payer:
    """Acts on one bank."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.posts: dict[str, Callable[[dict[str, Any]], Any]] = {
            "/_sim/scan": lambda body: bank.scan(_qr(body)),
            "/_sim/pay": lambda body: asdict(bank.pay(_qr(body), body)),
            "/_sim/fail": lambda body: asdict(bank.fail(_qr(body))),
            "/_sim/track": self._track,
            "/_sim/accounts": self._accounts,
            "/_sim/tokens": lambda body: {"token": bank.token(**body)},
            "/_sim/clock": self._clock,
            "/_sim/limit": self._limit,
            "/_sim/faults": self._faults,
            "/_sim/reset": lambda _body: bank.reset(),
        }

    def answer(self, method: str, path: str, raw: bytes) -> Reply:
        """One act, or a look."""
        if method == "GET" and path == "/_sim/calls":
            with self.bank.lock:
                return _json({"calls": list(self.bank.calls), "renewals": self.bank.renewals})
        if method == "GET" and path == "/_sim/state":
            return _json(self._state())
        act = self.posts.get(path)
        if method != "POST" or act is None:
            return _json({"error": "no such act"}, 404)
        try:
            return _json(act(json.loads(raw or b"{}")))
        except (Refused, KhqrError, ValueError, TypeError, KeyError, AttributeError) as error:
            return _json({"error": str(error)}, 400)

    def _state(self) -> dict[str, Any]:
        with self.bank.lock:
            return {
                "nowMs": self.bank.now_ms(),
                "accounts": sorted(self.bank.accounts),
                "shown": list(reversed(self.bank.shown.items()))[:20],
                "transactions": [asdict(row) for row in reversed(self.bank.transactions[-30:])],
                "used": sum(n for (_token, day), n in self.bank.used.items() if day == self.bank.day()),
                "dailyLimit": self.bank.daily_limit,
            }

    def _track(self, body: dict[str, Any]) -> dict[str, Any]:
        row = self.bank.found(hash=str(body["hash"]))
        if row is None:
            raise Refused("no such transaction")
        row.tracking = body["status"]
        self.bank.save()
        return asdict(row)

    def _accounts(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.bank.lock:
            self.bank.accounts.add(str(body["accountId"]))
        self.bank.save()
        return {"accountId": body["accountId"]}

    def _clock(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.bank.lock:
            if "now_ms" in body:
                self.bank.offset_ms += int(body["now_ms"]) - self.bank.now_ms()
            self.bank.offset_ms += int(body.get("advance_ms", 0))
        return {"nowMs": self.bank.now_ms()}

    def _limit(self, body: dict[str, Any]) -> dict[str, Any]:
        self.bank.daily_limit = int(body["daily_limit"])
        return {"dailyLimit": self.bank.daily_limit}

    def _faults(self, body: Any) -> dict[str, Any]:
        wanted = [faults.parse(one) for one in body]
        with self.bank.lock:
            self.bank.faults = wanted
        return {"faults": len(wanted)}


def _qr(body: dict[str, Any]) -> str:
    qr = body["qr"]
    if not isinstance(qr, str):
        raise Refused("qr: not a text")
    return qr
