"""Links on the paper of the export."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop

from apps.connections.choices import ConnectionKind, ConnectionStatus, PermissionLevel
from apps.users.bilingual import both
from apps.users.models import User
from apps.users.registry import Sheet


def connections_sheet(rows: Callable[[UUID], Iterable[Mapping[str, Any]]]) -> Sheet:
    """Each link in a line: with whom, what it shows, from when to when."""

    def lines(user: User) -> Iterator[str]:
        for row in rows(user.id):
            parts = [
                row["requestedAt"][:10],
                row["other"]["fullName"],
                both(ConnectionKind(row["kind"]).label),
                both(ConnectionStatus(row["status"]).label),
                both(PermissionLevel(row["permissionLevel"]).label),
                row["relationship"],
                (row["revokedAt"] or "")[:10],
            ]
            yield " · ".join(part for part in parts if part)

    return Sheet(gettext_noop("People linked with you"), lines)
