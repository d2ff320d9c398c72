"""Payments for staff: to look at. What is wrong is put right at the payment node, whose word then comes here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.payments.models import PaymentChange, PaymentEvent, PaymentRef
from dastern.core.admin import StaffAdmin, staff_actor


class ChangeInline(admin.TabularInline):  # type: ignore[type-arg]
    """The history of a payment."""

    model = PaymentChange
    fields = ("at", "old_status", "new_status", "cause", "reason", "event_id")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may be on the site."""
        return self.admin_site.has_permission(request)


class HeldFilter(admin.SimpleListFilter):
    """What a person has to decide, at the payment node."""

    title = _("held")
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One choice."""
        return [("yes", _("Held for review"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Payments with a reason to be looked at."""
        return queryset.exclude(review_reason="") if self.value() == "yes" else queryset


@admin.register(PaymentRef)
class PaymentRefAdmin(StaffAdmin):
    """Payments with their history."""

    list_display = (
        "created_at", "user", "plan_type", "kind", "amount", "currency", "status", "reason", "review_reason", "paid_at",
    )  # fmt: skip
    list_filter = (HeldFilter, "status", "plan_type", "currency")
    search_fields = ("bill_number", "md5", "user__email", "user__full_name")
    list_select_related = ("user",)
    ordering = ("-created_at",)
    fields = (
        "user", "plan_type", "kind", "amount", "currency", "days", "status", "reason", "review_reason",
        "transaction_id", "bill_number", "md5", "created_at", "qr_expires_at", "paid_at", "counted_at", "taken_back_at",
    )  # fmt: skip
    readonly_fields = fields
    inlines = (ChangeInline,)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One payment; looking at it is written down."""
        ref = self.get_object(request, object_id)
        if ref is not None:
            audit_record(
                AuditAction.DATA_ACCESS,
                actor=staff_actor(request),
                resource_type="payment",
                resource_id=ref.pk,
                patient_id=ref.user_id,
            )
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(PaymentEvent)
class PaymentEventAdmin(StaffAdmin):
    """What the payment node sent, and what became of it."""

    list_display = ("received_at", "event", "md5", "sequence", "verdict", "times")
    list_filter = ("verdict", "event")
    search_fields = ("md5", "event_id")
    ordering = ("-received_at",)
    fields = ("event_id", "event", "md5", "sequence", "verdict", "told", "occurred_at", "received_at", "times")
    readonly_fields = fields
