"""JSON lines. Secrets are masked twice: by the name of a field, and by what they look like inside any text."""

import json
import logging
import re
from typing import Any

from django.conf import settings

from payment_node.core import clock

MASK = "***"
_SECRET_NAME = re.compile(r"token|secret|signature|api.?key|authori[sz]ation|password|cookie|credential", re.IGNORECASE)
_SECRET_LOOK = (
    re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*"),  # a JWT
    re.compile(r"(?i)(?<=bearer )\S+"),
    re.compile(r"(?<=://)[^/@\s]*:[^/@\s]+(?=@)"),  # the password in a URL
)
_SHORTEST = 8


def _known_secrets() -> list[str]:
    values = [settings.SECRET_KEY, settings.MAIN_API_KEY, settings.MAIN_SECRET, settings.BAKONG_TOKEN]
    return [value for value in (*values, *settings.SIGNING_SECRETS.values()) if len(value) >= _SHORTEST]


def masked_text(text: str) -> str:
    """``text`` without what looks like a secret and without the secrets of this node."""
    for look in _SECRET_LOOK:
        text = look.sub(MASK, text)
    for secret in _known_secrets():
        text = text.replace(secret, MASK)
    return text


def masked(value: Any) -> Any:
    """``value`` with every secret masked, at any depth."""
    if isinstance(value, dict):
        return {name: MASK if _SECRET_NAME.search(str(name)) else masked(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner) for inner in value]
    return masked_text(value) if isinstance(value, str) else value


class JsonFormatter(logging.Formatter):
    """One line of JSON a record; ``extra={"fields": {...}}`` adds fields."""

    def __init__(self, stream: str = "error") -> None:
        super().__init__()
        self.stream = stream

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": clock.iso(clock.now()),
            "stream": self.stream,
            "level": record.levelname,
            "logger": record.name,
            "event": masked_text(record.getMessage()),
            **masked(getattr(record, "fields", {})),
        }
        if record.exc_info:
            line["error"] = masked_text(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def payment(event: str, **fields: Any) -> None:
    """A line of the payment stream."""
    logging.getLogger("node.payment").info(event, extra={"fields": fields})


def alarm(event: str, **fields: Any) -> None:
    """A line of the error stream that a person should look at."""
    logging.getLogger("node.alarm").error(event, extra={"fields": fields})
