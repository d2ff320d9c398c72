"""Idempotency-Key: a write that a client repeats within 24 h is done once and answered the same (domain.md §1.4).

The request runs inside one transaction together with the row that keeps its answer, so a process that dies between
the two leaves neither, and a key can never be "running" for ever.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from dastern.core import clock
from dastern.core.api.exceptions import failure_response
from dastern.core.errors import Conflict, DomainError, Invalid, TooLarge, Unavailable
from dastern.core.models import IdempotencyKey

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
_LONGEST = 100
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Answers about the moment, not about the request: a repeat must be judged anew.
_NOT_KEPT = frozenset({401, 409, 423, 429})
_SECRETS = "/api/v1/auth/"  # answers with tokens are never kept


class KeyReused(DomainError):
    """422: the key was used for another request."""

    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"
    message = _("This Idempotency-Key was used for another request.")


class StillRunning(Conflict):
    """409: the first request with this key is not finished."""

    code = "REQUEST_IN_PROGRESS"
    message = _("The first request with this key is still being handled.")


def applies(request: HttpRequest) -> bool:
    """True for a signed-in JSON write with a key. Uploads are not repeated by key."""
    return (
        HEADER in request.headers
        and request.method in _WRITES
        and getattr(request, "claims", None) is not None
        and not request.path_info.startswith(_SECRETS)
        and not (request.content_type or "").startswith("multipart/")
    )


def once(request: HttpRequest, handle: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """``handle()``, or the answer it gave before to this user and key.

    422 for a key used with another request, 409 while the first still runs. 401, 409, 423, 429 and 5xx are not kept.
    """
    key = request.headers[HEADER]
    if not (0 < len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        return failure_response(request, Invalid(errors=[(HEADER, _("Give 1 to 100 printable ASCII characters."))]))
    try:
        with transaction.atomic():
            return _once(request, key, handle)
    except DomainError as error:
        return failure_response(request, error)
    except RequestDataTooBig:
        return failure_response(request, TooLarge())
    except OperationalError:
        return failure_response(request, Unavailable())


def _once(request: HttpRequest, key: str, handle: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    user_id = cast("Any", request).claims.user_id
    fingerprint = _fingerprint(request)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotency:{user_id}:{key}"])
        if not cursor.fetchone()[0]:
            raise StillRunning
    moment = clock.now()
    kept = IdempotencyKey.objects.filter(user_id=user_id, key=key).first()
    if kept and kept.created_at > moment - KEPT:
        if kept.request_hash != fingerprint:
            raise KeyReused
        return HttpResponse(bytes(kept.body or b""), status=kept.status, content_type="application/json")
    response = handle()
    render = getattr(response, "render", None)
    if render is not None:
        response = render()
    if response.status_code < 500 and response.status_code not in _NOT_KEPT:
        IdempotencyKey.objects.update_or_create(
            user_id=user_id,
            key=key,
            defaults={
                "request_hash": fingerprint,
                "status": response.status_code,
                "body": cast("HttpResponse", response).content,
                "created_at": moment,
            },
        )
    return response


def _fingerprint(request: HttpRequest) -> str:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()


def forget_old() -> int:
    """Delete answers older than 24 h; the nightly clean-up. Returns how many."""
    deleted, _by_model = IdempotencyKey.objects.filter(created_at__lte=clock.now() - KEPT).delete()
    return deleted
