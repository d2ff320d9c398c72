"""What staff decide: in the services, on the operations site, on the command line."""

import io
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from apps.audit.models import AuditLog
from apps.notifications.models import Notification
from apps.users import services
from apps.users.choices import AccountStatus, Role
from apps.users.models import User
from dastern.core.errors import Forbidden, Invalid
from dastern.outbox.drainer import drain
from tests.support.courses import course_of
from tests.support.people import PASSWORD, Api, actor, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def dr_keo(db: None) -> User:
    return make_user("Dr Keo", Role.DOCTOR, account_status=AccountStatus.PENDING_VERIFICATION)


@pytest.fixture
def site(staff: User) -> Client:
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.get(pk=staff.pk))
    return client


def test_only_staff_decide(dr_keo: User, dr_lim: User, staff: User) -> None:
    with pytest.raises(Forbidden):
        services.doctor_verify(actor=actor(dr_lim), doctor_id=dr_keo.id)
    dr_keo.refresh_from_db()
    assert dr_keo.account_status == AccountStatus.PENDING_VERIFICATION
    services.doctor_verify(actor=actor(staff), doctor_id=dr_keo.id)
    dr_keo.refresh_from_db()
    assert dr_keo.is_verified_doctor


def test_a_verified_doctor_is_told_once_by_mail_and_in_the_inbox(dr_keo: User, staff: User, mailoutbox: Any) -> None:
    services.doctor_verify(actor=actor(staff), doctor_id=dr_keo.id)
    drain()
    drain()
    assert [note.type for note in Notification.objects.filter(recipient=dr_keo)] == ["SYSTEM"]
    assert [mail.to for mail in mailoutbox] == [[dr_keo.email]]


def test_a_rejection_needs_a_reason_that_the_doctor_reads(dr_keo: User, staff: User) -> None:
    with pytest.raises(Invalid):
        services.doctor_reject(actor=actor(staff), doctor_id=dr_keo.id, reason="  ")
    services.doctor_reject(actor=actor(staff), doctor_id=dr_keo.id, reason="The licence has expired")
    drain()
    assert "The licence has expired" in Notification.objects.get(recipient=dr_keo).message


def test_unlocking_never_promotes(dr_keo: User, staff: User) -> None:
    services.account_lock(actor=actor(staff), user_id=dr_keo.id)
    services.account_unlock(actor=actor(staff), user_id=dr_keo.id)
    dr_keo.refresh_from_db()
    assert dr_keo.account_status == AccountStatus.PENDING_VERIFICATION


@pytest.mark.parametrize("step", ["lock", "reject"])
def test_who_is_stopped_is_out_at_once(
    dr_keo: User, staff: User, step: str, django_capture_on_commit_callbacks: Any
) -> None:
    signed_in = Api(dr_keo)
    assert signed_in.get("users/me").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        if step == "lock":
            services.account_lock(actor=actor(staff), user_id=dr_keo.id)
        else:
            services.doctor_reject(actor=actor(staff), doctor_id=dr_keo.id, reason="Not readable")
    assert signed_in.get("users/me").status_code == 401
    assert Api(dr_keo).get("users/me").status_code == 401, "a token that is signed later opens nothing either"


def test_who_is_opened_again_is_in_again(dr_keo: User, staff: User, django_capture_on_commit_callbacks: Any) -> None:
    signed_in = Api(dr_keo)
    with django_capture_on_commit_callbacks(execute=True):
        services.account_lock(actor=actor(staff), user_id=dr_keo.id)
    with django_capture_on_commit_callbacks(execute=True):
        services.account_unlock(actor=actor(staff), user_id=dr_keo.id)
    assert signed_in.get("users/me").status_code == 200


def test_the_queue_shows_who_waits_and_looking_is_audited(site: Client, dr_keo: User, dr_lim: User) -> None:
    page = site.get("/admin/users/user/?queue=waiting").content.decode()
    assert "Dr Keo" in page
    assert "Dr Lim" not in page
    card = site.get(f"/admin/users/user/{dr_keo.pk}/change/").content.decode()
    assert "Verify the licence" in card
    assert dr_keo.password not in card
    assert AuditLog.objects.filter(action_type="DATA_ACCESS", patient_id=dr_keo.pk).count() == 1


