"""HTTP to Bakong: POST with JSON, bounded in time; whatever goes wrong becomes an answer, never an exception."""

import functools
import os
import time
from typing import Any

import httpx
from django.conf import settings

from payment_node.bakong import answers
from payment_node.bakong.answers import Answer
from payment_node.bakong.choices import AnswerKind

CONNECTION_FAILED = "connection"
_BODY_MOST = 1_000_000


@functools.cache
def _session(_process: int, base_url: str) -> httpx.Client:
    return httpx.Client(base_url=base_url, timeout=settings.BAKONG_TIMEOUT_SECONDS, follow_redirects=False)


def post(path: str, body: Any, *, token: str = "", check: bool = False) -> tuple[Answer, int]:
    """The answer and how many milliseconds it took; ``check`` reads a transaction out of it."""
    started = time.monotonic()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        response = _session(os.getpid(), settings.BAKONG_BASE_URL).post(path, json=body, headers=headers)
        read = answers.read_check if check else answers.read
        answer = read(response.status_code, response.content[:_BODY_MOST], response.headers.get("Retry-After"))
    except httpx.ConnectError:
        answer = Answer(AnswerKind.UNKNOWN, detail=CONNECTION_FAILED)
    except httpx.HTTPError as error:
        answer = Answer(AnswerKind.UNKNOWN, detail=type(error).__name__)
    return answer, round((time.monotonic() - started) * 1000)
