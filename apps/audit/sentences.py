"""What an entry says to the person whose data it was, in that person's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog
from dastern.core.errors import Text

# What a look at data was a look at. A kind nobody has words for is told as "your data".
_kinds: dict[str, Text] = {
    "user": gettext_lazy("your profile"),
    "connection": gettext_lazy("your connections"),
    "prescription": gettext_lazy("your prescriptions"),
    "medication": gettext_lazy("your medicines"),
    "dose": gettext_lazy("your doses"),
    "doses": gettext_lazy("your doses"),
    "prnIntake": gettext_lazy("your intakes when needed"),
    "notification": gettext_lazy("a message to you"),
    "subscription": gettext_lazy("your plan"),
    "adherence": gettext_lazy("how regularly you take your medicines"),
    "vital": gettext_lazy("your vital signs"),
    "audit": gettext_lazy("who saw your data"),
}


def register_kind(resource_type: str, words: Text) -> None:
    """Name a kind of data in the second person ("your doses"); from the ``apps.py`` of the app that owns it."""
    _kinds[resource_type] = words


def sentence(entry: AuditLog) -> str:
    """What was done, without who and when: "looked at your doses"; a denied act says that it was refused."""
    if entry.action_type == AuditAction.DATA_ACCESS:
        kind = str(_kinds.get(entry.resource_type, gettext_lazy("your data")))
        if entry.outcome == "DENIED":
            return _("tried to look at %(kind)s and was refused") % {"kind": kind}
        return _("looked at %(kind)s") % {"kind": kind}
    done = str(AuditAction(entry.action_type).label) if entry.action_type in AuditAction.values else entry.action_type
    return _("%(act)s (refused)") % {"act": done} if entry.outcome == "DENIED" else done
