"""One announcement."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from dastern.core.models import new_id


class OutboxState(models.TextChoices):
    """PENDING until handled; DEAD after the last try, visible to staff, never dropped."""

    PENDING = "PENDING"
    DONE = "DONE"
    DEAD = "DEAD"


class OutboxMessage(models.Model):
    """What happened, to be told to others at least once; ``dedupe_key`` makes announcing it twice one row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    topic = models.CharField(max_length=64)
    group_key = models.CharField(max_length=64, blank=True)
    dedupe_key = models.CharField(max_length=160, unique=True, null=True)  # noqa: DJ001  (many rows have none)
    payload = models.JSONField()
    state = models.CharField(max_length=8, choices=OutboxState, default=OutboxState.PENDING, db_default="PENDING")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_at = models.DateTimeField()
    last_error = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outbox_message"
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outgoing messages")
        indexes: ClassVar = [
            # the drainer's look: what is due, oldest first
            models.Index(fields=["next_at"], name="outbox_due", condition=models.Q(state="PENDING")),
            models.Index(fields=["created_at"], name="outbox_dead", condition=models.Q(state="DEAD")),  # staff page
            models.Index(fields=["done_at"], name="outbox_done", condition=models.Q(state="DONE")),  # clean-up
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.state}"
