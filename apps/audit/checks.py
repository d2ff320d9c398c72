"""A system check: the log is append-only only while its triggers are there and on."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections

_WANTED = frozenset(
    {"audit_stamp", "audit_no_change", "audit_no_truncate", "audit_seal_no_change", "audit_seal_no_truncate"}
)
# D is off; R fires in replication sessions only.
_ON = "SELECT tgname FROM pg_trigger WHERE tgname = ANY(%s) AND tgenabled IN ('O', 'A')"


@register(Tags.database)
def audit_triggers(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every trigger of migration 0002 is present and enabled (``manage.py check --database default``)."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        try:
            if "audit_auditlog" not in connection.introspection.table_names():
                continue  # not migrated yet
            with connection.cursor() as cursor:
                cursor.execute(_ON, [sorted(_WANTED)])
                missing = _WANTED - {name for (name,) in cursor.fetchall()}
        except DatabaseError:
            continue  # the database tells about itself
        if missing:
            found.append(Error(f"audit triggers are absent or off: {', '.join(sorted(missing))}", id="dastern.E010"))
    return found
