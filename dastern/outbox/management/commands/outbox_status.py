"""What waits, what is late and what is dead."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count, Max, Min

from dastern.core import clock
from dastern.core.localtime import phnom_penh
from dastern.outbox.models import OutboxMessage, OutboxState
from dastern.outbox.services import outbox_retry_dead


class Command(BaseCommand):
    """Counts by topic; ends with 1 when something is dead or more than five minutes late, for monitoring."""

    help = (
        "Show the outbox by topic: waiting, late (due for over 5 minutes), dead. Exit code 1 when anything is late "
        "or dead. --retry-dead gives dead messages their tries again. Times are Phnom Penh time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--dead", action="store_true", help="list dead messages with their last error (newest 50)")
        parser.add_argument("--retry-dead", action="store_true", help="try dead messages again")
        parser.add_argument("--topic", default="", help="only this topic")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print, and retry when asked to."""
        if options["retry_dead"]:
            self.stdout.write(f"{outbox_retry_dead(topic=options['topic'])} dead messages will be tried again")
        messages = OutboxMessage.objects.exclude(state=OutboxState.DONE)
        if options["topic"]:
            messages = messages.filter(topic=options["topic"])
        moment, bad = clock.now(), False
        rows = (
            messages.values("topic", "state")
            .annotate(n=Count("pk"), oldest=Min("created_at"), due=Min("next_at"), tries=Max("attempts"))
            .order_by("topic", "state")
        )
        for row in rows:
            late = row["state"] == OutboxState.PENDING and (moment - row["due"]).total_seconds() > 300
            bad = bad or late or row["state"] == OutboxState.DEAD
            self.stdout.write(
                f"{row['topic']:32} {'LATE' if late else row['state']:8} {row['n']:7}  most tries {row['tries']}  "
                f"oldest {phnom_penh(row['oldest']):%Y-%m-%d %H:%M:%S}"
            )
        if options["dead"]:
            for message in messages.filter(state=OutboxState.DEAD).order_by("-created_at")[:50]:
                self.stdout.write(f"{message.id} {message.topic} {message.last_error.splitlines()[0][:160]}")
        if not rows:
            self.stdout.write("nothing waits, nothing is dead")
        if bad:
            raise SystemExit(1)
