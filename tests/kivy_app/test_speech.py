"""What is read aloud: explicit words in a fixed order, whole sentences or none."""

from pathlib import Path

import pytest
from patient.core import speech
from patient.core.i18n import catalogue
from patient.core.models import dose_of

from tests.kivy_app.conftest import Story


def _dose(amount: str, unit: str = "TABLET", **more: object):
    body = {
        "medicationName": "Amlodipine", "strength": "5 mg", "amount": amount, "unit": unit, "timePeriod": "EVENING",
        "scheduledTime": "2026-11-24T11:00:00.000Z", "timing": "មុនអាហារ", **more,
    }  # fmt: skip
    return dose_of("d1", "p1", body)


def test_a_dose_is_composed_of_clips_and_told_in_the_same_words() -> None:
    said = speech.spoken([_dose("1.5"), _dose("5", "ML", timing="")], catalogue("en"))
    assert said.clips == (
        "time-for-medicine", "period-evening", "number-1", "number-half", "unit-tablet", "meal-before", "and",
        "number-5", "unit-ml",
    )  # fmt: skip
    assert said.text.startswith(
        "Time for your medicine. Evening. Amlodipine 5\u00a0mg, 1½\u00a0tablets, Before the meal."
    )


def test_every_clip_that_a_sentence_may_need_is_in_the_speakers_list() -> None:
    known = set(speech.catalogue_of_clips())
    for unit in ("TABLET", "CAPSULE", "ML", "DROP", "SPOON_5ML", "OTHER"):
        for amount in ("0.25", "0.5", "0.75", "1", "2.5", "10", "40"):
            assert set(speech.spoken([_dose(amount, unit)], catalogue("km")).clips) <= known


def test_a_sentence_with_a_missing_clip_is_left_to_the_devices_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, story: Story
) -> None:
    monkeypatch.setattr(speech, "CLIPS", tmp_path)
    said = speech.spoken([_dose("1")], story.phone.t)
    assert said.files("km") == []
    for name in said.clips:
        (tmp_path / "km").mkdir(exist_ok=True)
        (tmp_path / "km" / f"{name}.wav").write_bytes(b"RIFF")
    assert [path.stem for path in said.files("km")] == list(said.clips)
    (tmp_path / "km" / "unit-tablet.wav").unlink()
    assert said.files("km") == []
