"""One JSON object a log line, with the request id, and never a secret."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="")
_SECRET = re.compile(r"(?i)(bearer\s+|password[\"'=:\s]+|token[\"'=:\s]+|otp[\"'=:\s]+)[^\s\"',}]+")


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON; fields passed as ``extra={"fields": {...}}`` stand beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _SECRET.sub(r"\1***", record.getMessage()),
        }
        if current := request_id.get():
            line["requestId"] = current
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = _SECRET.sub(r"\1***", self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)
