"""The ledger of calls, the budget of a day, the pause, and the token."""

from typing import ClassVar

from django.db import models

from payment_node.bakong.choices import CallReason, PauseReason


class BankDay(models.Model):
    """How many calls a day of Phnom Penh has used. Kept in the database: a cache could be cleared."""

    day = models.DateField(primary_key=True)
    used = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "bakong_day"
        verbose_name = "day of calls"
        verbose_name_plural = "days of calls"

    def __str__(self) -> str:
        return f"{self.day}: {self.used}"


class BankCall(models.Model):
    """One call: reserved before it is made, answered afterwards. Without an answer the process ended in between."""

    day = models.DateField()
    reserved_at = models.DateTimeField()
    path = models.CharField(max_length=80)
    reason = models.CharField(max_length=10, choices=CallReason)
    counted = models.BooleanField()
    transaction_id = models.UUIDField(null=True)
    token_mark = models.CharField(max_length=12, blank=True)
    answer = models.CharField(max_length=16, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    error_code = models.IntegerField(null=True)
    detail = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField(null=True)

    class Meta:
        db_table = "bakong_call"
        verbose_name = "call"
        indexes: ClassVar = [
            models.Index(fields=["-reserved_at"], name="bakong_call_newest"),  # staff page
            models.Index(fields=["transaction_id"], name="bakong_call_payment"),  # one payment's calls
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.answer or 'open'}"


class BankPause(models.Model):
    """One row: until when nobody asks, and why; ``failures`` in a row make the next pause longer."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    paused_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=12, choices=PauseReason, blank=True)
    failures = models.PositiveIntegerField(default=0, db_default=0)
    last_answer_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "bakong_pause"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="bakong_pause_one_row")]

    def __str__(self) -> str:
        return self.reason or "open"


class BankToken(models.Model):
    """One row: the integrator's token. The previous one stays until the new one has been stored."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    token = models.TextField()
    previous = models.TextField(blank=True)
    seed_mark = models.CharField(max_length=12)  # which token of the settings this one grew from
    expires_at = models.DateTimeField(null=True)
    renewed_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "bakong_token"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="bakong_token_one_row")]

    def __str__(self) -> str:
        return f"until {self.expires_at}"
