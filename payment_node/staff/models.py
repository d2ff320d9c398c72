"""The review queue as a view of payments, and imported bank statements."""

from typing import ClassVar

from django.db import models

from payment_node.core.ids import new_id
from payment_node.payments.models import PaymentTransaction


class _HeldManager(models.Manager["HeldPayment"]):
    def get_queryset(self) -> models.QuerySet["HeldPayment"]:
        """Only what waits for a person."""
        return super().get_queryset().exclude(review_reason="")


class HeldPayment(PaymentTransaction):
    """A payment that waits for a person."""

    objects: ClassVar = _HeldManager()

    class Meta:
        proxy = True
        verbose_name = "payment to review"
        verbose_name_plural = "review queue"


class StatementImport(models.Model):
    """One file of a bank's statement."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        db_table = "staff_statement_import"
        verbose_name = "bank statement"

    def __str__(self) -> str:
        return self.file_name


class LineState(models.TextChoices):
    """What a line of a statement is to us."""

    MATCHED = "MATCHED"
    DOUBLE = "DOUBLE"  # a second transfer for a payment that has its line
    REFUND = "REFUND"
    DEBIT = "DEBIT"
    UNMATCHED = "UNMATCHED"


class StatementLine(models.Model):
    """One movement on the account. ``line_key`` makes importing overlapping statements harmless."""

    statement = models.ForeignKey(StatementImport, on_delete=models.PROTECT, related_name="lines")
    line_key = models.CharField(max_length=64, unique=True)
    booked_at = models.DateTimeField()
    reference = models.CharField(max_length=100, blank=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    payer = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=9, choices=LineState, default=LineState.UNMATCHED)
    payment = models.ForeignKey(PaymentTransaction, null=True, on_delete=models.PROTECT, related_name="statement_lines")

    class Meta:
        db_table = "staff_statement_line"
        indexes: ClassVar = [models.Index(fields=["booked_at"], name="statement_line_day")]  # report

    def __str__(self) -> str:
        return f"{self.booked_at:%Y-%m-%d %H:%M} {self.amount} {self.currency}"


class Notice(models.Model):
    """Something that staff were told of by mail, so that they are told once."""

    key = models.CharField(max_length=120, primary_key=True)
    told_at = models.DateTimeField()

    class Meta:
        db_table = "staff_notice"

    def __str__(self) -> str:
        return self.key
