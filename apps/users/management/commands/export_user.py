"""``manage.py export_user``: everything a person owns, as a file for that person."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.users.models import User
from apps.users.services import export_start
from dastern.core.actor import SYSTEM


class Command(BaseCommand):
    """For somebody who asks on paper or at the desk. The person sees in the log that it was done."""

    help = "Write everything that the account with this e-mail address owns into a new file, readable by you alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, and where to."""
        parser.add_argument("email")
        parser.add_argument("output", help="file to write; it must not exist")
        parser.add_argument("--format", choices=["json", "pdf"], default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        user = User.objects.filter(email__iexact=options["email"].strip()).first()
        if user is None:
            raise CommandError(f"nobody has the address {options['email']}")
        target = Path(options["output"])
        try:
            target.touch(mode=0o600, exist_ok=False)
        except OSError as error:
            raise CommandError(f"{target} cannot be made: {error.strerror}") from error
        try:
            export = export_start(actor=SYSTEM, user_id=user.id, kind=options["format"])
            with target.open("wb") as stream:
                stream.writelines(export.content)
        except BaseException:
            target.unlink()  # half a file is no export
            raise
        self.stderr.write(f"{target.stat().st_size} bytes written")
