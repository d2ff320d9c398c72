"""People as they go over the wire, in answers and in the sync feed alike."""

from collections.abc import Collection
from datetime import time
from typing import Any
from uuid import UUID

from apps.users.models import Identity, MealTimePreference, NotificationPreference, User
from apps.users.places import Place, address_of
from apps.users.rules import DEFAULT_MEALS
from dastern.core.actor import Actor
from dastern.core.files import file_link
from dastern.core.localtime import iso


def _clock(value: time | None) -> str | None:
    return f"{value:%H:%M}" if value else None


def profile_wire(user: User) -> dict[str, Any]:
    """The own profile. The identity card is shown to its owner only, who is the one reading this."""
    return {
        "id": str(user.id),
        "role": user.role,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "fullName": user.full_name,
        "email": user.email,
        "phoneNumber": user.phone_number,
        "gender": user.gender or None,
        "dateOfBirth": user.date_of_birth.isoformat() if user.date_of_birth else None,
        "idCardNumber": user.id_card_number,
        "profilePictureUrl": file_link(user.profile_picture.name),
        "language": user.language,
        "theme": user.theme,
        "timezone": user.timezone,
        "hospitalClinic": user.hospital_clinic or None,
        "specialty": user.specialty or None,
        "licenseNumber": user.license_number,
        "gracePeriodMinutes": user.grace_period_minutes,
        "familyAlertMinutes": user.family_alert_minutes,
        "accountStatus": user.account_status,
        "createdAt": iso(user.created_at),
    }


def meals_wire(user: User) -> dict[str, Any]:
    """Meal times; ``isDefault`` when the patient never set them."""
    meals: MealTimePreference | None = getattr(user, "meal_times", None)
    morning, noon, evening = (meals.morning_meal, meals.afternoon_meal, meals.night_meal) if meals else DEFAULT_MEALS
    return {
        "morningMeal": _clock(morning),
        "afternoonMeal": _clock(noon),
        "nightMeal": _clock(evening),
        "isDefault": meals is None,
    }


def notification_settings_wire(user: User) -> dict[str, Any]:
    """What the person wants to be told, and when not."""
    preference: NotificationPreference = getattr(user, "notification_preference", None) or NotificationPreference(
        user=user
    )
    return {
        "mutedTypes": sorted(preference.muted_types),
        "emailEnabled": preference.email_enabled,
        "pushEnabled": preference.push_enabled,
        "quietFrom": _clock(preference.quiet_from),
        "quietUntil": _clock(preference.quiet_until),
        "repeatReminders": preference.repeat_reminders,
        "sound": preference.sound,
        "vibration": preference.vibration,
        "hideNames": preference.hide_names,
        "dailySummary": preference.daily_summary,
        "weeklyDigest": preference.weekly_digest,
        "familyAlertMinutes": user.family_alert_minutes,
    }


def place_wire(place: Place) -> dict[str, str]:
    """A place with both of its names."""
    return {"code": place.code, "nameKm": place.name_km, "nameEn": place.name_en}


def identity_wire(user: User) -> dict[str, Any]:
    """What the health system knows the person by; for its owner alone."""
    identity: Identity = getattr(user, "identity", None) or Identity(user=user)
    code = identity.place_code
    return {
        "familyName": user.last_name,
        "givenName": user.first_name,
        "provinceCode": code[:2] or None,
        "districtCode": code[:4] if len(code) >= 4 else None,
        "communeCode": code[:6] if len(code) >= 6 else None,
        "villageCode": code if len(code) == 8 else None,
        "address": [place_wire(place) for place in address_of(code)],
        "idPoorNumber": identity.idpoor_number or None,
        "nssfNumber": identity.nssf_number or None,
    }


def settings_wire(user: User) -> dict[str, Any]:
    """The object ``settings`` of the sync feed; its id is the person's."""
    return {
        "id": str(user.id),
        "timezone": user.timezone,
        "mealTimes": meals_wire(user),
        "notifications": notification_settings_wire(user),
    }


def profile_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``profile``. Links to pictures end within the hour, so phones get none here."""
    found = User.objects.filter(pk=owner_id, pk__in=list(ids))
    return {user.id: profile_wire(user) | {"profilePictureUrl": None} for user in found}


def settings_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``settings``."""
    found = User.objects.select_related("meal_times", "notification_preference").filter(pk=owner_id, pk__in=list(ids))
    return {user.id: settings_wire(user) for user in found}
