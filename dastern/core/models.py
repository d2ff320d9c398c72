"""Infrastructure rows: the demo clock and the answers kept for Idempotency-Key."""

import uuid
from typing import ClassVar

from django.db import models


class Clock(models.Model):
    """How far the clock of all processes has been moved (one row; only where the settings allow it)."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    moved_by = models.DurationField()

    class Meta:
        db_table = "core_clock"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="core_clock_single_row")]

    def __str__(self) -> str:
        return str(self.moved_by)


class IdempotencyKey(models.Model):
    """The first answer to a write that carried an Idempotency-Key; repeated for 24 h (domain.md §1.4)."""

    user_id = models.UUIDField()
    key = models.CharField(max_length=100)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)  # null while the first request still runs
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user_id", "key"], name="core_idempotency_once")]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="core_idempotency_age")]  # nightly clean-up

    def __str__(self) -> str:
        return f"{self.user_id}:{self.key}"


def new_id() -> uuid.UUID:
    """Default of primary keys."""
    from dastern.core.ids import uuid7

    return uuid7()
