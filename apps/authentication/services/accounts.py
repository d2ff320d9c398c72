"""Registering, and confirming the e-mail address (domain.md §2.1)."""

from datetime import date, datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.authentication.choices import OtpPurpose
from apps.authentication.errors import AlreadyTaken
from apps.authentication.rules import OLDEST_AGE, phone_normal
from apps.authentication.selectors import account_find
from apps.authentication.services.codes import code_address, otp_consume, otp_issue, otp_match
from apps.authentication.services.locks import account_admit, account_audit, account_lock, acting
from apps.authentication.services.sessions import Session, session_open
from apps.notifications.mail import mail_queue
from apps.subscriptions.services import subscription_ensure
from apps.users.choices import AccountStatus, Language, Role
from apps.users.models import User
from apps.users.rules import MINIMUM_AGE, age_on, phone_valid
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Invalid
from dastern.core.files import image_clean
from dastern.core.localtime import local_date

# What no two accounts may share: the column and its name on the wire.
_UNIQUE = {
    "email": "email",
    "phone_number": "phoneNumber",
    "id_card_number": "idCardNumber",
    "license_number": "licenseNumber",
}


def account_register_patient(
    *,
    actor: Actor,
    first_name: str,
    last_name: str,
    gender: str,
    date_of_birth: date,
    email: str,
    password: str,
    phone_number: str | None = None,
    id_card_number: str | None = None,
    language: str = Language.KHMER,
) -> User:
    """A patient's account, to be confirmed with the code that is mailed. The family name comes first, as in Khmer.

    Raises Invalid (under 13, bad phone number, weak password), AlreadyTaken.
    """
    now = clock.now()
    user = User(
        role=Role.PATIENT,
        first_name=first_name,
        last_name=last_name,
        full_name=f"{last_name} {first_name}",
        gender=gender,
        date_of_birth=date_of_birth,
        email=email,
        phone_number=phone_number or None,
        id_card_number=id_card_number or None,
        language=language,
    )
    age = age_on(date_of_birth, local_date(now, user.timezone))
    if not 0 <= age <= OLDEST_AGE:
        raise Invalid(errors=[("dateOfBirth", _("This date of birth is not possible."))])
    if age < MINIMUM_AGE:
        raise Invalid(errors=[("dateOfBirth", _("You must be at least 13 years old."))])
    return _register(user, password, actor, now)


def account_register_doctor(
    *,
    actor: Actor,
    full_name: str,
    email: str,
    password: str,
    license_number: str,
    phone_number: str | None = None,
    hospital_clinic: str = "",
    specialty: str = "",
    license_photo: Any = None,
    language: str = Language.KHMER,
) -> User:
    """A doctor's account: to be confirmed by mail, then decided by staff.

    Raises Invalid, AlreadyTaken, and what ``image_clean`` raises for the photo of the licence.
    """
    user = User(
        role=Role.DOCTOR,
        full_name=full_name,
        email=email,
        license_number=license_number,
        phone_number=phone_number or None,
        hospital_clinic=hospital_clinic,
        specialty=specialty,
        license_photo=image_clean(license_photo) if license_photo is not None else "",
        language=language,
    )
    return _register(user, password, actor, clock.now())


def account_register_caregiver(
    *,
    actor: Actor,
    first_name: str,
    last_name: str,
    email: str,
    password: str,
    phone_number: str | None = None,
    language: str = Language.KHMER,
) -> User:
    """The account of somebody who only cares for others. Raises Invalid, AlreadyTaken."""
    user = User(
        role=Role.FAMILY_MEMBER,
        first_name=first_name,
        last_name=last_name,
        full_name=f"{last_name} {first_name}",
        email=email,
        phone_number=phone_number or None,
        language=language,
    )
    return _register(user, password, actor, clock.now())


def password_require_strong(password: str, user: User, field: str = "password") -> None:
    """Nothing for a password of 8 characters or more that is neither common nor like the name. Raises Invalid."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(errors=[(field, message) for message in error.messages]) from error


def phone_require(typed: str) -> str:
    """The phone number as it is stored. Raises Invalid without + and country code."""
    number = phone_normal(typed)
    if not phone_valid(number):
        raise Invalid(errors=[("phoneNumber", _("Give the number with + and country code, like +85512345678."))])
    return number


def _register(user: User, password: str, actor: Actor, now: datetime) -> User:
    user.email = user.email.strip().lower()
    if user.phone_number:
        user.phone_number = phone_require(user.phone_number)
    password_require_strong(password, user)
    user.set_password(password)
    with transaction.atomic():
        account_insert(user)
        account_audit(
            AuditAction.ACCOUNT_STATUS_CHANGE, user, acting(user, actor), event="REGISTERED", new=user.account_status
        )
        otp_issue(user=user, purpose=OtpPurpose.VERIFY_ACCOUNT, now=now)
    return user


def account_insert(user: User) -> None:
    """Insert a new account; the constraints decide, also between two at once. Raises AlreadyTaken naming what is."""
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        user.license_photo.delete(save=False)  # was stored before the row was refused
        raise already_taken(user) from error


def already_taken(user: User) -> AlreadyTaken:
    """The refusal that names what of ``user`` other accounts have."""
    others = User.objects.exclude(pk=user.pk)
    taken = [
        wire
        for column, wire in _UNIQUE.items()
        if getattr(user, column) and others.filter(**{column: getattr(user, column)}).exists()
    ]
    return AlreadyTaken(errors=[(wire, _("This is taken already.")) for wire in taken])


def account_verify(
    *, identifier: str, code: str, actor: Actor, device_name: str = "", remember: bool = False
) -> Session:
    """Confirm the e-mail address with the code that was mailed, and sign in.

    A patient or family member becomes ACTIVE, a doctor waits for staff; the free plan is opened once.
    Raises CodeWrong, CodeGone, and what ``account_admit`` raises.
    """
    now = clock.now()
    user = account_find(identifier)
    if user is not None:
        account_admit(user, now, unconfirmed=True)
    found = otp_match(address=code_address(identifier), purpose=OtpPurpose.VERIFY_ACCOUNT, code=code, now=now)
    with transaction.atomic():
        account = account_lock(found.user_id)
        otp_consume(found, now)
        account_confirm(account, actor, now)
        account_admit(account, now)
        return session_open(
            user=account, actor=actor, method="otp", now=now, device_name=device_name, remember=remember
        )


def account_confirm(account: User, actor: Actor, now: datetime) -> None:
    """The owner of a locked ``account`` has shown that the e-mail is theirs; again is no change.

    Inside a transaction.
    """
    if account.email_verified_at is None:
        old = account.account_status
        account.email_verified_at = now
        if account.role != Role.DOCTOR and old == AccountStatus.PENDING_VERIFICATION:
            account.account_status = AccountStatus.ACTIVE
        account.save(update_fields=["email_verified_at", "account_status", "updated_at"])
        account_audit(
            AuditAction.ACCOUNT_STATUS_CHANGE,
            account,
            acting(account, actor),
            event="EMAIL_CONFIRMED",
            old=old,
            new=account.account_status,
        )
        mail_queue(
            to=account.email,
            template="welcome",
            language=Language(account.language).code,
            context={"name": account.full_name, "under_review": account.role == Role.DOCTOR},
            dedupe_key=f"welcome:{account.id}",
        )
    subscription_ensure(user_id=account.id, now=now, actor=acting(account, actor))
