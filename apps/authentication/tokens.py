"""Signing access and refresh tokens (two secrets), and reading refresh tokens.

Access tokens are read in ``dastern.core.tokens``. Times are those of our clock, which a demonstration may move, so
expiry is judged by us and not by the JWT library.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.tokens import AccessToken, Token

from apps.authentication.errors import SessionEnded
from apps.authentication.models import RefreshToken
from apps.users.choices import Language
from apps.users.models import User

_ALGORITHM: Final = "HS256"


class _SignedRefresh(Token):
    """A refresh token under the secret of its own."""

    token_type = "refresh"  # noqa: S105
    lifetime = timedelta(days=7)  # the row's expiry replaces it

    def get_token_backend(self) -> TokenBackend:
        """The backend with JWT_REFRESH_SECRET."""
        return TokenBackend(_ALGORITHM, settings.JWT_REFRESH_SECRET)


def access_life() -> timedelta:
    """How long an access token lives."""
    life: timedelta = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"]
    return life


def refresh_life(*, remember: bool) -> timedelta:
    """How long a refresh token lives: 7 days, or 30 where the person asked to be remembered."""
    life: timedelta = settings.REMEMBER_ME_LIFETIME if remember else settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    return life


def access_sign(user: User, session_id: UUID, now: datetime) -> str:
    """An access token of ``user`` for one session; role, staff flag and language are as they are now."""
    token = AccessToken()
    token.set_iat(at_time=now)
    token.set_exp(from_time=now, lifetime=access_life())
    token.payload |= {
        "sub": str(user.id),
        "role": user.role,
        "sid": str(session_id),
        "staff": user.is_staff,
        "lang": Language(user.language).code,
    }
    return str(token)


def refresh_sign(row: RefreshToken) -> str:
    """The refresh token whose row this is."""
    token = _SignedRefresh()
    token.set_iat(at_time=row.issued_at)
    token.set_exp(from_time=row.issued_at, lifetime=row.expires_at - row.issued_at)
    token.payload |= {"sub": str(row.user_id), "sid": str(row.family_id), "jti": str(row.jti)}
    return str(token)


def refresh_read(token: str) -> UUID:
    """The jti of a refresh token of ours, even an expired one: the row says whether it may be used.

    Raises SessionEnded when it is forged or of another kind.
    """
    try:
        data = jwt.decode(
            token,
            settings.JWT_REFRESH_SECRET,
            algorithms=[_ALGORITHM],
            options={"require": ["exp", "jti"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        if data.get("token_type") != _SignedRefresh.token_type:
            raise SessionEnded
        return UUID(str(data["jti"]))
    except (jwt.PyJWTError, ValueError) as error:
        raise SessionEnded from error
