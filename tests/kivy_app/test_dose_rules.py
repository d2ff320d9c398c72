"""The phone's rules give the same answers as the golden table that the server runs too."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from patient.core import dose_rules as rules
from patient.core.clock import unwire

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "sync"
WINDOWS = json.loads((GOLDEN / "dose_windows.json").read_text(encoding="utf-8"))
MERGES = json.loads((GOLDEN / "merge_rules.json").read_text(encoding="utf-8"))
PHNOM_PENH = ZoneInfo("Asia/Phnom_Penh")
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def _time(text: str | None) -> datetime | None:
    return unwire(text) if text else None


def _state(body: dict[str, Any]) -> rules.DoseState:
    return rules.DoseState(
        scheduled=unwire(body["scheduledTime"]),
        grace=timedelta(minutes=body["graceMinutes"]),
        status=body["status"],
        taken_at=_time(body["takenAt"]),
        skip_reason=body["skipReason"],
        early=body["early"],
        possible_double=body["possibleDouble"],
        taken_after_stop=body["takenAfterStop"],
        snoozed_until=_time(body["snoozedUntil"]),
        snooze_count=body["snoozeCount"],
        recorded_by=body["recordedBy"],
        recorded_device=body["recordedDevice"],
        removed_at=_time(body["removedAt"]),
        half_interval=timedelta(minutes=body["halfIntervalMinutes"]),
    )


def _act(body: dict[str, Any]) -> rules.DoseAct:
    data = body["data"]
    return rules.DoseAct(
        kind=body["kind"],
        at=unwire(body["at"]),
        recorded_at=unwire(body["recordedAt"]),
        recorder=body["recorder"],
        device=body["device"],
        reason=data.get("reason"),
        minutes=data.get("minutes"),
        to=data.get("to"),
        new_time=_time(data.get("at")),
    )


@pytest.mark.parametrize("case", WINDOWS["cases"], ids=lambda case: case["name"])
def test_s046_windows_of_an_intake(case: dict[str, Any]) -> None:
    planned, grace = unwire(WINDOWS["scheduledTime"]), timedelta(minutes=case["graceMinutes"])
    at = unwire(case["at"])
    assert rules.window(planned, grace, at) == case["window"]
    if case["status"]:
        assert rules.taken_status(planned, grace, at) == case["status"]


@pytest.mark.parametrize("case", WINDOWS["undo"], ids=lambda case: str(case["secondsAfterRecording"]))
def test_s061_undo_window(case: dict[str, Any]) -> None:
    later = NOON + timedelta(seconds=case["secondsAfterRecording"])
    assert rules.may_undo(NOON, later) is case["allowed"]


@pytest.mark.parametrize("case", MERGES["cases"], ids=lambda case: case["name"])
def test_merge_table(case: dict[str, Any]) -> None:
    before = _state(case["before"])
    target = case.get("target")
    known = target and rules.Target(unwire(target["recordedAt"]), _state(target["before"]), _state(target["after"]))
    judged = rules.merge(before, _act(case["act"]), now=unwire(case["now"]), target=known or None)
    assert (judged.outcome, judged.code) == (case["outcome"], case["code"])
    expected = _state({**case["before"], **case["after"]})
    for field in fields(rules.DoseState):
        assert getattr(judged.state, field.name) == getattr(expected, field.name), field.name


def _due(hour: int = 5, half: timedelta = timedelta(hours=2.5)) -> rules.DoseState:
    return rules.DoseState(NOON.replace(hour=hour), 30 * MINUTE, half_interval=half)


@pytest.mark.parametrize(
    ("at", "last", "expected"),
    [
        (NOON - 31 * MINUTE, None, rules.Advice.CONFIRM_EARLY),
        (NOON - 30 * MINUTE, None, rules.Advice.OK),
        (NOON - 240 * MINUTE, None, rules.Advice.CONFIRM_EARLY),
        (NOON - 240 * MINUTE - timedelta(seconds=1), None, rules.Advice.TOO_EARLY),
        (NOON - 60 * MINUTE, NOON - 300 * MINUTE, rules.Advice.CONFIRM_EARLY),  # 07:00 taken, asked at 11:00
        (
            NOON - 160 * MINUTE,
            NOON - 300 * MINUTE,
            rules.Advice.TOO_EARLY,
        ),  # 140 min after the last, half is 150
    ],
)
def test_s047_early_needs_the_day_the_four_hours_and_the_half_interval(
    at: datetime, last: datetime | None, expected: rules.Advice
) -> None:
    around = rules.Neighbours(last_intake=last)
    assert rules.advise(_due(), at=at, about_to=False, around=around, zone=PHNOM_PENH) is expected


def test_early_is_refused_on_the_day_before() -> None:
    just_after_midnight = rules.DoseState(datetime(2026, 11, 23, 17, 40, tzinfo=UTC), 30 * MINUTE)
    at = datetime(2026, 11, 23, 16, 59, tzinfo=UTC)  # 23:59 local
    advice = rules.advise(just_after_midnight, at=at, about_to=True, around=rules.Neighbours(), zone=PHNOM_PENH)
    assert advice is rules.Advice.TOO_EARLY


@pytest.mark.parametrize(
    ("minutes", "next_in", "last_ago", "expected"),
    [
        (119, None, None, rules.Advice.OK),
        (120, None, None, rules.Advice.OK),
        (121, None, None, rules.Advice.CONFIRM_LATE),
        (60, 149, None, rules.Advice.CONFIRM_LATE),  # the next dose is nearer than half the interval
        (60, 150, None, rules.Advice.OK),
        (60, None, 149, rules.Advice.CONFIRM_LATE),  # something was taken less than half an interval ago
        (60, None, 150, rules.Advice.OK),
    ],
)
def test_about_to_take_late_warns_of_two_together(
    minutes: int, next_in: int | None, last_ago: int | None, expected: rules.Advice
) -> None:
    at = NOON + minutes * MINUTE
    around = rules.Neighbours(
        last_intake=at - last_ago * MINUTE if last_ago else None,
        next_planned=at + next_in * MINUTE if next_in else None,
    )
    assert rules.advise(_due(), at=at, about_to=True, around=around, zone=PHNOM_PENH) is expected
    assert rules.advise(_due(), at=at, about_to=False, around=around, zone=PHNOM_PENH) is rules.Advice.OK


def test_half_interval_is_half_the_smallest_gap() -> None:
    hours = [NOON + timedelta(hours=h) for h in (0, 5, 11)]
    assert rules.half_interval(hours) == timedelta(hours=2.5)
    assert rules.half_interval(hours[:1]) == timedelta(hours=12)


def test_a_word_of_a_newer_server_is_left_alone_by_a_skip_and_beaten_by_an_intake() -> None:
    strange = replace(_due(), status="TAKEN_BY_NURSE")
    skip = rules.DoseAct("dose.skipped", NOON, NOON, reason="FASTING")
    assert rules.merge(strange, skip, now=NOON).state is strange
