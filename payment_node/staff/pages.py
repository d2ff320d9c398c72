"""Forms and reports of staff: the same services as everything else, with the permission of the acting person."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from payment_node.core import clock
from payment_node.core.errors import Refused
from payment_node.payments.models import PaymentTransaction
from payment_node.staff import reports, services
from payment_node.staff.statements import StatementError

_STATEMENT_MOST = services.STATEMENT_MOST


class CompleteForm(forms.Form):
    """Why the money is accepted."""

    note = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class RefundForm(forms.Form):
    """The transfer that was made by hand in the bank."""

    amount = forms.DecimalField(max_digits=10, decimal_places=2, min_value=Decimal("0.01"))
    bank_reference = forms.CharField(max_length=100, help_text="Reference of the transfer that sent the money back")
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    evidence = forms.FileField(required=False, help_text="The bank's receipt, at most 5 MB")


class StatementForm(forms.Form):
    """A statement of the receiving account."""

    file = forms.FileField(
        help_text="CSV, UTF-8, with the columns date, amount, currency, reference, payer, description"
    )


class DaysForm(forms.Form):
    """From when to when."""

    first = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))


def _page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    return render(request, template, admin.site.each_context(request) | {"title": title} | context)


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _to_payment(payment_id: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:payments_paymenttransaction_change", args=[payment_id]))


def _act(request: HttpRequest, form: forms.Form, payment_id: UUID, title: str, act: Any) -> HttpResponse:
    held = get_object_or_404(PaymentTransaction, pk=payment_id)
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except Refused as refused:
            form.add_error(None, "; ".join(refused.errors) or refused.message)
        else:
            messages.success(request, f"{title}: done")
            return _to_payment(payment_id)
    return _page(request, "staff/form.html", title, form=form, payment=held)


def complete(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Accept a held payment."""
    _require(request, "payments.change_paymenttransaction")
    form = CompleteForm(request.POST or None)
    actor = request.user.get_username()
    return _act(
        request,
        form,
        payment_id,
        "Accept the money",
        lambda data: services.review_complete(payment_id=payment_id, actor=actor, note=data["note"]),
    )


def refund(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Write down a refund."""
    _require(request, "payments.add_refund")
    form = RefundForm(request.POST or None, request.FILES or None)
    actor = request.user.get_username()
    return _act(
        request,
        form,
        payment_id,
        "Record a refund",
        lambda data: services.refund_record(
            payment_id=payment_id,
            actor=actor,
            amount=data["amount"],
            bank_reference=data["bank_reference"],
            reason=data["reason"],
            evidence=data["evidence"],
        ),
    )


def statement(request: HttpRequest) -> HttpResponse:
    """Take in a bank's statement."""
    _require(request, "staff.add_statementimport")
    form = StatementForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            _import, counts = services.statement_import(
                file_name=file.name, content=file.read(_STATEMENT_MOST + 1), actor=request.user.get_username()
            )
        except StatementError as error:
            form.add_error("file", str(error))
        else:
            found = ", ".join(f"{state.lower()} {count}" for state, count in sorted(counts.items()))
            messages.success(request, f"{file.name}: {found or 'no lines'}")
            return HttpResponseRedirect(reverse("admin:reconciliation"))
    return _page(request, "staff/form.html", "Import a bank statement", form=form)


def reconciliation(request: HttpRequest) -> HttpResponse:
    """The report; the last seven days unless others are asked for."""
    _require(request, "payments.view_paymenttransaction")
    today = clock.bank_day(clock.now())
    given = request.GET if "first" in request.GET else {"first": today - timedelta(days=6), "last": today}
    form = DaysForm(given)
    report = reports.reconciliation(form.cleaned_data["first"], form.cleaned_data["last"]) if form.is_valid() else None
    return _page(request, "staff/reconciliation.html", "Reconciliation", form=form, report=report)
