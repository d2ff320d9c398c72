"""Bulk data keeps the product's rules: figures add up, feeds are complete, a second load continues."""

import io

import pytest
from django.core.management import CommandError, call_command

from apps.connections.models import Connection
from apps.doses.models import DoseEvent
from apps.users.models import User
from dastern.sync.models import SyncChange, SyncFeed

pytestmark = pytest.mark.django_db


def test_two_loads_add_up_and_every_feed_is_complete() -> None:
    for _ in range(2):
        call_command("seed_load", patients=6, days=3, ahead=1, verbosity=0, stdout=io.StringIO())
    assert User.objects.filter(email__startswith="patient").count() == 12
    assert DoseEvent.objects.count() == 12 * 3 * 4
    assert Connection.objects.filter(kind="DOCTOR").count() == 12
    sokha = User.objects.get(email="patient1@load.example")
    revisions = list(SyncChange.objects.filter(user=sokha).values_list("revision", flat=True).order_by("revision"))
    assert revisions == list(range(1, 3 * 4 + 2)), "twelve doses and one prescription"
    assert SyncFeed.objects.get(user=sokha).revision == 13


def test_triggers_are_on_again() -> None:
    call_command("seed_load", patients=1, days=1, ahead=0, verbosity=0, stdout=io.StringIO())
    sokha = User.objects.get(email="patient1@load.example")
    before = SyncFeed.objects.get(user=sokha).revision
    DoseEvent.objects.filter(patient=sokha).update(snooze_count=1)
    assert SyncFeed.objects.get(user=sokha).revision == before + 3


def test_impossible_wishes_are_refused_in_words() -> None:
    with pytest.raises(CommandError, match="at least one patient"):
        call_command("seed_load", patients=0)
