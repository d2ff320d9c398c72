"""When which job runs: the one table (domain.md §2.16). ``manage.py setup_schedules`` puts it into Beat's database."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

ZONE: Final = "Asia/Phnom_Penh"
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Daily:
    """A local clock time, each day or on one day of the week (0 is Sunday)."""

    hour: int
    minute: int = 0
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """``task`` by its registered name. A run that no worker took before the next is due is dropped, not piled up."""

    name: str
    task: str
    when: timedelta | Daily


JOBS: Final = (
    Job("Mark doses that nobody recorded", "apps.doses.tasks.doses_mark_missed", _MINUTE),
    Job("Evaluate vital signs", "apps.health_monitoring.tasks.vitals_evaluate", timedelta(hours=1)),
    Job("Announce what happened", "dastern.outbox.tasks.outbox_drain", timedelta(seconds=5)),
    Job("Seal the audit log", "apps.audit.tasks.audit_seal", _MINUTE),
    Job("Publish the day's audit seal", "apps.audit.tasks.audit_publish", Daily(0, 20)),
    Job("Clean up codes, reset links and sessions", "apps.authentication.tasks.authentication_clean_up", Daily(2)),
    Job("Clean up codes and requests between people", "apps.connections.tasks.connections_clean_up", Daily(2)),
    Job("Clean up handled announcements", "dastern.outbox.tasks.outbox_clean_up", Daily(2, 5)),
    Job("Clean up sync tombstones and answers", "dastern.sync.tasks.sync_clean_up", Daily(2, 10)),
    Job("Clean up reports about reminders", "apps.doses.tasks.reminders_clean_up", Daily(2, 20)),
    Job("Erase accounts thirty days after the request", "apps.users.tasks.accounts_purge", Daily(3)),
    Job("Clean up idempotency keys", "dastern.core.tasks.idempotency_clean_up", Daily(2, 15)),
    Job("Compare payments with the payment node", "apps.payments.tasks.payments_reconcile", timedelta(minutes=5)),
    Job("Clean up events of the payment node", "apps.payments.tasks.events_clean_up", Daily(2, 25)),
    Job("End plans that ran out", "apps.subscriptions.tasks.subscriptions_expire", timedelta(hours=1)),
    Job("Remind of plans that end", "apps.subscriptions.tasks.subscriptions_remind", timedelta(hours=1)),
    Job("Finish courses", "apps.prescriptions.tasks.courses_finish", timedelta(hours=1)),
    Job("Plan open courses further", "apps.prescriptions.tasks.horizons_extend", timedelta(hours=1)),
    Job("Remind of visits, ends and pauses", "apps.prescriptions.tasks.reminders_send", timedelta(hours=1)),
    Job("Read again the scans that a dead worker left", "apps.ocr.tasks.scans_watch", _MINUTE),
    Job("Say which recognition engines work", "apps.ocr.tasks.engines_tell", _MINUTE),
    Job("Delete scans that nobody answered", "apps.ocr.tasks.scans_forget", timedelta(hours=1)),
    Job("Tell caregivers about the day", "apps.adherence.tasks.summaries_send", timedelta(hours=1)),
    Job("Tell doctors about the week", "apps.doctor_dashboard.tasks.digests_send", timedelta(hours=1)),
    Job("Clean up old notifications", "apps.notifications.tasks.notifications_clean_up", Daily(2, 20)),
)
