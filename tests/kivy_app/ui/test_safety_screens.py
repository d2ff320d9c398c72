"""The screens of domain.md §7.2–7.6, walked by touch: late doses, one dose or two, limits, the scan's read-back, calls
for help, hidden medicines, big pictures."""

import io
from datetime import timedelta
from typing import Any

from kivy.base import EventLoop
from patient.core.clock import wire
from patient.platform.fake import fake
from patient.ui.widgets import Field, Stepper
from PIL import Image

from tests.kivy_app.conftest import SEVEN, Story
from tests.kivy_app.ui.album import Album
from tests.kivy_app.ui.conftest import Start
from tests.kivy_app.ui.driver import Driver, _Finger


def filled(story: Story) -> Album:
    """The album's content, at 12:40."""
    return Album(story).fill()


def test_a_dose_that_is_late_advises_against_two_together(start: Start, story: Story) -> None:
    story.wait(hours=2, minutes=50)  # 09:40, less than half the interval before 12:00
    drive = start()
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.until(lambda: drive.sees("Do not take two doses together"))
    drive.tap("Skip this dose")
    drive.until(lambda: story.server.objects["doses", story.doses[0]]["status"] == "SKIPPED")
    assert story.server.objects["doses", story.doses[0]]["skipReason"] == "TOO_LATE"


def test_going_on_with_a_late_dose_needs_a_second_tap(start: Start, story: Story) -> None:
    story.wait(hours=2, minutes=50)
    story.network.faults = ["no_request"] * 30
    drive = start()
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.tap("I take it all the same")
    drive.until(lambda: drive.sees("Taken late · 09:40"))


def test_two_records_of_one_dose_are_asked_about(start: Start, story: Story) -> None:
    body = story.server.objects["doses", story.doses[0]]
    taken = {"status": "TAKEN_ON_TIME", "takenAt": wire(SEVEN), "possibleDouble": True}
    story.server.write(story.sokha.id, "doses", {**body, **taken})
    story.server.replies["/double"] = {}
    story.phone.sync_now()
    drive = start()
    drive.tap("One dose or two?")
    drive.until(lambda: drive.sees("was recorded twice. Was it swallowed once or twice?"))
    drive.tap("Twice")
    drive.until(lambda: story.server.asked)
    assert story.server.asked == [("POST", f"doses/{story.doses[0]}/double", {"answer": "TWO"})]


def test_what_is_taken_when_needed_stops_at_its_limit_but_is_recorded(start: Start, story: Story) -> None:
    album = filled(story)
    drive = start()
    drive.app.go("medicine", medicine_id=album.needed)
    drive.tap("I take 1\u00a0tablet now")
    drive.until(lambda: len(story.phone.repo.needed_log(album.needed)) == 1)
    drive.until(lambda: drive.sees("Next possible"))
    assert drive.sees("18:40")
    drive.tap("I take 1\u00a0tablet now")
    drive.until(lambda: drive.sees("Stop: this is more than allowed"))
    drive.tap("I do not take it")
    assert len(story.phone.repo.needed_log(album.needed)) == 1
    drive.wait(0.3)
    drive.tap("I take 1\u00a0tablet now")
    drive.tap("I have taken it, record it")
    drive.until(lambda: len(story.phone.repo.needed_log(album.needed)) == 2)


def test_the_stock_counts_down_and_more_can_be_got(start: Start, story: Story) -> None:
    album = filled(story)
    story.server.replies["medications/m1"] = {}
    drive = start()
    drive.app.go("medicine", medicine_id=album.amoxicillin)
    assert drive.sees("Enough for 4 days")
    assert drive.sees("Get more soon.")
    story.wait(minutes=1)
    story.phone.take(story.doses[1])
    drive.app.state.acted()
    drive.until(lambda: drive.sees("13\u00a0capsules"))
    drive.tap("I got more")
    drive.type("How many?", "២០")
    drive.tap("Keep it")
    drive.until(lambda: story.server.asked)
    assert story.server.asked == [("PATCH", "medications/m1", {"stockCount": "33"})]


