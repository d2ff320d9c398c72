"""What people are told about links. No text carries health data."""

from django.utils.translation import gettext_noop

from apps.notifications.texts import register_text


def register() -> None:
    """Register the texts of this app (once, from ``ready``)."""
    register_text(
        "connections.requested",
        title=gettext_noop("New connection request"),
        message=gettext_noop("%(name)s asks to connect with you."),
    )
    register_text(
        "connections.accepted",
        title=gettext_noop("Connection accepted"),
        message=gettext_noop("%(name)s accepted the connection."),
    )
    register_text(
        "connections.declined",
        title=gettext_noop("Connection declined"),
        message=gettext_noop("%(name)s declined the connection."),
    )
    register_text(
        "connections.ended",
        title=gettext_noop("Connection ended"),
        message=gettext_noop("%(name)s ended the connection."),
    )
    register_text(
        "connections.level",
        title=gettext_noop("Access changed"),
        message=gettext_noop("%(name)s changed what you may see: %(level)s."),
    )
    register_text(
        "connections.access_requested",
        title=gettext_noop("Request to see your data"),
        message=gettext_noop("%(name)s asks to see some of your data. You decide."),
    )
    register_text(
        "connections.access_approved",
        title=gettext_noop("Request approved"),
        message=gettext_noop("%(name)s lets you see the data for 24 hours."),
    )
    register_text(
        "connections.access_denied",
        title=gettext_noop("Request declined"),
        message=gettext_noop("%(name)s declined your request to see data."),
    )
    register_text(
        "connections.nudge_reply",
        title=gettext_noop("Answer from %(name)s"),
        message=gettext_noop("%(name)s answered your reminder: %(response)s"),
    )
    register_text(
        "connections.alerts_stopping",
        title=gettext_noop("Alerts about %(name)s will stop"),
        message=gettext_noop(
            "The plan of %(name)s ends on %(date)s. From then on you will not be alerted about missed doses. "
            "Emergencies are always told."
        ),
    )
    register_text(
        "connections.alerts_stopped",
        title=gettext_noop("Alerts about %(name)s have stopped"),
        message=gettext_noop(
            "The plan of %(name)s has ended. You are not alerted about missed doses any more. "
            "Emergencies are always told."
        ),
    )
    register_text(
        "connections.alerts_stopping_patient",
        title=gettext_noop("Some alerts to your family will stop"),
        message=gettext_noop("From %(date)s on one of your helpers will not be alerted about missed doses any more."),
        message_plural=gettext_noop(
            "From %(date)s on %(count)s of your helpers will not be alerted about missed doses any more."
        ),
    )
    register_text(
        "connections.alerts_stopped_patient",
        title=gettext_noop("Some alerts to your family have stopped"),
        message=gettext_noop("One of your helpers is not alerted about missed doses any more."),
        message_plural=gettext_noop("%(count)s of your helpers are not alerted about missed doses any more."),
    )
