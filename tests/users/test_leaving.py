"""Leaving: what is erased with an account, what stays for others, and accounts that cannot be erased."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection

from apps.audit.models import AuditLog
from apps.connections.models import Connection
from apps.medications.models import Medication
from apps.prescriptions.models import Prescription
from apps.users import registry
from apps.users.choices import AccountStatus
from apps.users.models import User
from apps.users.services import accounts_purge, deletion_request
from dastern.core import clock
from dastern.core.localtime import iso
from dastern.sync.models import SyncAct
from tests.permissions.world import World, build
from tests.support.people import PASSWORD, Api, actor, link, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return build()


def ready(user: User | None) -> User:
    """Thirty days after the request."""
    assert user is not None
    User.objects.filter(pk=user.pk).update(
        account_status=AccountStatus.DELETION_PENDING, deletion_requested_at=clock.now() - timedelta(days=30)
    )
    return user


def rows_naming(user_id: object) -> list[str]:
    """Tables that still hold the id somewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table} t WHERE t::text LIKE %s)", [f"%{user_id}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return sorted(found)


def test_a_patient_goes_with_the_whole_record_and_only_log_and_announcements_keep_the_id(world: World) -> None:
    sokha = ready(world.people["owner"])
    now = iso(clock.now())
    act = {
        "localId": str(uuid4()), "kind": "settings.changed", "patientId": str(sokha.id), "objectId": None, "at": now,
        "recordedAt": now, "data": {"theme": "DARK"},
    }  # fmt: skip
    User.objects.filter(pk=sokha.pk).update(account_status=AccountStatus.ACTIVE)
    assert Api(sokha).post("sync/push", {"deviceId": "p", "sentAt": now, "acts": [act]}).status_code == 200
    assert SyncAct.objects.filter(patient_id=sokha.id).exists()
    ready(sokha)
    assert sum(accounts_purge()) == 1
    assert set(rows_naming(sokha.id)) <= {"audit_auditlog", "outbox_message", "notifications_notification"}
    assert AuditLog.objects.filter(patient_id=sokha.id, action_type="ACCOUNT_DELETED").count() == 1


def test_a_doctor_goes_and_the_patients_record_stays(world: World) -> None:
    author = ready(world.people["author"])
    before = Prescription.objects.count()
    assert sum(accounts_purge()) == 1
    assert Prescription.objects.count() == before
    kept = Prescription.objects.get(pk=world.ids["active"])
    assert (kept.doctor_id, kept.doctor_license_number, kept.is_doctor_made) == (None, "KH-DR-LIM", True)
    assert not Connection.objects.filter(initiator=author.pk).exists()


def test_files_go_with_the_account(world: World, django_capture_on_commit_callbacks: pytest.FixtureRequest) -> None:
    sokha, carer = ready(world.people["owner"]), world.people["allowed"]
    assert carer is not None
    names = [default_storage.save(f"{kind}/leaving.png", ContentFile(b"x")) for kind in ("profiles", "medicines")]
    other = default_storage.save("profiles/carer.png", ContentFile(b"x"))
    User.objects.filter(pk=sokha.pk).update(profile_picture=names[0])
    User.objects.filter(pk=carer.pk).update(profile_picture=other)
    Medication.objects.filter(pk=world.ids["own_medication"]).update(image=names[1])
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert sum(accounts_purge()) == 1
    assert [default_storage.exists(name) for name in (*names, other)] == [False, False, True]


def test_one_account_that_cannot_be_erased_holds_up_nobody(
    sokha: User, vanna: User, caplog: pytest.LogCaptureFixture
) -> None:
    ready(sokha)
    ready(vanna)
    stuck = min(sokha, vanna, key=lambda user: user.pk)
    with connection.cursor() as cursor:  # a row that refuses to let the account go
        cursor.execute("CREATE TABLE stuck (user_id uuid REFERENCES users_user (id))")
        cursor.execute("INSERT INTO stuck VALUES (%s)", [stuck.pk])
    assert sum(accounts_purge()) == 1
    assert list(User.objects.filter(pk__in=[sokha.pk, vanna.pk])) == [stuck]
    assert "cannot be erased" in caplog.text
    assert not AuditLog.objects.filter(patient_id=stuck.pk, action_type="ACCOUNT_DELETED").exists()


def test_leaving_locks_the_feeds_of_everybody_concerned_at_once(
    sokha: User, dara: User, dr_lim: User, rith: User
) -> None:
    link(sokha, dara)
    link(sokha, dr_lim)
    assert registry.circle_of(sokha.id) == {sokha.id, dara.id, dr_lim.id}, "an ended link concerns nobody"
    deletion_request(actor=actor(sokha), password=PASSWORD)
    assert registry.circle_of(sokha.id) == {sokha.id}


@pytest.mark.django_db(transaction=True)
def test_leaving_while_the_other_ends_the_link_locks_nobody_out() -> None:
    import threading

    from apps.connections.services import connection_revoke

    dara, sokha = make_user("Dara"), make_user("Sokha")
    made = link(sokha, dara)
    barrier, failures = threading.Barrier(2), list[Exception]()

    def run(step: object) -> None:
        barrier.wait()
        try:
            step()  # type: ignore[operator]
        except DatabaseError as error:
            failures.append(error)
        except Exception:  # noqa: BLE001, S110  (the link may be ended already: a refusal is an answer)
            pass
        finally:
            connection.close()

    steps = [
        lambda: deletion_request(actor=actor(sokha), password=PASSWORD),
        lambda: connection_revoke(actor=actor(dara), link_id=made.id),
    ]
    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Connection.objects.get(pk=made.pk).status == "REVOKED"
    assert User.objects.get(pk=sokha.pk).account_status == AccountStatus.DELETION_PENDING
