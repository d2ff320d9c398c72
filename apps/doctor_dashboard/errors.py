"""Refusals of this app, with stable codes."""

from django.utils.translation import gettext_lazy as _

from dastern.core.errors import Forbidden


class LinkNeeded(Forbidden):
    """403: a note is about a connected patient."""

    code = "LINK_NEEDED"
    message = _("You are not connected with this patient.")
