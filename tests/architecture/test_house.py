"""Rules of the house that no other tool checks."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _sources(*folders: str) -> list[Path]:
    return [file for folder in folders for file in (ROOT / folder).rglob("*.py") if "migrations" not in file.parts]


def test_env_example_names_exactly_what_the_settings_read() -> None:
    read = set()
    for file in _sources("dastern/settings"):
        read |= set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", file.read_text()))
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named == read


def test_rules_are_pure() -> None:
    for file in (ROOT / "apps").rglob("rules.py"):
        text = file.read_text()
        assert not re.search(r"^(from|import) (django|rest_framework|celery|redis)", text, re.MULTILINE), file
        assert not re.search(r"datetime\.now\(|clock\.now\(", text), file


def test_no_room_is_called_utils_and_no_module_is_a_hall() -> None:
    for file in _sources("apps", "dastern", "kivy_app", "payment_node"):
        assert file.stem not in {"utils", "helpers", "misc"}, file
        assert len(file.read_text().splitlines()) <= 700, f"{file} should be a package"


def test_only_the_clock_reads_the_time() -> None:
    allowed = {"clock.py", "logs.py"}
    for file in _sources("apps", "dastern"):
        if file.name in allowed or "devstack" in file.parts:
            continue
        text = file.read_text()
        assert not re.search(r"timezone\.now\(|datetime\.now\(|date\.today\(", text), file


def test_nothing_comes_from_another_host() -> None:
    for file in [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "apps").rglob("*.html"),
        *(ROOT / "apps").rglob("*.css"),
    ]:
        assert not re.search(r"(src|href)=[\"']https?://|url\([\"']?https?://|@import", file.read_text()), file
