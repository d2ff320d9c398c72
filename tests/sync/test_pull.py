"""GET sync/pull: everything current first, then what changed, for the own feed and granted ones."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection

from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.doses.models import PrnIntake
from apps.users.models import User
from dastern.core import clock
from dastern.core.ids import uuid7
from dastern.sync import registry
from dastern.sync.cursor import decode
from dastern.sync.feed import feed_held, feed_received
from dastern.sync.models import SyncFeed
from dastern.sync.registry import Resource
from tests.support.people import Api, link
from tests.sync.notes import RESOURCE, load, medicine_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notes")]


def write(patient: User, *, reason: str = "") -> str:
    note = PrnIntake.objects.create(
        id=uuid7(), medication=medicine_of(patient), patient=patient, taken_at=clock.now(), amount=1, reason=reason,
        recorded_by_id=patient.id, created_at=clock.now(),
    )  # fmt: skip
    return str(note.id)


class Phone:
    """What a phone holds after its pulls, kept the way the app keeps it."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.cursor: str | None = None
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.resets = 0
        self.purged: list[str] = []

    def pages(self, limit: int = 200) -> Iterator[dict[str, Any]]:
        more = True
        while more:
            query = {"limit": limit} | ({"cursor": self.cursor} if self.cursor else {})
            page = self.api.get("sync/pull", **query).json()["data"]
            if page["reset"] or self.cursor is None:
                self.objects = {}
                self.resets += bool(page["reset"])
            self.purged += page["purge"]
            self.objects = {k: v for k, v in self.objects.items() if k[0] not in page["purge"]}
            for change in page["changes"]:
                key = (change["patientId"], change["id"])
                assert change["deleted"] == (change["object"] is None)
                if change["deleted"]:
                    self.objects.pop(key, None)
                else:
                    self.objects[key] = change["object"]
            self.cursor, more = page["cursor"], page["hasMore"]
            yield page

    def pull(self, limit: int = 200) -> list[dict[str, Any]]:
        return [change for page in self.pages(limit) for change in page["changes"]]

    def holds(self, patient: User) -> set[str]:
        return {note for owner, note in self.objects if owner == str(patient.id)}


def test_first_everything_then_only_what_changed(api: type[Api], sokha: User) -> None:
    first, second = write(sokha), write(sokha)
    phone = Phone(api(sokha))
    changes = phone.pull()
    assert [(c["resource"], c["id"], c["patientId"], c["deleted"]) for c in changes] == [
        (RESOURCE, first, str(sokha.id), False), (RESOURCE, second, str(sokha.id), False),
    ]  # fmt: skip
    assert changes[0]["revision"] < changes[1]["revision"]
    assert changes[0]["object"]["amount"] == "1.000"
    assert phone.pull() == []
    PrnIntake.objects.filter(id=first).update(amount=2)  # past every service: the trigger is the net
    (change,) = phone.pull()
    assert (change["id"], change["object"]["amount"]) == (first, "2.000")
    assert phone.resets == 0


def test_pages_are_cut_and_joined_over_feeds_without_loss(api: type[Api], sokha: User, dara: User, vanna: User) -> None:
    link(sokha, dara)
    link(vanna, dara)
    wanted = {str(p.id): {write(p) for _ in range(7)} for p in (sokha, vanna)}
    for limit in (1, 2, 3, 7, 13, 14, 200):
        phone = Phone(api(dara))
        sizes = [len(page["changes"]) for page in phone.pages(limit)]
        assert max(sizes) <= limit
        assert sum(sizes) == 14
        assert {str(p.id): phone.holds(p) for p in (sokha, vanna)} == wanted


def test_a_deleted_object_is_told_as_a_tombstone_but_not_to_a_new_phone(api: type[Api], sokha: User) -> None:
    note, kept = write(sokha), write(sokha)
    old = Phone(api(sokha))
    old.pull()
    PrnIntake.objects.filter(id=note).delete()
    (change,) = old.pull()
    assert (change["id"], change["deleted"], change["object"]) == (note, True, None)
    assert [c["id"] for c in Phone(api(sokha)).pull()] == [kept]


def test_what_is_deleted_between_two_first_pages_is_told(api: type[Api], sokha: User) -> None:
    notes = [write(sokha) for _ in range(4)]
    phone = Phone(api(sokha))
    pages = phone.pages(limit=2)
    next(pages)
    PrnIntake.objects.filter(id__in=[notes[0], notes[3]]).delete()
    list(pages)
    assert phone.holds(sokha) == {notes[1], notes[2]}


def test_a_viewer_gets_granted_feeds_but_not_what_is_hidden_in_them(
    api: type[Api], sokha: User, dara: User, vanna: User, rith: User
) -> None:
    link(sokha, dara)
    shown, hidden = write(sokha), write(sokha, reason="private")
    phone = Phone(api(dara))
    assert [c["id"] for c in phone.pull()] == [shown]  # a hidden one is not even named
    for nobody in (vanna, rith):
        assert Phone(api(nobody)).pull() == []
    PrnIntake.objects.filter(id=shown).update(reason="private")
    (change,) = phone.pull()
    assert (change["id"], change["deleted"]) == (shown, True)
    assert Phone(api(sokha)).pull() != []
    assert hidden not in phone.holds(sokha)


def test_own_only_resources_are_not_shown_to_others(api: type[Api], sokha: User, dara: User) -> None:
    registry._resources[RESOURCE] = Resource(RESOURCE, load, own_only=True)  # the fixture puts everything back
    link(sokha, dara)
    write(sokha)
    assert Phone(api(dara)).pull() == []
    assert len(Phone(api(sokha)).pull()) == 1


