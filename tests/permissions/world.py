"""The world of the permission matrix: Sokha, one row of everything that is hers, and every kind of caller."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.users.choices import Role
from apps.users.models import User
from tests.support.people import Api, link, make_user

# Who calls. Caregivers stand in every state and level a link can have; "author" is the doctor who wrote the
# prescription (level SELECTED with that prescription), "doctor" another verified doctor without a link.
CALLERS = (
    "anonymous", "stranger", "pending", "revoked", "not_allowed", "request", "selected", "allowed", "author",
    "doctor", "staff", "owner",
)  # fmt: skip
# What a denied request may write: the audit row that tells of it, nothing else.
_UNWATCHED = {"audit_auditlog", "django_session", "django_migrations", "sync_feed"}


@dataclass(slots=True)
class World:
    """People by caller name, and the ids that paths and bodies name."""

    people: dict[str, User | None] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)

    def api(self, caller: str) -> Api:
        """A client of this caller."""
        return Api(self.people[caller])


def build() -> World:
    """Everything once; call inside a test's transaction."""
    world = World()
    sokha = make_user("Sokha")
    people: dict[str, User | None] = {"anonymous": None, "owner": sokha, "stranger": make_user("Vanna")}
    scopes: dict[str, tuple[PermissionLevel, ConnectionStatus]] = {
        "pending": (PermissionLevel.ALLOWED, ConnectionStatus.PENDING),
        "revoked": (PermissionLevel.ALLOWED, ConnectionStatus.REVOKED),
        "not_allowed": (PermissionLevel.NOT_ALLOWED, ConnectionStatus.ACCEPTED),
        "request": (PermissionLevel.REQUEST, ConnectionStatus.ACCEPTED),
        "selected": (PermissionLevel.SELECTED, ConnectionStatus.ACCEPTED),
        "allowed": (PermissionLevel.ALLOWED, ConnectionStatus.ACCEPTED),
    }
    links = {}
    for name, (level, status) in scopes.items():
        person = make_user(f"Carer {name}", Role.FAMILY_MEMBER)
        people[name] = person
        links[name] = link(sokha, person, level, status=status)
    people["author"] = make_user("Dr Lim", Role.DOCTOR)
    links["author"] = link(sokha, people["author"], PermissionLevel.SELECTED)  # type: ignore[arg-type]
    people["doctor"] = make_user("Dr Other", Role.DOCTOR)
    people["staff"] = make_user("Staff", Role.FAMILY_MEMBER, is_staff=True)
    world.people = people
    world.ids = {"patient": sokha.id, "link": links["allowed"].id, "pending_link": links["pending"].id}
    world.ids["links"] = {name: made.id for name, made in links.items()}
    return world


def digest() -> dict[str, str]:
    """A fingerprint of every table that a denied request must leave alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [name for (name,) in cursor.fetchall() if name not in _UNWATCHED]
        parts = [
            f"SELECT '{name}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t"
            for name in tables
        ]
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


Body = dict[str, Any] | Callable[[World], dict[str, Any]] | None
