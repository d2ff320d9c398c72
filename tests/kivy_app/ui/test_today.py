"""Today, and what is done with a dose, by touch."""

from tests.kivy_app.conftest import Story
from tests.kivy_app.ui.conftest import Start
from tests.kivy_app.ui.driver import Driver


def server_says(story: Story, place: int) -> str:
    """The status of a dose on the server."""
    return str(story.server.objects["doses", story.doses[place]]["status"])


def test_the_day_is_shown_by_times_of_day(drive: Driver) -> None:
    for words in ("Morning", "Noon", "Evening", "07:00", "12:00", "18:00", "0/3", "Next medicine at 07:00"):
        assert drive.sees(words), words
    assert drive.sees("Up to date · last update 06:50")


def test_both_names_stand_at_the_same_size(drive: Driver) -> None:
    khmer, latin = drive.find("អាម៉ុកស៊ីស៊ីលីន"), drive.find("Amoxicillin")
    assert khmer.font_size == latin.font_size


def test_a_dose_is_taken_by_two_touches_and_reaches_the_server(drive: Driver, story: Story) -> None:
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.until(lambda: drive.sees("Taken on time · 06:50"))
    drive.until(lambda: server_says(story, 0) == "TAKEN_ON_TIME")
    assert drive.sees("1/3")


def test_the_notice_after_an_answer_takes_it_back(drive: Driver, story: Story) -> None:
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.until(lambda: server_says(story, 0) == "TAKEN_ON_TIME")
    drive.tap("Undo")
    drive.until(lambda: server_says(story, 0) == "DUE")
    assert drive.sees("0/3")


def test_without_network_the_dose_counts_at_once_and_is_sent_later(drive: Driver, story: Story) -> None:
    story.network.faults = ["no_request"] * 3
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.until(lambda: drive.sees("No connection to the server · kept on this phone: 1 · last update 06:50"))
    assert drive.sees("1/3")
    assert server_says(story, 0) == "DUE"
    story.network.faults = []
    drive.tap("No connection to the server")
    drive.until(lambda: drive.sees("Up to date"))
    assert server_says(story, 0) == "TAKEN_ON_TIME"


def test_skipping_asks_for_the_reason(drive: Driver, story: Story) -> None:
    drive.tap("07:00")
    drive.tap("Skip this dose")
    drive.tap("Fasting")
    drive.until(lambda: server_says(story, 0) == "SKIPPED")
    assert story.server.objects["doses", story.doses[0]]["skipReason"] == "FASTING"


def test_i_took_it_at_an_earlier_time(drive: Driver, story: Story) -> None:
    story.wait(hours=3)
    drive.app.state.refresh()
    drive.until(lambda: drive.sees("Not recorded"))
    drive.tap("Not recorded")
    drive.tap("I took it at…")
    drive.tap("5 minutes later")
    drive.tap("5 minutes later")
    assert drive.sees("07:10")
    drive.tap("Record")
    drive.until(lambda: drive.sees("Taken on time · 07:10"))
    drive.until(lambda: server_says(story, 0) == "TAKEN_ON_TIME")


def test_a_late_dose_is_advised_against_and_going_on_needs_a_second_touch(drive: Driver, story: Story) -> None:
    story.wait(hours=4)
    drive.app.state.refresh()
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.until(lambda: drive.sees("Do not take two doses together"))
    assert story.phone.status().waiting == 0, "nothing is recorded yet"
    drive.tap("I take it all the same")
    drive.until(lambda: server_says(story, 0) == "TAKEN_LATE")


def test_the_default_answer_to_a_late_dose_is_to_skip_it(drive: Driver, story: Story) -> None:
    story.wait(hours=4)
    drive.app.state.refresh()
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.until(lambda: drive.sees("Do not take two doses together"))
    drive.tap("Skip this dose")
    drive.until(lambda: server_says(story, 0) == "SKIPPED")
    assert story.server.objects["doses", story.doses[0]]["skipReason"] == "TOO_LATE"


def test_an_early_dose_asks_first_and_one_too_early_is_refused(drive: Driver, story: Story) -> None:
    story.wait(hours=2)
    drive.app.state.refresh()
    drive.tap("12:00")
    drive.tap("I am taking it now")
    drive.until(lambda: drive.sees("This dose is planned for 12:00."))
    drive.tap("I wait")
    drive.back()
    drive.wait(0.3)
    drive.tap("18:00")
    drive.tap("I am taking it now")
    drive.until(lambda: drive.sees("It is too early for this dose"))
    assert story.phone.status().waiting == 0


def test_later_is_offered_once_it_is_time(drive: Driver, story: Story) -> None:
    drive.tap("07:00")
    drive.wait(0.3)
    assert not drive.sees("Remind later")
    drive.back()
    drive.wait(0.3)
    story.wait(minutes=15)
    drive.tap("07:00")
    drive.tap("Remind later")
    drive.tap("10 minutes")
    drive.until(lambda: drive.sees("Reminder again at 07:15"))
    assert next(one.fire_at.minute for one in drive.app.platform.reminders.plan) == 15


def test_an_answered_dose_falls_silent(start: Start, story: Story) -> None:
    drive = start()
    armed = drive.app.platform.reminders
    assert any(story.doses[0] in one.dose_ids for one in armed.plan)
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.until(lambda: not any(story.doses[0] in one.dose_ids for one in armed.plan))


def test_a_wrong_record_is_corrected_with_a_reason(drive: Driver, story: Story) -> None:
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.until(lambda: server_says(story, 0) == "TAKEN_ON_TIME")
    story.wait(minutes=45)
    drive.app.state.refresh()
    drive.tap("Taken on time")
    drive.tap("It was not taken after all")
    drive.tap("Correct it")
    assert drive.sees("Please write a reason.")
    drive.type("What happened?", "It fell down")
    drive.tap("Correct it")
    drive.until(lambda: server_says(story, 0) == "MISSED")


def test_a_day_without_medicine_says_so(start: Start, story: Story) -> None:
    for dose in story.doses:
        story.server.withdraw(dose)
    assert start().sees("No medicine is planned for today.")


def test_a_reminder_that_rang_is_reported(start: Start, story: Story) -> None:
    drive = start()
    armed = drive.app.platform.reminders
    story.wait(minutes=10)
    armed.heard(armed.plan[0])
    drive.until(lambda: story.server.rings)
    assert [ring["doseId"] for ring in story.server.rings] == [story.doses[0]]
    assert not drive.sees("Needs your attention")