def test_a_new_grant_is_read_from_its_beginning_without_a_reset(api: type[Api], sokha: User, dara: User) -> None:
    note = write(sokha)
    phone = Phone(api(dara))
    assert phone.pull() == []
    link(sokha, dara)
    phone.pull()
    assert (phone.holds(sokha), phone.resets) == ({note}, 0)


def test_a_revoked_grant_purges_the_patient(api: type[Api], sokha: User, dara: User) -> None:
    grant = link(sokha, dara)
    write(sokha)
    phone = Phone(api(dara))
    phone.pull()
    grant.status, grant.revoked_at = ConnectionStatus.REVOKED, clock.now()
    grant.save()
    assert phone.pull() == []
    assert (phone.purged, phone.holds(sokha), phone.resets) == ([str(sokha.id)], set(), 0)
    assert phone.pull() == []
    assert phone.purged == [str(sokha.id)]  # told once


def test_a_grant_that_shows_something_else_now_resets(api: type[Api], sokha: User, dara: User) -> None:
    grant = link(sokha, dara)
    note = write(sokha)
    phone = Phone(api(dara))
    phone.pull()
    grant.permission_level = PermissionLevel.SELECTED
    grant.save()
    phone.pull()
    assert (phone.resets, phone.holds(sokha)) == (1, {note})
    grant.permission_level = PermissionLevel.NOT_ALLOWED
    grant.save()
    phone.pull()
    assert (phone.resets, phone.purged, phone.holds(sokha)) == (1, [str(sokha.id)], set())


def test_a_restored_backup_resets(api: type[Api], sokha: User) -> None:
    note = write(sokha)
    phone = Phone(api(sokha))
    phone.pull()
    feed = SyncFeed.objects.filter(user=sokha)
    feed.update(generation=2)
    phone.pull()
    assert (phone.resets, phone.holds(sokha)) == (1, {note})
    assert phone.pull() == []
    revision = feed.get().revision
    feed.update(revision=revision - 1)  # the phone knows more than the server
    phone.pull()
    assert (phone.resets, phone.holds(sokha)) == (2, {note})


@pytest.mark.parametrize("garbage", ["x", "%%%", "e30", "bnVsbA", "eyJ2IjoxLCJ0IjoxLCJmIjp7fX0"])
def test_a_damaged_cursor_resets(api: type[Api], sokha: User, garbage: str) -> None:
    note = write(sokha)
    phone = Phone(api(sokha))
    phone.cursor = garbage
    phone.pull()
    assert (phone.resets, phone.holds(sokha)) == (1, {note})


@pytest.mark.parametrize(("age", "resets"), [(timedelta(days=400), 0), (timedelta(days=400, seconds=1), 1)])
def test_a_cursor_lives_as_long_as_the_tombstones(api: type[Api], sokha: User, age: timedelta, resets: int) -> None:
    start = clock.now().replace(microsecond=0)
    with time_machine.travel(start, tick=False):
        phone = Phone(api(sokha))
        phone.pull()
    with time_machine.travel(start + age, tick=False):
        phone.api = api(sokha)
        phone.pull()
    assert phone.resets == resets


def test_another_persons_cursor_gives_nothing_of_theirs(api: type[Api], sokha: User, vanna: User) -> None:
    write(sokha)
    phone = Phone(api(sokha))
    phone.pull()
    stolen = Phone(api(vanna))
    stolen.cursor = phone.cursor
    assert stolen.pull() == []
    assert (stolen.resets, stolen.purged) == (1, [str(sokha.id)])


@pytest.mark.parametrize("limit", ["0", "201", "x", "", "-1", "1.5"])
def test_a_page_size_out_of_bounds_is_refused(api: type[Api], sokha: User, limit: str) -> None:
    answer = api(sokha).get("sync/pull", limit=limit)
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, "limit")


def test_the_cursor_names_each_feed(api: type[Api], sokha: User, dara: User) -> None:
    link(sokha, dara)
    phone = Phone(api(dara))
    phone.pull()
    cursor = decode(phone.cursor or "")
    assert cursor is not None
    assert set(cursor.positions) == {sokha.id, dara.id}


def test_a_page_is_served_by_its_index(api: type[Api], sokha: User) -> None:
    """The plan reads sync_change by (user, revision); a scan over the table would grow with everybody's history."""
    from dastern.sync.selectors import _PAGE

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_change (user_id, resource, object_id, revision, deleted, changed_at) "
            "SELECT %s, %s, gen_random_uuid(), 1000 + n, false, now() FROM generate_series(1, 3000) n",
            [sokha.id, RESOURCE],
        )
        cursor.execute("ANALYZE sync_change")
        cursor.execute("EXPLAIN " + _PAGE, [[sokha.id], [0], [0], [True], [RESOURCE], [RESOURCE], 201])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "sync_change_pull" in plan


def test_nobody_may_pull(api: type[Api]) -> None:
    assert api().get("sync/pull").status_code == 401


def test_a_phone_that_comes_back_with_a_cursor_holds_what_came_before_it(
    api: type[Api], sokha: User, dara: User
) -> None:
    link(sokha, dara)
    note = UUID(write(sokha))
    mine, hers = Phone(api(sokha)), Phone(api(dara))
    assert feed_held(sokha.id).seen_at is None
    mine.pull()
    assert not feed_received(sokha.id, RESOURCE, note)  # sent, but perhaps never stored
    hers.pull()
    hers.pull()
    assert not feed_received(sokha.id, RESOURCE, note)  # somebody else's phone
    mine.pull()
    assert feed_received(sokha.id, RESOURCE, note)
    assert feed_held(sokha.id).seen_at is not None
    PrnIntake.objects.filter(id=note).update(reason="changed")
    assert not feed_received(sokha.id, RESOURCE, note)
    assert not feed_received(sokha.id, RESOURCE, uuid7())
