"""The two long shapes: every section is there, what the paper does not say is null."""

from dataclasses import replace

from apps.ocr.pipeline import schemas
from apps.ocr.pipeline.types import Block, Box, Field
from tests.support.ocr import result, row, unclear_row

SECTIONS = {
    "metadata", "healthcare_facility", "patient", "prescription_details", "clinical_information", "medications",
    "prescriber", "pharmacy_information", "additional_information", "digital_verification", "footer_information",
    "raw_extraction_data",
}  # fmt: skip


def test_universal_holds_every_section_and_four_slots() -> None:
    read = replace(result(row(), unclear_row()), blocks=(Block("ព្រឹក Amox", 0.9, Box(1, 2, 3, 4), "khmer"),))
    shown = schemas.universal(read, extraction_id="one")
    assert set(shown) == SECTIONS
    assert (shown["metadata"]["schema"], shown["metadata"]["languages"]) == (
        "cambodia-prescription-universal-v2.0",
        ["km", "en"],
    )
    first, second = shown["medications"]["items"]
    assert first["medication"]["strength"] == {"value": "500mg", "numeric": 500.0, "unit": "mg"}
    assert [slot["period"] for slot in first["dosing"]["schedule"]["time_slots"]] == [
        "morning",
        "midday",
        "afternoon",
        "evening",
    ]
    assert first["dosing"]["daily_totals"] == 4
    assert first["dosing"]["schedule"]["frequency"]["times_per_day"] == 4
    # an unread dose leaves sums unknown, an unaccepted name stays raw
    assert second["dosing"]["daily_totals"] is None
    assert second["dosing"]["schedule"]["time_slots"][2]["enabled"] is None
    assert (second["medication"]["name"]["accepted"], second["medication"]["name"]["full_text"]) == (None, "Prednisonc")
    assert shown["raw_extraction_data"]["blocks"][0]["bbox"] == [1, 2, 3, 4]


def test_static_holds_the_table_as_cells() -> None:
    shown = schemas.static(result(row(quantity=Field(28.0, 0.9, raw="២៨", engine="khmer"))))
    assert set(shown) == {"schema", "header", "patient_info", "clinical_info", "medication_table", "footer"}
    assert set(shown["patient_info"]["name"]) == {"value", "bbox", "confidence", "engine_used"}
    [line] = shown["medication_table"]
    assert [cell["col"] for cell in line["cells"]] == list(range(10))
    quantity = line["cells"][3]
    assert (quantity["content_type"], quantity["text"]) == ("quantity", "២៨")
