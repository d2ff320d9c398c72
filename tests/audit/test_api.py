"""Who did what to my data: the API of the log."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.audit.choices import AuditAction, Outcome
from apps.audit.models import AuditLog
from apps.audit.sentences import register_kind
from apps.audit.services import audit_record
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import SYSTEM
from dastern.core.localtime import iso
from tests.support.people import Api, actor, link

pytestmark = pytest.mark.django_db


def touch(
    by: User, about: User, action: AuditAction = AuditAction.DATA_ACCESS, kind: str = "dose", **more: Any
) -> None:
    audit_record(action, actor=actor(by), resource_type=kind, patient_id=about.id, **more)


def test_own_actions_with_filters(api: type[Api], sokha: User, vanna: User) -> None:
    touch(sokha, sokha, AuditAction.DOSE_TAKEN, resource_id="d1")
    touch(sokha, sokha, AuditAction.PROFILE_UPDATE, "user")
    touch(vanna, vanna, AuditAction.DOSE_TAKEN)
    page = api(sokha).get("audit").json()["data"]
    assert [item["actionType"] for item in page["items"]] == ["PROFILE_UPDATE", "DOSE_TAKEN"]
    assert (page["page"], page["limit"], page["total"], page["totalPages"]) == (1, 50, 2, 1)
    item = page["items"][1]
    assert item.keys() == {
        "id", "actionType", "what", "resourceType", "resourceId", "patientId", "outcome", "at", "ipAddress",
        "userAgent",
    }  # fmt: skip
    assert (item["what"], item["resourceId"], item["ipAddress"]) == ("recorded a dose as taken", "d1", "127.0.0.1")
    for query, count in (
        ({"actionType": "DOSE_TAKEN"}, 1),
        ({"resourceType": "user"}, 1),
        ({"resourceType": "dose", "actionType": "PROFILE_UPDATE"}, 0),
        ({"from": iso(clock.now() - timedelta(hours=1))}, 2),
        ({"to": iso(clock.now() - timedelta(hours=1))}, 0),
        ({"limit": 1, "page": 2}, 1),
    ):
        assert len(api(sokha).get("audit", **query).json()["data"]["items"]) == count, query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 101}, "limit"),
        ({"actionType": "NOTHING"}, "actionType"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, "to"),
        ({"resourceType": "x" * 101}, "resourceType"),
        ({"resourceType": "a\0b"}, "resourceType"),
        ({"userId": "x"}, "userId"),
    ],
)
def test_wrong_queries_name_the_field(api: type[Api], sokha: User, query: dict[str, Any], field: str) -> None:
    answer = api(sokha).get("audit", **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(f"{field}:")


def test_who_touched_my_data(api: type[Api], sokha: User, dara: User, vanna: User, staff: User) -> None:
    touch(sokha, sokha)
    touch(dara, sokha, kind="dose")
    touch(vanna, sokha, kind="prescription", outcome=Outcome.DENIED)
    touch(staff, sokha, AuditAction.PROFILE_UPDATE, "user")
    audit_record(AuditAction.DOSE_MISSED, actor=SYSTEM, resource_type="dose", patient_id=sokha.id)
    audit_record(AuditAction.DATA_EXPORT, actor=SYSTEM, resource_type="audit", patient_id=sokha.id)
    audit_record(AuditAction.NOTIFICATION_SENT, actor=SYSTEM, resource_type="notification", patient_id=sokha.id)
    touch(dara, vanna)
    items = api(sokha).get("audit/my-data").json()["data"]["items"]
    assert [(i["who"], i["role"], i["what"], i["outcome"]) for i in items] == [
        ("Das Tern", "SYSTEM", "exported data", "ALLOWED"),
        ("Das Tern staff", "STAFF", "changed the profile", "ALLOWED"),
        ("Vanna", "PATIENT", "tried to look at your prescriptions and was refused", "DENIED"),
        ("Dara", "FAMILY_MEMBER", "looked at your doses", "ALLOWED"),
    ]
    assert items[0].keys() == {
        "id", "who", "role", "actionType", "what", "resourceType", "resourceId", "outcome", "at",
    }  # fmt: skip
    denied = api(sokha).get("audit/my-data", outcome="DENIED").json()["data"]["items"]
    assert [i["who"] for i in denied] == ["Vanna"]
    for action in ("NOTIFICATION_SENT", "DOSE_MISSED"):
        assert len(api(sokha).get("audit/my-data", actionType=action).json()["data"]["items"]) == 1


def test_a_deleted_person_has_no_name(api: type[Api], sokha: User, vanna: User) -> None:
    touch(vanna, sokha)
    vanna.delete()
    assert api(sokha).get("audit/my-data").json()["data"]["items"][0]["who"] == "a deleted account"


def test_the_access_door_writes_what_the_patient_reads(api: type[Api], sokha: User, dara: User, vanna: User) -> None:
    link(sokha, dara)
    assert api(dara).get(f"users/{sokha.id}").status_code == 200
    assert api(vanna).get(f"users/{sokha.id}").status_code == 404
    items = api(sokha).get("audit/my-data").json()["data"]["items"]
    assert [(i["who"], i["what"]) for i in items] == [
        ("Vanna", "tried to look at your profile and was refused"),
        ("Dara", "looked at your profile"),
    ]


def test_unknown_kinds_and_actions_of_newer_versions_are_told_plainly(api: type[Api], sokha: User, dara: User) -> None:
    touch(dara, sokha, kind="horoscope")
    touch(dara, sokha, kind="test.thing")
    register_kind("test.thing", "your things")
    AuditLog(action_type="STAR_SEEN", resource_type="x", actor_id=dara.id, patient_id=sokha.id).save()
    assert [i["what"] for i in api(sokha).get("audit/my-data").json()["data"]["items"]] == [
        "STAR_SEEN", "looked at your things", "looked at your data",
    ]  # fmt: skip


def test_only_patients_have_the_page(api: type[Api], dara: User, dr_lim: User) -> None:
    for path in ("audit/my-data", "audit/my-data/export"):
        assert api().get(path).status_code == 401
        for user in (dara, dr_lim):
            assert api(user).get(path).status_code == 403
    assert AuditLog.objects.count() == 0


@pytest.mark.parametrize("path", ["audit", "audit/my-data", "audit/all"])
def test_lists_ask_the_database_as_often_for_twenty_rows_as_for_one(
    api: type[Api], sokha: User, dara: User, staff: User, path: str, django_assert_num_queries: Any
) -> None:
    reader = staff if path == "audit/all" else sokha
    counts = []
    for rows in (1, 19):
        for _ in range(rows):
            touch(dara if path != "audit" else sokha, sokha)
        with django_assert_num_queries({"audit": 2, "audit/my-data": 3, "audit/all": 4}[path]):
            counts.append(len(api(reader).get(path).json()["data"]["items"]))
    assert counts[0] < counts[1]


def test_the_export_as_csv(api: type[Api], sokha: User, dara: User) -> None:
    dara.full_name = '=HYPERLINK("https://evil.example","Dara")'
    dara.save()
    touch(dara, sokha)
    answer = api(sokha).get("audit/my-data/export")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="who-saw-my-data-20')
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text))
    assert header == ["When", "Who", "Role", "What", "Result"]
    assert row[1] == "'" + dara.full_name
    assert row[3:] == ["looked at your doses", "ALLOWED"]
    assert AuditLog.objects.filter(action_type="DATA_EXPORT", actor_id=sokha.id, patient_id=sokha.id).count() == 1


def test_the_export_as_json_holds_every_row(api: type[Api], sokha: User, dara: User) -> None:
    empty = api(sokha).get("audit/my-data/export", format="json")
    assert b"".join(empty.streaming_content) == b"[]"
    for _ in range(3):
        touch(dara, sokha)
    answer = api(sokha).get("audit/my-data/export", format="json")
    import orjson

    rows = orjson.loads(b"".join(answer.streaming_content))
    assert [row["who"] for row in rows] == ["Dara"] * 3
    assert api(sokha).get("audit/my-data/export", format="xml").status_code == 400


def test_the_export_speaks_khmer_by_default(api: type[Api], sokha: User, dara: User) -> None:
    touch(dara, sokha, AuditAction.CONNECTION_ACCEPT, "connection")
    from django.utils import translation

    with translation.override("km"):
        expected = str(AuditAction.CONNECTION_ACCEPT.label)
    text = b"".join(api(sokha, "km").get("audit/my-data/export").streaming_content).decode()
    assert expected in text


def test_exports_are_limited(api: type[Api], sokha: User, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"export": "2/3600"}
    assert [api(sokha).get("audit/my-data/export").status_code for _ in range(3)] == [200, 200, 429]


def test_staff_see_everything_and_are_seen(api: type[Api], sokha: User, dara: User, staff: User) -> None:
    touch(dara, sokha, details={"ability": "VIEW_DOSES"})
    data = api(staff).get("audit/all", patientId=sokha.id, actorId=dara.id).json()["data"]
    (item,) = data["items"]
    assert (item["actorName"], item["patientName"], item["details"]) == ("Dara", "Sokha", {"ability": "VIEW_DOSES"})
    (look,) = AuditLog.objects.filter(actor_id=staff.id)
    assert (look.action_type, look.resource_type, look.patient_id) == ("DATA_ACCESS", "audit", sokha.id)
    assert look.details == {"filters": {"patient_id": str(sokha.id), "actor_id": str(dara.id)}}
    assert api(sokha).get("audit/my-data").json()["data"]["items"][0]["what"] == "looked at who saw your data"


def test_nobody_but_staff_reads_the_log(api: type[Api], sokha: User, dr_lim: User) -> None:
    assert api().get("audit/all").status_code == 401
    for user in (sokha, dr_lim):
        assert api(user).get("audit/all").status_code == 403
    assert AuditLog.objects.count() == 0


def test_an_unknown_patient_is_an_empty_list(api: type[Api], staff: User) -> None:
    assert api(staff).get("audit/all", patientId=uuid4()).json()["data"]["total"] == 0
