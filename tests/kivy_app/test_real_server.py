"""Sokha's phone against the real server, over HTTP: the same core the app runs, nothing between but the wire."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
import time_machine
from patient.core import regimen
from patient.core.api import NoNetwork, Refused
from patient.core.session import End, NotNow, PatientSession
from patient.core.vault import MemoryVault
from requests.adapters import HTTPAdapter

from apps.connections.choices import PermissionLevel
from apps.doses.models import DoseEvent, PrnIntake, ReminderLog
from apps.medications.models import Medication
from apps.notifications.models import Notification
from apps.users.models import User
from tests.doses.conftest import local
from tests.prescriptions.conftest import body, once_a_day
from tests.support.courses import course_of, lay_out, medicine
from tests.support.people import PASSWORD, Api, link, make_user

pytestmark = pytest.mark.django_db(transaction=True)


class LossyWay(HTTPAdapter):
    """Carries requests to the server; while ``losing``, the answers get lost on the way back."""

    losing = False

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """One exchange."""
        response = super().send(request, *args, **kwargs)
        if self.losing:
            raise requests.ReadTimeout("the answer was lost")
        return response


class Morning:
    """24 November in Phnom Penh: Sokha's amoxicillin at 07:00, 12:00, 18:00, paracetamol when needed, and her phone."""

    def __init__(self, url: str, travel: time_machine.Traveller) -> None:
        self.url, self.travel = url, travel
        self.sokha = make_user("Sokha")
        course = course_of(self.sokha)
        self.amoxicillin = medicine(course, medicine_name_khmer="អាម៉ុកស៊ីស៊ីលីន", duration=3)
        self.paracetamol = medicine(course, "Paracetamol", is_prn=True)
        lay_out(course)
        self.way = LossyWay()
        self.phone = self.new_phone(self.way)
        self.phone.sign_in("sokha@example.com", PASSWORD)

    def new_phone(self, way: LossyWay | None = None) -> PatientSession:
        """A phone nobody signed in on."""
        http = requests.Session()
        http.trust_env = False
        http.mount("http://", way or LossyWay())
        return PatientSession(self.url, ":memory:", vault=MemoryVault(), http=http)

    def at(self, clock: str, day: int = 24) -> None:
        """It is now that time."""
        self.travel.move_to(local(clock, day), tick=False)

    def dose(self, place: int) -> DoseEvent:
        """A dose as the server knows it."""
        return DoseEvent.objects.order_by("scheduled_time")[place]

    @property
    def ids(self) -> list[str]:
        """Today's doses on the phone."""
        return [dose.id for dose in self.phone.today().doses]


@pytest.fixture
def morning(live_server: Any, transactional_db: None) -> Iterator[Morning]:
    """The story at 06:50."""
    with time_machine.travel(local("06:50"), tick=False) as travel:
        story = Morning(live_server.url, travel)
        yield story
        story.phone.close()


def moment(clock: str) -> datetime:
    """A time of that day."""
    return local(clock)


def test_signing_in_and_the_first_pull(morning: Morning) -> None:
    user = morning.phone.user
    assert user is not None
    assert (user.id, user.name, user.role, user.language) == (str(morning.sokha.id), "Sokha", "PATIENT", "km")
    assert morning.phone.sync_now().end is End.SYNCED
    doses = morning.phone.today().doses
    assert [dose.period for dose in doses] == ["MORNING", "NOON", "EVENING"]
    assert [dose.scheduled for dose in doses] == [moment("07:00"), moment("12:00"), moment("18:00")]
    assert doses[0].names("km") == ("អាម៉ុកស៊ីស៊ីលីន", "Amoxicillin 500\u00a0mg")
    assert (doses[0].status, doses[0].deadline) == ("DUE", moment("07:30"))
    assert morning.phone.plan_reminders()[0].fire_at == moment("07:00")


def test_a_wrong_password_is_refused_in_the_persons_language(morning: Morning) -> None:
    phone = morning.new_phone()
    phone.choose_language("en")
    with pytest.raises(Refused) as refused:
        phone.sign_in("sokha@example.com", "wrong")
    assert refused.value.status == 401
    assert refused.value.message
    assert phone.user is None


