"""The base of API views: five steps, nothing else — authenticate, parse, one question, one call, render."""

from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dastern.core import idempotency
from dastern.core.actor import Actor
from dastern.core.api.authentication import actor_of
from dastern.core.api.serializers import StrictSerializer
from dastern.core.errors import NotFound

S = TypeVar("S", bound=StrictSerializer)
# What each serializer makes of an empty query: its defaults. Hot endpoints are asked that way nearly always.
_UNASKED: dict[type[StrictSerializer], dict[str, Any]] = {}


class ApiView(APIView):
    """An APIView that knows its actor and parses strictly.

    A signed-in write that carries an Idempotency-Key is done once: a repeat gets the first answer (core/idempotency).
    Views whose answers hold secrets, or that are idempotent by other means, set ``honours_idempotency_key = False``.
    """

    honours_idempotency_key = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Handle one request, or repeat the answer it was given before."""
        if self.honours_idempotency_key and idempotency.applies(request):
            return idempotency.once(request, lambda: super(ApiView, self).dispatch(request, *args, **kwargs))
        return super().dispatch(request, *args, **kwargs)

    def actor(self) -> Actor:
        """Who asks. Raises NotSignedIn for nobody."""
        return actor_of(self.request)

    def parse(self, serializer: type[S], data: Any = None) -> dict[str, Any]:
        """Validated input (snake_case keys) of the body, or of ``data``. Raises 400 naming every wrong field."""
        parsed = serializer(data=self.request.data if data is None else data, context={"view": self})
        parsed.is_valid(raise_exception=True)
        return dict(parsed.validated_data)

    def parse_query(self, serializer: type[S]) -> dict[str, Any]:
        """Validated query parameters; page and limit belong to pagination and may stand beside them."""
        data = {k: v for k, v in self.request.query_params.items() if k not in {"page", "limit"}}
        if data:
            return self.parse(serializer, data)
        if serializer not in _UNASKED:
            _UNASKED[serializer] = self.parse(serializer, data)
        return dict(_UNASKED[serializer])

    @staticmethod
    def answer(data: Any = None, message: Any = "", status: int = 200) -> Response:
        """An enveloped answer with an optional sentence for people."""
        response = Response(data, status=status)
        response.envelope_message = message  # type: ignore[attr-defined]
        return response


class RolePermission(BasePermission):
    """Signed in with one of ``roles``; subclasses name them."""

    roles: frozenset[str] = frozenset()

    def has_permission(self, request: Request, view: Any) -> bool:
        """True for a caller whose token carries one of the roles."""
        return bool(request.user.is_authenticated) and getattr(request.user, "role", "") in self.roles


class IsPatient(RolePermission):
    """Patients only."""

    roles = frozenset({"PATIENT"})


class IsDoctor(RolePermission):
    """Doctors only; whether verified is asked by the service, from the database."""

    roles = frozenset({"DOCTOR"})


class IsStaff(BasePermission):
    """Staff only."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True for staff."""
        return bool(request.user.is_authenticated) and bool(getattr(request.user, "is_staff", False))


def as_uuid(value: str) -> UUID:
    """A UUID from a query string. Raises NotFound: an id that cannot exist is absent."""
    try:
        return UUID(value)
    except ValueError as error:
        raise NotFound from error
