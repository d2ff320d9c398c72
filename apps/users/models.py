"""Accounts and preferences (domain.md §2.2)."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _

from apps.users.choices import (
    FAMILY_ALERT_DEFAULT,
    GRACE_CHOICES,
    GRACE_DEFAULT,
    AccountStatus,
    Gender,
    Language,
    Role,
    Specialty,
    Theme,
)
from apps.users.managers import UserManager
from dastern.core.localtime import DEFAULT_ZONE
from dastern.core.models import new_id


class User(AbstractBaseUser, PermissionsMixin):
    """Anybody with an account. Health data hangs on patients, never on this row."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.PATIENT)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    full_name = models.CharField(_("full name"), max_length=200)
    email = models.EmailField(_("e-mail"), max_length=255, unique=True)
    phone_number = models.CharField(_("phone number"), max_length=20, unique=True, null=True, blank=True)
    gender = models.CharField(_("gender"), max_length=8, choices=Gender, blank=True)
    date_of_birth = models.DateField(_("date of birth"), null=True, blank=True)
    id_card_number = models.CharField(_("identity card number"), max_length=50, unique=True, null=True, blank=True)
    profile_picture = models.FileField(_("photo"), upload_to="profiles/", blank=True)
    language = models.CharField(_("language"), max_length=8, choices=Language, default=Language.KHMER)
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.LIGHT)
    timezone = models.CharField(_("time zone"), max_length=64, default=DEFAULT_ZONE)
    hospital_clinic = models.CharField(_("hospital or clinic"), max_length=255, blank=True)
    specialty = models.CharField(_("specialty"), max_length=20, choices=Specialty, blank=True)
    license_number = models.CharField(_("licence number"), max_length=100, unique=True, null=True, blank=True)
    license_photo = models.FileField(_("photo of the licence"), upload_to="licences/", blank=True)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    rejection_reason = models.CharField(_("reason of the rejection"), max_length=500, blank=True)
    grace_period_minutes = models.PositiveSmallIntegerField(
        _("grace period (minutes)"), choices=[(m, m) for m in GRACE_CHOICES], default=GRACE_DEFAULT
    )
    family_alert_minutes = models.PositiveSmallIntegerField(
        _("family alert after (minutes)"), default=FAMILY_ALERT_DEFAULT
    )
    account_status = models.CharField(
        _("account status"), max_length=24, choices=AccountStatus, default=AccountStatus.PENDING_VERIFICATION
    )
    email_verified_at = models.DateTimeField(_("e-mail verified at"), null=True, blank=True)
    google_id = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    failed_login_attempts = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)
    deletion_requested_at = models.DateTimeField(_("deletion requested at"), null=True, blank=True)
    status_before_deletion = models.CharField(max_length=24, blank=True, editable=False)
    is_staff = models.BooleanField(_("staff"), default=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="users_email_any_case"),
            models.CheckConstraint(
                condition=models.Q(grace_period_minutes__in=GRACE_CHOICES), name="users_grace_choice"
            ),
            models.CheckConstraint(
                condition=models.Q(family_alert_minutes__gte=30, family_alert_minutes__lte=240),
                name="users_family_alert_range",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["role", "account_status"], name="users_role_status"
            ),  # verification queue, doctor search
            # staff search in both scripts: icontains compiles to UPPER(col) LIKE UPPER(…)
            *(
                GinIndex(OpClass(Upper(name), name="gin_trgm_ops"), name=f"users_{name}_trgm")
                for name in ("full_name", "email", "phone_number", "license_number")
            ),
            models.Index(fields=["-created_at"], name="users_newest"),  # the staff's list
            models.Index(  # the nightly purge
                fields=["deletion_requested_at"],
                name="users_deletion",
                condition=models.Q(account_status="DELETION_PENDING"),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Django's word for "may sign in"."""
        return self.account_status not in {
            AccountStatus.LOCKED,
            AccountStatus.REJECTED,
            AccountStatus.DELETION_PENDING,
        }

    @property
    def is_verified_doctor(self) -> bool:
        """True for a doctor whom staff have verified."""
        return self.role == Role.DOCTOR and self.account_status == AccountStatus.VERIFIED


class MealTimePreference(models.Model):
    """When the patient eats: the clock times of slots that have none of their own."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="meal_times")
    morning_meal = models.TimeField(_("morning meal"))
    afternoon_meal = models.TimeField(_("midday meal"))
    night_meal = models.TimeField(_("evening meal"))
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("meal times")
        verbose_name_plural = _("meal times")

    def __str__(self) -> str:
        return f"{self.morning_meal:%H:%M} {self.afternoon_meal:%H:%M} {self.night_meal:%H:%M}"


class Identity(models.Model):
    """What Cambodia's health system knows a person by: where one lives, and the cards one holds. All of it optional.

    Surname and given name stand apart on ``User`` (last and first name). Numbers are not unique: an equity card is a
    household's, and nobody checks them here, so a first comer must not lock out the owner.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="identity")
    place_code = models.CharField(_("place (NCDD code)"), max_length=8, blank=True)  # of the smallest known place
    idpoor_number = models.CharField(_("equity card (IDPoor)"), max_length=20, blank=True)
    nssf_number = models.CharField(_("NSSF number"), max_length=15, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("identity in Cambodia")
        verbose_name_plural = _("identities in Cambodia")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(place_code__regex=r"^([0-9]{2}){0,4}$"), name="users_identity_place"
            ),
            models.CheckConstraint(
                condition=models.Q(idpoor_number__regex=r"^([A-Z0-9-]{4,20})?$"), name="users_identity_idpoor"
            ),
            models.CheckConstraint(
                condition=models.Q(nssf_number__regex=r"^([0-9]{6,15})?$"), name="users_identity_nssf"
            ),
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class NotificationPreference(models.Model):
    """What somebody wants to be told, and when not."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="notification_preference")
    muted_types = models.JSONField(default=list, blank=True)  # notification types switched off
    email_enabled = models.BooleanField(_("by e-mail"), default=True)
    push_enabled = models.BooleanField(_("on the phone"), default=True)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    repeat_reminders = models.BooleanField(_("repeat reminders"), default=True)
    sound = models.BooleanField(_("sound"), default=True)
    vibration = models.BooleanField(_("vibration"), default=True)
    # a caregiver's evening summary is asked for; a doctor's week is told unless it is not wanted (domain.md §2.16)
    daily_summary = models.BooleanField(_("evening summary"), default=False, db_default=False)
    weekly_digest = models.BooleanField(_("weekly digest"), default=True, db_default=True)
    hide_names = models.BooleanField(_("hide medicine names on the lock screen"), default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")

    def __str__(self) -> str:
        return str(self.user_id)
