"""Views of other apps' rows for the doctor's site."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.users.models import User


class Patient(User):
    """A patient as a connected doctor sees one."""

    objects: ClassVar[models.Manager["Patient"]] = models.Manager()  # type: ignore[assignment]

    class Meta:
        proxy = True
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        default_permissions: ClassVar = ()
