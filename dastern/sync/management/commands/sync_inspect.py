"""Where a person's feed stands, and how acts were answered."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Q

from dastern.core import clock
from dastern.core.localtime import phnom_penh
from dastern.sync.models import SyncAct, SyncChange, SyncFeed


class Command(BaseCommand):
    """Shows counts, times and codes; never what an act or an object says."""

    help = (
        "Without a user: how acts were answered, by kind and outcome (a rise of REJECTED is the first sign of a broken "
        "app). With a user id: the feed, its objects by kind, the newest acts. Times are Phnom Penh time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("user", nargs="?", help="a user id")
        parser.add_argument("--days", type=int, default=7, help="acts received in the last DAYS days (7)")
        parser.add_argument("--limit", type=int, default=20, help="how many of the newest acts to list (20)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print."""
        acts = SyncAct.objects.filter(received_at__gt=clock.now() - timedelta(days=options["days"]))
        if options["user"]:
            try:
                user_id = UUID(options["user"])
            except ValueError as error:
                raise CommandError("give a user id (a UUID)") from error
            self._feed(user_id)
            acts = acts.filter(Q(patient_id=user_id) | Q(actor_id=user_id))
        totals = acts.values("kind", "outcome", "code").annotate(n=Count("pk")).order_by("kind", "outcome", "code")
        for row in totals:
            self.stdout.write(f"{row['kind']:24} {row['outcome']:12} {row['code'] or '':16} {row['n']:8}")
        if not totals:
            self.stdout.write(f"no acts in {options['days']} days")
        if options["user"]:
            for act in acts.order_by("-received_at")[: options["limit"]]:
                skew = f"  clock off by {act.skew}" if act.skew else ""
                self.stdout.write(
                    f"{phnom_penh(act.received_at):%Y-%m-%d %H:%M:%S}  {act.kind} {act.outcome} {act.code or ''} "
                    f"device {act.device_id}  done {phnom_penh(act.act_at):%Y-%m-%d %H:%M:%S}{skew}"
                )

    def _feed(self, user_id: UUID) -> None:
        feed = SyncFeed.objects.filter(pk=user_id).first()
        if feed is None:
            raise CommandError("no such feed")
        self.stdout.write(f"revision {feed.revision}, generation {feed.generation}")
        objects = SyncChange.objects.filter(user_id=user_id).values("resource", "deleted").annotate(n=Count("pk"))
        for row in objects.order_by("resource", "deleted"):
            self.stdout.write(f"{row['resource']:24} {'deleted' if row['deleted'] else 'current':12} {row['n']:8}")
