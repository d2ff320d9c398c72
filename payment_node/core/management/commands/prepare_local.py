"""``prepare_local``: bring the local database up to date and make the staff account of a developer's machine."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Only under the local settings, which say so by naming a password."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then the account."""
        password = getattr(settings, "LOCAL_STAFF_PASSWORD", "")
        if not password:
            raise CommandError("prepare_local is for the local settings, with NODE_STAFF_PASSWORD set")
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        people = get_user_model().objects
        staff, _made = people.get_or_create(
            username="staff", defaults={"is_staff": True, "is_superuser": True, "is_active": True}
        )
        if not staff.check_password(password):
            staff.set_password(password)
            staff.save()
