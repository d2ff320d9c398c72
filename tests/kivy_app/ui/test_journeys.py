"""Journeys of domain.md §3.8 by real taps, against the real server over HTTP, with the network cut where it
says so. What other people do (a doctor, a daughter) they do through the API or on their own phone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
import time_machine
from kivy.base import EventLoop
from patient.core.session import PatientSession
from patient.core.vault import MemoryVault
from patient.platform.fake import fake
from patient.ui.app import PatientApp

from apps.connections.choices import PermissionLevel
from apps.connections.models import Connection
from apps.doses.models import DoseEvent
from apps.health_monitoring.models import HealthAlert
from apps.notifications.models import Notification
from apps.prescriptions.models import Prescription
from apps.users.choices import Role
from apps.users.models import User
from tests.authentication.conftest import code_mailed
from tests.doses.conftest import local
from tests.kivy_app.ui.driver import Driver, _Finger
from tests.prescriptions.conftest import body, once_a_day
from tests.support.courses import course_of, lay_out, medicine
from tests.support.people import PASSWORD, Api, link, make_user

pytestmark = pytest.mark.django_db(transaction=True)


class Town:
    """The real server, and phones with windows: Kivy has one window, so one phone is looked at at a time."""

    def __init__(self, url: str, travel: time_machine.Traveller) -> None:
        self.url, self.travel = url, travel
        self.sessions: list[PatientSession] = []
        self.window: Driver | None = None

    def phone(self, email: str = "") -> PatientSession:
        """A phone; with an address, somebody is signed in on it."""
        http = requests.Session()
        http.trust_env = False
        session = PatientSession(self.url, ":memory:", vault=MemoryVault(), http=http)
        session._device.remember("language", "en")
        self.sessions.append(session)
        if email:
            session.sign_in(email, PASSWORD)
            session.sync_now()
        return session

    def look_at(self, session: PatientSession) -> Driver:
        """Take this phone into the hand."""
        self.put_down()
        self.window = Driver(PatientApp(session, fake()))
        self.window.until(lambda: not self.window or not self.window.app.state.busy, seconds=20)
        return self.window

    def put_down(self) -> None:
        """Leave the window; the session stays."""
        if self.window is not None:
            session, keep = self.window.app.session, self.window.app.session.close
            session.close = lambda: None  # type: ignore[method-assign]  (the phone is only put down)
            self.window.close()
            session.close = keep  # type: ignore[method-assign]
            self.window = None

    def at(self, clock: str, day: int = 24) -> None:
        """It is now that time."""
        self.travel.move_to(local(clock, day), tick=False)

    def end(self) -> None:
        """Everything off."""
        self.put_down()
        for session in self.sessions:
            session.close()


@pytest.fixture
def town(live_server: Any, transactional_db: None) -> Iterator[Town]:
    """06:50 on 24 November."""
    with time_machine.travel(local("06:50"), tick=False) as travel:
        made = Town(live_server.url, travel)
        yield made
        made.end()


def synced(drive: Driver) -> None:
    """One whole run of the synchroniser."""
    drive.until(lambda: not drive.app.state.syncing, seconds=20)
    drive.app.state.sync()
    drive.until(lambda: not drive.app.state.syncing, seconds=20)
    drive.frames(6)


def moment(clock: str, day: int = 24) -> datetime:
    """A time of that day."""
    return local(clock, day)


def test_journey_a_the_first_day(town: Town) -> None:
    drive = town.look_at(town.phone())
    drive.tap("New account")
    drive.tap("I take medicines myself")
    for field, text in (
        ("Last name", "Chan"),
        ("First name", "Sokha"),
        ("Day", "14"),
        ("Month", "4"),
        ("Year", "1960"),
    ):
        drive.type(field, text)
    drive.tap("Woman")
    drive.tap("Next")
    drive.type("E-mail address", "sokha.new@example.com")
    drive.type("Password", PASSWORD)
    drive.tap("I have read this and agree")
    drive.tap("Make the account")
    drive.until(lambda: drive.sees("We sent a code of six figures"), seconds=20)
    drive.type("Code", code_mailed())
    drive.until(lambda: drive.sees("When do you eat?"), seconds=20)
    drive.tap("Next")
    drive.tap("To my day")
    drive.until(lambda: drive.sees("No medicine is planned for today."), seconds=20)
    drive.tap("My medicines")
    drive.tap("Add a medicine")
    drive.type("Name on the box", "Paracetamol")
    drive.type("Strength, for example 500 mg (empty when it is not on the box)", "500 mg")
    page = drive.app.root.ids.pages.current_screen
    drive.tap("tablet")
    drive.tap("Every day")
    page.typed["morningDosage"] = "1"
    drive.tap("A number of days")
    drive.type("How many days?", "3")
    drive.tap("Next: read it back")
    drive.tap("Yes, keep it")
    synced(drive)
    drive.tap("Today")
    drive.until(lambda: drive.sees("07:00"), seconds=20)
    assert drive.app.platform.reminders.plan[0].fire_at == moment("07:00")
    town.at("07:02")
    drive.tap("07:00")
    drive.tap("I am taking it now")
    drive.until(lambda: drive.sees("Taken on time · 07:02"))
    assert drive.sees("1/1")
    synced(drive)
    assert DoseEvent.objects.get(scheduled_time=moment("07:00")).status == "TAKEN_ON_TIME"


def test_journey_b_and_c_a_doctor_prescribes_and_changes_urgently(town: Town) -> None:
    sokha = make_user("Sokha")
    doctor = make_user("Dr Lim", role=Role.DOCTOR)
    drive = town.look_at(town.phone("sokha@example.com"))
    drive.tap("Family")
    drive.tap("Find a doctor")
    drive.type("Name, hospital or field", "Lim")
    drive.tap("Search")
    drive.until(lambda: drive.sees("Licence checked"), seconds=20)
    drive.tap("Ask to connect")
    drive.tap("See the prescriptions I have now, and whether I take them (recommended)")
    drive.find("Ask to connect")
    drive.tap(drive.find("Ask to connect"))
    drive.until(lambda: Connection.objects.filter(status="PENDING").exists(), seconds=20)
    pending = Connection.objects.get()
    portal = Api(doctor)
    assert portal.patch(f"/api/v1/connections/{pending.id}/accept", {}).status_code == 200
    written = portal.post("/api/v1/prescriptions", body(sokha, once_a_day("Amlodipine")))
    assert written.status_code == 201, written.content
    synced(drive)
    drive.tap("Today")
    drive.tap("A new prescription waits for your answer")
    drive.tap(drive.find("Waits for your answer"))
    drive.tap("Confirm")
    drive.until(lambda: drive.sees("Running"), seconds=20)
    drive.tap("Today")
    drive.until(lambda: drive.sees("Amlodipine"), seconds=20)
    assert drive.app.platform.reminders.plan, "alarms are set"
    course = Prescription.objects.get()
    changed = portal.post(
        f"/api/v1/prescriptions/{course.id}/urgent-update",
        {"urgentReason": "Pressure too low", "medications": [once_a_day("Losartan")]},
    )
    assert changed.status_code == 200, changed.content
    synced(drive)
    drive.until(lambda: drive.sees("Urgent change: Pressure too low"), seconds=20)
    drive.until(lambda: drive.sees("Losartan"), seconds=20)
    drive.tap("Urgent change: Pressure too low")
    drive.tap("I have read it")
    drive.until(lambda: Prescription.objects.get().urgent_acknowledged_at is not None, seconds=20)
    drive.tap("Earlier versions")
    drive.until(lambda: drive.sees("version 2"))


def test_journey_d_an_offline_week(town: Town) -> None:
    sokha = make_user("Sokha")
    course = course_of(sokha)
    medicine(course, medicine_name_khmer="អាម៉ុកស៊ីស៊ីលីន", duration=4)
    lay_out(course)
    drive = town.look_at(town.phone("sokha@example.com"))
    drive.app.session.set_offline(True)
    for day in (24, 25, 26):
        town.at("07:03", day)
        drive.app.on_resume()
        drive.app.go("today")
        drive.tap("07:00")
        drive.tap("I am taking it now")
        drive.until(lambda: drive.sees("Taken on time · 07:03"))
    assert drive.sees("kept on this phone: 3")
    town.at("20:00", 26)
    drive.app.session.set_offline(False)
    synced(drive)
    morning = DoseEvent.objects.filter(taken_at__isnull=False).order_by("scheduled_time")
    assert [(dose.status, dose.taken_at) for dose in morning] == [
        ("TAKEN_ON_TIME", moment("07:03", day)) for day in (24, 25, 26)
    ]
    assert drive.sees("Up to date")


def test_journey_e_family_from_far_away(town: Town) -> None:
    sokha, dara = make_user("Sokha"), make_user("Dara")
    course = course_of(sokha)
    medicine(course, duration=2)
    lay_out(course)
    mother, daughter = town.phone("sokha@example.com"), town.phone("dara@example.com")
    drive = town.look_at(mother)
    drive.tap("Family")
    drive.tap("Give access")
    drive.tap("See everything and record doses for me")
    drive.tap("Show a code")
    drive.until(lambda: drive.sees("Withdraw the code"), seconds=20)
    code = next(text for text in drive.texts() if len(text) == 8 and text.isupper())
    drive = town.look_at(daughter)
    drive.app.go("connect")
    drive.type("Code", code)
    drive.tap("Next")
    drive.until(lambda: drive.sees("They still have to accept you."), seconds=20)
    drive.tap("Ask to connect")
    drive.until(lambda: drive.sees("Asked. You see their day once they accept."), seconds=20)
    drive = town.look_at(mother)
    synced(drive)
    drive.tap("Family")
    drive.tap("Answer")
    drive.tap("See everything and record doses for me")
    drive.tap("Accept")
    drive.until(lambda: Connection.objects.filter(status="ACCEPTED").exists(), seconds=20)
    town.at("07:20")
    drive = town.look_at(daughter)
    synced(drive)
    drive.app.go("person", patient_id=str(sokha.id))
    drive.tap("Remind gently")
    drive.until(lambda: drive.sees("Reminder sent. Left for this dose: 1"), seconds=20)
    drive = town.look_at(mother)
    synced(drive)
    drive.app.go("inbox")
    message = Notification.objects.filter(recipient=sokha, type="FAMILY_ALERT").latest("created_at")
    drive.tap(message.title)
    drive.tap("I take it now")
    synced(drive)
    drive.until(lambda: Notification.objects.filter(recipient=dara, type="FAMILY_ALERT").exists(), seconds=20)
    drive = town.look_at(daughter)
    drive.app.go("person", patient_id=str(sokha.id))
    drive.tap("Mark as taken for Sokha")
    drive.tap("Yes, I saw it")
    synced(drive)
    dose = DoseEvent.objects.get(scheduled_time=moment("07:00"))
    assert (dose.status, dose.recorded_by_id) == ("TAKEN_ON_TIME", dara.id)


def test_journey_h_a_reading_that_alarms(town: Town) -> None:
    sokha, dara = make_user("Sokha"), make_user("Dara")
    link(sokha, dara, level=PermissionLevel.ALLOWED)
    drive = town.look_at(town.phone("sokha@example.com"))
    drive.app.go("record", kind="BLOOD_PRESSURE")
    drive.type("Upper number (mmHg)", "165")
    drive.type("Lower number (mmHg)", "100")
    drive.tap("Keep it")
    drive.until(lambda: drive.sees("Blood pressure: serious"))
    drive.tap("Understood")
    synced(drive)
    alert = HealthAlert.objects.get()
    assert alert.severity == "HIGH"
    drive.app.go("health")
    drive.until(lambda: drive.sees("It is dealt with"), seconds=20)
    daughter = town.phone("dara@example.com")
    drive = town.look_at(daughter)
    drive.app.go("person", patient_id=str(sokha.id))
    drive.until(lambda: drive.sees("165/100\u00a0mmHg"), seconds=20)
    drive = town.look_at(town.sessions[0])
    drive.app.go("health")
    drive.tap("It is dealt with")
    synced(drive)
    drive.until(lambda: HealthAlert.objects.get().is_resolved, seconds=20)


def test_journey_i_help_without_network(town: Town) -> None:
    sokha, dara = make_user("Sokha"), make_user("Dara")
    link(sokha, dara, level=PermissionLevel.NOT_ALLOWED)
    drive = town.look_at(town.phone("sokha@example.com"))
    drive.app.session.set_offline(True)
    drive.tap("I need help")
    button = drive.find("Hold 3 seconds: tell family and doctors")
    drive._scroll_to(button)
    finger = _Finger(*drive._resting_place(button))
    EventLoop.post_dispatch_input("begin", finger)
    drive.wait(3.6)
    EventLoop.post_dispatch_input("end", finger)
    drive.until(lambda: drive.sees("NOT SENT – call now"))
    drive.tap("Call 119")
    assert ("dial", "119") in drive.app.platform.device.did
    town.at("07:05")
    drive.app.session.set_offline(False)
    synced(drive)
    drive.until(lambda: drive.sees("Sent to 1 people, not seen yet"), seconds=20)
    alert = HealthAlert.objects.get()
    assert (alert.occurred_at, alert.was_offline) == (moment("06:50"), True)
    assert Notification.objects.filter(recipient=dara, type="EMERGENCY_ALERT").count() == 1


def test_s092_the_language_changes_screens_alarms_and_the_servers_messages(town: Town) -> None:
    sokha = make_user("Sokha")
    course = course_of(sokha)
    medicine(course, duration=2)
    lay_out(course)
    drive = town.look_at(town.phone("sokha@example.com"))
    assert "time for your medicine" in drive.app.platform.reminders.plan[0].title
    drive.tap("Settings")
    drive.tap("ភាសាខ្មែរ")
    drive.until(lambda: drive.sees("ការកំណត់"))
    synced(drive)
    assert "time for your medicine" not in drive.app.platform.reminders.plan[0].title
    assert User.objects.get(pk=sokha.pk).language == "KHMER"
