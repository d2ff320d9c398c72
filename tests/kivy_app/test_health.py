"""The phone judges a reading as the server does: the same table, the same words, over all numbers."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patient.core import figures, health
from patient.core.health import Implausible, Person, checked

from apps.doses.rules.figures import Figures
from apps.health_monitoring.rules import severity as server
from apps.health_monitoring.rules.readings import Reading, reading_of
from tests.kivy_app.conftest import Story

ROOT = Path(__file__).resolve().parents[2]
TABLE = server.table_of(health.table())
numbers = st.decimals(min_value=Decimal(10), max_value=Decimal(420), places=1)
people = st.builds(Person, st.sampled_from([None, 1, 100, 500]), st.booleans())


def test_the_table_is_the_servers_file() -> None:
    theirs = ROOT / "apps" / "health_monitoring" / "data" / "severity.json"
    assert health.TABLE.read_text(encoding="utf-8") == theirs.read_text(encoding="utf-8")


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(health.KINDS)), numbers, numbers, people)
def test_severity_and_advice_are_the_servers(kind: str, value: Decimal, second: Decimal, person: Person) -> None:
    other = second if len(health.KINDS[kind].parts) > 1 else None
    there = server.Person(person.months, person.pregnant)
    wanted = server.severity_of(TABLE, kind, value, other, person=there)
    assert health.severity(kind, value, other, person) == wanted
    assert health.advice(kind, wanted, value, person) == server.advice_of(kind, wanted, value, person=there)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(health.KINDS)), numbers, numbers, st.booleans())
def test_what_may_be_typed_is_what_the_server_takes(kind: str, value: Decimal, second: Decimal, other: bool) -> None:
    known = health.KINDS[kind]
    unit = known.other_unit if other and known.other_unit else known.unit
    lower = second if len(known.parts) > 1 else None
    judged = reading_of(kind, value, lower, unit)
    try:
        kept: object = checked(kind, value, lower, unit)
    except Implausible:
        kept = None
    assert (kept is not None) == isinstance(judged, Reading)
    if isinstance(judged, Reading):
        assert kept == (judged.value, judged.secondary)


@pytest.mark.parametrize(
    ("kind", "value", "second", "wanted"),
    [
        ("BLOOD_PRESSURE", "165", "85", "HIGH"), ("BLOOD_PRESSURE", "180", "85", "CRITICAL"),
        ("BLOOD_PRESSURE", "79", "50", "CRITICAL"), ("GLUCOSE", "45", None, "CRITICAL"),
        ("HEART_RATE", "38", None, "CRITICAL"),
        ("SPO2", "88", None, "CRITICAL"), ("HEART_RATE", "80", None, None),
    ],
)  # fmt: skip
def test_s066_the_examples_of_the_rules(kind: str, value: str, second: str | None, wanted: str | None) -> None:
    assert health.severity(kind, Decimal(value), Decimal(second) if second else None, Person()) == wanted


@given(*(st.integers(0, 30) for _ in range(6)))
def test_figures_are_the_servers(on_time: int, late: int, missed: int, skipped: int, excused: int, due: int) -> None:
    here = figures.Figures(on_time, late, missed, skipped, excused, due)
    there = Figures(on_time, late, missed, skipped + excused, excused, due)
    assert (here.percentage, here.total, here.taken) == (there.percentage, there.total, there.taken)


def test_s062_four_numbers_that_make_ninety_per_cent() -> None:
    held = figures.Figures(on_time=8, late=1, missed=1, due=2)
    assert (held.percentage, held.level) == (90, figures.GREEN)
    assert figures.Figures(due=3).percentage is None


def test_a_reading_is_kept_once_and_waits_for_the_network(story: Story) -> None:
    phone = story.phone
    phone.set_offline(True)
    made = phone.care.record("GLUCOSE", Decimal("126.1"), None, typed="7", unit="mmol/L")
    assert [vital.text() for vital in phone.care.vitals()] == ["126.1\u00a0mg/dL"]
    phone.set_offline(False)
    phone.sync_now()
    phone.sync_now()
    sent = story.server.objects["vitals", made]
    assert (sent["value"], sent["unit"]) == ("7", "mmol/L"), "what was typed is what travels; the server converts"
