"""Nudge rows (scenarios 27, 28) and the acts of phones."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.connections.errors import NoSuchNudge, NudgeLimit
from apps.connections.services import nudge_answer, nudge_create, nudges_remaining
from apps.connections.sync import NudgeActs
from apps.notifications.models import Notification
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.sync.registry import Act, PushContext
from tests.support.people import actor, link, make_user

pytestmark = pytest.mark.django_db


def test_s027_two_nudges_a_dose_a_caregiver(sokha: User, dara: User) -> None:
    mine, other = link(sokha, dara), link(sokha, make_user("Bopha", Role.FAMILY_MEMBER))
    dose, now = uuid4(), clock.now()
    assert [nudge_create(mine, dose, now).number for _ in range(2)] == [1, 2]
    with pytest.raises(NudgeLimit) as refused:
        nudge_create(mine, dose, now)
    assert refused.value.status == 429
    assert nudges_remaining(mine.id, dose) == 0
    assert nudges_remaining(other.id, dose) == 2
    assert nudges_remaining(mine.id, uuid4()) == 2


def test_s028_only_a_nudge_can_be_answered(sokha: User, dara: User, vanna: User) -> None:
    dose, now = uuid4(), clock.now()
    nudge_create(link(sokha, dara), dose, now)
    link(sokha, vanna)
    for caregiver, which in ((vanna.id, dose), (dara.id, uuid4()), (sokha.id, dose)):
        with pytest.raises(NoSuchNudge) as refused:
            nudge_answer(actor=actor(sokha), caregiver_id=caregiver, dose_id=which, response="x", now=now)
        assert refused.value.status == 403
    for words in ("Taken", "Taken at noon"):
        nudge_answer(actor=actor(sokha), caregiver_id=dara.id, dose_id=dose, response=words, now=now)
    told = Notification.objects.get(recipient=dara)
    assert (told.type, told.message) == ("FAMILY_ALERT", "Sokha answered your reminder: Taken")


def test_a_phone_answers_a_nudge(sokha: User, dara: User, vanna: User) -> None:
    dose, now = uuid4(), clock.now()
    nudge = nudge_create(link(sokha, dara), dose, now)

    def act(**changes: object) -> Act:
        fields = {
            "local_id": uuid4(), "kind": "nudge.answered", "patient_id": sokha.id, "object_id": dose, "at": now,
            "at_device": now, "recorded_at": now, "device_id": "d", "skew": timedelta(),
            "data": {"caregiverId": str(dara.id), "response": "Soon"},
        }  # fmt: skip
        return Act(**fields | changes)  # type: ignore[arg-type]

    handler = NudgeActs()
    handler.load([], PushContext(actor(sokha), now, "d"))
    assert handler.judge(act(data={})).code == "INVALID"
    assert handler.judge(act(object_id=None)).code == "INVALID"
    assert handler.judge(act(patient_id=vanna.id)).code == "NOT_FOUND"
    assert handler.judge(act(object_id=uuid4())).code == "NOT_FOUND"
    assert handler.judge(act()).outcome == "APPLIED"
    handler.flush()
    nudge.refresh_from_db()
    assert nudge.response == "Soon"
