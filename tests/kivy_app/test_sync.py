"""What the synchroniser promises, one promise a test (domain.md §3.3–3.5)."""

from datetime import timedelta

import pytest
from patient.core.api import Refused, SignInNeeded
from patient.core.session import NotNow
from patient.core.sync import End

from tests.kivy_app.conftest import SEVEN, Story


def _status(story: Story, n: int) -> str:
    return str(story.server.objects["doses", story.doses[n]]["status"])


def test_offline_taps_are_shown_kept_and_sent_in_order(story: Story) -> None:
    story.phone.set_offline(True)
    story.wait(minutes=15)
    story.phone.take(story.doses[0])
    story.phone.skip(story.doses[1], "FASTING")
    assert story.phone.sync_now().end is End.OFFLINE
    assert [dose.status for dose in story.phone.today().doses] == ["TAKEN_ON_TIME", "SKIPPED", "DUE"]
    assert (story.phone.status().waiting, _status(story, 0)) == (2, "DUE")
    story.phone.set_offline(False)
    story.wait(hours=3)
    report = story.phone.sync_now()
    assert (report.end, report.answered, story.phone.status().waiting) == (End.SYNCED, 2, 0)
    body = story.server.objects["doses", story.doses[0]]
    assert (body["status"], body["takenAt"]) == ("TAKEN_ON_TIME", "2026-11-24T00:05:00.000Z")  # its own time
    assert _status(story, 1) == "SKIPPED"
    kinds = [answer["outcome"] for _, answer in story.server.answers.values()]
    assert kinds == ["APPLIED", "APPLIED"]


def test_s052_a_lost_answer_is_asked_for_again_and_counts_once(story: Story) -> None:
    story.phone.take_prn("m9", "1", name="Paracetamol")
    story.network.faults = ["no_reply"]
    assert story.phone.sync_now().end is End.OFFLINE
    assert story.phone.status().waiting == 1
    assert story.phone.sync_now().end is End.SYNCED
    assert [key for key in story.server.objects if key[0] == "prnIntakes"] != []
    assert len(story.server.answers) == 1


@pytest.mark.parametrize("fault", ["half_reply", "portal", "error_after", "no_request", "error_before", "busy"])
def test_no_broken_answer_acknowledges_anything(story: Story, fault: str) -> None:
    story.wait(minutes=10)
    story.phone.take(story.doses[0])
    story.network.faults = [fault]
    assert story.phone.sync_now().end in {End.OFFLINE, End.BUSY}
    assert story.phone.status().waiting == 1
    assert story.phone.sync_now().end is End.SYNCED
    assert _status(story, 0) == "TAKEN_ON_TIME"


def test_s094_a_refused_act_is_shown_and_the_rest_go_on(story: Story) -> None:
    story.server.objects.pop(("doses", story.doses[0]))  # gone without a trace
    story.wait(minutes=10)
    story.phone.take(story.doses[0])
    story.phone.skip(story.doses[1], "FASTING")
    story.phone.sync_now()
    (item,) = story.phone.needs_attention()
    assert (item.code, item.kind, item.label["medicationName"]) == ("NOT_FOUND", "dose.taken", "Amoxicillin")
    assert _status(story, 1) == "SKIPPED"
    story.phone.discard(item.local_id)
    assert story.phone.needs_attention() == []


def test_a_batch_the_server_cannot_read_is_halved_until_the_culprit_stands_alone(story: Story) -> None:
    story.wait(minutes=10)
    for n in range(5):
        story.phone.take_prn("m9", "1", reason=str(n))
    story.phone._dose_act(story.doses[0], "dose.taken", {"poison": True})
    story.phone.skip(story.doses[1], "FASTING")
    assert story.phone.sync_now().end is End.SYNCED
    (item,) = story.phone.needs_attention()
    assert (item.code, story.phone.status().waiting) == ("VALIDATION_ERROR", 0)
    assert len(story.server.answers) == 6
    assert story.phone.dose(story.doses[0]).status == "DUE"  # the screen goes back to the server's word


