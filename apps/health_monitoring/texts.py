"""What people are told about readings and calls for help: no number, no medicine, no diagnosis (domain.md §7.6)."""

from django.utils.translation import gettext_noop

from apps.notifications.texts import register_text


def register() -> None:
    """Register the texts of this app (once, from ``ready``)."""
    register_text(
        "health.own_mild",
        title=gettext_noop("A reading outside your range"),
        message=gettext_noop("Your reading of %(time)s (%(what)s) is %(level)s. Please look at it in the app."),
    )
    register_text(
        "health.own_urgent",
        title=gettext_noop("Your reading needs attention now"),
        message=gettext_noop("Your reading of %(time)s (%(what)s) is %(level)s. Open the app: it says what to do now."),
    )
    register_text(
        "health.link_mild",
        title=gettext_noop("%(name)s: a reading outside the range"),
        message=gettext_noop("%(name)s measured %(what)s at %(time)s. The reading is %(level)s."),
    )
    register_text(
        "health.link_urgent",
        title=gettext_noop("%(name)s: a reading needs attention now"),
        message=gettext_noop(
            "%(name)s measured %(what)s at %(time)s. The reading is %(level)s. Please look at it and call."
        ),
    )
    register_text(
        "health.link_unseen",
        title=gettext_noop("%(name)s: nobody has seen this reading"),
        message=gettext_noop(
            "%(name)s measured %(what)s at %(time)s. The reading is %(level)s, and nobody has seen it yet. Please call."
        ),
    )
    register_text(
        "health.withdrawn",
        title=gettext_noop("%(name)s: the reading was a mistake"),
        message=gettext_noop("The reading of %(time)s (%(what)s) was taken back by the person who recorded it."),
    )
    register_text(
        "health.sos",
        title=gettext_noop("%(name)s needs help!"),
        message=gettext_noop("%(name)s called for help at %(time)s. Please call now. No ambulance was called."),
    )
    register_text(
        "health.sos_late",
        title=gettext_noop("%(name)s called for help"),
        message=gettext_noop(
            "%(name)s called for help at %(time)s, without network; it arrived only now. Please call and ask."
        ),
    )
    register_text(
        "health.sos_still",
        title=gettext_noop("Do you still need help?"),
        message=gettext_noop("Your call for help of %(time)s was sent only now. Do you still need help?"),
    )
    register_text(
        "health.safe",
        title=gettext_noop("%(name)s is safe"),
        message=gettext_noop("%(name)s, who called for help at %(time)s, is safe."),
    )
    register_text(
        "health.proposed",
        title=gettext_noop("%(name)s proposes a range"),
        message=gettext_noop("%(name)s proposes a range for %(what)s. Accept or decline it in the app."),
    )
    register_text(
        "health.proposal_accepted",
        title=gettext_noop("%(name)s accepted your range"),
        message=gettext_noop("%(name)s accepted the range that you proposed for %(what)s."),
    )
    register_text(
        "health.proposal_declined",
        title=gettext_noop("%(name)s declined your range"),
        message=gettext_noop("%(name)s declined the range that you proposed for %(what)s."),
    )
