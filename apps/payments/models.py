"""What is known here of a payment: whose, for what, how it stands; no bank details (domain.md §2.11)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.payments.choices import Cause, Checking, Currency, PaidPlan, PaymentKind, PaymentStatus, Verdict
from dastern.core.models import new_id


class PaymentRef(models.Model):
    """One payment of one person. What it costs and buys is frozen when it is made; only its state moves."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)  # also the node's idempotency key
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="payments", db_index=False)
    plan_type = models.CharField(_("plan"), max_length=16, choices=PaidPlan)
    kind = models.CharField(_("kind"), max_length=8, choices=PaymentKind)
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, choices=Currency)
    days = models.PositiveSmallIntegerField(_("days"))  # bought, or left where an upgrade pays for them
    until = models.DateTimeField(null=True, blank=True)  # the end that an upgrade leaves as it is
    client_key = models.CharField(max_length=100, blank=True, default="")  # the client's Idempotency-Key
    status = models.CharField(_("status"), max_length=10, choices=PaymentStatus, default=PaymentStatus.PENDING)
    is_current = models.BooleanField(default=True)  # the QR this person may pay now
    # what the node told; none of it before its first answer
    transaction_id = models.CharField(_("transaction at the node"), max_length=64, blank=True, default="")
    bill_number = models.CharField(_("bill number"), max_length=32, unique=True, null=True, blank=True)
    md5 = models.CharField("MD5", max_length=32, unique=True, null=True, blank=True)
    sequence = models.PositiveIntegerField(default=0)  # of the newest event that counted
    reason = models.CharField(_("reason"), max_length=32, blank=True, default="")
    review_reason = models.CharField(_("held because of"), max_length=32, blank=True, default="")
    checking = models.CharField(max_length=8, choices=Checking, default=Checking.ACTIVE)
    qr_code = models.CharField(max_length=512, blank=True, default="")
    qr_image = models.TextField(blank=True, default="")  # a data URI; dropped once nobody can pay it
    deep_link = models.CharField(max_length=500, blank=True, default="")
    qr_expires_at = models.DateTimeField(_("QR valid until"), null=True, blank=True)
    created_at = models.DateTimeField(_("made at"))
    asked_at = models.DateTimeField(null=True, blank=True)  # when the node was last asked for its payer
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    # when it was counted and what it changed, so that a refund takes back exactly that
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    effect = models.JSONField(null=True, blank=True)
    taken_back_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user"], name="payments_one_current", condition=models.Q(is_current=True)),
            models.UniqueConstraint(
                fields=["user", "client_key"], name="payments_key_once", condition=~models.Q(client_key="")
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payments_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(is_current=False) | models.Q(status=PaymentStatus.PENDING),
                name="payments_current_is_pending",
            ),
            models.CheckConstraint(  # the node's answer comes as a whole
                condition=models.Q(md5__isnull=True, bill_number__isnull=True, qr_expires_at__isnull=True)
                | models.Q(md5__isnull=False, bill_number__isnull=False, qr_expires_at__isnull=False),
                name="payments_answer_whole",
            ),
            models.CheckConstraint(
                condition=(models.Q(counted_at__isnull=True) & models.Q(effect__isnull=True))
                | (
                    models.Q(counted_at__isnull=False, effect__isnull=False)
                    & models.Q(status__in=[PaymentStatus.COMPLETED, PaymentStatus.REFUNDED])
                ),
                name="payments_counted_once_paid",
            ),
            models.CheckConstraint(
                condition=models.Q(taken_back_at__isnull=True)
                | models.Q(counted_at__isnull=False, status=PaymentStatus.REFUNDED),
                name="payments_taken_back_after_counted",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at"], name="payments_history"),  # GET payments/history
            models.Index(  # the job that compares with the node
                fields=["created_at"],
                name="payments_open",
                condition=models.Q(status__in=[PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.CANCELLED]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bill_number or self.id} {self.status}"


class PaymentChange(models.Model):
    """One change of a payment's state: what it was, what it became, how it was learnt. Only added to."""

    id = models.BigAutoField(primary_key=True)
    payment = models.ForeignKey(PaymentRef, models.CASCADE, related_name="changes")
    old_status = models.CharField(_("was"), max_length=10, choices=PaymentStatus, blank=True)
    new_status = models.CharField(_("became"), max_length=10, choices=PaymentStatus)
    cause = models.CharField(_("learnt by"), max_length=10, choices=Cause)
    reason = models.CharField(_("reason"), max_length=32, blank=True)
    event_id = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("change of a payment")
        verbose_name_plural = _("changes of payments")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.old_status} → {self.new_status}"


class PaymentEvent(models.Model):
    """An event that the node sent, by its id: what came before is answered and not done again."""

    event_id = models.UUIDField(primary_key=True)
    event = models.CharField(_("event"), max_length=32)
    md5 = models.CharField("MD5", max_length=32, blank=True)
    sequence = models.PositiveIntegerField(_("sequence"))
    verdict = models.CharField(_("what became of it"), max_length=8, choices=Verdict, default=Verdict.RECEIVED)
    told = models.JSONField(_("what it told"))  # the event's data: ids, plan, amount; nothing of a bank
    occurred_at = models.DateTimeField(_("happened at"))
    received_at = models.DateTimeField(_("received at"))
    times = models.PositiveIntegerField(_("times received"), default=1)

    class Meta:
        verbose_name = _("event of the payment node")
        verbose_name_plural = _("events of the payment node")
        indexes: ClassVar = [
            models.Index(fields=["-received_at"], name="payments_event_received"),  # staff page
            models.Index(  # what staff have to look at
                fields=["received_at"],
                name="payments_event_doubt",
                condition=models.Q(verdict__in=[Verdict.UNKNOWN, Verdict.MISMATCH]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.event_id}"