def test_a_refused_act_may_be_tried_again_under_a_new_id(story: Story) -> None:
    key = ("doses", story.doses[0])
    hidden = story.server.objects.pop(key)
    story.wait(minutes=10)
    story.phone.take(story.doses[0])
    story.phone.sync_now()
    (item,) = story.phone.needs_attention()
    story.server.objects[key] = hidden
    fresh = story.phone.retry(item.local_id)
    assert fresh != item.local_id
    story.phone.sync_now()
    assert (_status(story, 0), story.phone.needs_attention()) == ("TAKEN_ON_TIME", [])


def test_s093_one_refresh_and_all_waiting_acts_in_order(story: Story) -> None:
    story.wait(minutes=5)
    for dose in story.doses[:2]:
        story.phone.skip(dose, "FASTING")
    for n in range(3):
        story.phone.take_prn("m9", "1", reason=str(n))
    story.wait(hours=2)  # the access token is over
    before = len(story.network.sent)
    assert story.phone.sync_now().end is End.SYNCED
    paths = [url.rsplit("/api/v1/")[1].split("?")[0] for _, url, _, _ in story.network.sent[before:]]
    assert paths[:3] == ["sync/push", "auth/refresh", "sync/push"]
    assert paths.count("auth/refresh") == 1
    assert len(story.server.answers) == 5


def test_when_the_refresh_fails_the_queue_is_kept_until_somebody_signs_in(story: Story) -> None:
    story.phone.take_prn("m9", "1")
    story.server.access.clear()
    story.server.refresh.clear()
    assert story.phone.sync_now().end is End.SIGN_IN_NEEDED
    assert story.phone.status().waiting == 1
    story.phone.sign_in("sokha", "right")
    assert story.phone.sync_now().end is End.SYNCED
    assert len(story.server.answers) == 1


def test_pauses_grow_to_five_minutes_and_end(story: Story) -> None:
    story.phone.set_offline(True)
    engine = story.phone._signed_in().engine
    pauses = []
    for _ in range(10):
        story.phone.sync_now()
        assert engine.not_before is not None
        pauses.append((engine.not_before - story.phone._time.device_now()).total_seconds())
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert story.phone.sync_if_due().end is End.WAITING
    story.phone.set_offline(False)
    story.wait(minutes=5)
    assert story.phone.sync_if_due().end is End.SYNCED
    assert engine.not_before is None


def test_a_busy_server_names_the_pause(story: Story) -> None:
    story.network.faults = ["busy"]
    assert story.phone.sync_now().end is End.BUSY
    engine = story.phone._signed_in().engine
    assert engine.not_before == story.phone._time.device_now() + timedelta(seconds=7)


def test_an_unsent_act_stays_visible_through_a_pull(story: Story) -> None:
    story.wait(minutes=10)
    other, _ = story.new_phone()
    other.sync_now()
    other.take(story.doses[0])
    other.sync_now()

    def tap_while_reading(url: str) -> None:
        if "sync/pull" in url and not story.phone.status().waiting:
            story.network.before = lambda _url: None
            story.phone.skip(story.doses[1], "FASTING")
            story.server.write(
                story.sokha.id,
                "doses",
                {**story.server.objects["doses", story.doses[1]], "dosage": "250 mg"},
            )

    story.network.before = tap_while_reading
    story.network.faults = [
        "ok",
        "no_request",
    ]  # the act is made while the feed is read, then the network goes
    assert story.phone.sync_now().end is End.OFFLINE
    dose = story.phone.dose(story.doses[1])
    assert (dose.status, dose.unsent) == ("SKIPPED", True)
    story.phone.sync_now()
    dose = story.phone.dose(story.doses[1])
    assert (dose.status, dose.unsent, dose.body["dosage"]) == ("SKIPPED", False, "250 mg")


