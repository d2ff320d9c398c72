"""The warnings of a result: what a person has to look at, and why."""

from collections import Counter
from collections.abc import Iterator

from apps.ocr.pipeline.postprocess.names import key, match_name
from apps.ocr.pipeline.postprocess.rows import SLOTS, daily_amount, whole_days
from apps.ocr.pipeline.types import Medication, Notice, ScanResult, WarningCode

MOST_TABLETS, MOST_ML = 4.0, 30.0
TABLETS = ("tablet", "coated_tablet", "capsule")
UNSURE = 0.6


def notices(result: ScanResult, *, guessed: bool, forms: int, by_hand: bool) -> list[Notice]:
    """The warnings of a whole result."""
    told: list[Notice] = []
    if not result.medications:
        told.append(Notice(WarningCode.NO_TABLE))
    if guessed:
        told.append(Notice(WarningCode.COLUMN_GUESSED))
    if forms > 1:
        told.append(Notice(WarningCode.MULTIPLE_FORMS, detail=str(forms)))
    for index, row in enumerate(result.medications):
        told += _of_row(row, f"medications[{index}]")
    told += _repeated(result.medications)
    if by_hand:
        told.append(Notice(WarningCode.HANDWRITTEN))
    return told


def _of_row(row: Medication, at: str) -> Iterator[Notice]:
    if row.name.value is None or match_name(row.name.value, row.strength.value).known == "unknown":
        yield Notice(WarningCode.UNKNOWN_MEDICINE, f"{at}.name")
    for slot in SLOTS:
        dose = getattr(row.doses, slot)
        written = bool(dose.raw or dose.box)
        if written and (dose.value is None or dose.confidence < UNSURE):
            yield Notice(WarningCode.DOSE_UNCLEAR, f"{at}.doses.{slot}")
        if dose.value is not None and dose.value > _most(row):
            yield Notice(WarningCode.DOSE_SUSPICIOUS, f"{at}.doses.{slot}")
    daily = daily_amount(row)
    quantity = row.quantity.value
    if row.duration_days.value is None and (not daily or quantity is None):
        yield Notice(WarningCode.DURATION_MISSING, at)
    if not daily or quantity is None:
        return
    days = row.duration_days.value
    counted = (row.unit_code.value or "") in TABLETS
    if (days is not None and abs(days * daily - quantity) > 1e-6) or (counted and not whole_days(quantity, daily)):
        yield Notice(WarningCode.QUANTITY_MISMATCH, f"{at}.quantity")


def _most(row: Medication) -> float:
    return MOST_ML if (row.dose_unit.value or "") == "ml" else MOST_TABLETS


def _repeated(rows: tuple[Medication, ...]) -> Iterator[Notice]:
    names = Counter(key(row.name.value) for row in rows if row.name.value)
    for index, row in enumerate(rows):
        if row.name.value and names[key(row.name.value)] > 1:
            yield Notice(WarningCode.DUPLICATE_ROW, f"medications[{index}]")
