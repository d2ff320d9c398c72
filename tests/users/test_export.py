"""Everything somebody owns in one file, and nobody else's secrets in it."""

import json
from typing import Any

import pytest

from apps.audit.models import AuditLog
from apps.authentication.models import RefreshToken
from apps.notifications.models import Device
from apps.users import registry
from apps.users.models import User
from dastern.core import clock
from tests.permissions.world import World, build
from tests.support.people import Api

pytestmark = pytest.mark.django_db
SECTIONS = {
    "accessRequests", "connections", "devices", "doseTestimonies", "doses", "family", "healthAlerts", "healthProfile",
    "intakesWhenNeeded", "medicationBatches", "notifications", "ownActions", "payments", "prescriptionVersions",
    "prescriptions", "reminders", "scans", "sessions", "subscription", "thresholds", "vitals", "whoTouchedMyData",
}  # fmt: skip


@pytest.fixture
def world(db: None) -> World:
    return build()


def person(world: World, name: str) -> User:
    found = world.people[name]
    assert found is not None
    return found


def exported(user: User) -> tuple[dict[str, Any], bytes]:
    answer = Api(user).get("users/me/export")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    return json.loads(content), content


def test_s95_every_kind_of_own_data_is_in_the_file(world: World) -> None:
    owner = person(world, "owner")
    Device.objects.create(
        user=owner, push_token="push-secret", platform="ANDROID", app_version="1.0", last_seen=clock.now()
    )
    found, _ = exported(owner)
    assert set(found) >= SECTIONS
    ids = {row["id"] for row in found["prescriptions"]}
    assert ids == {str(world.ids[name]) for name in ("active", "draft", "changed", "own", "batch_holder")}
    proposed = [row for row in found["prescriptionVersions"] if row["prescriptionId"] == str(world.ids["changed"])]
    assert [row["state"] for row in proposed] == ["APPLIED", "PROPOSED"]
    assert {medicine["medicineName"] for medicine in proposed[1]["medications"]} == {"Losartan", "Aspirin"}
    assert {row["id"] for row in found["notifications"]} >= {str(world.ids["note"])}
    assert [row["id"] for row in found["accessRequests"]] == [str(world.ids["asked"])]
    assert [row["id"] for row in found["sessions"]] == [str(world.ids["session"])]
    assert [row["platform"] for row in found["devices"]] == ["ANDROID"]
    assert len(found["ownActions"]) == AuditLog.objects.filter(actor_id=owner.id).count()
    assert {row["who"] for row in found["whoTouchedMyData"]} >= {"Dr Lim"}


def test_s95_nobody_elses_secrets_and_no_key_of_the_own_account(world: World) -> None:
    owner, author, carer = (person(world, name) for name in ("owner", "author", "allowed"))
    User.objects.filter(pk=author.pk).update(id_card_number="010203040", phone_number="+85599999999")
    Device.objects.create(
        user=owner, push_token="push-secret", platform="ANDROID", app_version="1.0", last_seen=clock.now()
    )
    _, content = exported(owner)
    jti = str(RefreshToken.objects.get(user=owner).jti)
    secrets = ["010203040", "+85599999999", "push-secret", jti, world.ids["token"], author.email, carer.email]
    secrets += [user.password for user in (owner, author, carer)]
    assert [secret for secret in secrets if secret.encode() in content] == []


@pytest.mark.parametrize("caller", ["author", "allowed", "stranger"])
def test_s95_the_patients_record_is_in_nobody_elses_file(world: World, caller: str) -> None:
    found, content = exported(person(world, caller))
    assert {name: found[name] for name in ("prescriptions", "prescriptionVersions", "doses", "doseTestimonies")} == {
        "prescriptions": [], "prescriptionVersions": [], "doses": [], "doseTestimonies": [],
    }  # fmt: skip
    assert b"Amlodipine" not in content


def test_every_section_is_known_to_the_test() -> None:
    assert set(registry.exports()) == SECTIONS
