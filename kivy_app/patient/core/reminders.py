"""What rings when. A pure plan from the doses at hand; a platform adapter arms it. No network, no Kivy.

One alarm a minute slot, at most 64 alarms within seven days (iOS keeps no more and drops the rest silently),
none for a dose somebody answered for. The lock screen gets no medicine name unless the person asked for names
(domain.md §7.6).
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from patient.core import dose_rules as rules
from patient.core import khmer
from patient.core.i18n import Catalogue
from patient.core.models import Dose
from patient.core.regimen import meal_words

HORIZON = timedelta(days=7)
LIMIT = 64
REPEATS = (timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=30))
LIST_IS_OLD = timedelta(hours=24)
_NAMESPACE = uuid.UUID("6f0cbb2e-2f0c-4a86-9a0e-8f6f6f0f3f11")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the person chose. ``muted`` are medicine ids whose reminder is off."""

    repeat: bool = True
    show_names: bool = False
    khmer_digits: bool = False
    buddhist_years: bool = False
    pictures: bool = False  # the home for people who read little
    speak: bool = False  # reminders are read aloud while the app is open
    muted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reminder:
    """One alarm: rings at ``fire_at`` for all doses of that minute."""

    id: str
    fire_at: datetime
    dose_ids: tuple[str, ...]
    repeat: int  # 0 the first ring, 1–3 a repetition for all of its doses
    title: str
    body: str

    @property
    def number(self) -> int:
        """A stable 31-bit number for platforms that name alarms by integers."""
        return uuid.UUID(self.id).int & 0x7FFFFFFF


def plan(
    doses: Iterable[Dose], *, now: datetime, zone: ZoneInfo, t: Catalogue,
    preferences: Preferences | None = None, synced_at: datetime | None = None, names: Mapping[str, str] | None = None,
) -> list[Reminder]:  # fmt: skip
    """All alarms to arm now, in order. ``now`` is the real time; ``synced_at`` the age of the list, told when
    old. ``names`` (patient → name) is given when several people use the phone: then it is told whose doses they are."""
    chosen = preferences or Preferences()
    slots: dict[datetime, dict[str, tuple[int, Dose]]] = {}
    for dose in doses:
        if dose.status != rules.DUE or dose.medication_id in chosen.muted or dose.silent:
            continue
        for count, moment in enumerate(_rings(dose, repeat=chosen.repeat)):
            slot = moment.replace(second=0, microsecond=0)
            if now < slot <= now + HORIZON:
                held = slots.setdefault(slot, {})
                held[dose.id] = min(held.get(dose.id, (count, dose)), (count, dose), key=lambda pair: pair[0])
    # When there is no room for all, a first ring counts more than a repetition of an earlier one.
    ranked = sorted(slots.items(), key=lambda item: (min(count for count, _ in item[1].values()) > 0, item[0]))
    kept = sorted(ranked[:LIMIT], key=lambda item: item[0])
    return [_reminder(slot, list(held.values()), zone, t, chosen, synced_at, names or {}) for slot, held in kept]


def _rings(dose: Dose, *, repeat: bool) -> list[datetime]:
    start = dose.state.snoozed_until or dose.scheduled
    return [start, *(start + gap for gap in REPEATS)] if repeat else [start]


def _reminder(
    slot: datetime, held: list[tuple[int, Dose]], zone: ZoneInfo, t: Catalogue, chosen: Preferences,
    synced_at: datetime | None, names: Mapping[str, str],
) -> Reminder:  # fmt: skip
    held.sort(key=lambda pair: (pair[1].scheduled, pair[1].id))
    doses = [dose for _, dose in held]
    local = khmer.clock_text(slot.astimezone(zone), khmer=chosen.khmer_digits)
    lines = _lines(doses, t, chosen, names)
    if synced_at is not None and slot - synced_at > LIST_IS_OLD:
        lines.append(t("List of {date}", date=f"{synced_at.astimezone(zone):%Y-%m-%d}"))
    return Reminder(
        id=str(uuid.uuid5(_NAMESPACE, slot.isoformat())),
        fire_at=slot,
        dose_ids=tuple(dose.id for dose in doses),
        repeat=min(count for count, _ in held),
        title=t("{time} · time for your medicine", time=local),
        body="\n".join(lines),
    )


def _lines(doses: list[Dose], t: Catalogue, chosen: Preferences, names: Mapping[str, str]) -> list[str]:
    whose: dict[str, list[Dose]] = {}
    for dose in doses:
        whose.setdefault(names.get(dose.patient_id or "", ""), []).append(dose)
    lines = []
    for name, held in whose.items():
        said = [dose_line(dose, t) for dose in held] if chosen.show_names else [t("{n} to take", n=len(held))]
        lines += [f"{name}: {line}" if name else line for line in said]
    return lines


def dose_line(dose: Dose, t: Catalogue) -> str:
    """Name, amount, meal relation: for an unlocked screen."""
    first, second = dose.names(t.language)
    name = f"{first} ({second})" if second else first
    parts = [name, dose.amount(t.language), meal_words(dose.body.get("timing"), t)]
    return " · ".join(part for part in parts if part)
