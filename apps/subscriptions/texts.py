"""What people are told about their plan."""

from django.utils.translation import gettext_noop

from apps.notifications.texts import register_text


def register() -> None:
    """Register the texts of this app (once, from ``ready``)."""
    register_text(
        "subscriptions.started",
        title=gettext_noop("%(plan)s is active"),
        message=gettext_noop("Thank you. Your plan %(plan)s is active until %(date)s."),
    )
    register_text(
        "subscriptions.renewed",
        title=gettext_noop("%(plan)s is renewed"),
        message=gettext_noop("Thank you. Your plan %(plan)s now runs until %(date)s."),
    )
    register_text(
        "subscriptions.given",
        title=gettext_noop("%(plan)s is active"),
        message=gettext_noop("Das Tern gave you the plan %(plan)s until %(date)s."),
    )
    register_text(
        "subscriptions.ending",
        title=gettext_noop("%(plan)s ends soon"),
        message=gettext_noop(
            "Your plan %(plan)s ends on %(date)s. Renewing early loses nothing: 30 days are added. "
            "Without it your reminders and records go on; only new things are limited."
        ),
    )
    register_text(
        "subscriptions.ending_as_asked",
        title=gettext_noop("%(plan)s ends soon"),
        message=gettext_noop(
            "As you asked, your plan %(plan)s ends on %(date)s. Your reminders and records go on; "
            "only new things are limited."
        ),
    )
    register_text(
        "subscriptions.grace",
        title=gettext_noop("%(plan)s has ended"),
        message=gettext_noop("Your plan %(plan)s was paid until now. You keep it until %(date)s; renew it by then."),
    )
    register_text(
        "subscriptions.ended",
        title=gettext_noop("You are on the free plan"),
        message=gettext_noop(
            "Your plan %(plan)s has ended. Every medicine, reminder and record stays; only new things are limited."
        ),
    )
    register_text(
        "subscriptions.refunded",
        title=gettext_noop("Your payment was given back"),
        message=gettext_noop("Your payment was given back, and your plan is now %(plan)s."),
    )
    register_text(
        "subscriptions.seat_offered",
        title=gettext_noop("%(name)s invites you"),
        message=gettext_noop(
            "%(name)s offers you a seat in a family plan, with everything of Premium. "
            "It shows nobody anything of yours. You decide."
        ),
    )
    register_text(
        "subscriptions.seat_taken",
        title=gettext_noop("%(name)s joined your family plan"),
        message=gettext_noop("%(name)s accepted the seat in your family plan."),
    )
    register_text(
        "subscriptions.seat_left",
        title=gettext_noop("%(name)s left your family plan"),
        message=gettext_noop("The seat of %(name)s in your family plan is free again."),
    )
    register_text(
        "subscriptions.seat_ended",
        title=gettext_noop("Your seat in a family plan has ended"),
        message=gettext_noop(
            "Your seat in the family plan of %(name)s has ended. Every medicine, reminder and record stays; "
            "only new things are limited."
        ),
    )
