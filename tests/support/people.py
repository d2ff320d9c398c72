"""The people of the stories: Sokha (patient), Dara (her daughter), Dr Lim, Vanna (stranger), Rith (revoked)."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import jwt
import pytest
from django.conf import settings
from django.test import Client

from apps.connections.choices import ConnectionKind, ConnectionStatus, PermissionLevel
from apps.connections.models import Connection
from apps.users.choices import AccountStatus, Language, Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor

PASSWORD = "Sabay-2026-tests"


def make_user(name: str, role: Role = Role.PATIENT, **fields: Any) -> User:
    """A usable account called ``name``."""
    defaults: dict[str, Any] = {
        "full_name": name,
        "first_name": name.split(maxsplit=1)[0],
        "role": role,
        "account_status": AccountStatus.VERIFIED if role == Role.DOCTOR else AccountStatus.ACTIVE,
        "email_verified_at": clock.now(),
    }
    if role == Role.PATIENT:
        defaults |= {"gender": "FEMALE", "date_of_birth": date(1960, 4, 14)}
    if role == Role.DOCTOR:
        defaults |= {
            "license_number": f"KH-{name.upper().replace(' ', '-')}",
            "specialty": "INTERNAL_MEDICINE",
        }
    email = f"{name.lower().replace(' ', '.')}@example.com"
    return User.objects.create_user(email, PASSWORD, **defaults | fields)


def actor(user: User) -> Actor:
    """``user`` as the actor of a service call."""
    return Actor(
        id=user.id,
        role=user.role,
        is_staff=user.is_staff,
        language=Language(user.language).code,
        ip="127.0.0.1",
    )


def token(user: User, *, session_id: str = "", expires_in: int = 3600) -> str:
    """An access token as the authentication app signs it."""
    moment = int(clock.now().timestamp())
    claims = {
        "token_type": "access", "sub": str(user.id), "role": user.role, "sid": session_id, "staff": user.is_staff,
        "lang": Language(user.language).code, "iat": moment, "exp": moment + expires_in, "jti": "test",
    }  # fmt: skip
    return jwt.encode(claims, settings.JWT_SECRET, algorithm="HS256")


class Api:
    """A JSON client signed in as one person (or nobody). Answers are Django responses; ``.json()`` has the envelope."""

    def __init__(self, user: User | None = None, language: str = "en", **extra: str) -> None:
        self.client = Client()
        self.headers = {"accept-language": language, **extra}
        if user is not None:
            self.headers["authorization"] = f"Bearer {token(user)}"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One request to ``/api/v1/`` + ``path``."""
        url = path if path.startswith("/") else f"/api/v1/{path}"
        return self.client.generic(
            method,
            url,
            b"" if body is None else _dumps(body),
            content_type="application/json",
            headers=self.headers | headers,
        )

    def get(self, path: str, **query: Any) -> Any:
        """GET with query parameters."""
        from urllib.parse import urlencode

        return self.call("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST a JSON body."""
        return self.call("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any = None) -> Any:
        """PATCH a JSON body."""
        return self.call("PATCH", path, {} if body is None else body)

    def put(self, path: str, body: Any = None) -> Any:
        """PUT a JSON body."""
        return self.call("PUT", path, {} if body is None else body)

    def delete(self, path: str, body: Any = None) -> Any:
        """DELETE, maybe with a JSON body."""
        return self.call("DELETE", path, body)


def _dumps(body: Any) -> bytes:
    import orjson

    return body if isinstance(body, bytes) else orjson.dumps(body, default=str)


def link(
    patient: User,
    viewer: User,
    level: PermissionLevel = PermissionLevel.ALLOWED,
    *,
    status: ConnectionStatus = ConnectionStatus.ACCEPTED,
    scope: dict[str, Any] | None = None,
    alerts: bool = True,
) -> Connection:
    """A link in a given state, for tests about what it opens (how links come to be has tests of its own)."""
    moment = clock.now()
    return Connection.objects.create(
        initiator=viewer,
        recipient=patient,
        patient=patient,
        kind=ConnectionKind.DOCTOR if viewer.role == Role.DOCTOR else ConnectionKind.CAREGIVER,
        status=status,
        permission_level=level,
        scope=scope or {},
        alerts_enabled=alerts,
        requested_at=moment,
        accepted_at=moment if status != ConnectionStatus.PENDING else None,
        revoked_at=moment if status == ConnectionStatus.REVOKED else None,
    )


@pytest.fixture
def api() -> Callable[..., Api]:
    """``api(sokha).get("doses/today")``."""
    return Api


@pytest.fixture
def sokha(db: None) -> User:
    """A patient of 66, Khmer."""
    return make_user("Sokha")


@pytest.fixture
def dara(db: None) -> User:
    """Sokha's daughter, English."""
    return make_user("Dara", Role.FAMILY_MEMBER, language=Language.ENGLISH)


@pytest.fixture
def dr_lim(db: None) -> User:
    """A verified doctor."""
    return make_user("Dr Lim", Role.DOCTOR)


@pytest.fixture
def vanna(db: None) -> User:
    """A stranger."""
    return make_user("Vanna")


@pytest.fixture
def rith(db: None, sokha: User) -> User:
    """Somebody whose link to Sokha was revoked."""
    user = make_user("Rith", Role.FAMILY_MEMBER)
    link(sokha, user, status=ConnectionStatus.REVOKED)
    return user


@pytest.fixture
def staff(db: None) -> User:
    """Staff."""
    return make_user("Staff", Role.FAMILY_MEMBER, is_staff=True)


@pytest.fixture
def operations(staff: User) -> Client:
    """Staff signed in on the operations site, without a permission of their own."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(staff)
    return client


def uuid_of(value: Any) -> UUID:
    """A UUID out of JSON."""
    return UUID(str(value))
