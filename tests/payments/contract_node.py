"""A payment node made of the contract alone (tests/golden/payments), on a real socket, of a chosen temper.

The real node is tested with in test_with_the_node.py; this one can also do what a healthy node never does.
"""

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from apps.payments.signing import refusal, sign
from dastern.core import clock
from dastern.core.localtime import iso

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "payments"
KEYS: dict[str, str] = json.loads((GOLDEN / "signing.json").read_text())["keys"]
API_KEY = "example-api-key-of-the-main-server"
WEBHOOK_API_KEY = "example-api-key-of-the-node"
WEBHOOK_PATH = "/api/v1/payments/webhook"
_NONSENSE = {
    "error": (502, b"<html>Bad Gateway</html>"),
    "html": (200, b"<html>hello</html>"),
    "huge": (200, b" " * (3 * 1024 * 1024)),
}
_PATH = re.compile(r"/api/payments/(?P<md5>[0-9a-f]{32})/(?P<verb>check|cancel)$")


class ContractNode(ThreadingHTTPServer):
    """Keeps payments in memory. ``temper``: ok, hang, drop, error, html, broken, other_amount, other_md5, huge."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.temper = "ok"
        self.payments: dict[str, dict[str, Any]] = {}
        self.by_key: dict[str, str] = {}
        self.event_ids: set[str] = set()
        self.calls: list[str] = []
        self.released = threading.Event()
        self.lock = threading.RLock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def create(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """POST create, as the contract has it."""
        with self.lock:
            key = body["idempotencyKey"]
            if key in self.by_key:
                return 200, self._shown(self.by_key[key], image=True)
            for md5, one in self.payments.items():
                if one["userId"] == body["userId"] and one["status"] == "PENDING" and one["expires"] > clock.now():
                    return 409, {"code": "OPEN_PAYMENT", "data": self._shown(md5, image=True)}
            number = len(self.payments) + 1
            qr = f"000201010212-{number}-{uuid4().hex}"
            md5 = hashlib.md5(qr.encode(), usedforsecurity=False).hexdigest()
            self.payments[md5] = {
                "transactionId": str(uuid4()), "userId": body["userId"],
                "billNumber": f"DT-179500000{number:04d}-{md5[:8].upper()}",
                "md5Hash": md5, "planType": body["planType"], "kind": body["kind"], "amount": body["amount"],
                "currency": body["currency"], "status": "PENDING", "reason": None, "reviewReason": None, "sequence": 0,
                "qrCode": qr, "deepLink": None, "created": clock.now(), "expires": clock.now() + timedelta(minutes=10),
                "paidAt": None, "checking": {"state": "ACTIVE", "reason": None, "resumesAt": None},
            }  # fmt: skip
            self.by_key[key] = md5
            return 201, self._shown(md5, image=True)

    def _shown(self, md5: str, *, image: bool = False) -> dict[str, Any]:
        one = dict(self.payments[md5])
        created, expires = one.pop("created"), one.pop("expires")
        shown = one | {
            "createdAt": iso(created), "expiresAt": iso(expires), "refundedAt": None, "somethingNew": 1,
            "qrImagePath": "data:image/png;base64,AAAA" if image else None,
        }  # fmt: skip
        if self.temper == "other_amount":
            shown["amount"] = "0.01"
        if self.temper == "other_md5":
            shown["md5Hash"] = "0" * 32
        return shown

    def cancel(self, md5: str) -> tuple[int, dict[str, Any]]:
        """POST cancel."""
        with self.lock:
            one = self.payments[md5]
            if one["status"] not in {"PENDING", "CANCELLED"} or one["reviewReason"]:
                return 409, {"code": "NOT_CANCELLABLE", "data": self._shown(md5)}
            one.update(status="CANCELLED", reason="CANCELLED_BY_USER")
            return 200, self._shown(md5)

    def move(self, md5: str, status: str, reason: str | None = None) -> dict[str, Any]:
        """The payment changes at the node; the event that it will send, unsigned."""
        with self.lock:
            one = self.payments[md5]
            one.update(status=status, reason=reason, sequence=one["sequence"] + 1, reviewReason=None)
            if status == "COMPLETED":
                one["paidAt"] = iso(clock.now())
            return {
                "eventId": str(uuid4()), "event": f"PAYMENT_{status}", "sequence": one["sequence"],
                "occurredAt": iso(clock.now()),
                "data": {
                    name: one[name]
                    for name in ("transactionId", "userId", "md5Hash", "billNumber", "planType", "kind", "amount",
                                 "currency", "status", "paidAt", "reason")
                },
            }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    server: ContractNode
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's own word)
        """Nothing."""

    def do_GET(self) -> None:
        """A reading call."""
        self._serve(b"")

    def do_POST(self) -> None:
        """A writing call."""
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _serve(self, raw: bytes) -> None:
        node = self.server
        node.calls.append(f"{self.command} {self.path.partition('?')[0]}")
        if node.temper == "hang":
            node.released.wait()
        elif node.temper == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif node.temper in _NONSENSE:
            self._send(*_NONSENSE[node.temper])
        else:
            status, body = self._answer(raw)
            content = json.dumps(body, ensure_ascii=False).encode()
            self._send(status, content[:-20] if node.temper == "broken" else content)

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, raw: bytes) -> tuple[int, dict[str, Any]]:
        node = self.server
        why = refusal(
            KEYS, key_id=self.headers["X-Key-Id"], timestamp=self.headers["X-Timestamp"],
            signature=self.headers["X-Signature"], method=self.command, path=self.path, body=raw, now=time.time(),
        )  # fmt: skip
        if why or self.headers["X-API-Key"] != API_KEY:
            return self._failure(401, "UNAUTHORIZED")
        if self.command == "POST":
            if self.headers["X-Event-Id"] in node.event_ids:
                return self._failure(409, "REPLAYED_REQUEST")
            node.event_ids.add(self.headers["X-Event-Id"])
        body = json.loads(raw or b"{}")
        path, _, query = self.path.partition("?")
        if path == "/api/payments/create":
            status, data = node.create(body)
        elif path == "/api/payments/bulk-check":
            status, data = 200, {"items": [node._shown(md5) for md5 in body["md5Hashes"] if md5 in node.payments]}
        elif found := _PATH.match(path):
            status, data = self._owned(found["md5"], body["userId"], found["verb"])
        else:
            status, data = self._owned(path.rpartition("/")[2], query.removeprefix("userId="), "status")
        return self._failure(status, data["code"], data.get("data")) if "code" in data else self._success(status, data)

    def _owned(self, md5: str, user_id: str, verb: str) -> tuple[int, dict[str, Any]]:
        node = self.server
        if md5 not in node.payments or node.payments[md5]["userId"] != user_id:
            return 404, {"code": "NOT_FOUND"}
        if verb == "cancel":
            return node.cancel(md5)
        extra = {"check": {"accepted": True, "retryAfterSeconds": 15}} if verb == "check" else {}
        return 200, node._shown(md5) | extra

    @staticmethod
    def _success(status: int, data: Any) -> tuple[int, dict[str, Any]]:
        return status, {"success": True, "data": data, "message": "", "timestamp": iso(clock.now())}

    @staticmethod
    def _failure(status: int, code: str, data: Any = None) -> tuple[int, dict[str, Any]]:
        extra = {"data": data} if data else {}
        return status, {
            "success": False, "statusCode": status, "code": code, "message": code, "errors": [], "requestId": "1",
        } | extra  # fmt: skip


@contextmanager
def contract_node() -> Iterator[ContractNode]:
    """A running one."""
    node = ContractNode()
    thread = threading.Thread(target=node.serve_forever, daemon=True)
    thread.start()
    try:
        yield node
    finally:
        node.released.set()
        node.shutdown()
        node.server_close()
        thread.join(10)


def signed(event: dict[str, Any] | bytes, *, at: float | None = None) -> tuple[bytes, dict[str, str]]:
    """An event as the node sends it: raw body and headers."""
    raw = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
    found = re.search(rb'"eventId": ?"([^"]*)"', raw)
    key_id, timestamp = "node-2026a", str(int(time.time() if at is None else at))
    event_id = found[1].decode() if found else ""
    return raw, {
        "x-api-key": WEBHOOK_API_KEY, "x-key-id": key_id, "x-timestamp": timestamp, "x-event-id": event_id,
        "x-signature": sign(KEYS[key_id], timestamp, "POST", WEBHOOK_PATH, raw),
    }  # fmt: skip
