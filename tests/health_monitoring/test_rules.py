"""The severity table at every boundary, readings and their units, pregnancy, repeated occasions."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.health_monitoring.rules import profile, readings, severity
from apps.health_monitoring.rules.readings import KINDS, Problem, Reading, reading_of
from apps.health_monitoring.rules.severity import SEVERITIES, Custom, Person, severity_of
from apps.health_monitoring.table import severity_table
from tests.health_monitoring.conftest import local

ADULT = Person(age_months=66 * 12)
PREGNANT = Person(age_months=30 * 12, pregnant=True)


def rate(kind: str, value: Any, second: Any = None, person: Person = ADULT, custom: Custom | None = None) -> str | None:
    lower = None if second is None else Decimal(str(second))
    return severity_of(severity_table(), kind, Decimal(str(value)), lower, person=person, custom=custom)


# Both sides of every boundary of domain.md §7.1, with the other part usual.
BOUNDARIES = [
    ("systolic", [
        (79, "CRITICAL"), ("79.9", "CRITICAL"), (80, "HIGH"), (89, "HIGH"), ("89.9", "HIGH"), (90, None), (140, None),
        ("140.1", "LOW"), (141, "LOW"), (149, "LOW"), ("149.9", "LOW"), (150, "MEDIUM"), (159, "MEDIUM"),
        ("159.9", "MEDIUM"), (160, "HIGH"), (179, "HIGH"), ("179.9", "HIGH"), (180, "CRITICAL"), (300, "CRITICAL"),
    ]),
    ("diastolic", [
        (39, "CRITICAL"), (40, "HIGH"), (44, "HIGH"), (45, "MEDIUM"), (49, "MEDIUM"), (50, "LOW"), (59, "LOW"),
        ("59.9", "LOW"), (60, None), (90, None), ("90.1", "LOW"), (91, "LOW"), (94, "LOW"), (95, "MEDIUM"),
        (99, "MEDIUM"), (100, "HIGH"), (119, "HIGH"), ("119.9", "HIGH"), (120, "CRITICAL"),
    ]),
    ("GLUCOSE", [
        (53, "CRITICAL"), ("53.9", "CRITICAL"), (54, "HIGH"), (69, "HIGH"), ("69.9", "HIGH"), (70, None), (180, None),
        ("180.1", "LOW"), (181, "LOW"), (200, "LOW"), ("200.1", "MEDIUM"), (201, "MEDIUM"), (250, "MEDIUM"),
        ("250.1", "HIGH"), (251, "HIGH"), (399, "HIGH"), ("399.9", "HIGH"), (400, "CRITICAL"),
    ]),
    ("HEART_RATE", [
        (40, "CRITICAL"), ("40.1", "MEDIUM"), (41, "MEDIUM"), (49, "MEDIUM"), (50, None), (120, None),
        ("120.1", "HIGH"), (121, "HIGH"), (130, "HIGH"), ("130.1", "CRITICAL"), (131, "CRITICAL"),
    ]),
    ("TEMPERATURE", [
        ("35.0", "CRITICAL"), ("35.1", "MEDIUM"), ("35.4", "MEDIUM"), ("35.5", None), ("38.0", None),
        ("38.1", "MEDIUM"), ("39.0", "MEDIUM"), ("39.1", "HIGH"), ("39.9", "HIGH"), ("40.0", "CRITICAL"),
    ]),
    ("SPO2", [
        (90, "CRITICAL"), ("90.5", "CRITICAL"), (91, "HIGH"), (92, "HIGH"), ("92.5", "HIGH"), (93, "MEDIUM"),
        (94, "MEDIUM"), ("94.9", "MEDIUM"), (95, None), (100, None),
    ]),
    ("WEIGHT", [("0.5", None), (500, None)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "value", "wanted"), [(part, value, wanted) for part, rows in BOUNDARIES for value, wanted in rows]
)
def test_s066_the_table_at_every_boundary(part: str, value: Any, wanted: str | None) -> None:
    if part == "systolic":
        assert rate("BLOOD_PRESSURE", value, 75) == wanted
    elif part == "diastolic":
        assert rate("BLOOD_PRESSURE", 125, value) == wanted
    else:
        assert rate(part, value) == wanted


@pytest.mark.parametrize(
    ("upper", "lower", "wanted"),
    [
        (139, 89, None), (140, 89, "HIGH"), (139, 90, "HIGH"), (159, 89, "HIGH"), (160, 89, "CRITICAL"),
        (139, 109, "HIGH"), (139, 110, "CRITICAL"), (170, 105, "CRITICAL"), (79, 50, "CRITICAL"), (85, 55, "HIGH"),
    ],
)  # fmt: skip
def test_s066_pressure_in_pregnancy(upper: int, lower: int, wanted: str | None) -> None:
    assert rate("BLOOD_PRESSURE", upper, lower, PREGNANT) == wanted


@pytest.mark.parametrize(
    ("kind", "value", "second", "wanted"),
    [
        ("BLOOD_PRESSURE", 165, 85, "HIGH"), ("BLOOD_PRESSURE", 180, 85, "CRITICAL"),
        ("BLOOD_PRESSURE", 120, 111, "HIGH"), ("BLOOD_PRESSURE", 79, 50, "CRITICAL"),
        ("GLUCOSE", 45, None, "CRITICAL"), ("HEART_RATE", 38, None, "CRITICAL"),
        ("HEART_RATE", 135, None, "CRITICAL"), ("SPO2", 88, None, "CRITICAL"),
    ],
)  # fmt: skip
def test_s066_the_examples(kind: str, value: int, second: int | None, wanted: str) -> None:
    assert rate(kind, value, second) == wanted


def test_s067_a_custom_range_only_adds() -> None:
    narrow, wide = Custom(low=Decimal(80), high=Decimal(120)), Custom(low=Decimal(40), high=Decimal(300))
    assert rate("GLUCOSE", 130, custom=narrow) == "LOW"
    assert rate("GLUCOSE", 120, custom=narrow) is None
    assert rate("GLUCOSE", 45, custom=wide) == "CRITICAL"
    assert rate("GLUCOSE", 260, custom=wide) == "HIGH"
    assert rate("GLUCOSE", 210, custom=wide) == "MEDIUM"
    assert rate("WEIGHT", 81, custom=Custom(high=Decimal(80))) == "LOW"
    lower = Custom(low_secondary=Decimal(65), high_secondary=Decimal(85))
    assert rate("BLOOD_PRESSURE", 120, 86, custom=lower) == "LOW"


def test_a_doctors_oxygen_target_replaces_the_table() -> None:
    target = Custom(low=Decimal(88), by_doctor=True)
    found = {value: rate("SPO2", value, custom=target) for value in (100, 92, 88, 87, 84, 83)}
    assert found == {100: None, 92: None, 88: None, 87: "HIGH", 84: "HIGH", 83: "CRITICAL"}
    assert rate("SPO2", 88, custom=Custom(low=Decimal(88))) == "CRITICAL"  # set by the patient: only adds
    assert rate("SPO2", 99, custom=Custom(low=Decimal(88), high=Decimal(92))) is None  # never too high


@pytest.mark.parametrize(
    ("months", "kind", "value", "second", "wanted"),
    [
        (15 * 12 + 11, "GLUCOSE", 53, None, "CRITICAL"), (15 * 12 + 11, "GLUCOSE", 60, None, "LOW"),
        (15 * 12 + 11, "GLUCOSE", 450, None, "LOW"), (60, "SPO2", 90, None, "CRITICAL"), (60, "SPO2", 92, None, "LOW"),
        (60, "TEMPERATURE", "40.0", None, "CRITICAL"), (60, "TEMPERATURE", "39.9", None, "LOW"),
        (2, "TEMPERATURE", "38.0", None, "CRITICAL"), (2, "TEMPERATURE", "37.9", None, None),
        (3, "TEMPERATURE", "38.0", None, None), (60, "HEART_RATE", 135, None, "LOW"),
        (60, "BLOOD_PRESSURE", 185, 100, "LOW"), (16 * 12, "HEART_RATE", 135, None, "CRITICAL"),
    ],
)  # fmt: skip
def test_children_have_four_critical_rows(months: int, kind: str, value: Any, second: Any, wanted: str | None) -> None:
    assert rate(kind, value, second, Person(age_months=months)) == wanted


def test_an_unknown_age_counts_as_adult() -> None:
    assert rate("HEART_RATE", 135, person=Person()) == "CRITICAL"


@given(st.integers(400, 3000), st.integers(200, 2000))
def test_the_worse_part_decides(upper: int, lower: int) -> None:
    upper_value, lower_value = Decimal(upper) / 10, Decimal(lower) / 10
    both = rate("BLOOD_PRESSURE", upper_value, lower_value)
    one, other = rate("BLOOD_PRESSURE", upper_value, 75), rate("BLOOD_PRESSURE", 125, lower_value)
    assert both == severity.worse(one, other)


@given(st.decimals(10, 1000, places=1), st.booleans())
def test_a_custom_range_never_takes_a_severity_away(value: Decimal, by_doctor: bool) -> None:
    wide = Custom(low=Decimal(10), high=Decimal(1000), by_doctor=by_doctor)
    assert rate("GLUCOSE", value, custom=wide) == rate("GLUCOSE", value)


def test_a_damaged_table_fails_loudly() -> None:
    with pytest.raises(KeyError):
        severity.table_of({"version": "x"})


def test_the_table_is_not_signed_yet() -> None:
    table = severity_table()
    assert (table.signed_by, table.signed_at) == (None, None)
    assert table.version


# --- readings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "second", "unit", "wanted"),
    [
        ("GLUCOSE", "7.0", None, "mmol/L", ("126.1", "mg/dL")), ("GLUCOSE", "7.0", None, "MMOL/L", ("126.1", "mg/dL")),
        ("GLUCOSE", "99", None, None, ("99.0", "mg/dL")), ("TEMPERATURE", "98.6", None, "°F", ("37.0", "°C")),
        ("WEIGHT", "150", None, "lb", ("68.04", "kg")), ("HEART_RATE", "72", None, "bpm", ("72.0", "bpm")),
        ("SPO2", "100", None, "%", ("100.0", "%")), ("BLOOD_PRESSURE", "40", "20", "mmHg", ("40.0", "mmHg")),
    ],
)  # fmt: skip
def test_s068_units_are_converted(kind: str, value: str, second: str | None, unit: str | None, wanted: Any) -> None:
    found = reading_of(kind, Decimal(value), Decimal(second) if second else None, unit)
    assert isinstance(found, Reading)
    assert (str(found.value), found.unit) == wanted


@pytest.mark.parametrize(
    ("kind", "value", "second", "unit", "wanted"),
    [
        ("BLOOD_PRESSURE", "165", None, None, ("valueSecondary", "MISSING")),
        ("BLOOD_PRESSURE", "80", "80", None, ("valueSecondary", "ORDER")),
        ("BLOOD_PRESSURE", "39.9", "30", None, ("value", "RANGE")),
        ("BLOOD_PRESSURE", "300.1", "90", None, ("value", "RANGE")),
        ("BLOOD_PRESSURE", "120", "19", None, ("valueSecondary", "RANGE")),
        ("BLOOD_PRESSURE", "250", "200.1", None, ("valueSecondary", "RANGE")),
        ("GLUCOSE", "120", "80", None, ("valueSecondary", "NOT_TAKEN")),
        ("GLUCOSE", "7", None, None, ("value", "RANGE")), ("GLUCOSE", "7", None, "g/L", ("unit", "UNIT")),
        ("GLUCOSE", "56", None, "mmol/L", ("value", "RANGE")), ("HEART_RATE", "19", None, None, ("value", "RANGE")),
        ("HEART_RATE", "301", None, None, ("value", "RANGE")), ("WEIGHT", "0.49", None, None, ("value", "RANGE")),
        ("WEIGHT", "501", None, None, ("value", "RANGE")), ("TEMPERATURE", "24.9", None, None, ("value", "RANGE")),
        ("TEMPERATURE", "45.1", None, None, ("value", "RANGE")), ("SPO2", "29", None, None, ("value", "RANGE")),
        ("SPO2", "101", None, None, ("value", "RANGE")),
    ],
)  # fmt: skip
def test_what_nobody_measures_is_refused(
    kind: str, value: str, second: str | None, unit: str | None, wanted: Any
) -> None:
    found = reading_of(kind, Decimal(value), Decimal(second) if second else None, unit)
    assert isinstance(found, Problem)
    assert (found.field, found.code) == wanted


def test_every_kind_and_severity_is_covered() -> None:
    assert set(KINDS) == set(severity.PARTS)
    assert SEVERITIES == ("LOW", "MEDIUM", "HIGH", "CRITICAL")
    assert readings.units_of("TEMPERATURE") == ("°C", "°F")


# --- advice, repeats, profile -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "found", "value", "person", "wanted"),
    [
        ("BLOOD_PRESSURE", "CRITICAL", 190, ADULT, "SECOND_READING"),
        ("BLOOD_PRESSURE", "CRITICAL", 170, PREGNANT, "CALL_NOW"), ("GLUCOSE", "CRITICAL", 45, ADULT, "EAT_SUGAR"),
        ("GLUCOSE", "CRITICAL", 420, ADULT, "CALL_NOW"), ("BLOOD_PRESSURE", "HIGH", 165, ADULT, "CONTACT_DOCTOR"),
        ("TEMPERATURE", "MEDIUM", 38, ADULT, "MEASURE_AGAIN"), ("GLUCOSE", "LOW", 190, ADULT, None),
        ("HEART_RATE", "LOW", 135, Person(age_months=60), "ASK_HEALTH_WORKER"), ("SPO2", None, 99, ADULT, None),
    ],
)  # fmt: skip
def test_one_thing_to_do(kind: str, found: str | None, value: int, person: Person, wanted: str | None) -> None:
    assert severity.advice_of(kind, found, Decimal(value), person=person) == wanted


def test_three_occasions_an_hour_apart() -> None:
    def times(*clocks: str) -> list[datetime]:
        return [local(clock) for clock in clocks]

    assert severity.occasions(times("07:00", "07:30", "07:59")) == 1
    assert severity.occasions(times("07:00", "08:00", "09:00")) == 3
    assert severity.occasions(times("07:00", "07:59", "08:58")) == 2
    assert severity.is_repeated(local("09:00"), times("07:00", "08:00", "09:00"))
    assert not severity.is_repeated(local("08:30"), times("07:00", "08:00", "09:00"))
    day_before = local("09:00") - timedelta(hours=24)
    assert not severity.is_repeated(local("09:00"), [day_before, *times("08:00", "09:00")])
    assert severity.is_repeated(local("09:00"), [day_before + timedelta(seconds=1), *times("08:00", "09:00")])
    assert [severity.raised(name) for name in SEVERITIES] == ["MEDIUM", "HIGH", None, None]


def test_pregnant_until_six_weeks_after() -> None:
    born = date(2026, 6, 1)
    told = profile.Pregnancy(since=date(2025, 9, 1), due=date(2026, 6, 8), ended=born)
    days = {day: profile.pregnant_on(told, day) for day in (
        date(2025, 8, 31), date(2025, 9, 1), born, born + timedelta(days=42), born + timedelta(days=43),
    )}  # fmt: skip
    assert list(days.values()) == [False, True, True, True, False]
    forgotten = profile.Pregnancy(due=date(2026, 6, 8))
    assert profile.pregnant_on(forgotten, date(2026, 6, 8) + timedelta(weeks=9))
    assert not profile.pregnant_on(forgotten, date(2026, 6, 9) + timedelta(weeks=9))
    assert not profile.pregnant_on(profile.Pregnancy(), date(2026, 6, 8))


def test_age_in_months() -> None:
    assert profile.age_in_months(date(2010, 11, 25), date(2026, 11, 24)) == 16 * 12 - 1
    assert profile.age_in_months(date(2010, 11, 25), date(2026, 11, 25)) == 16 * 12
    assert profile.age_in_months(None, date(2026, 11, 25)) is None
