"""Which news about a payment count (domain.md §2.11, §4.2). Pure: no Django, no clock."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

# From state to the states that the node may tell next. Money counts whenever it comes; a refund may overtake the
# news that it gives back, and then nothing is left to count.
TRANSITIONS: Final[Mapping[str, frozenset[str]]] = {
    "PENDING": frozenset({"COMPLETED", "FAILED", "CANCELLED", "REFUNDED"}),
    "FAILED": frozenset({"COMPLETED", "REFUNDED"}),
    "CANCELLED": frozenset({"COMPLETED", "FAILED", "REFUNDED"}),
    "COMPLETED": frozenset({"REFUNDED"}),
    "REFUNDED": frozenset(),
}


class News(Enum):
    """What a message about a payment is."""

    CHANGE = "change"
    SAME = "same"
    STALE = "stale"
    IMPOSSIBLE = "impossible"


def news(status: str, sequence: int, told_status: str, told_sequence: int) -> News:
    """Judge a state that was told with the sequence of its event, against what is known.

    Events of a payment count up, so a lower number is old news however late it arrives.
    """
    if told_sequence < sequence:
        return News.STALE
    if told_status == status:
        return News.SAME
    return News.CHANGE if told_status in TRANSITIONS.get(status, frozenset()) else News.IMPOSSIBLE
