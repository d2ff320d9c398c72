"""What people are told about figures. Numbers and names of people only, never a medicine."""

from django.utils.translation import gettext_noop

from apps.notifications.texts import register_text


def register() -> None:
    """Register the texts of this app (once, from ``ready``)."""
    register_text(
        "adherence.day",
        title=gettext_noop("The day in figures"),
        message=gettext_noop("Recorded as taken of what was planned today: %(people)s"),
    )
