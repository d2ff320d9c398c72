"""The export on paper: one bilingual PDF of everything a person owns."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from apps.users import registry
from apps.users.bilingual import both, labelled, stamp
from apps.users.choices import Gender, Role
from apps.users.models import User
from apps.users.registry import Heading
from apps.users.wire import identity_wire, meals_wire, notification_settings_wire
from dastern.core.print import pdf_from_template

# Rows without a sheet are records of machines as much as of people: the newest are printed, all are in the JSON file.
MOST_PLAIN_ROWS = 30
_LINES_A_BLOCK = 40  # the layout works on blocks; a block that fits a page is laid out once
_MORE = gettext_noop("Earlier entries are in the JSON file of the same export:")
_NOTHING = gettext_noop("Nothing.")
_PERSON = gettext_noop("Person")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, or some lines."""

    heading: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What is printed under one title."""

    title: str
    blocks: list[Block]


def export_pdf(user: User, now: datetime) -> bytes:
    """Everything the person owns, in Khmer and English side by side."""
    sections = [Section(both(_PERSON), _blocks(_person(user)))]
    for name, source in sorted(registry.exports().items(), key=_rank):
        sheet = registry.sheet_of(name)
        lines = sheet.lines(user) if sheet else _plain(source(user.id))
        sections.append(Section(both(registry.export_title(name)), _blocks(lines)))
    context = {"person": user.full_name, "at": stamp(now, user.timezone), "sections": sections}
    return pdf_from_template("print/export.html", context, "km")


def _rank(section: tuple[str, Any]) -> tuple[int, str]:
    sheet = registry.sheet_of(section[0])
    return (sheet.rank if sheet else 100), section[0]


def _person(user: User) -> Iterator[str]:
    identity, meals = identity_wire(user), meals_wire(user)
    rows = {
        gettext_noop("Surname"): user.last_name,
        gettext_noop("Given name"): user.first_name,
        gettext_noop("Full name"): user.full_name,
        gettext_noop("Role"): both(Role(user.role).label),
        gettext_noop("Gender"): both(Gender(user.gender).label) if user.gender else "",
        gettext_noop("Date of birth"): user.date_of_birth or "",
        gettext_noop("E-mail"): user.email,
        gettext_noop("Phone number"): user.phone_number or "",
        gettext_noop("Identity card number"): user.id_card_number or "",
        gettext_noop("Address"): ", ".join(f"{place['nameKm']} / {place['nameEn']}" for place in identity["address"]),
        gettext_noop("Equity card (IDPoor)"): identity["idPoorNumber"] or "",
        gettext_noop("NSSF number"): identity["nssfNumber"] or "",
        gettext_noop("Licence number"): user.license_number or "",
        gettext_noop("Hospital or clinic"): user.hospital_clinic,
        gettext_noop("Time zone"): user.timezone,
        gettext_noop("Account since"): stamp(user.created_at, user.timezone),
        gettext_noop("Grace period (minutes)"): user.grace_period_minutes,
    }
    if user.role == Role.PATIENT:
        times = (meals["morningMeal"], meals["afternoonMeal"], meals["nightMeal"])
        rows[gettext_noop("Meal times")] = ", ".join(times)
    yield from (labelled({label: value}) for label, value in rows.items() if value not in ("", None))
    settings = notification_settings_wire(user)
    quiet = f"{settings['quietFrom']}–{settings['quietUntil']}" if settings["quietFrom"] else ""
    yield labelled(
        {
            gettext_noop("Messages switched off"): ", ".join(settings["mutedTypes"]),
            gettext_noop("Quiet hours"): quiet,
        }
    )


def _plain(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Rows of the JSON file in one line each, the newest last; ids mean nothing on paper."""
    newest: deque[Mapping[str, Any]] = deque(maxlen=MOST_PLAIN_ROWS)
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007  (the last number is the count)
        newest.append(row)
    if count > MOST_PLAIN_ROWS:
        yield f"{both(_MORE)} {count - MOST_PLAIN_ROWS}"
    yield from (" · ".join(_parts(row)) for row in newest)


def _parts(row: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in row.items():
        if name == "id" or name.endswith("Id"):
            continue
        if isinstance(value, Mapping):
            yield from _parts(value, f"{above}{name}.")
        elif isinstance(value, list | tuple):
            if value:
                yield (
                    f"{above}{name}: {len(value)}"
                    if isinstance(value[0], Mapping)
                    else (f"{above}{name}: {', '.join(map(str, value))}")
                )
        elif value not in (None, ""):
            yield f"{above}{name}: {value}"


def _blocks(lines: Iterable["str | Heading"]) -> list[Block]:
    blocks: list[Block] = []
    waiting: list[str] = []

    def close() -> None:
        if waiting:
            blocks.append(Block(text="\n".join(waiting)))
            waiting.clear()

    for line in lines:
        if isinstance(line, Heading):
            close()
            blocks.append(Block(heading=line.text))
        elif line:
            waiting.append(line)
            if len(waiting) >= _LINES_A_BLOCK:
                close()
    close()
    return blocks or [Block(text=both(_NOTHING))]
