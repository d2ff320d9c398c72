"""The HTTP program."""

import contextlib
import json
import socket
import struct
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

from payment_node.bakong_simulator.bank import Bank
from payment_node.bakong_simulator.payer import Payer
from payment_node.bakong_simulator.service import Reply, Service, nginx

_PAGES = {"/": ("page.html", "text/html; charset=utf-8"), "/_sim/page.js": ("page.js", "text/javascript")}
_HOLD_SECONDS = 120.0
_BODY_MOST = 6_000_000


class Simulator(ThreadingHTTPServer):
    """One bank behind one port of 127.0.0.1."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, bank: Bank, port: int = 0) -> None:
        self.bank = bank
        self.service, self.payer = Service(bank), Payer(bank)
        super().__init__(("127.0.0.1", port), _Handler)
        bank.address = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error here."""


class _Handler(BaseHTTPRequestHandler):
    server: Simulator
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """A page, or a look."""
        self._answer("GET")

    def do_POST(self) -> None:
        """An act, or a service call."""
        self._answer("POST")

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every other method is handled like POST, and refused further down."""
        if name.startswith("do_"):
            return self.do_POST
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Calls are kept in the bank's own log."""

    def _answer(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(min(length, _BODY_MOST))
        path = self.path.partition("?")[0]
        if path.startswith("/v1/"):
            reply = self.server.service.answer(self.command, path, self.headers.get("Authorization", ""), raw)
        elif path in _PAGES or path.startswith("/_sim/open/"):
            reply = self._page(path)
        elif path == "/_sim/picture" and method == "POST":
            reply = _read_picture(raw)
        elif path.startswith("/_sim/"):
            reply = self.server.payer.answer(method, path, raw)
        else:
            reply = nginx(404, "Not Found")
        self._send(reply)

    def _page(self, path: str) -> Reply:
        file, kind = _PAGES.get(path, _PAGES["/"])
        return Reply(200, (Path(__file__).parent / file).read_bytes(), kind)

    def _send(self, reply: Reply) -> None:
        if reply.delay_ms:
            time.sleep(reply.delay_ms / 1000)
        if reply.hold:
            self.connection.settimeout(_HOLD_SECONDS)
            with contextlib.suppress(OSError):
                self.connection.recv(1)  # until the client gives up
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.drop:
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        if self.command != "HEAD":
            self.wfile.write(reply.body)


def _read_picture(raw: bytes) -> Reply:
    """The text of a QR in a picture, where a reader is installed."""
    if find_spec("zxingcpp") is None:
        return Reply(501, b'{"error": "no reader for pictures is installed: paste the text of the QR"}')
    import io

    import zxingcpp
    from PIL import Image, UnidentifiedImageError

    try:
        picture = Image.open(io.BytesIO(raw)).convert("L")
        found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    except (UnidentifiedImageError, OSError):
        return Reply(400, b'{"error": "this is no picture"}')
    if not found:
        return Reply(400, b'{"error": "there is no QR in this picture"}')
    return Reply(200, json.dumps({"qr": found[0].bytes.decode()}).encode())
