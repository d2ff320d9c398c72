"""``manage.py payments_show EMAIL | MD5 | BILL``: what is known here of somebody's payments."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.payments.models import PaymentRef
from apps.payments.wire import amount_text
from dastern.core.actor import Actor
from dastern.core.localtime import phnom_penh

_MOST = 20


class Command(BaseCommand):
    """For support: the payments and every change of them; written into the audit log as an access by staff."""

    help = "Show a person's newest payments, or the one of an MD5 or bill number, with their history."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose or which."""
        parser.add_argument("which", help="an e-mail address, an MD5 or a bill number")

    def handle(self, *args: Any, **options: Any) -> None:
        """Show them."""
        which = options["which"].strip()
        rows = PaymentRef.objects.filter(
            Q(user__email=which.lower()) | Q(md5=which.lower()) | Q(bill_number=which.upper())
        )
        found = list(rows.select_related("user").prefetch_related("changes").order_by("-created_at")[:_MOST])
        if not found:
            raise CommandError(f"no payment of {which}")
        staff = Actor(id=None, role="STAFF", is_staff=True)
        for ref in found:
            audit_record(
                AuditAction.DATA_ACCESS, actor=staff, resource_type="payment", resource_id=ref.pk,
                patient_id=ref.user_id,
            )  # fmt: skip
            amount = f"{amount_text(ref.amount, ref.currency)} {ref.currency}"
            held = f"  held: {ref.review_reason}" if ref.review_reason else ""
            self.stdout.write(
                f"{phnom_penh(ref.created_at):%Y-%m-%d %H:%M}  {ref.user.email}  {ref.plan_type} {ref.kind}  {amount}  "
                f"{ref.status}  {ref.bill_number or 'no QR'}  {ref.md5 or ''}{held}"
            )
            for change in ref.changes.all():
                self.stdout.write(
                    f"    {phnom_penh(change.at):%Y-%m-%d %H:%M:%S}  {change.old_status or '—'} → {change.new_status}  "
                    f"{change.cause} {change.reason}".rstrip()
                )
