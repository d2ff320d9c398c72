"""Seats of a family plan: consent, limits, races, and what the phones of those seated are told."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from apps.audit.models import AuditLog
from apps.notifications.models import Notification
from apps.subscriptions.choices import SeatStatus, Tier
from apps.subscriptions.models import FamilyMember, Subscription
from apps.subscriptions.selectors import plan_of
from apps.subscriptions.services import seat_accept, seat_offer, subscription_ensure
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.errors import DomainError
from dastern.sync.feed import feed_revision
from tests.support.people import Api, actor, make_user

pytestmark = pytest.mark.django_db


def pay_for_family(user: User, tier: str = Tier.FAMILY_PREMIUM) -> Subscription:
    """A paid plan, as a payment leaves it (how it comes about is the business of tests/payments)."""
    row = subscription_ensure(user_id=user.id, now=clock.now())
    Subscription.objects.filter(pk=row.pk).update(tier=tier, expires_at=clock.now() + timedelta(days=20))
    row.refresh_from_db()
    return row


def invite(owner: User, person: User) -> str:
    answer = Api(owner).post("subscriptions/family/add", {"memberId": str(person.id)})
    assert answer.status_code == 201, answer.json()
    [seat] = FamilyMember.objects.filter(member=person, subscription__user=owner)
    return str(seat.pk)


def test_a_seat_needs_the_consent_of_whom_it_is_for(sokha: User, dara: User) -> None:
    pay_for_family(sokha)
    subscription_ensure(user_id=dara.id, now=clock.now())
    answer = Api(sokha).post("subscriptions/family/add", {"email": "DARA@example.com"}).json()["data"]
    assert answer["seats"] == {"total": 3, "taken": 2}
    assert [(one["name"], one["status"]) for one in answer["members"]] == [(None, "INVITED")], "no name before consent"
    assert plan_of(dara.id).tier == "FREEMIUM"
    offers = Api(dara).get("subscriptions/family").json()["data"]["invitations"]
    assert [one["from"] for one in offers] == ["Sokha"]
    before = feed_revision(dara.id)
    taken = Api(dara).post("subscriptions/family/accept", {"invitationId": offers[0]["invitationId"]})
    assert taken.json()["data"]["seat"]["ownerName"] == "Sokha"
    assert feed_revision(dara.id) > before, "her phone pulls the new plan"
    assert plan_of(dara.id).tier == "PREMIUM"
    assert Api(dara).get("subscriptions/me").json()["data"]["effectiveTier"] == "PREMIUM"
    assert Api(sokha).get("subscriptions/family").json()["data"]["members"][0]["name"] == "Dara"
    assert Api(dara).post("subscriptions/family/accept", {"invitationId": offers[0]["invitationId"]}).status_code == 200
    titles = set(Notification.objects.filter(recipient=sokha).values_list("type", flat=True))
    assert titles == {"SUBSCRIPTION_UPDATE"}
    events = AuditLog.objects.filter(action_type="SUBSCRIPTION_CHANGE", details__has_key="event")
    assert [entry.details["event"] for entry in events.order_by("id")] == ["SEAT_OFFERED", "SEAT_TAKEN"]


def test_a_seat_shows_nobody_anything(sokha: User, dara: User) -> None:
    pay_for_family(sokha)
    seat_accept(actor=actor(dara), seat_id=FamilyMember.objects.get(pk=invite(sokha, dara)).pk)
    for one, other in ((sokha, dara), (dara, sokha)):
        assert Api(one).get("doses/today", patientId=other.id).status_code == 404
        assert Api(one).get(f"users/{other.id}").status_code == 404


def test_who_may_offer_and_to_whom(sokha: User, dara: User, vanna: User, dr_lim: User) -> None:
    refused = Api(sokha).post("subscriptions/family/add", {"memberId": str(dara.id)})
    assert (refused.status_code, refused.json()["code"]) == (403, "FEATURE_LOCKED")
    pay_for_family(sokha, Tier.PREMIUM)
    assert Api(sokha).post("subscriptions/family/add", {"memberId": str(dara.id)}).status_code == 403
    pay_for_family(sokha)
    for body, status, code in (
        ({"memberId": str(sokha.id)}, 400, "OWN_SEAT"),
        ({"memberId": str(dr_lim.id)}, 404, "NOT_FOUND"),
        ({"email": "nobody@example.com"}, 404, "NOT_FOUND"),
        ({}, 400, "VALIDATION_ERROR"),
        ({"memberId": str(dara.id), "email": "dara@example.com"}, 400, "VALIDATION_ERROR"),
        ({"memberId": "x"}, 400, "VALIDATION_ERROR"),
        ({"memberId": str(dara.id)}, 201, None),
        ({"memberId": str(dara.id)}, 409, "ALREADY_INVITED"),
        ({"memberId": str(vanna.id)}, 201, None),
    ):
        answer = Api(sokha).post("subscriptions/family/add", body)
        assert (answer.status_code, answer.json().get("code")) == (status, code), body
    full = Api(sokha).post("subscriptions/family/add", {"memberId": str(make_user("Rith").id)})
    assert (full.status_code, full.json()["code"]) == (400, "FAMILY_FULL")
    assert (full.json()["limit"], full.json()["count"]) == (2, 2)


def test_only_whom_it_was_offered_to_can_take_or_decline_it(sokha: User, dara: User, vanna: User) -> None:
    pay_for_family(sokha)
    seat = invite(sokha, dara)
    for who in (vanna, sokha):
        for verb in ("accept", "decline"):
            assert Api(who).post(f"subscriptions/family/{verb}", {"invitationId": seat}).status_code == 404
    assert Api(dara).post("subscriptions/family/decline", {"invitationId": seat}).status_code == 200
    assert not FamilyMember.objects.exists()
    assert Api(dara).post("subscriptions/family/accept", {"invitationId": seat}).status_code == 404


def test_nobody_sits_in_two_families(sokha: User, dara: User, vanna: User) -> None:
    for owner in (sokha, vanna):
        pay_for_family(owner)
    first, second = invite(sokha, dara), invite(vanna, dara)
    assert Api(dara).post("subscriptions/family/accept", {"invitationId": first}).status_code == 200
    refused = Api(dara).post("subscriptions/family/accept", {"invitationId": second})
    assert (refused.status_code, refused.json()["code"]) == (409, "SEATED_ALREADY")
    assert Api(dara).delete(f"subscriptions/family/{dara.id}").status_code == 204
    assert Api(dara).post("subscriptions/family/accept", {"invitationId": second}).status_code == 200


@pytest.mark.parametrize("by", ["owner", "member"])
def test_a_seat_taken_back_or_left_leads_back_to_the_own_plan(sokha: User, dara: User, by: str) -> None:
    pay_for_family(sokha)
    seat_accept(actor=actor(dara), seat_id=FamilyMember.objects.get(pk=invite(sokha, dara)).pk)
    caller = sokha if by == "owner" else dara
    before = feed_revision(dara.id)
    assert Api(caller).delete(f"subscriptions/family/{dara.id}").status_code == 204
    assert plan_of(dara.id).tier == "FREEMIUM"
    assert feed_revision(dara.id) > before
    assert Api(caller).delete(f"subscriptions/family/{dara.id}").status_code == 404
    assert Notification.objects.filter(recipient=dara, message__contains="Sokha").count() == 2


def test_an_offer_outlives_no_plan(sokha: User, dara: User) -> None:
    row = pay_for_family(sokha)
    seat = invite(sokha, dara)
    Subscription.objects.filter(pk=row.pk).update(tier=Tier.PREMIUM)
    assert Api(dara).post("subscriptions/family/accept", {"invitationId": seat}).status_code == 403


def test_who_leaves_the_platform_leaves_the_seats(sokha: User, dara: User, vanna: User) -> None:
    pay_for_family(sokha)
    seat_accept(actor=actor(dara), seat_id=FamilyMember.objects.get(pk=invite(sokha, dara)).pk)
    invite(sokha, vanna)
    assert Api(sokha).delete("users/me", {"password": "Sabay-2026-tests"}).status_code in {200, 202, 204}
    assert not FamilyMember.objects.exists()
    assert plan_of(dara.id).tier == "FREEMIUM"


def test_the_number_of_queries_does_not_grow_with_seats(
    sokha: User, dara: User, vanna: User, django_assert_max_num_queries: object
) -> None:
    from django.test.utils import CaptureQueriesContext

    pay_for_family(sokha)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert Api(sokha).get("subscriptions/family").status_code == 200
        return len(queries)

    count()
    none = count()
    for person in (dara, vanna):
        seat_accept(actor=actor(person), seat_id=FamilyMember.objects.get(pk=invite(sokha, person)).pk)
    assert count() == none


def test_a_write_by_another_way_reaches_the_phone_too(sokha: User, dara: User) -> None:
    row = pay_for_family(sokha)
    subscription_ensure(user_id=dara.id, now=clock.now())
    before = feed_revision(dara.id)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO subscriptions_familymember (id, subscription_id, member_id, status, added_at) "
            "VALUES (gen_random_uuid(), %s, %s, 'ACTIVE', now())",
            [row.pk, dara.pk],
        )
    assert feed_revision(dara.id) == before + 1


@pytest.mark.django_db(transaction=True)
def test_two_offers_at_once_do_not_share_the_last_seat() -> None:
    sokha = make_user("Sokha")
    pay_for_family(sokha)
    seat_offer(actor=actor(sokha), member_id=make_user("Dara", Role.FAMILY_MEMBER).id)
    people = [make_user(name) for name in ("Vanna", "Rith", "Maly")]
    barrier, codes = threading.Barrier(len(people)), []

    def offer(person: User) -> None:
        barrier.wait()
        try:
            seat_offer(actor=actor(sokha), member_id=person.id)
            codes.append("OK")
        except DomainError as error:
            codes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=offer, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["FAMILY_FULL", "FAMILY_FULL", "OK"]
    assert FamilyMember.objects.filter(status=SeatStatus.INVITED).count() == 2
