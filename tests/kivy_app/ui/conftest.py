"""Sokha's phone with a window, against the reference server."""

from collections.abc import Callable, Iterator

import pytest
from patient.platform.fake import FakeReminders, fake
from patient.ui.app import PatientApp

from tests.kivy_app.conftest import Story
from tests.kivy_app.ui.driver import Driver

Start = Callable[..., Driver]


@pytest.fixture
def start(story: Story) -> Iterator[Start]:
    """Open the app for a session; by default Sokha's phone, signed in and synced at 06:50."""
    opened: list[Driver] = []

    def open_(session=None, *, language: str = "en", platform=None, **appearance) -> Driver:
        session = session or story.phone
        session._device.remember("language", language)  # chosen long ago: nothing is to be sent
        if appearance:
            session.change_appearance(**appearance)
        driver = Driver(PatientApp(session, platform or fake()))
        opened.append(driver)
        driver.until(lambda: not driver.app.state.syncing)
        driver.frames(5)  # pages follow the state a frame later
        return driver

    yield open_
    for driver in opened:
        driver.close()


@pytest.fixture
def drive(start: Start) -> Driver:
    """Sokha's phone in English."""
    return start()


@pytest.fixture
def reminders(drive: Driver) -> FakeReminders:
    """What the phone was told to ring."""
    return drive.app.platform.reminders
