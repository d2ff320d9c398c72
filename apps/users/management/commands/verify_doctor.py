"""``manage.py verify_doctor``: list who waits; verify or reject one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from apps.users.models import User
from apps.users.selectors import doctors_waiting
from apps.users.services import doctor_reject, doctor_verify
from dastern.core.actor import SYSTEM
from dastern.core.errors import DomainError
from dastern.core.localtime import phnom_penh


class Command(BaseCommand):
    """Without arguments it lists the queue."""

    help = "List doctors who wait for verification; verify one, or reject one with a reason."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, and why not."""
        parser.add_argument("email", nargs="?", help="the doctor's e-mail; nothing lists the queue")
        parser.add_argument("--reject", metavar="REASON", help="reject with this reason, which the doctor reads")

    def handle(self, *args: Any, **options: Any) -> None:
        """List or decide."""
        if not options["email"]:
            for waiting in doctors_waiting():
                self.stdout.write(
                    f"{phnom_penh(waiting.created_at):%Y-%m-%d %H:%M}  {waiting.email}  {waiting.full_name}  "
                    f"licence {waiting.license_number}"
                )
            return
        doctor = User.objects.filter(email=options["email"].strip().lower()).first()
        if doctor is None:
            raise CommandError(f"nobody has the address {options['email']}")
        try:
            if options["reject"]:
                doctor_reject(actor=SYSTEM, doctor_id=doctor.id, reason=options["reject"])
            else:
                doctor_verify(actor=SYSTEM, doctor_id=doctor.id)
        except DomainError as error:
            with translation.override("en"):  # the terminal speaks English
                raise CommandError(error.localised()) from error
        self.stdout.write(f"{doctor.email} {'rejected' if options['reject'] else 'verified'}")
