"""The family on a plan in the demo clinic."""

import pytest

from apps.subscriptions.selectors import family_of, plan_of
from dastern.demo import cast
from dastern.demo.plans import live_on_a_family_plan

pytestmark = pytest.mark.django_db


def test_one_pays_one_sits_one_is_invited() -> None:
    payer, seated, invited = (cast.enter(part) for part in (cast.BORA, cast.SREYMOM, cast.DARA))
    live_on_a_family_plan(payer, seated, invited)
    assert [plan_of(user.id).tier for user in (payer, seated, invited)] == ["FAMILY_PREMIUM", "PREMIUM", "FREEMIUM"]
    assert len(family_of(invited.id).offers) == 1
