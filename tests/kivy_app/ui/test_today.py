"""Today, and what is done with a dose, by touch."""

from tests.kivy_app.conftest import Story
from tests.kivy_app.ui.driver import Driver


def test_the_day_is_shown_by_times_of_day(drive: Driver) -> None:
    for words in ("Morning", "Noon", "Evening", "07:00", "12:00", "18:00", "0/3", "Next medicine at 07:00"):
        assert drive.sees(words), words


def test_a_dose_is_taken_by_two_touches_and_reaches_the_server(drive: Driver, story: Story) -> None:
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.until(lambda: drive.sees("Taken on time"))
    drive.until(lambda: story.server.objects["doses", story.doses[0]]["status"] == "TAKEN_ON_TIME")
    assert drive.sees("1/3")
