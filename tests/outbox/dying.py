"""A worker that drains the outbox, for tests that kill it: ``python -m tests.outbox.dying``.

It handles ``counted`` by writing an audit row and says so on its standard output; at the message marked ``slow`` it
stops and waits to be killed.
"""

import os
import sys
import time
from collections.abc import Sequence

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "dastern.settings.test"


def counted(messages: Sequence[object]) -> None:
    """Write a row for each; wait at the slow one when asked to."""
    from apps.audit.choices import AuditAction
    from apps.audit.services import audit_record
    from dastern.core.actor import SYSTEM

    for message in messages:
        number = message.payload["n"]  # type: ignore[attr-defined]
        audit_record(AuditAction.LOGOUT, actor=SYSTEM, resource_type="counted", resource_id=str(number))
        print(number, flush=True)
        if number == int(os.environ.get("SLOW_AT", "-1")):
            time.sleep(600)


def main() -> int:
    """Drain once."""
    django.setup()
    from django.conf import settings

    if "EMAIL_URL" in os.environ:  # the test settings keep mail in memory
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    from dastern.outbox import registry
    from dastern.outbox.drainer import drain

    registry.register("counted.inside", counted)
    registry.register("counted.outside", counted, external=True)
    return 0 if drain() >= 0 else 1


if __name__ == "__main__":
    sys.exit(main())
