"""Links: who may ask, accept, change and end them; what each state shows (scenarios 14, 20–26)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.connections.access import access_grant, access_grants_over_patients
from apps.connections.choices import Ability, AccessRequestStatus, ConnectionStatus, PermissionLevel
from apps.connections.models import AccessRequest, Connection
from apps.connections.rules import may
from apps.connections.services.jobs import connections_clean_up
from apps.connections.sync import granted_feeds
from apps.notifications.models import Notification
from apps.notifications.services import notification_send
from apps.users.choices import AccountStatus, Role
from apps.users.models import User
from dastern.core import clock
from dastern.outbox.models import OutboxMessage
from tests.support.people import Api, actor, link, make_user

pytestmark = pytest.mark.django_db


def ask(asker: User, target: User, **body: Any) -> Any:
    return Api(asker).post("connections", {"targetUserId": target.id, **body})


def test_asking_accepting_and_the_level_is_the_patients_word(sokha: User, dr_lim: User) -> None:
    made = ask(dr_lim, sokha, message="Please", permissionLevel="ALLOWED")
    assert made.status_code == 201
    asked = made.json()["data"]
    assert (asked["status"], asked["kind"], asked["mySide"], asked["permissionLevel"]) == (
        "PENDING", "DOCTOR", "DOCTOR", "NOT_ALLOWED",
    )  # fmt: skip
    assert asked["requestedLevel"] is None  # the doctor's wish is not honoured
    assert Notification.objects.get(recipient=sokha).title
    accepted = Api(sokha).call("PATCH", f"connections/{asked['id']}/accept", {"permissionLevel": "SELECTED"})
    assert accepted.status_code == 200
    assert accepted.json()["data"]["permissionLevel"] == "SELECTED"
    assert accepted.json()["data"]["mySide"] == "PATIENT"
    again = Api(sokha).patch(f"connections/{asked['id']}/accept")
    assert (again.status_code, again.json()["code"]) == (409, "NOT_PENDING")


def test_a_patients_own_request_carries_the_level(sokha: User, dara: User) -> None:
    made = ask(sokha, dara, permissionLevel="ALLOWED").json()["data"]
    accepted = Api(dara).patch(f"connections/{made['id']}/accept", {"permissionLevel": "SELECTED"}).json()["data"]
    assert accepted["permissionLevel"] == "ALLOWED"


def test_accepted_by_the_other_side_without_a_level_shows_nothing(sokha: User, dara: User) -> None:
    made = ask(sokha, dara).json()["data"]
    assert Api(dara).patch(f"connections/{made['id']}/accept").json()["data"]["permissionLevel"] == "NOT_ALLOWED"


def test_refusals_of_asking(sokha: User, dara: User, dr_lim: User) -> None:
    assert ask(sokha, sokha).json()["code"] == "SELF_CONNECTION"
    assert Api(sokha).post("connections", {"targetUserId": uuid4()}).status_code == 404
    assert ask(dara, dr_lim).json()["code"] == "NO_PATIENT_SIDE"
    pending = make_user("Dr New", Role.DOCTOR, account_status=AccountStatus.PENDING_VERIFICATION)
    refused = ask(pending, sokha)
    assert (refused.status_code, refused.json()["code"]) == (403, "DOCTOR_NOT_VERIFIED")
    assert ask(sokha, dara, surprise=1).status_code == 400
    assert Connection.objects.count() == 0
    assert ask(sokha, dara).status_code == 201
    double = ask(dara, sokha)
    assert (double.status_code, double.json()["code"]) == (409, "ALREADY_CONNECTED")


def test_between_two_patients_the_wanted_role_decides(sokha: User, vanna: User) -> None:
    assert ask(vanna, sokha).json()["data"]["patientId"] == str(sokha.id)
    lina = make_user("Lina")
    assert ask(lina, vanna, targetRole="FAMILY_MEMBER").json()["data"]["patientId"] == str(lina.id)


def test_only_the_asked_side_answers(sokha: User, dara: User, vanna: User) -> None:
    made = ask(dara, sokha).json()["data"]
    for verb in ("accept", "reject"):
        assert Api(dara).patch(f"connections/{made['id']}/{verb}").status_code == 403
        assert Api(vanna).patch(f"connections/{made['id']}/{verb}").status_code == 404
    rejected = Api(sokha).patch(f"connections/{made['id']}/reject", {"reason": "unknown"})
    assert rejected.json()["data"]["status"] == "REVOKED"
    assert Api(sokha).patch(f"connections/{made['id']}/revoke").json()["code"] == "ALREADY_ENDED"


def test_s014_users_card_only_for_connected(sokha: User, dr_lim: User, dara: User, vanna: User) -> None:
    answer = Api(dr_lim).get(f"users/{sokha.id}")
    assert answer.status_code == 404
    assert AuditLog.objects.get(outcome="DENIED").patient_id == sokha.id
    link(sokha, dr_lim, PermissionLevel.NOT_ALLOWED)
    card = Api(dr_lim).get(f"users/{sokha.id}").json()["data"]
    assert card.keys() == {
        "id", "fullName", "role", "specialty", "hospitalClinic", "verifiedDoctor", "connection",
    }  # fmt: skip
    assert Api(sokha).get(f"users/{dr_lim.id}").json()["data"]["verifiedDoctor"] is True
    assert Api(sokha).get(f"users/{sokha.id}").json()["data"]["connection"] is None
    link(sokha, dara, status=ConnectionStatus.PENDING)
    assert Api(dara).get(f"users/{sokha.id}").status_code == 404


def test_s020_consumed_code_shows_nothing_before_approval(sokha: User, dara: User) -> None:
    code = Api(sokha).post("connections/tokens/generate", {"permissionLevel": "ALLOWED"}).json()["data"]["token"]
    made = Api(dara).post("connections/tokens/consume", {"token": code})
    assert made.json()["data"]["status"] == "PENDING"
    assert not may(access_grant(dara.id, sokha.id), Ability.VIEW_CARD)
    Api(sokha).patch(f"connections/{made.json()['data']['id']}/accept")
    assert access_grant(dara.id, sokha.id).sees_everything


def test_s021_selected_scope_opens_only_what_is_selected(sokha: User, dara: User) -> None:
    shown, hidden = uuid4(), uuid4()
    made = ask(dara, sokha).json()["data"]
    scope = {"prescriptionIds": [shown], "vitals": True, "from": "2026-11-01", "to": "2026-11-30"}
    body = {"permissionLevel": "SELECTED", "scope": scope}
    accepted = Api(sokha).patch(f"connections/{made['id']}/accept", body).json()["data"]
    assert accepted["scope"] == {
        "prescriptionIds": [str(shown)], "vitals": True, "adherence": False, "from": "2026-11-01", "to": "2026-11-30",
    }  # fmt: skip
    grant = access_grant(dara.id, sokha.id)
    assert may(grant, Ability.VIEW_PRESCRIPTIONS, prescription_id=shown)
    assert not may(grant, Ability.VIEW_PRESCRIPTIONS, prescription_id=hidden)
    wrong = body | {"scope": {"from": "2026-12-01", "to": "2026-11-01"}}
    answer = Api(sokha).patch(f"connections/{made['id']}/permission", wrong)
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, "scope.to")


def test_s022_approved_request_opens_for_a_day(sokha: User, dara: User) -> None:
    existing = link(sokha, dara, PermissionLevel.REQUEST)
    prescription = uuid4()
    path = f"connections/{existing.id}/access-requests"
    moment = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        made = Api(dara).post(path, {"scope": {"prescriptionIds": [prescription]}, "reason": "visit"})
        assert made.status_code == 201
        rid = made.json()["data"]["id"]
        assert Api(dara).post(path, {"scope": {}, "reason": "again"}).json()["code"] == "REQUEST_OPEN"
        assert Api(dara).patch(f"{path}/{rid}/approve").status_code == 403
        assert not may(access_grant(dara.id, sokha.id), Ability.VIEW_DOSES, prescription_id=prescription)
        approved = Api(sokha).patch(f"{path}/{rid}/approve")
        assert approved.json()["data"]["expiresAt"] == "2026-11-25T05:00:00.000Z"
        assert Api(sokha).patch(f"{path}/{rid}/deny").json()["code"] == "NOT_PENDING"
    for seconds, opens in ((-1, True), (0, False), (1, False)):
        with time_machine.travel(moment + timedelta(days=1, seconds=seconds), tick=False):
            grant = access_grant(dara.id, sokha.id)
            assert may(grant, Ability.VIEW_DOSES, prescription_id=prescription) is opens
            assert bool(granted_feeds(actor(dara), clock.now())) is opens
    with time_machine.travel(moment + timedelta(days=1), tick=False):
        assert connections_clean_up()["accessRequests"] == 1
        assert Api(dara).get(path).json()["data"]["items"][0]["status"] == "EXPIRED"


def test_requests_are_for_the_level_on_request_only(sokha: User, dara: User) -> None:
    existing = link(sokha, dara, PermissionLevel.SELECTED)
    path = f"connections/{existing.id}/access-requests"
    body = {"scope": {}, "reason": "x"}
    assert Api(dara).post(path, body).json()["code"] == "LEVEL_TAKES_NO_REQUESTS"
    assert Api(sokha).post(path, body).status_code == 403
    existing.permission_level = PermissionLevel.REQUEST
    existing.save()
    rid = Api(dara).post(path, body).json()["data"]["id"]
    assert Api(sokha).patch(f"{path}/{rid}/deny").json()["data"]["status"] == "DENIED"
    assert Api(sokha).patch(f"{path}/{uuid4()}/deny").status_code == 404


def test_s023_caregiver_cannot_raise_own_level(sokha: User, dara: User) -> None:
    existing = link(sokha, dara, PermissionLevel.SELECTED)
    answer = Api(dara).patch(f"connections/{existing.id}/permission", {"permissionLevel": "ALLOWED"})
    assert answer.status_code == 403
    existing.refresh_from_db()
    assert existing.permission_level == PermissionLevel.SELECTED
    changed = Api(sokha).patch(f"connections/{existing.id}/permission", {"permissionLevel": "ALLOWED"})
    assert changed.json()["data"]["permissionLevel"] == "ALLOWED"
    row = AuditLog.objects.get(action_type="PERMISSION_CHANGE")
    assert (row.details["old"], row.details["new"]) == ("SELECTED", "ALLOWED")
    told = Notification.objects.get(recipient=dara)
    assert told.message == "Sokha changed what you may see: Everything."


def test_s024_revocation_acts_at_once(sokha: User, dara: User) -> None:
    existing = link(sokha, dara)
    notification_send(
        recipient_id=dara.id, type="MISSED_DOSE_ALERT", template="connections.accepted",  # type: ignore[arg-type]
        context={"name": "Sokha"}, data={"patientId": str(sokha.id)},
    )  # fmt: skip
    before = granted_feeds(actor(dara), clock.now())
    assert [feed.patient_id for feed in before] == [sokha.id]
    assert OutboxMessage.objects.filter(topic__startswith="notification.deliver.").count() == 2
    revoked = Api(sokha).patch(f"connections/{existing.id}/revoke", {"reason": "enough"})
    assert revoked.json()["data"]["revokeReason"] == "enough"
    assert not may(access_grant(dara.id, sokha.id), Ability.VIEW_CARD)
    assert granted_feeds(actor(dara), clock.now()) == []
    assert access_grants_over_patients([sokha.id]) == []
    ended = Notification.objects.filter(recipient=dara).latest("created_at")
    waiting = {
        m.payload["notificationId"] for m in OutboxMessage.objects.filter(topic__startswith="notification.deliver.")
    }
    assert waiting == {str(ended.id)}  # the alert that waited is gone, the news of the end is not


def test_s025_reconnecting_makes_a_new_row(sokha: User, dara: User) -> None:
    first = ask(dara, sokha).json()["data"]
    Api(sokha).patch(f"connections/{first['id']}/accept")
    Api(dara).patch(f"connections/{first['id']}/revoke")
    second = ask(dara, sokha)
    assert second.status_code == 201
    history = Api(sokha).get("connections/history").json()["data"]
    assert [(item["connectionId"], item["event"], item["byMe"]) for item in history["items"]] == [
        (second.json()["data"]["id"], "CONNECTION_REQUEST", False),
        (first["id"], "ENDED", False),
        (first["id"], "CONNECTION_ACCEPT", True),
        (first["id"], "CONNECTION_REQUEST", False),
    ]
    assert Api(sokha).get("connections/history", filter="revokes", days=7).json()["data"]["total"] == 1
    assert Api(sokha).get("connections/history", days=8).status_code == 400


def test_s026_free_plan_has_one_caregiver_and_doctors_do_not_count(sokha: User, dara: User, dr_lim: User) -> None:
    codes = [
        Api(sokha).post("connections/tokens/generate", {"permissionLevel": "SELECTED"}).json()["data"]["token"]
        for _ in range(3)
    ]
    assert Api(dr_lim).post("connections/tokens/consume", {"token": codes[0]}).status_code == 201
    assert Api(dara).post("connections/tokens/consume", {"token": codes[1]}).status_code == 201
    refused = Api(make_user("Bopha", Role.FAMILY_MEMBER)).post("connections/tokens/consume", {"token": codes[2]})
    assert (refused.status_code, refused.json()["code"]) == (403, "PLAN_LIMIT")
    assert (refused.json()["limit"], refused.json()["count"]) == (1, 1)
    assert Api(sokha).get("connections/caregiver-limit").json()["data"] == {"current": 1, "max": 1}
    validated = Api(dara).post("connections/tokens/validate", {"token": codes[2]})
    assert validated.status_code == 200  # the refusal did not spend the code


def test_s059_recipients_of_missed_alerts(sokha: User, dr_lim: User) -> None:
    levels = {
        "Not": PermissionLevel.NOT_ALLOWED,
        "Req": PermissionLevel.REQUEST,
        "Sel": PermissionLevel.SELECTED,
        "All": PermissionLevel.ALLOWED,
    }
    prescription = uuid4()
    people = {}
    for name, level in levels.items():
        people[name] = make_user(name, Role.FAMILY_MEMBER)
        link(sokha, people[name], level, scope={"prescriptionIds": [str(prescription)]})
    link(sokha, make_user("Off", Role.FAMILY_MEMBER), alerts=False)
    link(sokha, dr_lim)
    told = {
        grant.viewer_id
        for grant in access_grants_over_patients([sokha.id])
        if grant.side == "CAREGIVER" and may(grant, Ability.RECEIVE_ALERTS, prescription_id=prescription)
    }
    assert told == {people["Sel"].id, people["All"].id}


def test_either_side_switches_alerts(sokha: User, dara: User, vanna: User) -> None:
    existing = link(sokha, dara)
    assert Api(vanna).patch(f"connections/{existing.id}/alerts", {"enabled": False}).status_code == 404
    assert (
        Api(dara).patch(f"connections/{existing.id}/alerts", {"enabled": False}).json()["data"]["alertsEnabled"]
        is False
    )
    assert not access_grant(dara.id, sokha.id).alerts_enabled


def test_directional_lists(sokha: User, dara: User, dr_lim: User, rith: User, vanna: User) -> None:
    link(sokha, dara)
    link(sokha, dr_lim)
    link(vanna, sokha, PermissionLevel.NOT_ALLOWED)
    notification_send(
        recipient_id=dara.id, type="MISSED_DOSE_ALERT", template="connections.accepted",  # type: ignore[arg-type]
        context={"name": "Sokha"}, data={"patientId": str(sokha.id)},
    )  # fmt: skip

    def names(who: User, path: str) -> list[str]:
        return sorted(item["other"]["fullName"] for item in Api(who).get(path).json()["data"]["items"])

    assert names(sokha, "connections/caregivers") == ["Dara"]
    assert names(sokha, "connections/doctors") == ["Dr Lim"]
    assert names(sokha, "connections/patients") == ["Vanna"]
    assert names(sokha, "connections/family") == ["Dara", "Vanna"]
    assert names(dr_lim, "connections/patients") == ["Sokha"]
    assert names(sokha, "connections?status=REVOKED") == ["Rith"]
    caregiver = Api(sokha).get("connections/caregivers").json()["data"]["items"][0]
    assert caregiver["lastAlertSent"] is not None
    assert caregiver["alertsEnabled"] is True


@pytest.mark.parametrize("path", ["connections", "connections/caregivers", "connections/family", "connections/history"])
def test_lists_cost_the_same_for_one_and_twenty(path: str, sokha: User, dara: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert Api(sokha).get(path).json()["data"]["total"] > 0
        return len(queries)

    first = ask(dara, sokha)
    assert first.status_code == 201
    one = cost()
    for number in range(19):
        made = link(sokha, make_user(f"Helper {number}", Role.FAMILY_MEMBER))
        AuditLog.objects.create(
            action_type="CONNECTION_REQUEST", resource_type="connection", resource_id=str(made.id), actor_id=sokha.id
        )
    assert cost() == one


def test_doctors_search_finds_verified_ones_only(sokha: User, dr_lim: User, dara: User) -> None:
    make_user("Dr Fake", Role.DOCTOR, account_status=AccountStatus.PENDING_VERIFICATION)
    found = Api(sokha).get("connections/doctors/search", query="dr").json()["data"]
    assert [item["fullName"] for item in found["items"]] == ["Dr Lim"]
    assert found["limit"] == 20
    assert Api(sokha).get("connections/doctors/search", query="internal med").json()["data"]["total"] == 1
    assert Api(sokha).get("connections/doctors/search", query="cardio").json()["data"]["total"] == 0
    assert Api(dara).get("connections/doctors/search", query="dr").status_code == 403


def test_clean_up_ends_requests_after_thirty_days(sokha: User, dara: User) -> None:
    waiting = link(sokha, dara, status=ConnectionStatus.PENDING)
    with time_machine.travel(waiting.requested_at + timedelta(days=30, seconds=-1), tick=False):
        assert connections_clean_up()["links"] == 0
    with time_machine.travel(waiting.requested_at + timedelta(days=30), tick=False):
        assert connections_clean_up()["links"] == 1
        assert connections_clean_up()["links"] == 0
    waiting.refresh_from_db()
    assert (waiting.status, waiting.revoke_reason) == ("REVOKED", "EXPIRED")


def test_ending_a_link_ends_its_requests(sokha: User, dara: User) -> None:
    existing = link(sokha, dara, PermissionLevel.REQUEST)
    Api(dara).post(f"connections/{existing.id}/access-requests", {"scope": {}, "reason": "x"})
    Api(dara).patch(f"connections/{existing.id}/revoke")
    assert AccessRequest.objects.get().status == AccessRequestStatus.EXPIRED


def test_doctor_ending_a_link_is_audited_as_such(sokha: User, dr_lim: User) -> None:
    existing = link(sokha, dr_lim)
    Api(dr_lim).patch(f"connections/{existing.id}/revoke")
    assert AuditLog.objects.filter(action_type="DOCTOR_DISCONNECT", patient_id=sokha.id).count() == 1
