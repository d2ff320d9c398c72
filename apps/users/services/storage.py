"""Counting stored files against the quota of the plan (domain.md §2.2)."""

from datetime import datetime
from uuid import UUID

from django.core.files.storage import default_storage

from apps.users import registry
from apps.users.selectors import rows_bytes


def file_counted(*, user_id: UUID, size: int, replaces: str = "", now: datetime) -> None:
    """Count a file of ``size`` bytes that takes the place of the stored file ``replaces``.

    Call it inside the transaction that stores the file, before storing. Raises PlanLimit, with the quota and what
    is used of it, when the file does not fit; text records are never refused for quota.
    """
    freed = default_storage.size(replaces) if replaces and default_storage.exists(replaces) else 0
    registry.files_take(user_id, size - freed, sum(rows_bytes(user_id).values()), now)
