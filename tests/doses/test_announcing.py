"""Who is told of doubts, side effects and doses taken after a stop; each once, in their language, without medicines."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.connections.models import Connection
from apps.doses import services
from apps.doses.choices import WithdrawReason
from apps.doses.models import DoseEvent
from apps.doses.services import schedule
from apps.doses.services.announcing import missed_tell_family
from apps.doses.services.missed import doses_mark_missed
from apps.notifications.models import Notification
from apps.notifications.texts import text_names, text_render
from apps.prescriptions.models import Prescription
from apps.users.models import User
from dastern.outbox.drainer import drain
from dastern.outbox.models import OutboxMessage
from tests.doses.conftest import local
from tests.doses.test_sync import act, push
from tests.support.people import actor, link

pytestmark = pytest.mark.django_db


def at(clock: str, work: Callable[[], Any] = lambda: None) -> None:
    """Do ``work`` at a local time, then let the announcements go."""
    with time_machine.travel(local(clock), tick=False):
        work()
        drain()


def told(who: User) -> list[str]:
    return [note.message for note in Notification.objects.filter(recipient=who).order_by("created_at", "id")]


@pytest.fixture
def hers(course: Prescription, dr_lim: User) -> Prescription:
    """The course was written by Dr Lim."""
    Prescription.objects.filter(pk=course.pk).update(doctor=dr_lim)
    dr_lim.language = "ENGLISH"
    dr_lim.save()
    return course


def test_s051_both_people_are_asked_once_whether_it_was_one_dose(
    sokha: User, dara: User, doses: list[DoseEvent]
) -> None:
    link(sokha, dara)
    at("12:05", lambda: services.dose_take(actor=actor(sokha), dose_id=doses[1].id))
    for clock in ("12:20", "12:25"):
        at(clock, lambda: services.dose_take(actor=actor(dara), dose_id=doses[1].id))
    assert told(dara) == [
        "The dose of 12:00 of Sokha was recorded twice. Was it one dose or two? Please answer in the app."
    ]
    assert len(told(sokha)) == 1
    assert Notification.objects.get(recipient=dara).data["question"] == "ONE_OR_TWO"


def test_two_doses_are_told_to_the_prescriber(
    sokha: User, dara: User, dr_lim: User, hers: Prescription, doses: list[DoseEvent]
) -> None:
    link(sokha, dara)
    link(sokha, dr_lim, PermissionLevel.SELECTED, scope={"prescriptionIds": [str(hers.id)]})
    at("12:05", lambda: services.dose_take(actor=actor(sokha), dose_id=doses[1].id))
    at("12:20", lambda: services.dose_take(actor=actor(dara), dose_id=doses[1].id))
    at("12:30", lambda: services.double_answer(actor=actor(sokha), dose_id=doses[1].id, two=True))
    assert told(dr_lim) == ["The dose of 12:00 of Sokha was taken twice, as recorded by themselves."]


@pytest.mark.parametrize("status", ["ACCEPTED", "REVOKED"])
def test_side_effects_reach_the_prescriber_while_the_link_holds(
    sokha: User, dr_lim: User, hers: Prescription, doses: list[DoseEvent], status: str
) -> None:
    link(sokha, dr_lim, status=ConnectionStatus(status))
    at("12:00", lambda: services.dose_skip(actor=actor(sokha), dose_id=doses[1].id, reason="SIDE_EFFECTS"))
    expected = [
        "Sokha left out the dose of 12:00 because of side effects. Please ask about rash, swelling and breathing."
    ]
    assert told(dr_lim) == (expected if status == "ACCEPTED" else [])


def test_side_effects_that_were_undone_at_once_are_not_told(
    sokha: User, dr_lim: User, hers: Prescription, doses: list[DoseEvent]
) -> None:
    link(sokha, dr_lim)

    def slips() -> None:
        services.dose_skip(actor=actor(sokha), dose_id=doses[1].id, reason="SIDE_EFFECTS")
        services.dose_undo(actor=actor(sokha), dose_id=doses[1].id)

    at("12:00", slips)
    assert told(dr_lim) == []


def test_a_dose_taken_after_the_stop_is_told_to_patient_and_prescriber(
    sokha: User, dr_lim: User, hers: Prescription, doses: list[DoseEvent]
) -> None:
    link(sokha, dr_lim)
    schedule.schedule_withdraw(prescription_id=hers.id, now=local("11:50"), reason=WithdrawReason.STOPPED)
    push(sokha, act("dose.taken", doses[1], local("12:05")), now=local("12:10"))
    at("12:10")
    assert [len(told(sokha)), len(told(dr_lim))] == [1, 1]
    assert "12:00" in told(dr_lim)[0]


def test_an_alert_is_not_sent_to_somebody_whose_link_ended_meanwhile(
    sokha: User, dara: User, doses: list[DoseEvent]
) -> None:
    link(sokha, dara)
    services.dose_take(actor=actor(sokha), dose_id=doses[0].id, now=local("07:00"))
    at("12:31", lambda: doses_mark_missed(now=local("12:31")))
    Connection.objects.update(status=ConnectionStatus.REVOKED)
    at("13:00")
    assert told(dara) == []


def test_the_same_announcement_twice_tells_once(sokha: User, dara: User, doses: list[DoseEvent]) -> None:
    link(sokha, dara)
    DoseEvent.objects.filter(pk=doses[0].pk).update(status="MISSED", missed_at=local("07:31"))
    message = OutboxMessage(payload={"patientId": str(sokha.id), "doseIds": [str(doses[0].id)]})
    for _ in range(2):
        with time_machine.travel(local("08:00"), tick=False):
            missed_tell_family([message, message])
    assert len(told(dara)) == 1


def test_texts_name_no_medicine_and_never_say_take_it_now() -> None:
    context = {"name": "Sokha", "times": "07:00", "time": "07:00", "count": 2}
    names = [name for name in text_names() if name.startswith("doses.")]
    assert len(names) == 10
    for name in names:
        for language in ("en", "km"):
            for count in (1, 2):
                shown = text_render(name, language, context | {"count": count})
                assert "%(" not in shown.title + shown.message
                assert "now" not in shown.message.lower()
