"""The journeys B to E and H to J over HTTP with the real app core: the story that ``manage.py demo_journey`` tells."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from dastern.core import clock
from dastern.demo.cast import journey_people
from dastern.demo.journey import Narrator, Walk
from dastern.demo.work import work_on_the_platform


@pytest.mark.django_db(transaction=True)
def test_the_story_goes_as_it_is_told(live_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_cached", (float("-inf"), clock.timedelta()))
    monkeypatch.setattr(clock, "_REREAD_SECONDS", 0.0)
    story: list[str] = []
    with time_machine.travel(datetime(2026, 11, 23, 20, 0, tzinfo=UTC), tick=True):
        narrator = Narrator(story.append)
        walk = Walk(live_server.url, journey_people(), folder=tmp_path, narrator=narrator, work=work_on_the_platform)
        walk.run()
    assert narrator.checks > 30
    assert any("takes" in line for line in story)
    assert any("165/100" in line for line in story)
    assert any("is gone with her whole record" in line for line in story)
