"""A prescription on paper: A5, Khmer and English side by side, with a signed code that tells whether it still holds.

The code never carries clinical data: it opens a page that names the issuer, the day, and "in force" or "replaced".
"""

import io
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.core import signing
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import override

from apps.medications.choices import FrequencyType, TimePeriod
from apps.medications.rules.formatting import dose_text, strength_text
from apps.prescriptions.choices import PrescriptionStatus
from apps.prescriptions.models import Prescription
from apps.prescriptions.wire import prescription_wire
from dastern.core.localtime import zone
from dastern.core.print import pdf_from_template

LANGUAGES = ("km", "en")
_SALT = "dastern.prescription.check"
_SLOTS = ("morningDosage", "daytimeDosage", "nightDosage")
BEDTIME = "21:00"


@dataclass(frozen=True, slots=True)
class Both:
    """The same in Khmer and in English."""

    km: str
    en: str


@dataclass(frozen=True, slots=True)
class Row:
    """One medicine of the table. A cell is what to take at one time of day; empty: nothing."""

    number: int
    name: str
    khmer_name: str
    cells: tuple[Both | None, ...]
    days: Both
    remarks: str


def check_token(prescription_id: UUID, version: int) -> str:
    """What the code on paper carries, signed; valid for ever."""
    return signing.Signer(salt=_SALT, sep=".").sign(f"{prescription_id.hex}-{version}")


def check_read(token: str) -> tuple[UUID, int] | None:
    """The prescription and version of a genuine code; None for anything else."""
    try:
        prescription_id, _dash, version = signing.Signer(salt=_SALT, sep=".").unsign(token).partition("-")
        return UUID(prescription_id), int(version)
    except (signing.BadSignature, ValueError):
        return None


def check_url(prescription: Prescription) -> str:
    """The address in the code."""
    token = check_token(prescription.pk, prescription.current_version)
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}/check/{token}/"


def paper_state(prescription: Prescription, version: int) -> str:
    """What the page behind the code says: DRAFT, CURRENT, REPLACED, or OVER."""
    if prescription.deleted_at is not None or prescription.status == PrescriptionStatus.INACTIVE:
        return "OVER"
    if version != prescription.current_version:
        return "REPLACED"
    return "DRAFT" if prescription.status == PrescriptionStatus.DRAFT else "CURRENT"


def prescription_pdf(prescription: Prescription, viewer_id: UUID, *, now: datetime, shared: bool = False) -> bytes:
    """The paper as this viewer may have it. On a ``shared`` one private medicines stand only for their author."""
    return pdf_from_template(
        "print/prescription.html", paper_context(prescription, viewer_id, now=now, shared=shared), "km"
    )


def paper_context(
    prescription: Prescription, viewer_id: UUID, *, now: datetime, shared: bool = False
) -> dict[str, Any]:
    """What the template shows. ``prescription`` comes from ``selectors.prescriptions_shown``."""
    shown = prescription_wire(prescription, viewer_id)
    secret = shared and viewer_id != prescription.doctor_id
    medicines = [row for row in shown["medications"] if not (secret and row["private"])]
    address = check_url(prescription)
    return {
        "prescription": prescription,
        "doctor": prescription.doctor,
        "gender": _both(prescription.get_patient_gender_display) if prescription.patient_gender else None,
        "slots": [_both(lambda period=period: str(period.label)) for period in TimePeriod],
        "rows": [_row(number, medicine) for number, medicine in enumerate(medicines, start=1)],
        "written_at": prescription.updated_at.astimezone(zone(prescription.patient.timezone)),
        "printed_at": now.astimezone(zone(prescription.patient.timezone)),
        "code": _code(address),
        "draft": prescription.status == PrescriptionStatus.DRAFT,
    }


def _both(say: Any) -> Both:
    told = []
    for language in LANGUAGES:
        with override(language):
            told.append(str(say()))
    return Both(*told)


def _code(address: str) -> SafeString:
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", xmldecl=False, svgns=True, border=2, unit="mm", scale=0.6)
    return mark_safe(drawn.getvalue().decode())  # noqa: S308  (drawn here from our own address)


def _row(number: int, medicine: dict[str, Any]) -> Row:
    others = {extra["time"]: extra for extra in medicine["customTimes"]}
    night = others.pop(BEDTIME, None)
    cells = [*(medicine[name] for name in _SLOTS), night]
    remarks = [f"{time}: {_told(medicine, extra).km} · {_told(medicine, extra).en}" for time, extra in others.items()]
    if medicine["instructions"]:
        remarks.append(medicine["instructions"])
    return Row(
        number,
        " ".join(filter(None, (medicine["medicineName"], strength_text(medicine["strength"])))),
        medicine["medicineNameKhmer"],
        tuple(_told(medicine, cell) if cell else None for cell in cells),
        _both(lambda: _days(medicine)),
        "; ".join(remarks),
    )


def _told(medicine: dict[str, Any], cell: dict[str, Any]) -> Both:
    amount, unit = Decimal(str(cell["amount"])), cell.get("unit") or medicine["unit"]
    meal = Both("មុនបាយ", "before meal") if cell["beforeMeal"] else Both("", "")
    return Both(
        " ".join(filter(None, (dose_text(amount, unit, "km"), meal.km))),
        " ".join(filter(None, (dose_text(amount, unit, "en"), meal.en))),
    )


def _days(medicine: dict[str, Any]) -> str:
    from django.utils.translation import gettext as _

    kind = FrequencyType(medicine["frequencyType"])
    parts = []
    if kind is FrequencyType.EVERY_N_DAYS:
        parts.append(_("Every %(count)s days") % {"count": medicine["intervalDays"]})
    elif kind is FrequencyType.WEEKDAYS:
        names = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
        parts.append(", ".join(names[day - 1] for day in medicine["weekdays"]))
    elif kind is FrequencyType.PRN:
        parts.append(str(kind.label))
    if medicine["ongoing"]:
        parts.append(_("Long-term"))
    elif medicine["duration"]:
        parts.append(_("%(count)s days") % {"count": medicine["duration"]})
    return ", ".join(parts)
