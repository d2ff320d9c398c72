"""Signing in and out, what needs attention, prescriptions, settings."""

import uuid
from typing import Any

from tests.kivy_app.conftest import Story
from tests.kivy_app.ui.conftest import Start
from tests.kivy_app.ui.driver import Driver

DRAFT: dict[str, Any] = {
    "status": "DRAFT", "title": "Blood pressure", "doctor": {"fullName": "Dr Lim"}, "createdAt": "2026-11-23T00:00:00Z",
    "isUrgent": False, "retakeReason": "",
    "medications": [
        {
            "medicineName": "Amlodipine", "medicineNameKhmer": "អាំឡូឌីពីន", "strength": "5 mg", "unit": "TABLET",
            "morningDosage": {"amount": "0.5", "beforeMeal": True}, "frequencyType": "DAILY", "duration": 30,
        }
    ],
}  # fmt: skip


def prescribe(story: Story, **fields: Any) -> str:
    """Dr Lim writes a draft; the phone has pulled it."""
    made = str(uuid.uuid4())
    story.server.write(story.sokha.id, "prescriptions", {**DRAFT, "id": made, "patientId": story.sokha.id, **fields})
    story.phone.sync_now()
    return made


def test_signing_in_by_hand(start: Start, story: Story) -> None:
    story.phone.sign_out()
    drive = start()
    drive.tap("Sign in")
    assert drive.sees("Please write your e-mail or phone number.")
    drive.type("E-mail or phone number", "sokha")
    drive.type("Password", "wrong")
    drive.tap("Sign in")
    drive.until(lambda: drive.sees("INVALID_CREDENTIALS"))
    drive.type("Password", "right")
    drive.tap("Sign in")
    drive.until(lambda: drive.sees("Morning"))
    assert drive.app.session.user.name == "sokha"


def test_no_network_while_signing_in_is_told_in_words(start: Start, story: Story) -> None:
    story.phone.sign_out()
    drive = start()
    story.network.faults = ["no_request"]
    drive.type("E-mail or phone number", "sokha")
    drive.type("Password", "right")
    drive.tap("Sign in")
    drive.until(lambda: drive.sees("The server cannot be reached"))


def test_who_is_signed_in_starts_without_network(start: Start, story: Story) -> None:
    story.network.faults = ["no_request"] * 20
    drive = start()
    assert drive.sees("07:00")
    assert drive.sees("No connection to the server")


def test_signing_out_offers_to_send_first(start: Start, story: Story) -> None:
    drive = start()
    story.network.faults = ["no_request"] * 4
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.until(lambda: drive.sees("kept on this phone: 1"))
    drive.tap("Settings")
    drive.tap("Sign out")
    drive.until(lambda: drive.sees("Not sent yet: 1"))
    drive.tap("Send, then sign out")
    drive.until(lambda: drive.sees("The records could not be sent. You are still signed in."))
    assert story.phone.user is not None
    story.network.faults = []
    drive.tap("Sign out")
    drive.tap("Send, then sign out")
    drive.until(lambda: drive.sees("Your medicines, on time, also without internet"))
    assert story.phone.user is None
    assert story.server.objects["doses", story.doses[0]]["status"] == "TAKEN_ON_TIME"


def test_a_refused_record_waits_in_its_list_until_it_is_let_go(drive: Driver, story: Story) -> None:
    story.network.faults = ["no_request"] * 2
    drive.tap("07:00")
    drive.tap("I am taking it now")
    story.server.objects.pop(("doses", story.doses[0]))
    drive.until(lambda: drive.sees("kept on this phone: 1"))
    story.network.faults = []
    drive.tap("kept on this phone: 1")
    drive.tap("Needs your attention: 1")
    drive.until(lambda: drive.sees("The server does not have this any more"))
    assert drive.sees("Amoxicillin")
    drive.tap("Send again")
    drive.until(lambda: drive.app.state.status.attention == 1 and not drive.app.state.syncing)
    drive.tap("Delete")
    drive.until(lambda: drive.sees("Delete this record?"))
    drive.tap("Keep it")
    drive.wait(0.3)
    drive.tap("Delete")
    drive.until(lambda: drive.sees("Delete this record?"))
    drive.tap("Delete")
    drive.until(lambda: drive.sees("Nothing needs your attention."))


