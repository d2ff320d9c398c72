"""Refusals of this app, with stable codes."""

from django.utils.translation import gettext_lazy as _

from dastern.core.errors import Conflict, Invalid


class NothingPaid(Conflict):
    """409: the free plan cannot be made smaller."""

    code = "NOTHING_PAID"
    message = _("You are on the free plan already.")


class NotLower(Invalid):
    """400: a downgrade goes to a smaller plan; a bigger one is paid for."""

    code = "NOT_A_LOWER_PLAN"
    message = _("Choose a smaller plan than yours.")


class FamilyFull(Invalid):
    """400: every seat is taken or offered; carries ``limit`` and ``count``."""

    code = "FAMILY_FULL"
    message = _("Every seat of your family plan is taken.")


class OwnSeat(Invalid):
    """400: the payer has a seat."""

    code = "OWN_SEAT"
    message = _("You have a seat in your own family plan already.")


class SeatOffered(Conflict):
    """409: the same person twice."""

    code = "ALREADY_INVITED"
    message = _("This person is in your family plan or was invited already.")


class SeatedElsewhere(Conflict):
    """409: one seat a person."""

    code = "SEATED_ALREADY"
    message = _("You have a seat in a family plan already. Leave it first.")