def test_a_medicine_is_hidden_by_one_switch_that_says_what_it_does(start: Start, story: Story) -> None:
    album = filled(story)
    story.server.replies["medications/m1"] = {}
    drive = start()
    drive.app.go("medicine", medicine_id=album.amoxicillin)
    drive.tap("Hide this medicine from family and alerts")
    drive.until(lambda: story.server.asked)
    assert story.server.asked == [("PATCH", "medications/m1", {"private": True})]
    drive.app.go("prescription", prescription_id=album.running)
    assert drive.sees("hidden from others"), "the one that is hidden already says so"
    assert all("Amoxicillin" not in ring.body for ring in story.phone.plan_reminders()), "the lock screen names nothing"


def hold(drive: Driver, words: str, seconds: float) -> None:
    """A finger that rests on a button."""
    button = drive.find(words)
    drive._scroll_to(button)
    finger = _Finger(*drive._resting_place(button))
    EventLoop.post_dispatch_input("begin", finger)
    drive.wait(seconds)
    EventLoop.post_dispatch_input("end", finger)
    drive.wait(0.2)


def test_s069_help_is_called_by_holding_and_says_that_it_was_not_sent(start: Start, story: Story) -> None:
    filled(story)
    story.network.faults = ["no_request"] * 60
    drive = start()
    drive.tap("I need help")
    drive.tap("Call 119")
    assert ("dial", "119") in drive.app.platform.device.did
    hold(drive, "Hold 3 seconds: tell family and doctors", 0.4)
    assert story.phone.care.call() is None, "let go too early: nothing was done"
    hold(drive, "Hold 3 seconds: tell family and doctors", 3.6)
    drive.until(lambda: drive.sees("NOT SENT – call now"))
    called = story.phone.care.call()
    assert called is not None
    drive.tap("Text message")
    assert any(what == "message" for what, _ in drive.app.platform.device.did)
    story.wait(minutes=16)
    drive.app.go("sos")
    drive.until(lambda: drive.sees("Do you still need help?"))
    story.network.faults = []
    drive.tap("Yes, I still need help")
    drive.until(lambda: drive.sees("Sent to 1 people, not seen yet"), seconds=10)
    alert = story.server.objects["alerts", called.id]
    assert alert["occurredAt"] == wire(called.at), "it tells its real time"
    story.server.write(story.sokha.id, "alerts", {**alert, "seenBy": [{"name": "Dara"}]})
    drive.until(lambda: not drive.app.state.syncing)
    drive.app.state.sync()
    drive.until(lambda: drive.sees("Seen by Dara"))
    drive.tap("I am safe")
    drive.until(lambda: story.server.objects["alerts", called.id]["isResolved"])


def test_a_call_that_never_left_is_taken_back(start: Start, story: Story) -> None:
    drive = start()
    story.phone.set_offline(True)
    drive.app.go("sos")
    assert drive.sees("Nobody is linked with you: nobody would be told. Please call.")
    story.phone.care.call_for_help("")
    drive.app.root.refresh()
    drive.tap("I am safe")
    drive.until(lambda: drive.sees("Hold 3 seconds: tell family and doctors"))
    assert story.phone.status().waiting == 0


def test_a_grave_reading_is_judged_at_once_without_network(start: Start, story: Story) -> None:
    drive = start()
    story.phone.set_offline(True)
    drive.app.go("record", kind="BLOOD_PRESSURE")
    drive.type("Upper number (mmHg)", "១៨៥")
    drive.type("Lower number (mmHg)", "190")
    drive.tap("Keep it")
    assert drive.sees("Please write a number from 20 to 185.")
    drive.type("Lower number (mmHg)", "95")
    drive.tap("Keep it")
    drive.until(lambda: drive.sees("Blood pressure: dangerous"))
    assert drive.sees("Sit down, rest, and measure again after 1 to 5 minutes.")
    drive.tap("Call 119")
    assert ("dial", "119") in drive.app.platform.device.did
    [vital] = story.phone.care.vitals()
    assert (vital.text(), vital.severity, vital.unsent) == ("185/95\u00a0mmHg", "CRITICAL", True)


