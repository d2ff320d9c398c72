"""A small push gateway of a chosen temper, on a real socket."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_ANSWERS = {"refuse": 500, "gone": 410, "redirect": 302, "unauthorised": 401}


class Gateway(ThreadingHTTPServer):
    """Keeps what it accepted in ``taken``. ``temper``: accept, one of ``_ANSWERS``, hang, drip, nonsense, list, drop.

    ``asked`` counts every request."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        self.temper = "accept"
        self.asked = 0
        self.taken: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.released = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}/send"


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silence."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked += 1
        temper = self.server.temper
        if temper == "hang":
            self.server.released.wait()
            return
        if temper == "drop":
            self.connection.close()
            return
        if temper == "nonsense":
            self.wfile.write(b"\xff\xfe 220 smtp ready\r\n" * 3)
            return
        if temper == "accept":
            self.server.keys.add(self.headers["Authorization"])
            self.server.taken.append(body)
        self.send_response(_ANSWERS.get(temper, 200))
        if temper == "redirect":
            self.send_header("Location", "http://127.0.0.1:9/")
        self.end_headers()
        if temper == "drip":
            while not self.server.released.is_set():
                self.wfile.write(b" " * 512)
                time.sleep(0.05)
        else:
            self.wfile.write(b"[1]" if temper == "list" else b'{"accepted": true}')


@contextmanager
def gateway() -> Iterator[Gateway]:
    """A running gateway."""
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
