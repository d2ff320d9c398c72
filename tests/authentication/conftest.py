"""Mail that was sent, and a person who just registered."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail

from dastern.outbox.drainer import drain
from tests.support.people import PASSWORD, Api

SOKHA: dict[str, Any] = {
    "firstName": "Sokha",
    "lastName": "Chan",
    "gender": "FEMALE",
    "dateOfBirth": "1960-04-14",
    "email": "Sokha@Example.com",
    "password": PASSWORD,
    "phoneNumber": "+855 12 345 678",
}


def mails() -> list[Any]:
    """Everything sent so far, after handing out what waits."""
    drain()
    drain()  # a message may queue a mail
    return list(mail.outbox)


def code_mailed() -> str:
    """The code of the last mail that holds one."""
    for message in reversed(mails()):
        if found := re.search(r"^\d{6}$", message.body, re.MULTILINE):
            return found.group()
    raise AssertionError("no code was mailed")


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def login(email: str, password: str = PASSWORD, **more: Any) -> Any:
    """POST auth/login."""
    return Api().post("auth/login", {"identifier": email, "password": password, **more})


def signed_in(session: dict[str, Any]) -> Api:
    """A client with the access token of an answer."""
    return Api(authorization=f"Bearer {session['accessToken']}")


def client_with(**headers: str) -> Api:
    """A signed-out client that sends these headers (``user_agent`` for User-Agent)."""
    api = Api()
    api.headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    return api


@pytest.fixture
def register() -> Callable[..., Any]:
    """``register(email=…)`` registers Sokha, with changes."""

    def post(kind: str = "patient", **changes: Any) -> Any:
        return Api().post(f"auth/register/{kind}", {**SOKHA, **changes})

    return post
