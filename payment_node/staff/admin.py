"""What staff see. Nothing is edited here: states change by acts, and acts are written down."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from payment_node.bakong.models import BankCall, BankDay, BankPause
from payment_node.payments.models import (
    AuditLog,
    InboundCallback,
    PaymentStatusHistory,
    PaymentTransaction,
    Refund,
)
from payment_node.staff import services
from payment_node.staff.models import HeldPayment, StatementImport, StatementLine
from payment_node.subscriptions.models import Subscription, SubscriptionHistory
from payment_node.webhooks.models import DeliveryStatus, WebhookDelivery

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Any]
    _Inline = admin.TabularInline[Any, Any]
else:
    _Admin = admin.ModelAdmin
    _Inline = admin.TabularInline


class _ReadOnly:
    """Looking only."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds a row by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody edits a row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes a row."""
        return False


class _History(_ReadOnly, _Inline):
    model = PaymentStatusHistory
    extra = 0
    fields = ("at", "old_status", "new_status", "reason", "details")


class _Refund(_ReadOnly, _Inline):
    model = Refund
    extra = 0
    fields = ("at", "amount", "currency", "bank_reference", "reason", "by", "evidence_sha256")


@admin.register(PaymentTransaction)
class PaymentAdmin(_ReadOnly, _Admin):
    """Search by bill number, MD5, the bank's hash or reference, or the payer's id."""

    list_display = ("bill_number", "created_at", "status", "reason", "review_reason", "amount", "currency", "plan_type")
    list_filter: ClassVar[Any] = ("status", "review_reason", "currency", "plan_type", "kind")
    search_fields = (
        "bill_number__iexact",
        "md5_hash__iexact",
        "bank_hash__iexact",
        "user_id__iexact",
        "bank_data__externalRef",
    )
    search_help_text = "Bill number, MD5, bank hash, bank reference or payer"
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    inlines: ClassVar = [_History, _Refund]
    readonly_fields = ("acts",)
    show_full_result_count = False

    @admin.display(description="what can be done")
    def acts(self, held: PaymentTransaction) -> str:
        """Links to the acts that are possible now."""
        links = []
        if held.review_reason:
            links.append(
                format_html('<a href="{}">accept the money</a>', reverse("admin:review-complete", args=[held.pk]))
            )
        if held.review_reason or held.status == "COMPLETED":
            links.append(
                format_html('<a href="{}">record a refund</a>', reverse("admin:payment-refund", args=[held.pk]))
            )
        return format_html(" · ".join("{}" for _link in links), *links) if links else "-"


@admin.register(HeldPayment)
class HeldPaymentAdmin(PaymentAdmin):
    """What waits for a person, oldest first."""

    ordering = ("created_at",)
    list_filter: ClassVar[Any] = ("review_reason", "currency")
    inlines: ClassVar = [_History, _Refund]


@admin.register(WebhookDelivery)
class WebhookAdmin(_ReadOnly, _Admin):
    """Events for the main server."""

    list_display = ("event", "subject", "sequence", "status", "attempts", "created_at", "delivered_at", "last_error")
    list_filter = ("status", "event")
    search_fields = ("event_id__iexact", "subject")
    ordering = ("-created_at",)
    actions = ("send_again",)

    @admin.action(description="Send again what was given up", permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        """Give them their tries again."""
        chosen = list(queryset.filter(status=DeliveryStatus.FAILED).values_list("pk", flat=True))
        count = services.webhooks_send_again(event_ids=chosen, actor=request.user.get_username())
        self.message_user(request, f"{count} events are sent again", messages.SUCCESS)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Whoever may change deliveries."""
        return request.user.has_perm("webhooks.change_webhookdelivery")


def _plain(model: type[Model], display: tuple[str, ...], **more: Any) -> None:
    name = f"{model.__name__}Admin"
    admin.site.register(model, type(name, (_ReadOnly, _Admin), {"list_display": display, **more}))


_plain(
    BankCall,
    ("reserved_at", "path", "reason", "answer", "http_status", "error_code", "milliseconds"),
    list_filter=("answer", "reason"),
    search_fields=("transaction_id__iexact",),
    ordering=("-reserved_at",),
)
_plain(BankDay, ("day", "used"), ordering=("-day",))
_plain(BankPause, ("reason", "paused_until", "failures", "last_answer_at"))
_plain(InboundCallback, ("received_at", "md5_hash", "address"), ordering=("-received_at",))
_plain(AuditLog, ("at", "actor", "action", "transaction_id"), list_filter=("action",), ordering=("-at",))
_plain(Refund, ("at", "amount", "currency", "bank_reference", "by"), search_fields=("bank_reference",))
_plain(Subscription, ("user_id", "plan_type", "status", "next_billing_date"), search_fields=("user_id__iexact",))
_plain(SubscriptionHistory, ("at", "subscription", "old_status", "new_status", "cause"), ordering=("-at",))
_plain(StatementImport, ("at", "file_name", "by"), ordering=("-at",))
_plain(
    StatementLine,
    ("booked_at", "amount", "currency", "reference", "state", "payment"),
    list_filter=("state", "currency"),
    search_fields=("reference", "description"),
    ordering=("-booked_at",),
)
