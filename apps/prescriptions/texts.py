"""What people are told about prescriptions. No text carries a medicine, a diagnosis or a doctor's free words."""

from django.utils.translation import gettext_noop

from apps.notifications.texts import register_text


def register() -> None:
    """Register the texts of this app (once, from ``ready``)."""
    _to_the_patient()
    _to_the_doctor()
    _by_the_calendar()


def _to_the_patient() -> None:
    register_text(
        "prescriptions.drafted",
        title=gettext_noop("New prescription"),
        message=gettext_noop("%(name)s wrote a prescription for you. Please read it and confirm."),
    )
    register_text(
        "prescriptions.redrafted",
        title=gettext_noop("Prescription changed"),
        message=gettext_noop("%(name)s changed a prescription that you have not confirmed yet. Please read it again."),
    )
    register_text(
        "prescriptions.proposed",
        title=gettext_noop("Change of your treatment"),
        message=gettext_noop("%(name)s proposes a change. The present plan goes on until you accept."),
    )
    register_text(
        "prescriptions.urgent",
        title=gettext_noop("URGENT: your treatment changed"),
        message=gettext_noop("%(name)s changed your treatment, and it holds from now. Open the app and read why."),
    )
    register_text(
        "prescriptions.paused",
        title=gettext_noop("Treatment paused"),
        message=gettext_noop("%(name)s paused a treatment. Open the app to read why."),
    )
    register_text(
        "prescriptions.stopped",
        title=gettext_noop("Treatment stopped"),
        message=gettext_noop("%(name)s stopped a treatment. Open the app to read why."),
    )
    register_text(
        "prescriptions.added",
        title=gettext_noop("Added to your plan"),
        message=gettext_noop("%(name)s added something to your treatment plan. Please check it."),
    )


def _to_the_doctor() -> None:
    register_text(
        "prescriptions.confirmed",
        title=gettext_noop("Prescription confirmed"),
        message=gettext_noop("%(name)s confirmed the prescription."),
    )
    register_text(
        "prescriptions.rejected",
        title=gettext_noop("Prescription rejected"),
        message=gettext_noop("%(name)s rejected the prescription. Open the page to see the reason."),
    )
    register_text(
        "prescriptions.retake",
        title=gettext_noop("Please correct a prescription"),
        message=gettext_noop("%(name)s asks you to correct a prescription. Open the page to see the reason."),
    )
    register_text(
        "prescriptions.accepted",
        title=gettext_noop("Change accepted"),
        message=gettext_noop("%(name)s accepted your change of the treatment."),
    )
    register_text(
        "prescriptions.declined",
        title=gettext_noop("Change declined"),
        message=gettext_noop("%(name)s declined your change; the former plan goes on."),
    )


def _by_the_calendar() -> None:
    register_text(
        "prescriptions.follow_up",
        title=gettext_noop("Visit tomorrow"),
        message=gettext_noop("Tomorrow is your follow-up visit."),
    )
    register_text(
        "prescriptions.ending",
        title=gettext_noop("A treatment ends soon"),
        message=gettext_noop("A treatment ends in %(count)d day. Will it be finished, or do you need more?"),
        message_plural=gettext_noop("A treatment ends in %(count)d days. Will it be finished, or do you need more?"),
    )
    register_text(
        "prescriptions.still_paused",
        title=gettext_noop("A treatment is still paused"),
        message=gettext_noop("A treatment has been paused for %(count)d day. Continue it, or stop it?"),
        message_plural=gettext_noop("A treatment has been paused for %(count)d days. Continue it, or stop it?"),
    )