def test_verifying_is_the_duty_of_every_member_of_staff(operations: Client, dr_keo: User) -> None:
    assert "Dr Keo" in operations.get("/admin/users/user/?queue=waiting").content.decode()
    assert operations.post(f"/admin/users/user/{dr_keo.pk}/verify/").status_code == 302
    dr_keo.refresh_from_db()
    assert dr_keo.is_verified_doctor


def test_clinical_pages_stay_closed_without_a_right_and_no_look_is_claimed(operations: Client, sokha: User) -> None:
    prescription = course_of(sokha)
    path = f"/admin/prescriptions/prescription/{prescription.pk}"
    assert operations.get(f"{path}/change/").status_code == 403
    assert operations.get(f"{path}/history/").status_code == 403
    assert not AuditLog.objects.filter(action_type="DATA_ACCESS", patient_id=sokha.pk).exists()


def test_people_without_staff_rights_get_nowhere(dr_keo: User, vanna: User) -> None:
    client = Client()
    client.force_login(vanna)
    for step in ("verify", "reject", "lock", "unlock"):
        assert client.post(f"/admin/users/user/{dr_keo.pk}/{step}/", {"reason": "x"}).status_code == 302
    dr_keo.refresh_from_db()
    assert dr_keo.account_status == AccountStatus.PENDING_VERIFICATION
    assert not AuditLog.objects.filter(patient_id=dr_keo.pk).exists()


def test_staff_verify_and_reject_on_the_site(site: Client, dr_keo: User) -> None:
    path = f"/admin/users/user/{dr_keo.pk}"
    assert site.get(f"{path}/verify/").status_code == 404, "a link must not decide"
    assert site.post(f"{path}/reject/", {"reason": ""}).status_code == 200
    dr_keo.refresh_from_db()
    assert dr_keo.account_status == AccountStatus.PENDING_VERIFICATION
    assert site.post(f"{path}/reject/", {"reason": "Not readable"}).status_code == 302
    dr_keo.refresh_from_db()
    assert (dr_keo.account_status, dr_keo.rejection_reason) == (AccountStatus.REJECTED, "Not readable")
    assert site.post(f"{path}/verify/").status_code == 302
    dr_keo.refresh_from_db()
    assert dr_keo.account_status == AccountStatus.REJECTED, "decided is decided"


def test_doctors_are_refused_on_the_operations_site(dr_lim: User) -> None:
    User.objects.filter(pk=dr_lim.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(User.objects.get(pk=dr_lim.pk))
    assert client.get("/admin/users/user/").status_code == 302


def test_commands_list_decide_and_refuse_in_words(dr_keo: User) -> None:
    listed = io.StringIO()
    call_command("verify_doctor", stdout=listed)
    assert dr_keo.email in listed.getvalue()
    call_command("verify_doctor", dr_keo.email, stdout=io.StringIO())
    dr_keo.refresh_from_db()
    assert dr_keo.is_verified_doctor
    with pytest.raises(CommandError, match="not waiting"):
        call_command("verify_doctor", dr_keo.email)
    with pytest.raises(CommandError, match="nobody"):
        call_command("verify_doctor", "ghost@example.com")


def test_create_staff_makes_an_account_and_refuses_doctors(dr_lim: User) -> None:
    out = io.StringIO()
    call_command("create_staff", "ops@example.com", "Seng Bopha", generate=True, stdout=out)
    assert User.objects.get(email="ops@example.com").is_staff
    with pytest.raises(CommandError, match="doctor"):
        call_command("create_staff", dr_lim.email, "Dr Lim", generate=True)


def test_purge_says_how_many(sokha: User) -> None:
    services.deletion_request(actor=actor(sokha), password=PASSWORD)
    User.objects.filter(pk=sokha.pk).update(deletion_requested_at=date(2020, 1, 1).isoformat() + "T00:00:00Z")
    out = io.StringIO()
    call_command("purge_accounts", dry_run=True, stdout=out)
    assert "1 accounts would" in out.getvalue()
    call_command("purge_accounts", verbosity=0, stdout=out)
    assert not User.objects.filter(pk=sokha.pk).exists()
