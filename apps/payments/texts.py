"""What people are told about payments; what becomes of the plan is told by the subscriptions app."""

from django.utils.translation import gettext_noop

from apps.notifications.texts import register_text


def register() -> None:
    """Register the texts of this app (once, from ``ready``)."""
    register_text(
        "payments.late",
        title=gettext_noop("Your payment arrived late, and counts"),
        message=gettext_noop("Your payment of %(amount)s %(currency)s arrived after the code had ended. It counts."),
    )
    register_text(
        "payments.after_cancel",
        title=gettext_noop("You paid a cancelled code"),
        message=gettext_noop(
            "Your payment of %(amount)s %(currency)s arrived although the code was cancelled. It counts. "
            "If it was a mistake, ask us to give it back."
        ),
    )
    register_text(
        "payments.held",
        title=gettext_noop("We are checking your payment"),
        message=gettext_noop(
            "Your payment of %(amount)s %(currency)s needs a person's eye. Please do not pay again; we will tell you."
        ),
    )
    register_text(
        "payments.failed",
        title=gettext_noop("The payment did not go through"),
        message=gettext_noop("Your bank refused the payment of %(amount)s %(currency)s. Nothing was counted."),
    )
    register_text(
        "payments.returned",
        title=gettext_noop("Your payment was returned"),
        message=gettext_noop("Your payment of %(amount)s %(currency)s was given back. Your plan is as before."),
    )
