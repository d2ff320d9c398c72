"""From the paper's row to a medicine: four times of day, no invented value, what must be looked at."""

from typing import Any

from apps.ocr import rules
from apps.ocr.pipeline import formatter
from apps.ocr.pipeline.types import Field, Notice, WarningCode
from tests.support.ocr import result, row, unclear_row


def flat(*rows: Any) -> dict[str, Any]:
    return formatter.flat(result(*rows))


def test_four_columns_become_three_meals_and_a_time_at_night() -> None:
    proposal = rules.proposed(flat(row())["medications"][0])
    assert proposal["morningDosage"] == {"amount": "1", "beforeMeal": False}
    assert proposal["daytimeDosage"] == proposal["nightDosage"] == proposal["morningDosage"]
    assert proposal["customTimes"] == [{"time": "21:00", "amount": "1", "beforeMeal": False}]
    assert (proposal["unit"], proposal["strength"], proposal["quantity"], proposal["duration"]) == (
        "TABLET",
        "500mg",
        "28",
        7,
    )


def test_what_was_not_read_is_left_out_and_never_filled_in() -> None:
    proposal = rules.proposed(flat(unclear_row())["medications"][0])
    assert proposal["medicineName"] == "Prednisonc"
    assert proposal["nightDosage"] is None
    empty = row(unit_code=Field(), quantity=Field(), doses=(None,) * 4)
    proposal = rules.proposed(flat(empty)["medications"][0])
    assert not {"unit", "quantity", "duration"} & set(proposal)
    assert [proposal[slot] for slot in ("morningDosage", "daytimeDosage", "nightDosage")] == [None] * 3
    assert proposal["customTimes"] == []


def test_liquids_keep_their_unit_and_get_no_days_from_bottles() -> None:
    syrup = row(
        doses=(5, 0, 5, 0), unit_code=Field("bottle", 0.9), dose_unit=Field("ml", 0.9), quantity=Field(1.0, 0.9)
    )
    proposal = rules.proposed(flat(syrup)["medications"][0])
    assert proposal["unit"] == "ML"
    assert proposal["morningDosage"]["amount"] == "5"
    assert "duration" not in proposal


def test_halves_and_meals_are_kept() -> None:
    proposal = rules.proposed(flat(row(doses=(0.5, 0, 0, 0), meal=Field("before", 0.9)))["medications"][0])
    assert proposal["morningDosage"] == {"amount": "0.5", "beforeMeal": True}
    assert proposal["duration"] == 56


def test_flags_name_what_is_unsure_unread_or_warned_of() -> None:
    warned = Notice(WarningCode.QUANTITY_MISMATCH, "medications[0].quantity")
    read = result(row(strength=Field("500mg", 0.7)), unclear_row(), warnings=(warned, Notice(WarningCode.BLURRY)))
    found = {flag.field: flag for flag in rules.flags(formatter.flat(read), formatter.summary(read)["warnings"])}
    assert found["medications[0].strength"].level == "CHECK"
    assert found["medications[0].quantity"].warnings == ("QUANTITY_MISMATCH",)
    assert found["medications[1].name"].level == "RETYPE"
    assert "medications[0].name" not in found
    assert "header.code" not in found  # the paper has none


def test_boxes_of_fields_and_of_whole_rows() -> None:
    reading = flat(row())
    assert rules.box_of(reading, "medications[0].name") == (60, 300, 200, 30)
    assert rules.box_of(reading, "medications[0]") == (60, 300, 290, 30)
    for path in ("medications[0].doses.morning", "medications[7]", "../etc", "header"):
        assert rules.box_of(reading, path) is None