def test_a_draft_is_read_and_confirmed(start: Start, story: Story) -> None:
    made = prescribe(story)
    drive = start()
    drive.tap("A new prescription waits for your answer")
    drive.tap("Blood pressure")
    assert drive.sees("Amlodipine 5\u00a0mg")
    assert drive.sees("Morning · ½\u00a0half\u00a0tablet · Before the meal")
    assert drive.sees("Every day · for 30 days")
    drive.tap("Confirm")
    drive.until(lambda: drive.sees("Running"))
    assert story.server.objects["prescriptions", made]["status"] == "ACTIVE"


def test_a_draft_is_sent_back_with_a_reason(start: Start, story: Story) -> None:
    made = prescribe(story)
    drive = start()
    drive.tap("My medicines")
    drive.tap("Blood pressure")
    drive.tap("Ask to correct")
    drive.tap("Send")
    assert drive.sees("Please write a reason.")
    drive.type("What should be corrected?", "ថ្នាំនេះខុស")
    drive.tap("Send")
    drive.until(lambda: drive.sees("Sent back to the doctor to correct"))
    assert story.server.objects["prescriptions", made]["retakeReason"] == "ថ្នាំនេះខុស"
    assert not drive.sees("Confirm")


def test_confirming_needs_the_network_and_says_so(start: Start, story: Story) -> None:
    made = prescribe(story)
    drive = start()
    story.network.faults = ["no_request"]
    drive.tap("My medicines")
    drive.tap("Blood pressure")
    drive.tap("Confirm")
    drive.until(lambda: drive.sees("The server cannot be reached"))
    assert story.server.objects["prescriptions", made]["status"] == "DRAFT"


def test_an_urgent_change_is_told_with_its_reason(start: Start, story: Story) -> None:
    made = prescribe(story, status="ACTIVE", isUrgent=True, urgentReason="Blood sugar too high")
    drive = start()
    drive.tap("Urgent change: Blood sugar too high")
    drive.tap("I have read it")
    drive.until(lambda: story.server.objects["prescriptions", made].get("urgentAcknowledgedAt"))
    drive.until(lambda: not drive.sees("I have read it"))
    assert drive.sees("Urgent change: Blood sugar too high"), "the reason stays with the prescription"
    drive.tap("Today")
    drive.until(lambda: drive.sees("Morning"))
    assert not drive.sees("Urgent change")


def test_language_theme_and_size_change_while_the_app_runs(drive: Driver, story: Story) -> None:
    drive.tap("Settings")
    drive.tap("ភាសាខ្មែរ")
    drive.until(lambda: drive.sees("ការកំណត់"))
    assert not drive.sees("Appearance")
    drive.tap("English")
    drive.tap("Dark")
    assert drive.app.look.name == "DARK"
    before = drive.find("Text size").font_size
    for _ in range(6):
        drive.tap("Bigger")
    assert drive.find("Text size").font_size == 2 * before
    drive.until(lambda: story.server.objects["settings", story.sokha.id]["language"] == "ENGLISH")
    assert (story.phone.language, story.phone.appearance()) == ("en", {"theme": "DARK", "scale": 2.0})


def test_khmer_figures_are_a_choice_and_never_touch_strengths(start: Start, story: Story) -> None:
    drive = start(language="km")
    drive.app.go("settings")
    drive.tap("ប្រើលេខខ្មែរសម្រាប់ម៉ោង និងកាលបរិច្ឆេទ")
    drive.app.go("today")
    drive.until(lambda: drive.sees("០៧:០០"))
    assert drive.sees("500\u00a0mg")


def test_reminders_can_be_tried(drive: Driver) -> None:
    drive.tap("Settings")
    drive.tap("Do my reminders work?")
    drive.tap("Ring now")
    drive.until(lambda: drive.sees("The reminder was sent."))
    drive.app.platform.reminders.works = False
    drive.tap("Ring now")
    drive.until(lambda: drive.sees("This device could not show a reminder."))
    assert len(drive.app.platform.reminders.rung) == 2


def test_the_back_key_leads_up_and_closes_sheets(drive: Driver) -> None:
    drive.tap("07:00")
    drive.back()
    drive.until(lambda: not drive.sees("I am taking it now"))
    drive.app.go("attention")
    drive.back()
    assert drive.app.root.current == "today"
