"""Reading people: oneself only; other people's cards are the business of connections."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import QuerySet

from apps.users import registry
from apps.users.choices import AccountStatus, Role
from apps.users.models import User
from apps.users.wire import identity_wire, profile_wire, settings_wire
from dastern.core.api.renderers import dumps
from dastern.core.errors import NotFound
from dastern.core.localtime import iso


def user_of(user_id: UUID) -> User:
    """The person with settings, in one query. Raises NotFound for an account that is gone."""
    found = User.objects.select_related("meal_times", "notification_preference", "identity").filter(pk=user_id).first()
    if found is None:
        raise NotFound
    return found


def doctors_waiting() -> QuerySet[User]:
    """Doctors whose licence nobody has decided about, the longest waiting first."""
    return User.objects.filter(
        role=Role.DOCTOR, account_status=AccountStatus.PENDING_VERIFICATION, email_verified_at__isnull=False
    ).order_by("created_at")


@dataclass(frozen=True, slots=True)
class StorageFigures:
    """The tier in force, and what a person's data takes of its quota, by kind."""

    tier: str
    quota: int
    breakdown: Mapping[str, int]

    @property
    def used(self) -> int:
        """Bytes of everything."""
        return sum(self.breakdown.values())

    @property
    def percentage(self) -> int:
        """Whole percents of the quota."""
        return self.used * 100 // self.quota if self.quota else 0


def rows_bytes(user_id: UUID) -> dict[str, int]:
    """Kind of row → the estimate of what a person's rows take (domain.md §2.2)."""
    return {kind: storage.bytes_each * storage.count(user_id) for kind, storage in registry.storage_kinds().items()}


def storage_of(user_id: UUID) -> StorageFigures:
    """What a person's data takes: estimates for rows, real bytes for files."""
    plan = registry.plan_figures(user_id)
    return StorageFigures(plan.tier, plan.quota, rows_bytes(user_id) | {"files": plan.files})


def profile_files(user_id: UUID) -> list[str]:
    """The names of the stored photo and licence."""
    row = User.objects.filter(pk=user_id).values_list("profile_picture", "license_photo").first()
    return list(row or ())


def export_stream(user: User, now: datetime) -> Iterator[bytes]:
    """Everything the person owns as one JSON object, section by section, so that a year of data needs no memory."""
    yield b'{"exportedAt":' + orjson.dumps(iso(now)) + b',"profile":' + dumps(profile_wire(user))
    yield b',"identity":' + dumps(identity_wire(user))
    yield b',"settings":' + dumps(settings_wire(user))
    for section, source in sorted(registry.exports().items()):
        yield b"," + orjson.dumps(section) + b":["
        yield from _rows(source(user.id))
        yield b"]"
    yield b"}"


def _rows(rows: Any) -> Iterator[bytes]:
    separator = b""
    for row in rows:
        found: Mapping[str, Any] = row
        yield separator + dumps(found)
        separator = b","
