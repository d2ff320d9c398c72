"""A small mail server of a chosen temper, on a real socket: accepting, refusing, silent or talking nonsense."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message


class SmtpServer(socketserver.ThreadingTCPServer):
    """Keeps what it accepted in ``mails``. ``temper``: accept, refuse, hang, hang_after_data, nonsense, drop."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, temper: str = "accept") -> None:
        self.temper = temper
        self.mails: list[Message] = []
        self.changed = threading.Condition()
        self.released = threading.Event()
        super().__init__(("127.0.0.1", 0), _Session)

    @property
    def port(self) -> int:
        """The port it was given."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """As EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def message_ids(self) -> list[str]:
        """Message-IDs in the order of arrival."""
        return [str(mail["Message-ID"]) for mail in self.mails]

    def wait_for(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until ``condition`` holds for what has arrived. Raises AssertionError when it does not."""
        with self.changed:
            assert self.changed.wait_for(condition, seconds)


class _Session(socketserver.StreamRequestHandler):
    server: SmtpServer

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        match self.server.temper:
            case "hang":
                self.server.released.wait()
                return
            case "nonsense":
                self.wfile.write(b"\xff\xfe HTTP/1.1 418 teapot\r\n" * 3)
                return
            case "drop":
                self.request.shutdown(socket.SHUT_RDWR)
                return
        self._say("220 test")
        while line := self.rfile.readline():
            word = line.strip().upper()[:4]
            if word in {b"EHLO", b"HELO", b"MAIL", b"RSET", b"NOOP"}:
                self._say("250 ok")
            elif word == b"RCPT":
                self._say("550 no such box" if self.server.temper == "refuse" else "250 ok")
            elif word == b"DATA":
                self._data()
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("500 what")

    def _data(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        with self.server.changed:
            self.server.mails.append(message_from_bytes(b"".join(lines)))
            self.server.changed.notify_all()
        if self.server.temper == "hang_after_data":
            self.server.released.wait()
            return
        self._say("250 taken")


@contextmanager
def smtp_server(temper: str = "accept") -> Iterator[SmtpServer]:
    """A running server."""
    server = SmtpServer(temper)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
