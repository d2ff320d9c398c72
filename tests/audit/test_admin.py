"""The log on the operations site: to read, and the reading is written down."""

import pytest
from django.test import Client

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog, AuditSeal
from apps.audit.services import audit_record
from apps.users.models import User
from dastern.core import clock
from tests.support.people import actor

pytestmark = pytest.mark.django_db
LIST = "/admin/audit/auditlog/"


@pytest.fixture
def entry(sokha: User, dara: User) -> AuditLog:
    audit_record(AuditAction.DATA_ACCESS, actor=actor(dara), resource_type="dose", patient_id=sokha.id)
    return AuditLog.objects.get()


def test_staff_search_by_id_and_are_seen(operations: Client, entry: AuditLog, sokha: User, staff: User) -> None:
    for term, rows in ((sokha.id, 1), (entry.actor_id, 1), ("nonsense", 0), ("", None)):
        page = operations.get(LIST, {"q": str(term)})
        assert page.status_code == 200
        if rows is not None:
            assert page.context["cl"].result_count == rows
    assert operations.get(f"{LIST}{entry.id}/change/").status_code == 200
    looks = AuditLog.objects.filter(actor_id=staff.id).order_by("id")
    assert looks[0].details == {"filters": {"q": str(sokha.id)}}
    assert (looks[4].resource_id, looks[4].patient_id) == (str(entry.id), sokha.id)


def test_nobody_writes_there(operations: Client, entry: AuditLog, staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    operations.force_login(User.objects.get(pk=staff.pk))
    assert operations.get(f"{LIST}add/").status_code == 403
    assert operations.post(f"{LIST}{entry.id}/delete/", {"post": "yes"}).status_code == 403
    assert operations.post(f"{LIST}{entry.id}/change/", {"outcome": "DENIED"}).status_code == 403
    page = operations.get(LIST)
    assert b"delete_selected" not in page.content
    assert AuditLog.objects.get(pk=entry.pk).outcome == "ALLOWED"


@pytest.mark.parametrize("path", [LIST, "/admin/audit/auditseal/"])
def test_others_do_not_come_in(client: Client, sokha: User, dr_lim: User, path: str) -> None:
    User.objects.filter(pk=dr_lim.pk).update(is_staff=True)
    for user in (None, sokha, dr_lim):
        if user:
            client.force_login(User.objects.get(pk=user.pk))
        assert client.get(path).status_code == 302


def test_seals_are_shown(operations: Client) -> None:
    seal = AuditSeal.objects.create(
        after_id=0, from_txid=0, through_txid=1, row_count=0, leaves=b"", digest="d" * 64, previous_digest="p" * 64,
        sealed_at=clock.now(),
    )  # fmt: skip
    assert b"d" * 64 in operations.get("/admin/audit/auditseal/").content
    assert operations.get(f"/admin/audit/auditseal/{seal.id}/change/").status_code == 200
