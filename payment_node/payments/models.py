"""Payments, their history, refunds, bank notifications and what staff did."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from payment_node.core.ids import new_id
from payment_node.payments.choices import Currency, Kind, Plan, Reason, ReviewReason, Status


class PaymentTransaction(models.Model):
    """One code and what became of it. ``qr_code`` is kept as shown: the MD5 is over exactly this text."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user_id = models.CharField(max_length=64)
    bill_number = models.CharField(max_length=25, unique=True)
    md5_hash = models.CharField(max_length=32, unique=True)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3, choices=Currency)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    review_reason = models.CharField(max_length=20, choices=ReviewReason, blank=True)
    plan_type = models.CharField(max_length=16, choices=Plan)
    kind = models.CharField(max_length=8, choices=Kind)
    remaining_days = models.PositiveSmallIntegerField(null=True)
    receiver = models.CharField(max_length=32)
    qr_code = models.TextField()
    deep_link = models.CharField(max_length=500, blank=True)
    idempotency_key = models.CharField(max_length=64, unique=True)
    sequence = models.PositiveIntegerField(default=0)
    bank_hash = models.CharField(max_length=64, blank=True)
    bank_data = models.JSONField(null=True)
    check_attempts = models.PositiveIntegerField(default=0)
    last_checked_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    asked_by_user_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    refunded_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "payment_transaction"
        verbose_name = "payment"
        indexes: ClassVar = [
            # the monitor: what is due, newest first
            models.Index(fields=["-created_at"], name="payment_watched", condition=Q(next_check_at__isnull=False)),
            models.Index(fields=["user_id", "-created_at"], name="payment_of_user"),  # history, limits
            models.Index(fields=["-created_at"], name="payment_newest"),  # staff, reports
            models.Index(fields=["-created_at"], name="payment_held", condition=~Q(review_reason="")),  # review queue
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="payment_status_known"),
            models.CheckConstraint(condition=Q(currency__in=Currency.values), name="payment_currency_known"),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("created_at")), name="payment_expires_later"),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.COMPLETED, Status.REFUNDED]) | Q(paid_at__isnull=False),
                name="payment_paid_at_known",
            ),
            # one transfer settles one order
            models.UniqueConstraint(
                fields=["bank_hash"],
                condition=~Q(bank_hash="") & Q(status__in=[Status.COMPLETED, Status.REFUNDED]),
                name="payment_hash_settles_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bill_number} {self.status}"


class PaymentStatusHistory(models.Model):
    """Every change, never changed itself (triggers)."""

    transaction = models.ForeignKey(PaymentTransaction, on_delete=models.PROTECT, related_name="history")
    old_status = models.CharField(max_length=9, blank=True)
    new_status = models.CharField(max_length=9)
    at = models.DateTimeField()
    reason = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        db_table = "payment_status_history"
        verbose_name = "change of a payment"
        verbose_name_plural = "changes of payments"

    def __str__(self) -> str:
        return f"{self.old_status or '-'} to {self.new_status}"


class Refund(models.Model):
    """Money that a person sent back by an own transfer: the bank's service has no refund. Never changed (triggers)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transaction = models.OneToOneField(PaymentTransaction, on_delete=models.PROTECT, related_name="refund")
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3, choices=Currency)
    bank_reference = models.CharField(max_length=100, unique=True)
    reason = models.CharField(max_length=500)
    evidence = models.FileField(upload_to="refunds/", blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        db_table = "payment_refund"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} ({self.bank_reference})"


class InboundCallback(models.Model):
    """A notification of a bank, as it came. A hint to look, never a proof."""

    sha256 = models.CharField(max_length=64, unique=True)
    body = models.TextField()
    address = models.CharField(max_length=45)
    md5_hash = models.CharField(max_length=32, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "payment_inbound_callback"
        verbose_name = "notification of a bank"
        verbose_name_plural = "notifications of banks"

    def __str__(self) -> str:
        return self.md5_hash or self.sha256


class AuditLog(models.Model):
    """What staff did, never changed (triggers)."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=40)
    transaction_id = models.UUIDField(null=True)
    details = models.JSONField(default=dict)

    class Meta:
        db_table = "payment_audit_log"
        verbose_name = "act of staff"
        verbose_name_plural = "acts of staff"
        indexes: ClassVar = [models.Index(fields=["-at"], name="node_audit_newest")]  # staff page

    def __str__(self) -> str:
        return f"{self.actor}: {self.action}"
