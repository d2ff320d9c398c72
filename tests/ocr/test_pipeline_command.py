"""``manage.py ocr_scan``: one JSON object a line, a picture of every stage, nothing stored."""

import io
import json
from pathlib import Path

import cv2
import pytest
from django.core.management import CommandError, call_command

from apps.ocr.pipeline.types import Stage

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "ocr"
SAMPLE = GOLDEN / "10_list_km_easy.jpg"


def test_every_stage_can_be_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    call_command("ocr_scan", str(SAMPLE), "--flat", "--debug", str(tmp_path), stdout=out)
    (line,) = out.getvalue().splitlines()
    answer = json.loads(line)
    assert set(answer) == {"image", "data", "extraction_summary"}
    assert answer["data"]["medications"][0]["name"]["value"] == "Cefixime"
    assert "10_list_km_easy" in capsys.readouterr().err  # progress
    written = sorted(path.name for path in (tmp_path / SAMPLE.stem).iterdir())
    assert written == [f"{number}_{stage}.png" for number, stage in enumerate(Stage, start=1)]
    assert all(cv2.imread(str(tmp_path / SAMPLE.stem / name)) is not None for name in written)


def test_a_file_that_is_no_photo_fails_the_command_with_its_code(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("one tablet in the morning")
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 of 2"):
        call_command("ocr_scan", str(tmp_path / "notes.jpg"), str(tmp_path / "absent.jpg"), stdout=out)
    assert [json.loads(line)["data"] for line in out.getvalue().splitlines()] == [None, None]
