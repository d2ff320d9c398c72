"""Accounts, several people on one phone, helping somebody, messages, the log, payment."""

import logging
from pathlib import Path

from kivy.base import ExceptionManager
from patient.core.clock import wire
from patient.core.db import StoreFull
from patient.core.logbook import Logbook
from patient.platform.base import Check
from patient.platform.fake import fake
from patient.ui.app import PatientApp
from patient.ui.guard import Guard

from tests.kivy_app.conftest import Story
from tests.kivy_app.ui.album import Album
from tests.kivy_app.ui.conftest import Start
from tests.kivy_app.ui.driver import Driver


def filled(story: Story) -> Album:
    """The album's content, at 12:40."""
    return Album(story).fill()


def test_a_new_account_is_made_by_hand(start: Start, story: Story) -> None:
    story.phone.sign_out()
    story.server.replies["auth/register/patient"] = {"otpExpiresIn": 300}
    tokens = story.server._tokens(story.sokha)
    user = {"id": story.sokha.id, "fullName": "Sokha", "role": "PATIENT", "language": "ENGLISH"}
    story.server.replies["auth/otp/verify"] = {**tokens, "user": user}
    drive = start()
    drive.tap("New account")
    drive.tap("I take medicines myself")
    drive.tap("Next")
    assert drive.sees("Please write your first name.")
    drive.type("Last name", "Chan")
    drive.type("First name", "Sokha")
    for field, text in (("Day", "១៤"), ("Month", "4"), ("Year", "2020")):
        drive.type(field, text)
    drive.tap("Woman")
    drive.tap("Next")
    assert drive.sees("You must be at least 13 years old.")
    drive.type("Year", "1960")
    drive.tap("Next")
    drive.type("E-mail address", "sokha@example.com")
    drive.type("Phone number (may be left empty)", "012 345 678")
    drive.type("Password", "short")
    drive.tap("Make the account")
    assert drive.sees("At least 8 characters.")
    drive.type("Password", "Sabay-2026")
    drive.tap("I have read this and agree")
    drive.tap("Make the account")
    drive.until(lambda: drive.sees("Send another code in"))
    _, _, sent = story.server.asked[-1]
    assert (sent["phoneNumber"], sent["dateOfBirth"], sent["gender"]) == ("+85512345678", "1960-04-14", "FEMALE")
    drive.type("Code", "១២៣៤៥៦")  # the sixth figure sends it
    drive.until(lambda: drive.sees("When do you eat?"))
    assert story.server.asked[-1][2]["otp"] == "123456"
    drive.tap("Next")
    drive.until(lambda: drive.sees("Do my reminders work?"))
    drive.tap("To my day")
    drive.until(lambda: drive.sees("07:00"))
    drive.until(lambda: story.server.objects.get(("settings", story.sokha.id), {}).get("mealTimes"))


def test_a_forgotten_password_is_set_anew_by_a_code(start: Start, story: Story) -> None:
    story.phone.sign_out()
    story.server.replies |= {"auth/otp/send": {}, "auth/reset-password-otp": {}}
    drive = start()
    drive.tap("Forgotten password")
    drive.type("E-mail or phone number", "sokha@example.com")
    drive.tap("Send a code")
    drive.until(lambda: drive.sees("Change the password"))
    drive.type("Code", "123456")
    drive.type("New password", "Sabay-2027")
    drive.tap("Change the password")
    drive.until(lambda: drive.sees("The password was changed. Please sign in."))
    assert story.server.asked[0][2]["purpose"] == "RESET_PASSWORD"


def test_several_people_share_a_phone(start: Start, story: Story) -> None:
    story.server.person("vanna")
    drive = start()
    drive.app.go("members")
    drive.tap("Add a person")
    drive.type("E-mail or phone number", "vanna")
    drive.type("Password", "right")
    drive.tap("Sign in")
    drive.until(lambda: drive.sees("Hello, vanna"))
    assert drive.sees("No medicine is planned for today.")
    drive.app.go("members")
    drive.tap("touch to show")
    drive.until(lambda: drive.sees("Hello, sokha"))
    assert drive.sees("07:00")


