"""What data takes of the plan's quota, and uploads that do not fit."""

import io
import threading
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image

from apps.audit.models import AuditLog
from apps.medications.models import Medication
from apps.subscriptions.choices import SeatStatus, Tier
from apps.subscriptions.models import FamilyMember, Subscription
from apps.subscriptions.rules import PLANS
from apps.subscriptions.services import storage_take, subscription_ensure
from apps.users.models import User
from dastern.core import clock
from dastern.core.errors import PlanLimit
from tests.support.courses import course_of, medicine
from tests.support.people import Api, make_user, token

pytestmark = pytest.mark.django_db
QUOTA = PLANS["FREEMIUM"].storage


def picture(side: int = 10) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((side, side)).save(buffer, "PNG")
    return buffer.getvalue()


def upload(user: User, path: str = "users/me/photo", side: int = 10) -> Any:
    return Api(user).client.post(
        f"/api/v1/{path}",
        {"image": SimpleUploadedFile("me.png", picture(side))},
        headers={"authorization": f"Bearer {token(user)}", "accept-language": "en"},
    )


def files_of(user: User) -> int:
    return Subscription.objects.values_list("storage_used", flat=True).get(user=user)


def rows_of(user: User) -> int:
    breakdown = Api(user).get("users/storage").json()["data"]["breakdown"]
    return int(sum(breakdown.values()) - breakdown["files"])


def test_a_photo_counts_with_its_real_bytes_and_a_new_one_frees_the_old(sokha: User) -> None:
    for side in (40, 10):
        assert upload(sokha, side=side).status_code == 200
        sokha.refresh_from_db()
        assert files_of(sokha) == default_storage.size(str(sokha.profile_picture.name))
    assert Api(sokha).get("users/storage").json()["data"]["breakdown"]["files"] == files_of(sokha)


def test_profile_and_storage_page_tell_the_same_figures(sokha: User) -> None:
    course_of(sokha)
    Api(sokha).patch("users/me", {"theme": "DARK"})
    me = Api(sokha).get("users/me").json()["data"]
    storage = Api(sokha).get("users/storage").json()["data"]
    assert (me["storageUsed"], me["storageQuota"]) == (storage["used"], storage["quota"])
    assert storage["quota"] == QUOTA
    assert storage["breakdown"] == {
        "prescriptions": 5 * 1024, "doseEvents": 0, "files": 0,
        "auditLogs": 1024 * AuditLog.objects.filter(actor_id=sokha.id).count(),
    }  # fmt: skip
    assert storage["breakdown"]["auditLogs"] > 0


@pytest.mark.parametrize(("room", "status"), [(-1, 403), (0, 200), (1, 200)])
def test_an_upload_over_quota_is_refused_and_changes_nothing(sokha: User, room: int, status: int) -> None:
    assert upload(sokha).status_code == 200
    size = files_of(sokha)
    User.objects.filter(pk=sokha.pk).update(profile_picture="")
    used = QUOTA - rows_of(sokha) - size - room
    Subscription.objects.filter(user=sokha).update(storage_used=used)
    assert upload(sokha).status_code == status
    sokha.refresh_from_db()
    assert bool(sokha.profile_picture) == (status == 200)
    assert files_of(sokha) == (used + size if status == 200 else used)


def test_the_refusal_tells_quota_and_what_is_used(sokha: User) -> None:
    subscription_ensure(user_id=sokha.id, now=clock.now())
    Subscription.objects.filter(user=sokha).update(storage_used=QUOTA)
    used = Api(sokha).get("users/storage").json()["data"]["used"]
    answer = upload(sokha)
    assert answer.status_code == 403
    body = answer.json()
    assert (body["code"], body["limit"], body["count"]) == ("PLAN_LIMIT", QUOTA, used)
    sokha.refresh_from_db()
    assert not sokha.profile_picture
    assert Api(sokha).patch("users/me", {"theme": "DARK"}).status_code == 200, "text is never refused for quota"


@pytest.mark.parametrize(("size", "fits"), [(99, True), (100, True), (101, False)])
def test_the_last_byte_fits_and_not_one_more(sokha: User, size: int, fits: bool) -> None:
    subscription_ensure(user_id=sokha.id, now=clock.now())
    Subscription.objects.filter(user=sokha).update(storage_used=QUOTA - 1100)
    if fits:
        storage_take(sokha.id, size, 1000, clock.now())
        assert files_of(sokha) == QUOTA - 1100 + size
    else:
        with pytest.raises(PlanLimit):
            storage_take(sokha.id, size, 1000, clock.now())
        assert files_of(sokha) == QUOTA - 1100
    storage_take(sokha.id, -QUOTA * 2, 1000, clock.now())
    assert files_of(sokha) == 0


@pytest.mark.django_db(transaction=True)
def test_two_uploads_at_once_do_not_share_the_last_place() -> None:
    sokha = make_user("Sokha")
    subscription_ensure(user_id=sokha.id, now=clock.now())
    Subscription.objects.filter(user=sokha).update(storage_used=QUOTA - 100)
    barrier, refused = threading.Barrier(2), []

    def take() -> None:
        barrier.wait()
        try:
            storage_take(sokha.id, 80, 0, clock.now())
        except PlanLimit as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert files_of(sokha) == QUOTA - 20


def test_somebody_seated_has_the_quota_and_tier_of_the_seat(sokha: User, dara: User) -> None:
    payer = subscription_ensure(user_id=sokha.id, now=clock.now())
    Subscription.objects.filter(pk=payer.pk).update(tier=Tier.FAMILY_PREMIUM)
    FamilyMember.objects.create(subscription=payer, member=dara, added_at=clock.now(), status=SeatStatus.ACTIVE)
    me = Api(dara).get("users/me").json()["data"]
    assert (me["subscriptionTier"], me["storageQuota"]) == ("PREMIUM", PLANS["PREMIUM"].storage)
    assert Api(dara).get("subscriptions/me").json()["data"]["storageQuota"] == PLANS["PREMIUM"].storage


def test_a_picture_of_a_medicine_counts_and_one_that_an_old_version_shows_stays(sokha: User) -> None:
    row = medicine(course_of(sokha))
    assert upload(sokha, f"medications/{row.pk}/photo").status_code == 200
    row.refresh_from_db()
    first = str(row.image.name)
    retired = medicine(row.prescription, row_number=2, image=first, retired_in_version=1)
    assert upload(sokha, f"medications/{row.pk}/photo", side=20).status_code == 200
    row.refresh_from_db()
    assert default_storage.exists(first), "the medicine of version 1 still shows it"
    assert files_of(sokha) == default_storage.size(first) + default_storage.size(str(row.image.name))
    assert Medication.objects.get(pk=retired.pk).image.name == first
