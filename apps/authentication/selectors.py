"""Reads: accounts by what people type, sessions of their owner."""

from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from apps.authentication.models import RefreshToken
from apps.authentication.rules import identifier_normal
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.core.errors import NotFound


def account_find(identifier: str) -> User | None:
    """The account with this e-mail (any case) or phone number, as somebody typed it."""
    wanted = identifier_normal(identifier)
    return User.objects.filter(Q(email=wanted) | Q(phone_number=wanted)).first() if wanted else None


def account_of(viewer: Actor) -> User:
    """The viewer's own account. Raises NotFound when it was erased meanwhile."""
    user = User.objects.filter(pk=viewer.user_id).first()
    if user is None:
        raise NotFound
    return user


def sessions_of(user_id: UUID, *, now: datetime) -> QuerySet[RefreshToken]:
    """One row a living session, the latest used first: its unused refresh token, with ``started_at``."""
    first = RefreshToken.objects.filter(family_id=OuterRef("family_id")).order_by("issued_at").values("issued_at")[:1]
    return (
        RefreshToken.objects.filter(user_id=user_id, rotated_at=None, revoked_at=None, expires_at__gt=now)
        .annotate(started_at=Subquery(first))
        .order_by("-issued_at", "-jti")
    )