def test_doses_taken_and_skipped_without_network_count_at_their_own_time(morning: Morning) -> None:
    phone = morning.phone
    phone.sync_now()
    first, second, third = morning.ids
    phone.set_offline(True)
    morning.at("07:05")
    phone.take(first)
    assert phone.sync_now().end is End.OFFLINE
    morning.at("12:40")
    phone.take(second, at=moment("12:35"))
    morning.at("18:00")
    phone.snooze(third, 10)
    phone.skip(third, "FASTING")
    assert phone.status().waiting == 4
    morning.at("21:00")
    phone.set_offline(False)
    report = phone.sync_now()
    assert (report.end, report.answered, phone.needs_attention()) == (End.SYNCED, 4, [])
    assert phone.status().waiting == 0
    taken, late, skipped = (morning.dose(place) for place in range(3))
    assert (taken.status, taken.taken_at, taken.was_offline) == ("TAKEN_ON_TIME", moment("07:05"), True)
    assert (late.status, late.taken_at) == ("TAKEN_LATE", moment("12:35"))
    assert (skipped.status, skipped.skip_reason, skipped.snooze_count) == ("SKIPPED", "FASTING", 1)
    assert [dose.status for dose in phone.today().doses] == ["TAKEN_ON_TIME", "TAKEN_LATE", "SKIPPED"]
    assert not any(dose.unsent for dose in phone.today().doses)


def test_an_answer_lost_on_the_way_is_asked_for_again_and_nothing_counts_twice(morning: Morning) -> None:
    phone = morning.phone
    phone.sync_now()
    morning.at("07:02")
    phone.take(morning.ids[0])
    morning.way.losing = True
    assert phone.sync_now().end is End.OFFLINE
    assert morning.dose(0).status == "TAKEN_ON_TIME"
    assert phone.status().waiting == 1
    morning.way.losing = False
    assert phone.sync_now().end is End.SYNCED
    assert (phone.status().waiting, phone.needs_attention()) == (0, [])
    assert not morning.dose(0).possible_double


def test_undo_within_ten_minutes_also_after_it_was_sent(morning: Morning) -> None:
    phone = morning.phone
    phone.sync_now()
    morning.at("07:00")
    phone.take(morning.ids[0])
    phone.sync_now()
    assert morning.dose(0).status == "TAKEN_ON_TIME"
    morning.at("07:10")
    phone.undo(morning.ids[0])
    phone.sync_now()
    assert (morning.dose(0).status, phone.today().doses[0].status) == ("DUE", "DUE")
    phone.take(morning.ids[0])
    morning.at("07:20:01")
    with pytest.raises(NotNow):
        phone.undo(morning.ids[0])


def test_a_later_correction(morning: Morning) -> None:
    phone = morning.phone
    phone.sync_now()
    morning.at("07:00")
    phone.take(morning.ids[0])
    phone.sync_now()
    morning.at("09:00")
    phone.correct(morning.ids[0], reason="I found the tablet on the table")
    phone.sync_now()
    assert (morning.dose(0).status, phone.today().doses[0].status) == ("MISSED", "MISSED")
    assert phone.needs_attention() == []


def test_a_medicine_taken_when_needed(morning: Morning) -> None:
    phone = morning.phone
    phone.sync_now()
    intake = phone.take_prn(str(morning.paracetamol.id), "1", reason="headache", name="Paracetamol")
    assert phone.sync_now().end is End.SYNCED
    held = PrnIntake.objects.get(id=intake)
    assert (held.medication_id, held.reason, held.taken_at) == (morning.paracetamol.id, "headache", moment("06:50"))
    assert phone.needs_attention() == []


def test_a_session_renews_itself_and_ends_by_signing_out(morning: Morning) -> None:
    phone = morning.phone
    phone.sync_now()
    morning.at("06:50", day=25)
    assert phone.sync_now().end is End.SYNCED
    phone.sign_out()
    assert phone.user is None
    assert morning.sokha.refresh_tokens.filter(revoked_at=None, rotated_to=None).count() == 0


