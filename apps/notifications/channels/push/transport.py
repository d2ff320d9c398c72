"""Hands one message to the push gateway, a small server of the operator's that talks to Google and Apple.

The contract is one request a phone: ``POST`` {id, token, platform, title, body} with the gateway's key, answered 200
with a JSON object. 404 and 410 mean that the token is no phone's any more. The id is the notification's, so that a
repeat after a lost answer replaces the same message on the phone. Without a gateway (``PUSH_GATEWAY_URL`` empty) the
stand-in takes its place.
"""

import time
from uuid import UUID

import orjson
import requests
from django.conf import settings

_GONE = {requests.codes.not_found, requests.codes.gone}
_LONGEST_ANSWER = 4096


class GatewayError(Exception):
    """The gateway did not take the message; it is tried again."""


class TokenGone(Exception):
    """Nobody listens under this token any more."""


def push_post(*, message_id: UUID, token: str, platform: str, title: str, body: str) -> None:
    """Send now. Raises TokenGone; GatewayError for a gateway that is down, slow, refuses or answers nonsense."""
    sent = {"id": str(message_id), "token": token, "platform": platform, "title": title, "body": body}
    until = time.monotonic() + settings.PUSH_TIMEOUT
    try:
        with requests.post(
            settings.PUSH_GATEWAY_URL,
            data=orjson.dumps(sent),
            headers={"Authorization": f"Bearer {settings.PUSH_GATEWAY_KEY}", "Content-Type": "application/json"},
            timeout=settings.PUSH_TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as answer:
            if answer.status_code in _GONE:
                raise TokenGone
            if answer.status_code != requests.codes.ok:
                raise GatewayError(f"the gateway answered {answer.status_code}")
            _understood(answer, until)
    except requests.RequestException as error:
        raise GatewayError(f"the gateway cannot be reached: {type(error).__name__}") from error


def _understood(answer: requests.Response, until: float) -> None:
    """The answer is a JSON object, in good time: a server that drips byte by byte holds up nobody."""
    text = b""
    for piece in answer.iter_content(512):
        text += piece
        if time.monotonic() > until or len(text) > _LONGEST_ANSWER:
            raise GatewayError("the gateway does not come to an end")
    try:
        understood = isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        understood = False
    if not understood:
        raise GatewayError("the gateway's answer makes no sense")
