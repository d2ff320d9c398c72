"""Faults that a run can be given: which call, when, and what goes wrong. Seeded, so that a run can be repeated."""

import random
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "delay_ms", "index_delay_ms", "timeout", "drop", "http", "geo_block", "nginx_403", "unauthorized",
    "unauthorized_200", "daily_limit", "truncate", "html_200", "null_data", "wrong_type", "reorder", "drop_item",
    "extra_fields", "swap_amount", "duplicate_hash",
}  # fmt: skip
MD5_LIST = "/v1/check_transaction_by_md5_list"


@dataclass(slots=True)
class Fault:
    """``path`` (``*`` for all), ``when`` and ``do`` as given; ``seen`` counts the calls that could have hit it."""

    path: str
    kind: str
    value: Any
    when: dict[str, Any]
    seen: int = 0
    dice: random.Random = field(default_factory=random.Random)

    def hits(self, path: str, now_ms: int) -> bool:
        """Count this call and say whether the fault strikes it."""
        if self.path not in {"*", path}:
            return False
        self.seen += 1
        when = self.when
        if "from_ms" in when or "to_ms" in when:
            return bool(when.get("from_ms", 0) <= now_ms < when.get("to_ms", float("inf")))
        if "nth" in when:
            return bool(self.seen == when["nth"])
        if "every" in when:
            return bool(self.seen % when["every"] == 0)
        if "probability" in when:
            return self.dice.random() < float(when["probability"])
        return True


def parse(given: dict[str, Any]) -> Fault:
    """A fault from its JSON. ``do`` is a name, or an object of one name and its value. Raises ValueError."""
    do = given.get("do")
    kind, value = next(iter(do.items())) if isinstance(do, dict) and len(do) == 1 else (do, None)
    if kind not in KINDS:
        raise ValueError(f"unknown fault {do!r}")
    when = given.get("when") or {}
    return Fault(given.get("path", "*"), str(kind), value, when, dice=random.Random(when.get("seed", 0)))  # noqa: S311


def usual() -> list[Fault]:
    """What real life always has: the MD5 list is closed, and transactions carry a field nobody announced."""
    return [Fault(MD5_LIST, "nginx_403", None, {}), Fault("*", "extra_fields", None, {})]
