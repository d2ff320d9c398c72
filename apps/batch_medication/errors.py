"""Refusals of this app."""

from django.utils.translation import gettext_lazy as _

from dastern.core.errors import Conflict


class NothingDue(Conflict):
    """409: no dose of the group is within reach of now."""

    code = "NOTHING_DUE"
    message = _("Nothing of this group is due now.")
