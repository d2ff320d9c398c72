"""Whose readings a viewer sees, and of which days."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q

from apps.connections.access import access_grant, access_require
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, self_grant
from apps.users.models import User
from dastern.core import localtime
from dastern.core.actor import Actor

KEPT_ON_PHONES = timedelta(days=90)


def vitals_grant(viewer: Actor, patient_id: UUID | None, *, resource_type: str = "vitals", now: datetime) -> Grant:
    """The viewer's grant over vitals of ``patient_id`` (the own record when None). Raises NotFound, audits denials."""
    if patient_id is None or patient_id == viewer.user_id:
        return self_grant(viewer.user_id)
    return access_require(viewer, patient_id, Ability.VIEW_VITALS, resource_type=resource_type, now=now)


def grant_quietly(viewer: Actor, patient_id: UUID, *, now: datetime) -> Grant:
    """The grant without an audit row: for loaders of the sync feed, whose pull is the look."""
    if viewer.id == patient_id:
        return self_grant(patient_id)
    return access_grant(viewer.user_id, patient_id, now=now)


def zone_of(patient_id: UUID) -> str:
    """The patient's time zone."""
    return User.objects.values_list("timezone", flat=True).get(pk=patient_id)


def days_visible(grant: Grant, field: str) -> Q:
    """The days of the grant as a condition on an instant of the patient's rows."""
    if grant.side is Side.SELF or not (grant.from_date or grant.to_date):
        return Q()
    zone, found = zone_of(grant.patient_id), Q()
    if grant.from_date:
        found &= Q(**{f"{field}__gte": localtime.at(date.fromisoformat(grant.from_date), time.min, zone)})
    if grant.to_date:
        last = date.fromisoformat(grant.to_date) + timedelta(days=1)
        found &= Q(**{f"{field}__lt": localtime.at(last, time.min, zone)})
    return found
