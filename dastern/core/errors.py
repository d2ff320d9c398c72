"""Domain errors: a stable machine code, a sentence in the reader's language and a status; raised below the API."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class DomainError(Exception):
    """An expected refusal. Subclasses fix ``status``; apps define their own with a ``code`` and a ``message``.

    ``message`` may hold %(name)s placeholders filled from ``params``; ``errors`` are (camelCase path, reason) pairs;
    ``extra`` is added to the failure body (for instance retryAfter, limit, count).
    """

    status: ClassVar[int] = 400
    code: str = "ERROR"
    message: Text = _("The request could not be carried out.")

    def __init__(
        self,
        message: Text | None = None,
        *,
        code: str | None = None,
        errors: Sequence[tuple[str, Text]] = (),
        params: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.text = message if message is not None else self.message
        self.code = code or self.code
        self.errors = list(errors)
        self.params = dict(params or {})
        self.extra = dict(extra or {})
        self.retry_after = retry_after
        super().__init__(self.code)

    def localised(self) -> str:
        """The sentence in the active language."""
        return str(self.text) % self.params if self.params else str(self.text)


class Invalid(DomainError):
    """400: the input is wrong; name the fields."""

    status = 400
    code = "VALIDATION_ERROR"
    message = _("Please check the marked fields.")


class NotSignedIn(DomainError):
    """401."""

    status = 401
    code = "NOT_AUTHENTICATED"
    message = _("Please sign in.")


class Forbidden(DomainError):
    """403: role, grant or plan does not allow it."""

    status = 403
    code = "FORBIDDEN"
    message = _("You are not allowed to do this.")


class PlanLimit(Forbidden):
    """403: the plan's limit is reached; carries ``limit`` and ``count``."""

    code = "PLAN_LIMIT"
    message = _("Your plan's limit is reached.")


class FeatureLocked(Forbidden):
    """403: the plan does not hold this feature."""

    code = "FEATURE_LOCKED"
    message = _("Your plan does not include this feature.")


class NotFound(DomainError):
    """404: absent, or not visible to the asker; the two must look alike."""

    status = 404
    code = "NOT_FOUND"
    message = _("Not found.")


class Conflict(DomainError):
    """409: the state does not allow it."""

    status = 409
    code = "CONFLICT"
    message = _("This is not possible in the current state.")


class Stale(Conflict):
    """409: somebody changed it meanwhile."""

    code = "STALE"
    message = _("This was changed meanwhile. Reload it and try again.")


class Gone(DomainError):
    """410: expired."""

    status = 410
    code = "EXPIRED"
    message = _("This has expired.")


class TooLarge(DomainError):
    """413."""

    status = 413
    code = "PAYLOAD_TOO_LARGE"
    message = _("This is too large.")


class UnsupportedMedia(DomainError):
    """415."""

    status = 415
    code = "UNSUPPORTED_FORMAT"
    message = _("This file format is not supported.")


class Locked(DomainError):
    """423: too many failed attempts."""

    status = 423
    code = "ACCOUNT_LOCKED"
    message = _("Too many failed attempts. Please try again later.")


class Throttled(DomainError):
    """429 with Retry-After."""

    status = 429
    code = "THROTTLED"
    message = _("Too many requests. Please try again in %(seconds)s seconds.")

    def __init__(self, seconds: int, *, code: str | None = None, message: Text | None = None) -> None:
        super().__init__(
            message,
            code=code,
            params={"seconds": seconds},
            retry_after=seconds,
            extra={"retryAfter": seconds},
        )


class Unavailable(DomainError):
    """503: a part we depend on is down."""

    status = 503
    code = "SERVICE_UNAVAILABLE"
    message = _("This service is not available at the moment.")