def test_what_the_app_does_not_know_is_kept_untouched(story: Story) -> None:
    story.server.write(story.sokha.id, "horoscopes", {"id": "h1", "sign": "🐉", "deep": {"a": [1, None]}})
    body = story.server.objects["doses", story.doses[2]]
    story.server.write(story.sokha.id, "doses", {**body, "status": "TAKEN_BY_NURSE"})
    story.phone.sync_now()
    stored = story.phone.repo._store.get("horoscopes", "h1")
    assert stored is not None
    assert stored.body == {"id": "h1", "sign": "🐉", "deep": {"a": [1, None]}}
    assert story.phone.dose(story.doses[2]).status == "TAKEN_BY_NURSE"
    assert story.phone.dose(story.doses[0]).body["fromTheFuture"] == {"kept": True}


def test_reset_forgets_what_the_server_no_longer_has_but_no_unsent_act(story: Story) -> None:
    story.server.objects.pop(("doses", story.doses[2]))
    story.server.people[story.sokha.id].changes.pop(("doses", story.doses[2]))  # not even a tombstone
    story.server.restore_backup()
    story.wait(minutes=10)
    story.phone.take(story.doses[0])
    report = story.phone.sync_now()
    assert report.reset
    assert [dose.id for dose in story.phone.today().doses] == story.doses[:2]
    assert _status(story, 0) == "TAKEN_ON_TIME"


def test_a_revoked_grant_erases_that_patient_from_the_phone(story: Story) -> None:
    dara = story.server.person("dara")
    dara.watches.add(story.sokha.id)
    phone, _ = story.new_phone(who="dara")
    phone.sync_now()
    assert len(phone.today(patient_id=story.sokha.id).doses) == 3
    phone.set_offline(True)
    story.wait(minutes=10)
    phone.take(story.doses[0])
    story.server.revoke(dara.id, story.sokha.id)
    phone.set_offline(False)
    assert phone.sync_now().purged == [story.sokha.id]
    assert phone.today(patient_id=story.sokha.id).doses == ()
    (item,) = phone.needs_attention()
    assert (item.code, item.label) == ("NOT_FOUND", {})  # kept for Dara to read, without the medicine's name


def test_s056_a_clock_three_hours_ahead_is_corrected_once(story: Story) -> None:
    ahead, _ = story.new_phone(timedelta(hours=3))
    ahead.sync_now()
    story.wait(minutes=12)  # 07:02
    ahead.take(story.doses[0])
    assert ahead.dose(story.doses[0]).state.taken_at == SEVEN + timedelta(minutes=2)  # on the screen at once
    ahead.set_offline(True)
    story.wait(hours=2)
    ahead.set_offline(False)
    ahead.sync_now()
    assert story.server.objects["doses", story.doses[0]]["takenAt"] == "2026-11-24T00:02:00.000Z"


def test_s061_undo_within_ten_minutes_also_offline(story: Story) -> None:
    story.wait(minutes=12)
    story.phone.set_offline(True)
    story.phone.take(story.doses[0])
    story.wait(minutes=10)
    story.phone.undo(story.doses[0])
    assert story.phone.dose(story.doses[0]).status == "DUE"
    story.phone.take(story.doses[0])
    story.wait(minutes=10, seconds=1)
    assert not story.phone.may_undo(story.doses[0])
    with pytest.raises(NotNow, match="UNDO_CLOSED"):
        story.phone.undo(story.doses[0])
    story.phone.set_offline(False)
    story.phone.sync_now()
    assert _status(story, 0) == "TAKEN_ON_TIME"
    story.wait(minutes=10)
    story.phone.correct(story.doses[0], reason="tapped by mistake")
    story.phone.sync_now()
    assert _status(story, 0) == "MISSED"


def test_undo_of_an_act_that_was_already_sent(story: Story) -> None:
    story.wait(minutes=12)
    story.phone.take(story.doses[0])
    story.phone.sync_now()
    story.phone.undo(story.doses[0])
    assert story.phone.dose(story.doses[0]).status == "DUE"
    story.phone.sync_now()
    assert _status(story, 0) == "DUE"


