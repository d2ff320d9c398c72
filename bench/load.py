"""A small HTTP load generator: keep-alive connections, requests made beforehand, answers checked for their status."""

import asyncio
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shot:
    """What a run of requests showed. Latencies in seconds, sorted."""

    seconds: float
    latencies: list[float]
    failures: int

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    def quantile(self, q: float) -> float:
        """A latency in milliseconds."""
        return self.latencies[min(int(len(self.latencies) * q), len(self.latencies) - 1)] * 1000


def request_bytes(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """One HTTP/1.1 request, ready to be written to a socket."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _client(port: int, requests: list[bytes], deadline: float, seen: list[float], bad: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        started = time.perf_counter()
        if started > deadline:
            break
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        if b"content-length:" in lower:
            length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
        elif b"transfer-encoding: chunked" in lower:
            while size := int((await reader.readline()).strip() or b"0", 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        seen.append(time.perf_counter() - started)
        if not head.startswith(b"HTTP/1.1 2"):
            bad.append(head[:120])
    writer.close()


async def _fire(port: int, requests: list[bytes], clients: int, seconds: float) -> Shot:
    seen: list[float] = []
    bad: list[bytes] = []
    started = time.perf_counter()
    await asyncio.gather(*(_client(port, requests[n::clients], started + seconds, seen, bad) for n in range(clients)))
    elapsed = time.perf_counter() - started
    if bad:
        sys.stderr.write(f"  {len(bad)} answers were no success, such as {bad[0]!r}\n")
    return Shot(elapsed, sorted(seen), len(bad))


def fire(port: int, requests: list[bytes], *, clients: int, seconds: float = 60.0) -> Shot:
    """Send every request once over ``clients`` connections, for ``seconds`` at most."""
    return asyncio.run(_fire(port, requests, clients, seconds))
