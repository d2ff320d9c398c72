"""Reading access tokens: signature, expiry, and the claims every request needs."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import jwt
from django.conf import settings

from dastern.core import clock


@dataclass(frozen=True, slots=True)
class Claims:
    """The verified content of an access token."""

    user_id: UUID
    role: str
    session_id: str
    language: str
    is_staff: bool
    expires_at: int


class TokenError(Exception):
    """The token cannot be used; ``code`` is TOKEN_EXPIRED or TOKEN_INVALID."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def read_access(token: str) -> Claims:
    """The claims of an access token. Raises TokenError when forged, of another kind, or expired."""
    claims = _verified(token, settings.JWT_SECRET)
    if claims.expires_at <= clock.now().timestamp():
        raise TokenError("TOKEN_EXPIRED")
    return claims


@lru_cache(maxsize=4096)
def _verified(token: str, secret: str) -> Claims:
    """The claims of a genuine token. A phone sends the same one for an hour, and its signature does not change."""
    try:
        data = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            options={
                "require": ["exp", "sub"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        if data.get("token_type") != "access":
            raise TokenError("TOKEN_INVALID")
        return Claims(
            user_id=UUID(data["sub"]),
            role=str(data["role"]),
            session_id=str(data.get("sid", "")),
            language=str(data.get("lang", "km")),
            is_staff=bool(data.get("staff", False)),
            expires_at=int(data["exp"]),
        )
    except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
        raise TokenError("TOKEN_INVALID") from error
