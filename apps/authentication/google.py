"""Who somebody is, according to Google: the ID token checked against Google's keys (domain.md §2.1).

Signature, issuer, audience, expiry and the confirmed e-mail are all checked here; nothing of the token is believed
before. The keys are kept for an hour, so that signing in rarely waits for Google.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
from django.conf import settings
from django.core.cache import cache
from google.auth import exceptions, jwt

from apps.authentication.errors import GoogleTokenInvalid
from dastern.core.errors import Unavailable

logger = logging.getLogger(__name__)
_ISSUERS: Final = frozenset({"accounts.google.com", "https://accounts.google.com"})
_CLOCK_SKEW_SECONDS: Final = 10
_TIMEOUT: Final = (3, 5)  # seconds to connect, to read
_CERTS: Final = "google:certs"
_CERTS_SECONDS: Final = 3600
_ASKED: Final = "google:certs:asked"
_ASK_AGAIN_SECONDS: Final = 60  # unknown keys are a way to make us ask Google; once a minute is enough


@dataclass(frozen=True, slots=True)
class GooglePerson:
    """What Google vouches for."""

    id: str
    email: str
    first_name: str
    last_name: str
    full_name: str


def google_person(id_token: str) -> GooglePerson:
    """The person of an ID token. Raises GoogleTokenInvalid; Unavailable when Google's keys cannot be had."""
    if not settings.GOOGLE_CLIENT_ID:  # no token can be meant for us; an empty audience would be no check
        raise GoogleTokenInvalid
    claims = _verified(id_token)
    email = str(claims.get("email") or "").lower()
    if claims.get("iss") not in _ISSUERS or claims.get("email_verified") is not True or not email:
        raise GoogleTokenInvalid
    return GooglePerson(
        id=str(claims["sub"]),
        email=email,
        first_name=str(claims.get("given_name") or "")[:100],
        last_name=str(claims.get("family_name") or "")[:100],
        full_name=str(claims.get("name") or email.partition("@")[0])[:200],
    )


def _verified(id_token: str) -> Mapping[str, Any]:
    untyped: Any = jwt
    try:
        key_id = untyped.decode_header(id_token).get("kid")
        claims: Mapping[str, Any] = untyped.decode(
            id_token,
            certs=_certs_with(key_id),
            audience=settings.GOOGLE_CLIENT_ID,
            clock_skew_in_seconds=_CLOCK_SKEW_SECONDS,
        )
        if not claims.get("sub"):
            raise GoogleTokenInvalid
    except (exceptions.GoogleAuthError, ValueError, TypeError, AttributeError) as error:
        raise GoogleTokenInvalid from error
    return claims


def _certs_with(key_id: object) -> Mapping[str, str]:
    """Google's certificates by key id, asked for anew when ``key_id`` is not among those we have."""
    certs: Mapping[str, str] | None = cache.get(_CERTS)
    if certs and (key_id in certs or not cache.add(_ASKED, 1, timeout=_ASK_AGAIN_SECONDS)):
        return certs
    try:
        certs = _fetched()
    except (requests.RequestException, ValueError, AttributeError) as error:
        logger.warning("Google's keys cannot be had: %s", error)
        raise Unavailable from error
    cache.set(_CERTS, certs, timeout=_CERTS_SECONDS)
    return certs


def _fetched() -> Mapping[str, str]:
    answer = requests.get(settings.GOOGLE_CERTS_URL, timeout=_TIMEOUT, allow_redirects=False)
    answer.raise_for_status()
    certs = {str(name): str(pem) for name, pem in answer.json().items()}
    if not certs:
        raise ValueError("no keys")
    return certs
