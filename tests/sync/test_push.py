"""POST sync/push: acts judged together, answered alone, remembered for ever (domain.md §2.18)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.doses.models import PrnIntake
from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import iso
from dastern.sync.models import SyncAct
from tests.support.people import Api
from tests.sync.notes import NoteHandler, act, envelope, medicine_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notes")]
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["data"]["results"]
    return found


def test_an_act_is_applied_and_shown_as_the_object_now_is(api: type[Api], sokha: User) -> None:
    medicine_of(sokha)
    with time_machine.travel(NOON, tick=False):
        note = act(sokha, data={"amount": "2"})
        answer = api(sokha).post("sync/push", envelope(note))
    assert answer.json()["data"] == {
        "serverTime": "2026-11-24T05:00:00.000Z",
        "results": [
            {
                "localId": note["localId"], "outcome": "APPLIED", "code": None, "resource": "prnIntakes",
                "object": {
                    "id": note["localId"], "amount": "2.000", "takenAt": "2026-11-24T05:00:00.000Z", "reason": "",
                },
            }
        ],
    }  # fmt: skip
    stored = SyncAct.objects.get()
    assert (stored.actor_id, stored.device_id, stored.kind, stored.outcome, stored.code, stored.skew) == (
        sokha.id, "phone-1", "note.made", "APPLIED", None, None,
    )  # fmt: skip


def test_s052_the_same_batch_twice_gets_the_same_answer_byte_for_byte(api: type[Api], sokha: User) -> None:
    medicine_of(sokha)
    body = envelope(act(sokha), act(sokha, data={"amount": "3"}), act(sokha, "nobody.knows"))
    first = api(sokha).post("sync/push", body).content
    amend = act(sokha, "note.amended", objectId=body["acts"][0]["localId"], data={"amount": "9"})
    api(sokha).post("sync/push", envelope(amend))  # the object moved on; the stored answer does not
    before = list(PrnIntake.objects.order_by("id").values())
    second = api(sokha).post("sync/push", body).content
    assert (
        first[first.index(b'"results"') : first.index(b'"message"')]
        == (second[second.index(b'"results"') : second.index(b'"message"')])
    )
    assert list(PrnIntake.objects.order_by("id").values()) == before
    assert SyncAct.objects.count() == 4


def test_the_same_local_id_with_other_content_is_refused_alone(api: type[Api], sokha: User) -> None:
    medicine_of(sokha)
    first = act(sokha, data={"amount": "1"})
    api(sokha).post("sync/push", envelope(first))
    other = first | {"data": {"amount": "2"}}
    found = results(api(sokha).post("sync/push", envelope(other, act(sokha))))
    assert [(r["outcome"], r["code"]) for r in found] == [("REJECTED", "LOCAL_ID_REUSED"), ("APPLIED", None)]
    assert PrnIntake.objects.get(id=first["localId"]).amount == 1


def test_one_batch_naming_an_act_twice_does_it_once(api: type[Api], sokha: User) -> None:
    medicine_of(sokha)
    note = act(sokha)
    found = results(api(sokha).post("sync/push", envelope(note, note, note | {"data": {"amount": "7"}})))
    assert [(r["outcome"], r["code"]) for r in found] == [
        ("APPLIED", None), ("APPLIED", None), ("REJECTED", "LOCAL_ID_REUSED"),
    ]  # fmt: skip
    assert found[0] == found[1]
    assert PrnIntake.objects.count() == 1


def test_a_stranger_learns_nothing_from_a_used_local_id(api: type[Api], sokha: User, vanna: User) -> None:
    medicine_of(sokha)
    note = act(sokha)
    api(sokha).post("sync/push", envelope(note))
    found = results(api(vanna).post("sync/push", envelope(note, act(sokha))))
    assert [(r["outcome"], r["code"], r["object"]) for r in found] == [("REJECTED", "NOT_FOUND", None)] * 2
    assert PrnIntake.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"localId": "x"},
        {"patientId": None},
        {"at": "yesterday"},
        {"at": "2026-11-24T05:00:00"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"data": []},
        {"data": {"reason": "a\0b"}},
        {"colour": "red"},
        {"kind": "nobody.knows"},
        {"kind": 7},
    ],
)
def test_a_malformed_act_is_rejected_alone(api: type[Api], sokha: User, wrong: dict[str, Any]) -> None:
    medicine_of(sokha)
    bad, good = act(sokha) | wrong, act(sokha)
    found = results(api(sokha).post("sync/push", envelope(bad, good)))
    assert [(r["localId"], r["outcome"], r["code"]) for r in found] == [
        (bad["localId"], "REJECTED", "INVALID"), (good["localId"], "APPLIED", None),
    ]  # fmt: skip


def test_even_an_act_that_is_no_object_is_answered_in_its_place(api: type[Api], sokha: User) -> None:
    medicine_of(sokha)
    found = results(api(sokha).post("sync/push", envelope(7, act(sokha), None)))
    assert [(r["localId"] is None, r["outcome"]) for r in found] == [
        (True, "REJECTED"), (False, "APPLIED"), (True, "REJECTED"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"deviceId": ""}, "deviceId"),
        ({"deviceId": "a\0"}, "deviceId"),
        ({"sentAt": "now"}, "sentAt"),
        ({"acts": {}}, "acts"),
        ({"acts": [1] * 101}, "acts"),
    ],
)
def test_a_wrong_envelope_is_refused_as_a_whole(
    api: type[Api], sokha: User, change: dict[str, Any], named: str
) -> None:
    answer = api(sokha).post("sync/push", envelope(act(sokha)) | change)
    assert answer.status_code == 400
    assert named in answer.json()["errors"][0]


def test_nobody_may_push(api: type[Api], sokha: User) -> None:
    assert api().post("sync/push", envelope(act(sokha))).status_code == 401


def test_acts_are_judged_in_the_order_of_their_times_and_answered_in_the_order_sent(
    api: type[Api], sokha: User
) -> None:
    medicine_of(sokha)
    moment = clock.now() - timedelta(hours=1)
    made = act(sokha, at=moment)
    later = act(sokha, "note.amended", at=moment + timedelta(minutes=9), objectId=made["localId"], data={"amount": "9"})
    sooner = act(
        sokha, "note.amended", at=moment + timedelta(minutes=5), objectId=made["localId"], data={"amount": "5"}
    )
    found = results(api(sokha).post("sync/push", envelope(later, sooner, made)))
    assert [(r["localId"], r["outcome"]) for r in found] == [
        (later["localId"], "MERGED"), (sooner["localId"], "MERGED"), (made["localId"], "APPLIED"),
    ]  # fmt: skip
    assert {r["object"]["amount"] for r in found} == {"9.000"}


@pytest.mark.parametrize(
    ("at_after", "outcome"), [(timedelta(minutes=5), "APPLIED"), (timedelta(minutes=5, milliseconds=1), "REJECTED")]
)
def test_an_act_may_lie_five_minutes_in_the_future(
    api: type[Api], sokha: User, at_after: timedelta, outcome: str
) -> None:
    medicine_of(sokha)
    with time_machine.travel(NOON, tick=False):
        (found,) = results(api(sokha).post("sync/push", envelope(act(sokha, at=NOON + at_after))))
    assert (found["outcome"], found["code"]) == (outcome, None if outcome == "APPLIED" else "FUTURE")


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("ahead", "shifted"), [(timedelta(minutes=10), False), (timedelta(minutes=10, milliseconds=1), True)]
)
def test_s056_skew_above_ten_minutes_shifts_the_time_and_both_are_kept(
    api: type[Api], sokha: User, ahead: timedelta, shifted: bool, sign: int
) -> None:
    medicine_of(sokha)
    with time_machine.travel(NOON, tick=False):
        real = NOON - timedelta(hours=2)  # queued for two hours, by a phone whose clock is wrong
        note = act(sokha, at=real + sign * ahead)
        (found,) = results(api(sokha).post("sync/push", envelope(note, ahead=sign * ahead)))
    assert found["object"]["takenAt"] == iso(real if shifted else real + sign * ahead)
    stored = SyncAct.objects.get()
    assert stored.skew == (-sign * ahead if shifted else None)


def test_a_phone_eight_minutes_ahead_does_not_lose_what_was_just_done(api: type[Api], sokha: User) -> None:
    medicine_of(sokha)
    with time_machine.travel(NOON, tick=False):
        ahead = timedelta(minutes=8)
        (found,) = results(api(sokha).post("sync/push", envelope(act(sokha, at=NOON + ahead), ahead=ahead)))
    assert found["object"]["takenAt"] == iso(NOON)


def test_the_number_of_statements_does_not_depend_on_the_batch(api: type[Api], sokha: User) -> None:
    medicine_of(sokha)
    phone = api(sokha)
    phone.post("sync/push", envelope(act(sokha)))
    made = NoteHandler.made
    with CaptureQueriesContext(connection) as one:
        results(phone.post("sync/push", envelope(act(sokha))))
    with CaptureQueriesContext(connection) as many:
        assert len(results(phone.post("sync/push", envelope(*(act(sokha) for _ in range(85)))))) == 85
    counts = [sum("core_clock" not in query["sql"] for query in captured) for captured in (one, many)]
    assert counts == [8, 8]  # savepoint, feed lock, known acts, load, write, show, store, release
    assert NoteHandler.made == made + 2
    assert PrnIntake.objects.count() == 87


def test_an_act_that_breaks_its_handler_does_not_hold_up_the_others(api: type[Api], sokha: User) -> None:
    medicine_of(sokha)
    broken, good = act(sokha, "note.broken"), act(sokha)
    found = results(api(sokha).post("sync/push", envelope(broken, good)))
    assert [(r["localId"], r["outcome"], r["code"]) for r in found] == [
        (broken["localId"], "REJECTED", "INVALID"), (good["localId"], "APPLIED", None),
    ]  # fmt: skip
    assert set(SyncAct.objects.values_list("local_id", flat=True)) == {UUID(good["localId"])}


def test_a_patient_who_does_not_exist_is_not_found_and_remembered(api: type[Api], sokha: User) -> None:
    body = envelope(act(sokha) | {"patientId": str(uuid4())})
    first, second = (results(api(sokha).post("sync/push", body)) for _ in range(2))
    assert first == second
    assert (first[0]["outcome"], first[0]["code"]) == ("REJECTED", "NOT_FOUND")


def test_an_empty_batch_is_a_question_for_the_time(api: type[Api], sokha: User) -> None:
    assert results(api(sokha).post("sync/push", envelope())) == []
