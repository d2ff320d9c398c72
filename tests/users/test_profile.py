"""The own profile, settings, storage and export; who may not."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.audit.models import AuditLog
from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.connections.models import Connection
from apps.users import registry
from apps.users.choices import AccountStatus
from apps.users.models import User
from apps.users.rules import greeting
from dastern.core import clock
from tests.support.people import PASSWORD, Api, link, token

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("taken", "scheduled", "word"),
    [
        (0, 0, "START"),
        (0, 5, "START"),
        (1, 5, "STAY_ON_TRACK"),
        (1, 2, "ENCOURAGE"),
        (4, 5, "PRAISE"),
        (5, 5, "PRAISE"),
    ],
)
def test_the_greeting_follows_the_days_progress(taken: int, scheduled: int, word: str) -> None:
    assert greeting(taken, scheduled) == word


def test_the_own_profile_holds_no_secret(sokha: User) -> None:
    answer = Api(sokha).get("users/me")
    data = answer.json()["data"]
    assert (data["fullName"], data["subscriptionTier"], data["greeting"]) == ("Sokha", "FREEMIUM", "START")
    assert sokha.password not in answer.content.decode()
    assert not {"password", "googleId", "isStaff"} & set(data)


def test_changes_are_kept_and_audited_by_name_only(sokha: User) -> None:
    answer = Api(sokha).patch("users/me", {"language": "ENGLISH", "theme": "DARK", "firstName": "Sokha-Maly"})
    assert answer.json()["data"]["language"] == "ENGLISH"
    row = AuditLog.objects.get(action_type="PROFILE_UPDATE")
    assert row.details == {"fields": ["first_name", "language", "theme"]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"language": "FRENCH"}, "language"),
        ({"isStaff": True}, "isStaff"),
        ({"phoneNumber": "012345678"}, "phoneNumber"),
        ({"email": "new@example.com"}, "email"),
        ({"phoneNumber": "+៨៥៥១២៣៤៥៦៧៨"}, "phoneNumber"),
    ],
)
def test_bad_or_unconfirmed_input_names_the_field_and_changes_nothing(
    sokha: User, body: dict[str, Any], field: str
) -> None:
    answer = Api(sokha).patch("users/me", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(f"{field}: ")
    sokha.refresh_from_db()
    assert (sokha.timezone, sokha.language, sokha.email, sokha.phone_number, sokha.is_staff) == (
        "Asia/Phnom_Penh", "KHMER", "sokha@example.com", None, False,
    )  # fmt: skip


@pytest.mark.parametrize("minutes", [10, 20, 30, 60, "៦០"])
def test_s16_grace_is_one_of_four(sokha: User, minutes: Any) -> None:
    answer = Api(sokha).patch("users/me/grace-period", {"minutes": minutes})
    assert answer.json()["data"]["gracePeriodMinutes"] == int(minutes)


@pytest.mark.parametrize("minutes", [45, 0, -10, "ten", None])
def test_s16_any_other_grace_is_refused(sokha: User, dara: User, minutes: Any) -> None:
    assert Api(sokha).patch("users/me/grace-period", {"minutes": minutes}).status_code == 400
    assert Api(dara).patch("users/me/grace-period", {"minutes": 30}).status_code == 403


def test_meal_times_are_the_usual_ones_until_they_are_set(sokha: User) -> None:
    meals = Api(sokha).get("users/settings/meal-times").json()["data"]
    assert meals == {"morningMeal": "07:00", "afternoonMeal": "12:00", "nightMeal": "18:00", "isDefault": True}
    wanted = {"morningMeal": "06:30", "afternoonMeal": "11:30", "nightMeal": "១៩:០០"}
    assert Api(sokha).patch("users/settings/meal-times", wanted).json()["data"] == {
        "morningMeal": "06:30", "afternoonMeal": "11:30", "nightMeal": "19:00", "isDefault": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    "meals",
    [("12:00", "07:00", "18:00"), ("07:00", "07:00", "18:00"), ("7", "12:00", "18:00"), ("07:00", "12:00", "25:00")],
)
def test_meals_out_of_order_or_unreadable_are_refused(sokha: User, meals: tuple[str, str, str]) -> None:
    body = dict(zip(("morningMeal", "afternoonMeal", "nightMeal"), meals, strict=True))
    assert Api(sokha).patch("users/settings/meal-times", body).status_code == 400
    assert Api(sokha).get("users/settings/meal-times").json()["data"]["isDefault"] is True


def test_changes_reach_those_who_registered_once_with_what_was_set(
    sokha: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, int]] = []
    monkeypatch.setattr(registry, "_hooks", {})
    registry.register_change(registry.GRACE, lambda user, now: heard.append(("grace", user.grace_period_minutes)))
    registry.register_change(registry.TIMEZONE, lambda user, now: heard.append((user.timezone, 0)))
    Api(sokha).patch("users/me/grace-period", {"minutes": 60})
    Api(sokha).patch("users/me/grace-period", {"minutes": 60})
    Api(sokha).patch("users/me", {"timezone": "Asia/Bangkok"})
    assert heard == [("grace", 60), ("Asia/Bangkok", 0)]


def test_a_number_without_country_code_is_unreadable_and_a_good_one_needs_a_code(sokha: User) -> None:
    unreadable = Api(sokha).patch("users/me", {"phoneNumber": "012345678"}).json()
    assert (unreadable["code"], "country code" in unreadable["errors"][0]) == ("VALIDATION_ERROR", True)
    unproven = Api(sokha).patch("users/me", {"phoneNumber": "+85512345678"}).json()
    assert (unproven["code"], unproven["route"]) == ("CONTACT_NEEDS_CODE", "auth/contact")
    assert Api(sokha).post(unproven["route"], {"phoneNumber": "+85512345678"}).status_code == 200


def test_meal_times_that_are_set_already_move_nothing(sokha: User, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[User] = []
    monkeypatch.setattr(registry, "_hooks", {})
    registry.register_change(registry.MEAL_TIMES, lambda user, now: heard.append(user))
    meals = {"morningMeal": "07:00", "afternoonMeal": "12:00", "nightMeal": "18:00"}
    for _ in range(2):
        assert Api(sokha).patch("users/settings/meal-times", meals).json()["data"]["isDefault"] is False
    assert len(heard) == 1, "choosing the usual ones is a choice, repeating it is none"
    assert AuditLog.objects.filter(action_type="PROFILE_UPDATE").count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"mutedTypes": ["EMERGENCY_ALERT"]}, "mutedTypes"),
        ({"mutedTypes": ["SYSTEM", "URGENT_PRESCRIPTION_CHANGE"]}, "mutedTypes"),
        ({"mutedTypes": ["NEWS"]}, "mutedTypes"),
        ({"quietFrom": "22:00"}, "quietUntil"),
        ({"quietUntil": "06:00"}, "quietFrom"),
        ({"quietFrom": "22:00", "quietUntil": None}, "quietUntil"),
    ],
)
def test_what_cannot_be_muted_or_has_no_end_is_refused(sokha: User, body: dict[str, Any], field: str) -> None:
    before = Api(sokha).get("users/settings/notifications").json()["data"]
    answer = Api(sokha).patch("users/settings/notifications", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(f"{field}")
    assert Api(sokha).get("users/settings/notifications").json()["data"] == before


def test_muted_kinds_and_quiet_hours_are_kept_and_given_up(sokha: User) -> None:
    settings = "users/settings/notifications"
    hours = {"quietFrom": "22:00", "quietUntil": "06:00"}
    after = Api(sokha).patch(settings, hours | {"mutedTypes": ["SYSTEM", "REFILL_LOW", "SYSTEM"]}).json()["data"]
    assert after["mutedTypes"] == ["REFILL_LOW", "SYSTEM"]
    assert Api(sokha).patch(settings, {"quietFrom": "21:00"}).json()["data"]["quietFrom"] == "21:00"
    gone = Api(sokha).patch(settings, {"quietFrom": None, "quietUntil": None, "mutedTypes": []}).json()["data"]
    assert (gone["quietFrom"], gone["quietUntil"], gone["mutedTypes"]) == (None, None, [])


def test_notification_switches_change_one_by_one(sokha: User) -> None:
    before = Api(sokha).get("users/settings/notifications").json()["data"]
    changed = {"sound": False, "quietFrom": "22:00", "quietUntil": "06:00", "familyAlertMinutes": 90}
    after = Api(sokha).patch("users/settings/notifications", changed).json()["data"]
    assert after == before | changed
    assert Api(sokha).patch("users/settings/notifications", {"familyAlertMinutes": 29}).status_code == 400


def test_a_picture_replaces_the_old_one(sokha: User) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (10, 10), "white").save(buffer, "PNG")
    for _ in range(2):
        answer = Api(sokha).client.post(
            "/api/v1/users/me/photo",
            {"image": SimpleUploadedFile("me.png", buffer.getvalue())},
            headers={"authorization": f"Bearer {token(sokha)}"},
        )
        assert answer.status_code == 200
    assert "/api/v1/files/" in answer.json()["data"]["profilePictureUrl"]


def test_storage_is_told_by_kind(sokha: User) -> None:
    data = Api(sokha).get("users/storage").json()["data"]
    assert data["used"] == sum(data["breakdown"].values())
    assert "files" in data["breakdown"]


def test_s95_the_export_holds_the_own_data_and_nobody_elses_secrets(sokha: User, dara: User) -> None:
    User.objects.filter(pk=dara.pk).update(id_card_number="010203040", phone_number="+85599999999")
    link(sokha, dara, PermissionLevel.ALLOWED)
    answer = Api(sokha).get("users/me/export")
    content = b"".join(answer.streaming_content)
    found = json.loads(content)
    assert found["profile"]["email"] == "sokha@example.com"
    assert found["connections"][0]["other"]["fullName"] == "Dara"
    for secret in (b"010203040", b"+85599999999", sokha.password.encode(), dara.password.encode()):
        assert secret not in content
    assert AuditLog.objects.filter(action_type="DATA_EXPORT", actor_id=sokha.id).count() == 1


def test_leaving_needs_the_password_and_ends_everything_at_once(sokha: User, dara: User) -> None:
    link(sokha, dara, PermissionLevel.ALLOWED)
    api = Api(sokha)
    assert api.delete("users/me", {"password": "wrong-password"}).status_code == 401
    sokha.refresh_from_db()
    assert sokha.account_status == AccountStatus.ACTIVE
    erased_at = api.delete("users/me", {"password": PASSWORD}).json()["data"]["erasedAt"]
    assert erased_at > clock.now().isoformat()
    sokha.refresh_from_db()
    assert sokha.account_status == AccountStatus.DELETION_PENDING
    assert Connection.objects.get().status == ConnectionStatus.REVOKED


def test_leaving_needs_something_to_prove_it(sokha: User) -> None:
    assert Api(sokha).delete("users/me", {}).status_code == 400


def test_accounts_are_erased_thirty_days_later_and_the_log_stays(sokha: User) -> None:
    from apps.users.services import accounts_purge, deletion_request
    from tests.support.people import actor

    deletion_request(actor=actor(sokha), password=PASSWORD)
    asked = User.objects.get(pk=sokha.pk).deletion_requested_at
    assert asked is not None
    with time_machine.travel(asked + timedelta(days=30) - timedelta(seconds=1), tick=False):
        assert sum(accounts_purge()) == 0
    with time_machine.travel(asked + timedelta(days=30), tick=False):
        assert sum(accounts_purge()) == 1
        assert sum(accounts_purge()) == 0
    assert not User.objects.filter(pk=sokha.pk).exists()
    assert AuditLog.objects.filter(patient_id=sokha.pk, action_type="ACCOUNT_DELETED").exists()
