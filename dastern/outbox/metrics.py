"""How much waits to be announced."""

from django.db import connection

from dastern.core import clock
from dastern.core.metrics import Rows, register_gauge

# Literals, so that the partial indexes outbox_due and outbox_dead serve it.
_DEPTH = """
SELECT topic, CASE WHEN next_at <= %s THEN 'due' ELSE 'waiting' END, count(*) FROM outbox_message
WHERE state = 'PENDING' GROUP BY 1, 2
UNION ALL
SELECT topic, 'dead', count(*) FROM outbox_message WHERE state = 'DEAD' GROUP BY 1
"""


def outbox_depth() -> Rows:
    """By topic and state: due (should be gone in seconds), waiting (held back or to be tried again), dead."""
    with connection.cursor() as cursor:
        cursor.execute(_DEPTH, [clock.now()])
        return [((topic, state), float(count)) for topic, state, count in cursor.fetchall()]


def register() -> None:
    """Once, from ``apps.py``."""
    register_gauge("dastern_outbox_messages", "Messages in the outbox.", outbox_depth, labels=("topic", "state"))
