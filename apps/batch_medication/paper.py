"""Groups on the paper of the export."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop

from apps.prescriptions.choices import PrescriptionStatus
from apps.prescriptions.paper import medicine_line
from apps.users.bilingual import both
from apps.users.models import User
from apps.users.registry import Heading, Sheet


def batches_sheet(rows: Callable[[UUID], Iterable[Mapping[str, Any]]]) -> Sheet:
    """Each group with its time and medicines."""

    def lines(user: User) -> Iterator[str | Heading]:
        for row in rows(user.id):
            state = both(PrescriptionStatus(row["status"]).label)
            yield Heading(f"{row['scheduledTime']} · {row['name']} · {state}")
            yield from map(medicine_line, row["medicines"])

    return Sheet(gettext_noop("Groups of medicines"), lines, rank=15)
