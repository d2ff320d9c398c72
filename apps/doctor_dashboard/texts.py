"""What doctors are told. Figures only."""

from django.utils.translation import gettext_noop

from apps.notifications.texts import register_text


def register() -> None:
    """Register the texts of this app (once, from ``ready``)."""
    register_text(
        "doctor.week",
        title=gettext_noop("The week of your patients"),
        message=gettext_noop(
            "Of %(patients)d patients %(low)d took less than 70 %% of what was planned; %(missed)d doses were missed."
        ),
    )