def test_before_marking_for_another_the_last_intake_is_shown(start: Start, story: Story) -> None:
    album = filled(story)
    drive = start()
    drive.app.go("family")
    drive.tap("Whom I help")
    drive.tap("See the day")
    drive.until(lambda: drive.sees("Vanna"))
    drive.tap("Mark as taken for Vanna")
    drive.until(lambda: drive.sees("Did Vanna take it?"))
    assert drive.sees("Last taken: 07:00")
    assert drive.sees("Last heard from the server: 12:40")
    drive.tap("Yes, I saw it")
    drive.until(lambda: drive.sees("recorded by you"))
    noon = [body for body in story.server.objects.values() if body.get("medicationId") == "m7" and body["timePeriod"]]
    drive.until(lambda: any(story.server.recorders.get(body["id"], ("",))[0] == story.sokha.id for body in noon))
    assert album.vanna


def test_a_gentle_reminder_counts_down(start: Start, story: Story) -> None:
    album = filled(story)
    story.server.replies["connections/nudge"] = {"remainingNudges": 1}
    drive = start()
    drive.app.go("person", patient_id=album.vanna)
    drive.tap("Remind gently")
    drive.until(lambda: drive.sees("Reminder sent. Left for this dose: 1"))
    assert story.server.asked[-1][2]["patientId"] == album.vanna


def test_a_revoked_person_disappears_at_the_next_contact(start: Start, story: Story) -> None:
    album = filled(story)
    drive = start()
    drive.app.go("person", patient_id=album.vanna)
    assert drive.sees("12:00")
    story.server.revoke(story.sokha.id, album.vanna)
    story.server.write(story.sokha.id, "connections", None, "l2")
    drive.app.state.sync()
    drive.until(lambda: drive.sees("You may not see this person's data any more."))
    held = story.phone._database.rows("SELECT 1 FROM object WHERE patient_id = ?", (album.vanna,))
    assert held == []


def test_a_code_is_looked_at_before_it_is_used(start: Start, story: Story) -> None:
    offer = {"valid": True, "patientName": "Vanna", "permissionLevel": "SELECTED"}
    story.server.replies |= {"tokens/validate": offer, "tokens/consume": {}}
    drive = start()
    drive.app.go("connect")
    drive.type("Code", "k7mq-2xh")
    drive.tap("Next")
    assert drive.sees("The code has eight letters and figures.")
    drive.type("Code", "dastern:connect:k7mq2xhp")
    drive.tap("Next")
    drive.until(lambda: drive.sees("Vanna"))
    assert drive.sees("They still have to accept you.")
    drive.tap("Ask to connect")
    drive.until(lambda: drive.sees("Asked. You see their day once they accept."))
    assert story.server.asked[-1] == ("POST", "connections/tokens/consume", {"token": "K7MQ2XHP"})


def test_a_nudge_is_answered_from_the_message(start: Start, story: Story) -> None:
    filled(story)
    drive = start()
    drive.tap("New messages: 1")
    drive.tap("ដារា រំលឹកអ្នក")
    drive.tap("I take it now")
    drive.until(
        lambda: ("ACT", "nudge.answered", {"caregiverId": "p2", "response": "I take it now"}) in story.server.asked
    )
    drive.until(lambda: not drive.sees("Mark all as read"))


def test_a_proposed_change_is_accepted(start: Start, story: Story) -> None:
    album = filled(story)
    story.server.replies["versions/3/accept"] = {}
    drive = start()
    drive.app.go("prescription", prescription_id=album.running)
    drive.tap("See what would change")
    drive.until(lambda: drive.sees("7, now 10"))
    drive.back()
    drive.tap("Accept the change")
    drive.until(lambda: story.server.asked)
    assert story.server.asked[-1][:2] == ("POST", f"prescriptions/{album.running}/versions/3/accept")


