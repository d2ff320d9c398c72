"""Acts of staff. Each writes who did it, in the transaction of the act."""

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from typing import IO, Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q

from payment_node.core import clock
from payment_node.core.errors import Refused, invalid, not_found
from payment_node.core.logs import payment
from payment_node.payments.choices import Reason, Status
from payment_node.payments.models import AuditLog, PaymentStatusHistory, PaymentTransaction, Refund
from payment_node.payments.services import payment_move
from payment_node.staff import statements
from payment_node.staff.models import LineState, StatementImport, StatementLine
from payment_node.webhooks.services import webhooks_resend

_NEAR = timedelta(minutes=10)
_EVIDENCE_MOST = STATEMENT_MOST = 5 * 1024 * 1024


def _audit(actor: str, action: str, now: datetime, transaction_id: UUID | None = None, **details: Any) -> None:
    AuditLog.objects.create(at=now, actor=actor, action=action, transaction_id=transaction_id, details=details)
    payment("staff", action=action, actor=actor, transactionId=str(transaction_id or ""))


def _locked(payment_id: UUID) -> PaymentTransaction:
    held = PaymentTransaction.objects.select_for_update().filter(pk=payment_id).first()
    if held is None:
        raise not_found()
    return held


def review_complete(*, payment_id: UUID, actor: str, note: str) -> PaymentTransaction:
    """The money is accepted although something differed: the plan is granted."""
    if not note.strip():
        raise invalid("note: required")
    now = clock.now()
    with transaction.atomic():
        held = _locked(payment_id)
        if not held.review_reason:
            raise Refused(409, "NOT_HELD", "This payment does not wait for a review.")
        settled = PaymentTransaction.objects.filter(
            bank_hash=held.bank_hash, status__in=[Status.COMPLETED, Status.REFUNDED]
        ).exclude(pk=held.pk)
        paid_ms = (held.bank_data or {}).get("createdDateMs")
        payment_move(
            held,
            Status.COMPLETED,
            reason=Reason.STAFF_DECISION,
            now=now,
            details={"by": actor, "note": note, "was": held.review_reason},
            paid_at=clock.from_ms(paid_ms) if paid_ms else now,
            # one transfer settles one order; the other one keeps the hash, this one the whole answer
            bank_hash="" if settled.exists() else held.bank_hash,
        )
        _audit(actor, "REVIEW_COMPLETE", now, held.pk, note=note)
    return held


def refund_record(
    *,
    payment_id: UUID,
    actor: str,
    amount: Decimal,
    bank_reference: str,
    reason: str,
    evidence: IO[bytes] | None = None,
) -> Refund:
    """Write down that somebody sent the money back by an own transfer. The bank's service has no refund.

    COMPLETED becomes REFUNDED. A held payment ends as FAILED, or stays as ended as it was, without a plan.
    """
    if not bank_reference.strip() or not reason.strip():
        raise invalid(f"{'reason' if bank_reference.strip() else 'bankReference'}: required")
    content = evidence.read() if evidence is not None else b""
    if len(content) > _EVIDENCE_MOST:
        raise Refused(413, "TOO_LARGE", "The evidence is larger than 5 MB.", ["evidence: larger than 5 MB"])
    now = clock.now()
    with transaction.atomic():
        held = _locked(payment_id)
        if held.status != Status.COMPLETED and not held.review_reason:
            raise Refused(409, "NOT_REFUNDABLE", "There is no money of this payment to send back.")
        received, currency = _received(held)
        if not 0 < amount <= received:
            raise invalid(f"amount: between 0 and {received}")
        if Refund.objects.filter(bank_reference=bank_reference.strip()).exists():
            raise invalid("bankReference: used by another refund")
        made = Refund(
            transaction=held,
            amount=amount,
            currency=currency,
            bank_reference=bank_reference.strip(),
            reason=reason,
            by=actor,
            at=now,
        )
        if content:
            made.evidence_sha256 = hashlib.sha256(content).hexdigest()
            made.evidence.save(f"{held.pk}.bin", ContentFile(content), save=False)
        made.save(force_insert=True)
        _end_refunded(held, actor, now)
        _audit(actor, "REFUND", now, held.pk, amount=str(amount), reference=made.bank_reference, reason=reason)
    return made


def _received(held: PaymentTransaction) -> tuple[Decimal, str]:
    """What really came, which in a held payment may differ from what was asked for."""
    found = held.bank_data or {}
    amount, currency = found.get("amount"), found.get("currency")
    if amount is None or currency not in {"USD", "KHR"}:
        return held.amount, held.currency
    return Decimal(amount), currency


