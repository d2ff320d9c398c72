"""Codes, requests and ends, by touch."""

import uuid
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image

from tests.kivy_app.conftest import Story
from tests.kivy_app.ui.conftest import Start
from tests.kivy_app.ui.driver import Driver
from tests.kivy_app.ui.test_pages import prescribe


def linked(story: Story, **fields: Any) -> str:
    """A link with Dara; the phone has pulled it."""
    made = str(uuid.uuid4())
    link = {
        "id": made, "status": "PENDING", "mySide": "PATIENT", "startedByMe": False, "permissionLevel": "SELECTED",
        "other": {"fullName": "Dara"}, **fields,
    }  # fmt: skip
    story.server.write(story.sokha.id, "connections", link)
    story.phone.sync_now()
    return made


def test_a_code_is_made_for_a_level_that_was_chosen(drive: Driver, story: Story, tmp_path: Path) -> None:
    drive.tap("Family")
    assert drive.sees("Nobody sees your data yet.")
    drive.tap("Give access")
    drive.until(lambda: drive.sees("See everything and record doses for me"))
    drive.tap("Show a code")
    assert story.server.codes == {}, "no level is chosen beforehand"
    drive.tap("See the prescriptions I have now, and whether I take them (recommended)")
    drive.tap("Show a code")
    drive.until(lambda: drive.sees("K7MQ2XHP"))
    [asked] = story.server.codes.values()
    assert asked["permissionLevel"] == "SELECTED"
    picture = Image.open(drive.picture(tmp_path / "code.png"))
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == ["dastern:connect:K7MQ2XHP"]
    drive.tap("Withdraw the code")
    drive.until(lambda: story.server.codes == {})


def test_a_code_for_chosen_prescriptions_names_them(start: Start, story: Story) -> None:
    made = prescribe(story)
    story.phone.people.share_code("SELECTED")
    [asked] = story.server.codes.values()
    assert asked["scope"] == {"prescriptionIds": [made], "adherence": True}


def test_a_request_is_accepted_at_a_level_of_the_patients_choice(start: Start, story: Story) -> None:
    made = linked(story)
    drive = start()
    drive.tap("Somebody asks to see your data")
    drive.tap("Answer")
    drive.until(lambda: drive.sees("Dara asks to see your data"))
    drive.tap("See everything and record doses for me")
    drive.tap("Accept")
    drive.until(lambda: story.server.objects["connections", made]["status"] == "ACCEPTED")
    assert story.server.objects["connections", made]["permissionLevel"] == "ALLOWED"
    drive.until(lambda: drive.sees("See everything and record doses for me"))


def test_a_request_is_declined(start: Start, story: Story) -> None:
    made = linked(story)
    drive = start()
    drive.tap("Family")
    drive.tap("Answer")
    drive.tap("Decline")
    drive.until(lambda: story.server.objects["connections", made]["status"] == "REJECTED")
    drive.until(lambda: drive.sees("Nobody sees your data yet."))


def test_a_link_ends_after_being_asked_twice(start: Start, story: Story) -> None:
    made = linked(story, status="ACCEPTED")
    drive = start()
    drive.tap("Family")
    drive.tap("End")
    drive.until(lambda: drive.sees("End the link with Dara?"))
    drive.tap("Keep it")
    assert story.server.objects["connections", made]["status"] == "ACCEPTED"
    drive.tap("End")
    drive.until(lambda: drive.sees("End the link with Dara?"))
    drive.tap("End")
    drive.until(lambda: story.server.objects["connections", made]["status"] == "REVOKED")


def test_without_network_a_code_is_refused_in_words(drive: Driver, story: Story) -> None:
    drive.tap("Family")
    drive.tap("Give access")
    drive.tap("See everything and record doses for me")
    story.network.faults = ["no_request"]
    drive.tap("Show a code")
    drive.until(lambda: drive.sees("The server cannot be reached"))
