"""``manage.py create_staff EMAIL NAME``: an account for the operations site."""

import getpass
import secrets
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.users.choices import AccountStatus, Language, Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import SYSTEM


class Command(BaseCommand):
    """Asks for the password, or makes one with --generate."""

    help = "Create a staff account (or make an existing account staff). Doctors cannot be staff."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who."""
        parser.add_argument("email")
        parser.add_argument("name", help="full name, in quotes")
        parser.add_argument("--generate", action="store_true", help="make a password and print it once")
        parser.add_argument("--superuser", action="store_true", help="with every right")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the account."""
        email = options["email"].strip().lower()
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is no e-mail address") from error
        user = User.objects.filter(email=email).first()
        if user is not None and user.role == Role.DOCTOR:
            raise CommandError(f"{email} is a doctor: staff see the operations site, doctors their own patients only")
        password = secrets.token_urlsafe(12) if options["generate"] else getpass.getpass("Password: ")
        moment = clock.now()
        user = user or User(
            email=email, role=Role.FAMILY_MEMBER, language=Language.ENGLISH, account_status=AccountStatus.ACTIVE,
            email_verified_at=moment,
        )  # fmt: skip
        user.full_name, user.is_staff = options["name"], True
        user.is_superuser = user.is_superuser or options["superuser"]
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user.set_password(password)
        user.save()
        audit_record(
            AuditAction.ACCOUNT_STATUS_CHANGE, actor=SYSTEM, resource_type="user", resource_id=user.id,
            patient_id=user.id, details={"event": "STAFF_CREATED"},
        )  # fmt: skip
        self.stdout.write(f"{email} may sign in at /admin/" + (f" with {password}" if options["generate"] else ""))
