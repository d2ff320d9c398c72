"""Refusals that become a failure envelope."""

from typing import Any


class Refused(Exception):
    """Something the caller is told. ``code`` is stable, ``errors`` are ``field: reason``, ``data`` goes along."""

    def __init__(
        self, status: int, code: str, message: str, errors: list[str] | None = None, data: dict[str, Any] | None = None
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors or []
        self.data = data
        self.retry_after: int | None = None
        super().__init__(code)


def invalid(*errors: str) -> Refused:
    """400 naming the fields."""
    return Refused(400, "VALIDATION_ERROR", "The request is not valid.", list(errors))


def not_found(what: str = "payment") -> Refused:
    """404; the same for absent and for somebody else's."""
    return Refused(404, "NOT_FOUND", f"There is no such {what}.")


def too_many(code: str, message: str, retry_after: int) -> Refused:
    """429 with Retry-After."""
    refused = Refused(429, code, message)
    refused.retry_after = retry_after
    return refused
