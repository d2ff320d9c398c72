"""A new e-mail address or phone number, set by a code (domain.md §2.2)."""

from django.db import IntegrityError, transaction

from apps.audit.choices import AuditAction
from apps.authentication.choices import OtpPurpose
from apps.authentication.selectors import account_of
from apps.authentication.services.accounts import already_taken, phone_require
from apps.authentication.services.codes import otp_consume, otp_issue, otp_match, pause_require
from apps.authentication.services.locks import account_audit, account_lock
from apps.notifications.mail import mail_queue
from apps.users.choices import Language
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor

_PURPOSE = OtpPurpose.SENSITIVE_ACTION


def _address(user: User) -> str:
    """Under what codes that set something are kept: they prove no more than that the new address was reached."""
    return f"contact:{user.id}"


def contact_change_request(*, actor: Actor, email: str = "", phone_number: str = "") -> None:
    """Have a code mailed that will set one of the two: to the new e-mail, or to the present one for a phone number.

    Raises Invalid, AlreadyTaken, Throttled within 60 s of the last one.
    """
    now = clock.now()
    user = account_of(actor)
    if email:
        user.email = to = value = email.strip().lower()
    else:
        user.phone_number = value = phone_require(phone_number)
        to = user.email
    refusal = already_taken(user)
    if refusal.errors:
        raise refusal
    with transaction.atomic():
        pause_require(_address(user), _PURPOSE, now)
        otp_issue(user=user, purpose=_PURPOSE, now=now, address=_address(user), to=to, new_value=value)


def contact_change_confirm(*, actor: Actor, code: str) -> User:
    """Set what the code was asked for; the old e-mail address is told. Raises CodeWrong, CodeGone, AlreadyTaken."""
    now = clock.now()
    found = otp_match(address=_address(account_of(actor)), purpose=_PURPOSE, code=code, now=now)
    with transaction.atomic():
        account = account_lock(found.user_id)
        otp_consume(found, now)
        old_email, field = account.email, "email" if "@" in found.new_value else "phone_number"
        setattr(account, field, found.new_value)
        try:
            with transaction.atomic():
                account.save(update_fields=[field, "updated_at"])
        except IntegrityError as error:
            raise already_taken(account) from error
        account_audit(AuditAction.PROFILE_UPDATE, account, actor, fields=[field])
        if field == "email":
            mail_queue(
                to=old_email,
                template="email_changed",
                language=Language(account.language).code,
                context={"name": account.full_name},
            )
    return account
