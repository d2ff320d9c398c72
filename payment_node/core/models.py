"""What the gate remembers."""

from typing import ClassVar

from django.db import models


class SeenRequest(models.Model):
    """The id of a signed POST that was received: a second one with the same id is a replay."""

    event_id = models.UUIDField(primary_key=True)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "core_seen_request"
        indexes: ClassVar = [models.Index(fields=["received_at"], name="seen_received")]  # clean-up

    def __str__(self) -> str:
        return str(self.event_id)
