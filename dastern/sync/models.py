"""The feed of a user: a counter that is locked by every writer, and where each object stands in it."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class SyncFeed(models.Model):
    """One row a user. Its lock puts commit order and revision order in step, so that a cursor loses nothing.

    A timestamp or a plain sequence as cursor loses rows that commit late (architecture §4.6).
    ``generation`` rises when history is not provable any more (a restored backup); cursors of another are reset.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    revision = models.BigIntegerField(default=0)
    generation = models.IntegerField(default=1)
    # what the owner's phones proved to hold: the revision of a cursor they came back with, and when
    held_revision = models.BigIntegerField(default=0, db_default=0)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sync_feed"

    def __str__(self) -> str:
        return f"{self.user_id}@{self.revision}"


class SyncChange(models.Model):
    """The newest revision of one object in one feed; ``deleted`` rows are tombstones, kept 400 days."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    resource = models.CharField(max_length=32)
    object_id = models.UUIDField()
    revision = models.BigIntegerField()
    deleted = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "sync_change"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "resource", "object_id"], name="sync_change_object"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "revision"], name="sync_change_pull"),  # pull pages
            models.Index(
                fields=["changed_at"], name="sync_change_tombstones", condition=models.Q(deleted=True)
            ),  # clean-up
        ]

    def __str__(self) -> str:
        return f"{self.resource}/{self.object_id}@{self.revision}"


class SyncAct(models.Model):
    """The stored answer to one act of a phone: a repeat gets it again, byte for byte (domain.md §2.18)."""

    patient_id = models.UUIDField()
    local_id = models.UUIDField()
    actor_id = models.UUIDField()
    kind = models.CharField(max_length=32)
    object_id = models.UUIDField(null=True)
    content_hash = models.CharField(max_length=64)
    outcome = models.CharField(max_length=16)
    code = models.CharField(max_length=32, null=True)  # noqa: DJ001  (null is "no code" on the wire)
    answer = models.TextField()
    device_id = models.CharField(max_length=64, blank=True)
    act_at = models.DateTimeField()
    skew = models.DurationField(null=True)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "sync_act"
        constraints: ClassVar = [models.UniqueConstraint(fields=["patient_id", "local_id"], name="sync_act_once")]
        indexes: ClassVar = [
            models.Index(fields=["received_at"], name="sync_act_age"),  # clean-up after 400 days
            models.Index(fields=["outcome", "received_at"], name="sync_act_outcomes"),  # outcome metric, sync_inspect
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"
