"""What phones push about notifications."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.notifications.models import Notification
from dastern.sync.models import SyncChange
from dastern.sync.registry import Act, PushContext, Verdict, rejected

_READ = """
UPDATE notifications_notification n SET is_read = true, read_at = greatest(a.at, n.created_at)
FROM unnest(%s::uuid[], %s::timestamptz[]) AS a (id, at)
WHERE n.id = a.id AND n.recipient_id = %s AND NOT n.is_read
"""


class ReadActs:
    """``notification.read``: ``objectId`` is the notification. Reading again, or what is gone, is no error."""

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Which of the named messages are, or were, in the pusher's inbox."""
        self.user_id = context.actor.user_id
        self.now = context.now
        self.reads: dict[UUID, datetime] = {}
        named = [act.object_id for act in acts if act.object_id]
        mine = Notification.objects.filter(recipient_id=self.user_id, pk__in=named)
        removed = dict(mine.values_list("pk", "deleted_at"))
        self.present = {pk for pk, deleted_at in removed.items() if deleted_at is None}
        forgotten = SyncChange.objects.filter(
            user_id=self.user_id, resource="notifications", object_id__in=named, deleted=True
        ).values_list("object_id", flat=True)
        self.gone = {*forgotten, *(set(removed) - self.present)}

    def judge(self, act: Act) -> Verdict:
        """Note the earliest reading; written together by ``flush``."""
        if act.object_id is None or act.data:
            return rejected("INVALID")
        if act.patient_id != self.user_id:
            return rejected("NOT_FOUND")
        if act.object_id in self.gone:
            return Verdict("APPLIED")
        if act.object_id not in self.present:
            return rejected("NOT_FOUND")
        self.reads.setdefault(act.object_id, min(act.at, self.now))
        return Verdict("APPLIED", resource="notifications", object_id=act.object_id)

    def flush(self) -> None:
        """Mark them read in one statement."""
        if self.reads:
            with connection.cursor() as cursor:
                cursor.execute(_READ, [list(self.reads), list(self.reads.values()), self.user_id])