def test_s060_snoozes_end_after_three_and_within_the_limit(story: Story) -> None:
    story.wait(minutes=10)
    for _ in range(3):
        story.phone.snooze(story.doses[0], 15)
        story.wait(minutes=15)
    with pytest.raises(NotNow, match="INVALID"):
        story.phone.snooze(story.doses[0], 5)
    story.phone.sync_now()
    assert story.server.objects["doses", story.doses[0]]["snoozeCount"] == 3


def test_s047_early_asks_and_too_early_is_refused(story: Story) -> None:
    story.wait(minutes=10)
    story.phone.take(story.doses[0])
    story.wait(minutes=30)
    with pytest.raises(NotNow, match="TOO_EARLY"):
        story.phone.take(story.doses[1], confirmed=True)  # 07:30, more than four hours before 12:00
    story.wait(hours=3, minutes=30)
    with pytest.raises(NotNow, match="CONFIRM_EARLY"):
        story.phone.take(story.doses[1])
    story.phone.take(story.doses[1], confirmed=True)
    story.phone.sync_now()
    body = story.server.objects["doses", story.doses[1]]
    assert (body["status"], body["early"]) == ("TAKEN_ON_TIME", True)


def test_two_people_on_one_phone_never_mix(story: Story) -> None:
    story.wait(minutes=10)
    story.phone.set_offline(True)
    story.phone.take(story.doses[0])
    story.phone.set_offline(False)
    vanna = story.server.person("vanna")
    story.phone.sign_in("vanna", "right")
    assert (story.phone.status().waiting, story.phone.today().doses) == (0, ())
    assert [user.id for user in story.phone.members()] == [story.sokha.id, vanna.id]
    story.phone.switch(story.sokha.id)
    assert story.phone.status().waiting == 1
    story.phone.switch(vanna.id)
    story.phone.sync_now()  # both queues leave, each with its owner's own session
    assert (_status(story, 0), story.server.recorders[story.doses[0]][0]) == ("TAKEN_ON_TIME", story.sokha.id)
    story.phone.sign_out()
    assert (story.phone.user, story.phone.members()) == (story.phone.members()[0], [story.phone.user])
    assert [dose.status for dose in story.phone.today().doses] == ["TAKEN_ON_TIME", "DUE", "DUE"]


def test_alarms_ring_for_everybody_on_the_phone_and_say_for_whom(story: Story) -> None:
    vanna = story.server.person("vanna")
    story.server.add_dose(vanna.id, SEVEN)
    story.phone.sign_in("vanna", "right")
    story.phone.choose_language("en")
    story.phone.sync_now()
    first = story.phone.plan_reminders()[0]
    assert (first.fire_at, len(first.dose_ids)) == (SEVEN, 2)
    assert sorted(first.body.split("\n")) == ["sokha: 1 to take", "vanna: 1 to take"]
    story.phone.log_ring(first, SEVEN)
    story.phone.sync_now()
    story.phone.switch(story.sokha.id)
    story.phone.sync_now()
    assert {ring["doseId"] for ring in story.server.rings} == set(first.dose_ids)


def test_signing_out_offers_to_sync_then_wipes(story: Story) -> None:
    story.phone.take_prn("m9", "1")
    with pytest.raises(NotNow, match="UNSENT"):
        story.phone.sign_out()
    story.phone.sync_now()
    story.phone.sign_out()
    assert story.phone.user is None
    assert story.phone._database.rows("SELECT * FROM object UNION ALL SELECT * FROM object") == []
    assert story.phone._database.rows("SELECT * FROM outbox") == []
    with pytest.raises(SignInNeeded):
        story.phone.sync_now()


def test_a_wrong_password_is_told_in_the_servers_words(story: Story) -> None:
    with pytest.raises(Refused, match="INVALID_CREDENTIALS"):
        story.phone.sign_in("sokha", "wrong")


def test_one_run_at_a_time(story: Story) -> None:
    inner = []
    story.network.before = lambda _url: inner.append(story.phone.sync_now().end)
    assert story.phone.sync_now().end is End.SYNCED
    assert set(inner) == {End.RUNNING}
