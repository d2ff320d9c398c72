"""What people are told about doses. No text carries a medicine or a diagnosis (domain.md §7.6).

A miss is told as "not recorded", never as "take it now" (§7.2).
"""

from django.utils.translation import gettext_noop

from apps.notifications.texts import register_text


def register() -> None:
    """Register the texts of this app (once, from ``ready``)."""
    register_text(
        "doses.missed",
        title=gettext_noop("Not recorded yet"),
        message=gettext_noop("Your dose of %(times)s is not recorded. Did you take it? Please say so in the app."),
        message_plural=gettext_noop(
            "%(count)s of your doses are not recorded: %(times)s. Did you take them? Please say so in the app."
        ),
    )
    register_text(
        "doses.missed_late",
        title=gettext_noop("Not recorded"),
        message=gettext_noop("Told late: your dose of %(times)s was not recorded."),
        message_plural=gettext_noop("Told late: %(count)s of your doses were not recorded: %(times)s."),
    )
    register_text(
        "doses.missed_family",
        title=gettext_noop("%(name)s: a dose is not recorded"),
        message=gettext_noop("%(name)s has not recorded the dose of %(times)s. You may want to ask how it is going."),
        message_plural=gettext_noop(
            "%(name)s has not recorded %(count)s doses: %(times)s. You may want to ask how it is going."
        ),
    )
    register_text(
        "doses.missed_family_late",
        title=gettext_noop("%(name)s: doses not recorded"),
        message=gettext_noop("Told late: %(name)s did not record the dose of %(times)s."),
        message_plural=gettext_noop("Told late: %(name)s did not record %(count)s doses: %(times)s."),
    )
    register_text(
        "doses.taken_after_all",
        title=gettext_noop("%(name)s: taken after all"),
        message=gettext_noop("The dose of %(times)s was taken after all. It was recorded later."),
        message_plural=gettext_noop("%(count)s doses were taken after all: %(times)s. They were recorded later."),
    )
    register_text(
        "doses.possible_double",
        title=gettext_noop("One dose or two?"),
        message=gettext_noop(
            "The dose of %(times)s of %(name)s was recorded twice. Was it one dose or two? Please answer in the app."
        ),
    )
    register_text(
        "doses.two_doses",
        title=gettext_noop("%(name)s took a dose twice"),
        message=gettext_noop("The dose of %(times)s of %(name)s was taken twice, as recorded by themselves."),
    )
    register_text(
        "doses.taken_after_stop",
        title=gettext_noop("Taken after it was stopped"),
        message=gettext_noop(
            "%(name)s recorded a dose of %(times)s that had been taken off the schedule. Please check the schedule."
        ),
    )
    register_text(
        "doses.side_effects",
        title=gettext_noop("%(name)s: side effects"),
        message=gettext_noop(
            "%(name)s left out the dose of %(times)s because of side effects. "
            "Please ask about rash, swelling and breathing."
        ),
    )
    register_text(
        "doses.nudge",
        title=gettext_noop("A reminder from %(name)s"),
        message=gettext_noop("%(name)s reminds you of your dose of %(time)s."),
    )