def test_a_phone_whose_clock_is_an_hour_ahead_records_the_real_time(morning: Morning) -> None:
    phone = morning.phone
    phone._clock = _Ahead()
    phone._time._clock = phone._clock
    phone.sync_now()
    morning.at("07:05")
    phone.take(morning.ids[0])
    phone.sync_now()
    assert (morning.dose(0).status, morning.dose(0).taken_at) == ("TAKEN_ON_TIME", moment("07:05"))


class _Ahead:
    """A clock that is an hour ahead."""

    def now(self) -> datetime:
        """The wrong time."""
        from datetime import UTC

        return datetime.now(UTC) + timedelta(hours=1)


def test_what_the_server_refuses_waits_for_the_person(morning: Morning) -> None:
    phone = morning.phone
    phone.sync_now()
    first = morning.ids[0]
    phone.set_offline(True)
    morning.at("07:05")
    phone.take(first)
    Medication.objects.filter(id=morning.amoxicillin.id).delete()  # its doses go with it
    phone.set_offline(False)
    assert phone.sync_now().end is End.SYNCED
    [refused] = phone.needs_attention()
    assert (refused.code, refused.label["medicationName"]) == ("NOT_FOUND", "Amoxicillin")
    phone.discard(refused.local_id)
    assert phone.needs_attention() == []


def test_a_draft_is_sent_back_corrected_and_confirmed_on_the_phone(morning: Morning) -> None:
    dr_lim = make_user("Dr Lim", "DOCTOR")
    link(morning.sokha, dr_lim)
    draft = Api(dr_lim).post("prescriptions", body(morning.sokha, once_a_day("Metformin"))).json()["data"]
    phone = morning.phone
    phone.sync_now()
    [waiting] = [one for one in phone.prescriptions() if one.awaits_answer]
    assert (waiting.id, waiting.doctor, waiting.title) == (draft["id"], "Dr Lim", "Bronchitis")
    assert [slot.period for slot in regimen.slots(waiting.medicines[0], phone.t)] == ["NOON"]
    phone.ask_to_correct_prescription(waiting.id, "I do not know this name")
    assert phone.prescription(waiting.id).sent_back == "I do not know this name"
    changed = Api(dr_lim).patch(f"prescriptions/{waiting.id}", {"clinicalNote": "Also sold as Glucophage"})
    assert changed.status_code == 200, changed.content
    phone.sync_now()
    assert phone.prescription(waiting.id).awaits_answer
    assert phone.confirm_prescription(waiting.id).end is End.SYNCED
    assert phone.prescription(waiting.id).status == "ACTIVE"
    assert sum(dose.body["medicationName"] == "Metformin" for dose in phone.today().doses) == 1
    with pytest.raises(Refused):
        phone.ask_to_correct_prescription(waiting.id, "too late")


def test_confirming_needs_the_network_and_a_lost_answer_may_be_asked_for_again(morning: Morning) -> None:
    dr_lim = make_user("Dr Lim", "DOCTOR")
    link(morning.sokha, dr_lim)
    draft = Api(dr_lim).post("prescriptions", body(morning.sokha, once_a_day("Metformin"))).json()["data"]["id"]
    phone = morning.phone
    phone.sync_now()
    phone.set_offline(True)
    with pytest.raises(NoNetwork):
        phone.confirm_prescription(draft)
    phone.set_offline(False)
    morning.way.losing = True
    with pytest.raises(NoNetwork):
        phone.confirm_prescription(draft)
    morning.way.losing = False
    phone.confirm_prescription(draft)
    assert phone.prescription(draft).status == "ACTIVE"
    assert sum(dose.body["medicationName"] == "Metformin" for dose in phone.today().doses) == 1


def test_alarms_that_rang_are_reported_once(morning: Morning) -> None:
    phone = morning.phone
    phone.sync_now()
    alarm = phone.plan_reminders()[0]
    morning.at("07:00:02")
    for _ in range(2):
        phone.log_ring(alarm, phone.now())
        assert phone.sync_now().end is End.SYNCED
    [report] = ReminderLog.objects.all()
    assert (str(report.dose_id), report.planned_for, report.fired_at, report.exact) == (
        morning.ids[0], moment("07:00"), moment("07:00:02"), True,
    )  # fmt: skip
    assert phone.needs_attention() == []