def test_what_was_seen_online_is_shown_again_without_network(start: Start, story: Story) -> None:
    filled(story)
    drive = start()
    drive.app.go("my_data")
    drive.until(lambda: drive.sees("Rith"))
    drive.app.go("today")
    story.phone.set_offline(True)
    drive.app.go("my_data")
    drive.until(lambda: drive.sees("As of 12:40"))
    assert drive.sees("Rith")


def test_s082_a_payment_is_found_again_and_ends_by_the_servers_word(start: Start, story: Story) -> None:
    album = filled(story)
    story.server.replies |= {"payments/create": album.payment(), "/check": {"status": "PENDING"}}
    story.server.lists[f"payments/status/{'0' * 32}"] = {"status": "PENDING"}
    drive = start()
    drive.app.go("plans")
    drive.tap("Renew for 30 days")
    drive.until(lambda: drive.sees("Pay with KHQR"))
    drive.tap("Open my bank's app")
    assert drive.app.platform.device.did == [("open", "https://bakong.example/pay")]
    drive.tap("I have paid")
    drive.app.go("plans")
    drive.tap("To the open payment")
    paid = {"status": "COMPLETED", "subscription": {"expiresAt": wire(story.clock.now())}}
    story.server.replies["/check"] = paid
    drive.tap("I have paid")
    drive.until(lambda: drive.sees("Paid. Thank you."))
    assert story.phone.open_payment() is None


def test_what_keeps_reminders_from_ringing_is_told_with_a_way_to_set_it_right(start: Start, story: Story) -> None:
    platform = fake()
    platform.device.found = [Check("exact", fine=False, may_fix=True), Check("notifications", fine=True, may_fix=True)]
    drive = start(platform=platform)
    drive.app.go("reminders", first=False)
    assert drive.sees("Exact alarms are not allowed: reminders may come late.")
    drive.tap("Set it right")
    assert platform.device.did == [("fix", "exact")]
    assert drive.sees("07:00")


def test_an_error_nobody_handled_is_kept_and_can_be_shared(story: Story, tmp_path: Path) -> None:
    logbook = Logbook(tmp_path)
    logger = logging.getLogger("test.app")
    logger.addHandler(logbook)
    logger.warning("Sync: %s", "no network")
    logbook.keep_error(RuntimeError, RuntimeError("broken"), None)
    logger.removeHandler(logbook)
    story.phone._device.remember("language", "en")
    drive = Driver(PatientApp(story.phone, fake(), Logbook(tmp_path)))
    drive.app.go("log")
    drive.tap("Share the notes")
    [(what, shared)] = drive.app.platform.device.did
    assert what == "share"
    assert "RuntimeError: broken" in shared
    assert "Sync: no network" in shared
    drive.tap("Forget this error")
    drive.until(lambda: not drive.sees("The app stopped by an error."))
    drive.close()


def test_the_device_decides_light_or_dark_unless_somebody_chose(start: Start, story: Story) -> None:
    platform = fake()
    platform.device.dark = True
    drive = start(platform=platform)
    assert drive.app.look.name == "DARK"
    drive.app.choose_look("LIGHT")
    assert drive.app.look.name == "LIGHT"


def test_the_week_is_told_by_figures_and_a_calendar_that_opens_a_day(start: Start, story: Story) -> None:
    filled(story)
    drive = start()
    drive.tap("How regularly I take them")
    drive.until(lambda: drive.sees("of these on time"))
    assert drive.sees("November 2026")
    drive.tap("23")
    drive.until(lambda: drive.sees("Monday 23 November 2026"))
    drive.back()
    assert drive.app.root.current == "progress"


def test_a_phone_without_room_says_so_and_goes_on(drive: Driver) -> None:
    guard = Guard()
    assert guard.handle_exception(StoreFull("full")) == ExceptionManager.PASS
    drive.until(lambda: drive.sees("This phone has no room left"))
    drive.tap("Understood")
    assert guard.handle_exception(ValueError("else")) == ExceptionManager.RAISE
