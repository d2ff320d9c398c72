"""The server's rules give the same answers as the golden tables that the phone runs too."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.doses.rules import merge, windows
from apps.doses.rules.figures import Figures, percentage
from apps.doses.rules.windows import Early, Neighbours

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "sync"
WINDOWS = json.loads((GOLDEN / "dose_windows.json").read_text(encoding="utf-8"))
MERGES = json.loads((GOLDEN / "merge_rules.json").read_text(encoding="utf-8"))
ZONE = "Asia/Phnom_Penh"
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
HALF = 150 * MINUTE
SHARED = (
    "scheduled", "grace", "status", "taken_at", "skip_reason", "early", "possible_double", "taken_after_stop",
    "snoozed_until", "snooze_count", "recorded_by", "recorded_device", "removed_at", "half_interval",
)  # fmt: skip


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def state(body: dict[str, Any]) -> merge.DoseState:
    return merge.DoseState(
        scheduled=datetime.fromisoformat(body["scheduledTime"]),
        grace=body["graceMinutes"] * MINUTE,
        status=body["status"],
        taken_at=instant(body["takenAt"]),
        skip_reason=body["skipReason"],
        early=body["early"],
        possible_double=body["possibleDouble"],
        taken_after_stop=body["takenAfterStop"],
        snoozed_until=instant(body["snoozedUntil"]),
        snooze_count=body["snoozeCount"],
        recorded_by=body["recordedBy"],
        recorded_device=body["recordedDevice"],
        removed_at=instant(body["removedAt"]),
        half_interval=body["halfIntervalMinutes"] * MINUTE,
    )


def act(body: dict[str, Any]) -> merge.DoseAct:
    data = body["data"]
    return merge.DoseAct(
        kind=body["kind"],
        at=datetime.fromisoformat(body["at"]),
        recorded_at=datetime.fromisoformat(body["recordedAt"]),
        recorder=body["recorder"],
        device=body["device"],
        reason=data.get("reason"),
        minutes=data.get("minutes"),
        to=data.get("to"),
        new_time=instant(data.get("at")),
    )


@pytest.mark.parametrize("case", WINDOWS["cases"], ids=lambda case: case["name"])
def test_s046_windows_of_an_intake(case: dict[str, Any]) -> None:
    planned, grace = datetime.fromisoformat(WINDOWS["scheduledTime"]), case["graceMinutes"] * MINUTE
    at = datetime.fromisoformat(case["at"])
    assert windows.window(planned, grace, at) == case["window"]
    judged = merge.merge(merge.DoseState(planned, grace), merge.DoseAct("dose.taken", at, at), now=max(at, planned))
    assert judged.state.early is case["early"]
    if case["status"]:
        assert judged.state.status == windows.taken_status(planned, grace, at) == case["status"]
    else:
        assert judged.code == "WINDOW_CLOSED"


@pytest.mark.parametrize("case", WINDOWS["undo"], ids=lambda case: str(case["secondsAfterRecording"]))
def test_s061_undo_window(case: dict[str, Any]) -> None:
    assert windows.may_undo(NOON, NOON + case["secondsAfterRecording"] * SECOND) is case["allowed"]


@pytest.mark.parametrize("case", MERGES["cases"], ids=lambda case: case["name"])
def test_merge_table(case: dict[str, Any]) -> None:
    target = case.get("target")
    known = target and merge.Target(
        datetime.fromisoformat(target["recordedAt"]), state(target["before"]), state(target["after"])
    )
    now = datetime.fromisoformat(case["now"])
    judged = merge.merge(state(case["before"]), act(case["act"]), now=now, target=known or None)
    assert (judged.outcome, judged.code) == (case["outcome"], case["code"])
    expected = state({**case["before"], **case["after"]})
    for name in SHARED:
        assert getattr(judged.state, name) == getattr(expected, name), name


def test_undo_brings_the_whole_record_back_but_not_an_older_plan() -> None:
    due = merge.DoseState(NOON, 30 * MINUTE, snoozed_until=NOON + 10 * MINUTE, snooze_count=1)
    said = merge.DoseAct("dose.skipped", NOON, NOON, "sokha", "phone", reason="OTHER", text="felt sick", source="SELF")
    skipped = merge.merge(due, said, now=NOON).state
    assert (skipped.skip_text, skipped.source, skipped.snoozed_until) == ("felt sick", "SELF", None)
    moved = replace(skipped, scheduled=NOON + 60 * MINUTE)
    back = merge.merge(
        moved, merge.DoseAct("dose.undone", NOON, NOON), now=NOON, target=merge.Target(NOON, due, skipped)
    )
    assert back.state == replace(due, scheduled=NOON + 60 * MINUTE)


@pytest.mark.parametrize(
    ("before", "last_ago", "expected"),
    [
        (30 * MINUTE, None, Early.FINE),
        (30 * MINUTE + SECOND, None, Early.CONFIRM),
        (240 * MINUTE, None, Early.CONFIRM),
        (240 * MINUTE + SECOND, None, Early.REFUSED),
        (60 * MINUTE, 240 * MINUTE, Early.CONFIRM),  # 07:00 taken, asked at 11:00
        (60 * MINUTE, HALF, Early.CONFIRM),
        (60 * MINUTE, HALF - SECOND, Early.REFUSED),
    ],
)
def test_s047_early_needs_the_four_hours_and_the_half_interval(
    before: timedelta, last_ago: timedelta | None, expected: Early
) -> None:
    at = NOON - before
    last = at - last_ago if last_ago else None
    assert windows.early(NOON, at, half_interval=HALF, last_intake=last, zone=ZONE) is expected


def test_early_is_refused_on_the_day_before() -> None:
    planned = datetime(2026, 11, 23, 17, 40, tzinfo=UTC)  # 00:40 local
    for at, expected in ((planned - 41 * MINUTE, Early.REFUSED), (planned - 40 * MINUTE, Early.CONFIRM)):
        assert windows.early(planned, at, half_interval=HALF, last_intake=None, zone=ZONE) is expected


@pytest.mark.parametrize(
    ("minutes", "next_in", "last_ago", "expected"),
    [
        (120, None, None, False),
        (121, None, None, True),
        (60, 149, None, True),
        (60, 150, None, False),
        (20, 149, None, False),  # inside grace
        (60, None, 149, True),
        (60, None, 150, False),
    ],
)
def test_two_doses_together_are_warned_of(
    minutes: int, next_in: int | None, last_ago: int | None, expected: bool
) -> None:
    at = NOON + minutes * MINUTE
    around = Neighbours(
        last_intake=at - last_ago * MINUTE if last_ago else None,
        next_planned=at + next_in * MINUTE if next_in else None,
    )
    assert windows.two_together(NOON, 30 * MINUTE, at, half_interval=HALF, around=around) is expected


def test_s062_s063_figures() -> None:
    figures = Figures(on_time=8, late=1, missed=1, due=2)
    assert (figures.percentage, figures.progress, figures.taken, figures.total) == (90, 75, 9, 12)
    assert Figures(due=3).percentage is None
    assert Figures(on_time=1, skipped=2, excused=1).percentage == 50
    assert [percentage(part, whole) for part, whole in ((1, 3), (2, 3), (1, 200), (0, 5), (0, 0))] == [
        33, 67, 1, 0, None,
    ]  # fmt: skip