def _end_refunded(held: PaymentTransaction, actor: str, now: datetime) -> None:
    details = {"by": actor, "was": held.review_reason}
    if held.status == Status.COMPLETED:
        payment_move(held, Status.REFUNDED, reason=Reason.REFUNDED_BY_STAFF, now=now, details=details, refunded_at=now)
    elif held.status == Status.PENDING:
        payment_move(held, Status.FAILED, reason=Reason.REFUNDED_BY_STAFF, now=now, details=details, refunded_at=now)
    else:
        held.review_reason, held.reason, held.refunded_at = "", Reason.REFUNDED_BY_STAFF, now
        held.save(update_fields=["review_reason", "reason", "refunded_at"])
        PaymentStatusHistory.objects.create(
            transaction=held,
            old_status=held.status,
            new_status=held.status,
            at=now,
            reason=Reason.REFUNDED_BY_STAFF,
            details=details,
        )


def webhooks_send_again(*, event_ids: list[UUID], actor: str) -> int:
    """Send events again that were given up. Returns how many."""
    with transaction.atomic():
        count = webhooks_resend(event_ids)
        _audit(actor, "WEBHOOKS_RESEND", clock.now(), count=count)
    return count


def statement_import(*, file_name: str, content: bytes, actor: str) -> tuple[StatementImport, dict[str, int]]:
    """Take a bank's statement in and match it with payments. Importing a line twice changes nothing.

    Returns the import and how many lines ended in which state. Raises StatementError naming the line.
    """
    if len(content) > STATEMENT_MOST:
        raise statements.StatementError("the file is larger than 5 MB")
    try:
        lines = statements.read(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise statements.StatementError("the file is not UTF-8") from None
    now = clock.now()
    counts: dict[str, int] = {}
    with transaction.atomic():
        statement, _new = StatementImport.objects.get_or_create(
            sha256=hashlib.sha256(content).hexdigest(),
            defaults={"file_name": file_name[:200], "by": actor, "at": now},
        )
        known = set(
            StatementLine.objects.filter(line_key__in=[line.key for line in lines]).values_list("line_key", flat=True)
        )
        for line in lines:
            if line.key in known:
                counts["known"] = counts.get("known", 0) + 1
                continue
            state, found = _match(line)
            StatementLine.objects.create(
                statement=statement,
                line_key=line.key,
                booked_at=line.booked_at,
                reference=line.reference,
                amount=line.amount,
                currency=line.currency,
                payer=line.payer,
                description=line.description,
                state=state,
                payment=found,
            )
            counts[state] = counts.get(state, 0) + 1
        _audit(actor, "STATEMENT_IMPORT", now, file=file_name, lines=counts)
    return statement, counts


def _match(line: statements.Line) -> tuple[LineState, PaymentTransaction | None]:
    if line.amount <= 0:
        refund = Refund.objects.filter(bank_reference=line.reference).first() if line.reference else None
        return (LineState.REFUND, refund.transaction) if refund else (LineState.DEBIT, None)
    found = _by_reference(line) or _by_bill_number(line)
    if found is not None:
        taken = StatementLine.objects.filter(payment=found, state=LineState.MATCHED).exists()
        return (LineState.DOUBLE if taken else LineState.MATCHED), found
    near = [
        row
        for row in PaymentTransaction.objects.filter(
            currency=line.currency,
            amount=line.amount,
            status__in=[Status.COMPLETED, Status.REFUNDED],
            paid_at__range=(line.booked_at - _NEAR, line.booked_at + _NEAR),
        )
        if not StatementLine.objects.filter(payment=row, state=LineState.MATCHED).exists()
    ]
    # only when there is no doubt which one
    return (LineState.MATCHED, near[0]) if len(near) == 1 else (LineState.UNMATCHED, None)


def _by_reference(line: statements.Line) -> PaymentTransaction | None:
    if not line.reference:
        return None
    return PaymentTransaction.objects.filter(
        Q(bank_hash=line.reference.lower()) | Q(bank_data__externalRef=line.reference)
    ).first()


def _by_bill_number(line: statements.Line) -> PaymentTransaction | None:
    words = [word for word in line.description.replace(",", " ").split() if word.startswith("DT-")]
    return PaymentTransaction.objects.filter(bill_number__in=words).first() if words else None
