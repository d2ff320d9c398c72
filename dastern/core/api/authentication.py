"""Stateless authentication: the edge middleware verified the token, DRF only asks for the result."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from dastern.core.actor import Actor
from dastern.core.errors import NotSignedIn
from dastern.core.tokens import Claims


class TokenAccount:
    """The signed-in person as the access token tells it; no database row was read."""

    is_authenticated = True
    is_anonymous = False
    is_active = True

    def __init__(self, claims: Claims) -> None:
        self.claims = claims
        self.id: UUID = claims.user_id
        self.pk: UUID = claims.user_id
        self.role = claims.role
        self.is_staff = claims.is_staff


class Anonymous(AnonymousUser):
    """Nobody; has a role so that permission classes need no special case."""

    role = ""


class StatelessAuthentication(BaseAuthentication):
    """Bearer access tokens."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The account of the verified token; None without one. Raises 401 for a bad or expired token."""
        edge: Any = request._request  # noqa: SLF001  (DRF offers no other way to the middleware's result)
        if edge.claims is None:
            if edge.token_error:
                raise NotSignedIn(code=edge.token_error)
            return None
        return TokenAccount(edge.claims), edge.claims

    def authenticate_header(self, request: Request) -> str:
        """Makes DRF answer 401 rather than 403."""
        return "Bearer"


def actor_of(request: Request) -> Actor:
    """The actor of an API request, for services and selectors. Raises NotSignedIn for nobody."""
    from django.utils.translation import get_language

    edge: Any = request._request  # noqa: SLF001
    claims: Claims | None = edge.claims
    if claims is None:
        raise NotSignedIn
    return Actor(
        id=claims.user_id,
        role=claims.role,
        is_staff=claims.is_staff,
        language=(get_language() or "km")[:2],
        ip=edge.client_ip,
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:255],
        request_id=edge.request_id,
        session_id=claims.session_id,
    )


def visitor_of(request: HttpRequest | Request) -> Actor:
    """Whoever stands before the door, signed in or not: address and browser, for sign-in and its audit rows."""
    edge: Any = request
    return Actor(
        id=None,
        role="VISITOR",
        ip=edge.client_ip,
        user_agent=edge.META.get("HTTP_USER_AGENT", "")[:255],
        request_id=edge.request_id,
    )