def test_an_urgent_change_is_read_on_the_phone(morning: Morning) -> None:
    dr_lim = make_user("Dr Lim", "DOCTOR")
    link(morning.sokha, dr_lim)
    urgent = body(morning.sokha, once_a_day("Metformin"), isUrgent=True, urgentReason="Blood sugar too high")
    made = Api(dr_lim).post("prescriptions", urgent).json()["data"]["id"]
    phone = morning.phone
    phone.sync_now()
    assert (phone.prescription(made).status, phone.prescription(made).unread_urgency) == (
        "ACTIVE",
        urgent["urgentReason"],
    )
    assert phone.acknowledge_urgent_change(made).end is End.SYNCED
    assert phone.prescription(made).unread_urgency == ""


def test_a_code_a_request_an_answer_and_an_end(morning: Morning) -> None:
    dara = make_user("Dara", "FAMILY_MEMBER")
    phone = morning.phone
    phone.sync_now()
    code = phone.people.share_code("SELECTED")
    assert code.expires_at == moment("06:50") + timedelta(days=1)
    assert Api(dara).post("connections/tokens/consume", {"token": code.code}).status_code == 201
    phone.sync_now()
    [asking] = phone.people.links()
    assert (asking.name, asking.asks_me, asking.about_me) == ("Dara", True, True)
    assert phone.people.accept(asking.id, "ALLOWED").end is End.SYNCED
    [standing] = phone.people.links()
    assert (standing.status, standing.level, standing.asks_me) == ("ACCEPTED", "ALLOWED", False)
    assert Api(dara).get("doses/today", patientId=str(morning.sokha.id)).status_code == 200
    phone.people.end(standing.id)
    assert phone.people.links() == []
    assert Api(dara).get("doses/today", patientId=str(morning.sokha.id)).status_code == 404
    phone.people.withdraw_code(phone.people.share_code("REQUEST"))


def test_the_language_chosen_on_the_phone_becomes_the_accounts(morning: Morning) -> None:
    phone = morning.phone
    phone.sync_now()
    phone.choose_language("en")
    assert phone.sync_now().end is End.SYNCED
    assert (phone.needs_attention(), User.objects.get(id=morning.sokha.id).language) == ([], "ENGLISH")


def test_a_notification_is_read_on_the_phone(morning: Morning) -> None:
    told = notify(morning.sokha)
    phone = morning.phone
    phone.sync_now()
    [held] = [one for one in phone.repo.notifications() if one.id == str(told.id)]
    assert not held.body["isRead"]
    phone.read_notification(held.id)
    phone.sync_now()
    assert (Notification.objects.get(id=told.id).is_read, phone.needs_attention()) == (True, [])


def notify(person: User) -> Notification:
    """A message in somebody's inbox."""
    return Notification.objects.create(
        recipient=person, type="SYSTEM", title="Hello", message="Welcome", data={}, created_at=moment("06:50")
    )


def test_a_daughter_sees_and_marks_her_mothers_doses_until_the_link_ends(morning: Morning) -> None:
    dara = make_user("Dara", "FAMILY_MEMBER")
    granted = link(morning.sokha, dara, PermissionLevel.ALLOWED)
    phone = morning.new_phone()
    phone.sign_in("dara@example.com", PASSWORD)
    phone.sync_now()
    mother = str(morning.sokha.id)
    doses = phone.today(patient_id=mother).doses
    assert len(doses) == 3
    morning.at("07:10")
    phone.take(doses[0].id)
    phone.sync_now()
    assert (morning.dose(0).status, morning.dose(0).recorded_by_id) == ("TAKEN_ON_TIME", dara.id)
    granted.status, granted.revoked_at = "REVOKED", moment("07:10")
    granted.save()
    report = phone.sync_now()
    assert report.purged == [mother]
    assert phone.today(patient_id=mother).doses == ()
    assert User.objects.get(id=dara.id).full_name == "Dara"