def test_a_scanned_line_acts_only_after_somebody_compared_it(start: Start, story: Story) -> None:
    album = filled(story)
    picture = io.BytesIO()
    Image.new("RGB", (300, 60), "white").save(picture, "PNG")
    platform = fake()
    platform.device.picture = picture.getvalue()
    scan = album.scan()
    story.server.replies |= {"ocr/scan": {"scanId": "scan-1"}, "ocr/confirm": {}}
    story.server.lists["ocr/scans/scan-1"] = scan
    drive = start(platform=platform)
    drive.app.go("scan")
    drive.tap("Take a picture")
    drive.until(lambda: drive.sees("Line 1 of 1"))
    fields = {field.label: field.text for field in drive.widgets() if isinstance(field, Field)}
    assert "Metformin" in fields.values()
    assert drive.sees("The strength could not be read surely.")
    assert [text for label, text in fields.items() if label.startswith("Strength")] == [""], "what is in doubt is empty"
    drive.type("Strength, for example 500 mg (empty when it is not on the box)", "500 mg")
    drive.tap("Next: read it back")
    drive.until(lambda: drive.sees("Is this what stands on the paper?"))
    drive.tap("Yes, it agrees")
    drive.until(lambda: drive.sees("We read 1 medicines. How many are on the paper?"))
    drive.tap("Next")
    drive.until(lambda: drive.sees("The numbers differ"))
    assert not story.server.asked or story.server.asked[-1][1] != "ocr/confirm"
    drive.tap("I counted wrongly")
    drive.wait(0.3)
    count = next(widget for widget in drive.widgets() if isinstance(widget, Stepper))
    count.turn(1)
    drive.tap("Next")
    drive.until(lambda: drive.sees("Metformin 500\u00a0mg: Evening · ½\u00a0half\u00a0tablet"))
    drive.tap("Yes, keep it")
    drive.until(lambda: story.server.asked and story.server.asked[-1][1] == "ocr/confirm")
    sent: dict[str, Any] = story.server.asked[-1][2]
    assert (sent["scanId"], sent["medicinesOnPaper"]) == ("scan-1", 1)
    assert sent["medications"][0]["confirmedByUser"] is True
    assert sent["medications"][0]["strength"] == "500 mg"


def test_big_pictures_show_one_dose_and_speak(start: Start, story: Story) -> None:
    story.wait(minutes=10)
    story.phone.prefer(pictures=True)
    drive = start()
    drive.until(lambda: drive.sees("Morning"))
    assert not drive.sees("Noon")
    drive.tap("Read aloud")
    [(what, said)] = drive.app.platform.device.did
    assert what == "say"
    assert said.startswith("en: Time for your medicine. Morning. Amoxicillin 500\u00a0mg")
    drive.tap("I am taking it now")
    drive.until(lambda: drive.sees("Noon"))
    assert story.phone.dose(story.doses[0]).status == "TAKEN_ON_TIME"


def test_an_amount_beyond_the_usual_is_asked_again_and_nothing_has_a_default(start: Start, story: Story) -> None:
    drive = start()
    drive.app.go("add_medicine", prescription_id="")
    drive.type("Name on the box", "Paracetamol")
    drive.tap("Next: read it back")
    drive.until(lambda: drive.sees("Please choose what it is."))
    page = drive.app.root.ids.pages.current_screen
    page.typed.update({"unit": "TABLET", "course": "DAYS", "days": "3"})
    page.choose("kind", "DAILY")
    page.typed["morningDosage"] = "6"
    page.changed()
    drive.tap("Next: read it back")
    drive.until(lambda: drive.sees("Is this amount right?"))
    drive.tap("It is right")
    drive.until(lambda: drive.sees("Morning · 6\u00a0tablets"))
    drive.tap("Yes, keep it")
    drive.until(lambda: any(body.get("title") == "Paracetamol" for body in story.server.objects.values()))


def test_a_list_that_is_old_says_of_which_day_it_is(start: Start, story: Story) -> None:
    story.network.faults = ["no_request"] * 60
    story.wait(hours=25)
    drive = start()
    assert drive.sees("This is the list of Tuesday 24 November 2026. It may have changed.")
    assert timedelta(hours=24) < story.phone.now() - (story.phone.repo.synced_at() or SEVEN)
