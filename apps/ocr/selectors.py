"""Reading scans: the patient's own, those one asked for, and those of a prescription one may see."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import redis as redis_py
from django.db.models import Q, QuerySet

from apps.connections.access import access_denied, access_grant, access_seen
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, may
from apps.medications.models import CatalogueMedicine
from apps.medications.selectors import catalogue_ids_named
from apps.ocr.choices import ScanState
from apps.ocr.models import Scan
from dastern.core import clock, redis
from dastern.core.actor import Actor
from dastern.core.errors import NotFound

RESOURCE = "scan"
ENGINES_KEY = "ocr:engines"


def scan_of(viewer: Actor, scan_id: UUID) -> Scan:
    """A scan that the viewer may see. Raises NotFound, also for one that is there but hidden; a denial is audited.

    The patient sees every scan made for them; who asked for it sees it while they may still write for the patient; once
    a prescription was made of it, whoever sees that prescription sees the paper.
    """
    now = clock.now()
    found = Scan.objects.filter(pk=scan_id).exclude(expires_at__lte=now).first()
    if found is None:
        raise NotFound
    grant = access_grant(viewer.user_id, found.patient_id, now=now)
    if grant.side is Side.SELF:
        return found
    ability = Ability.VIEW_PRESCRIPTIONS if found.prescription_id else writing_ability(grant)
    mine = found.prescription_id is not None or found.requested_by_id == viewer.user_id
    if not (mine and may(grant, ability, prescription_id=found.prescription_id)):
        access_denied(viewer, found.patient_id, resource_type=RESOURCE, resource_id=found.pk, ability=ability)
        raise NotFound
    access_seen(viewer, found.patient_id, resource_type=RESOURCE, resource_id=found.pk, ability=ability, now=now)
    return found


def writing_ability(grant: Grant) -> Ability:
    """What somebody needs to scan for a patient: a doctor prescribes, a caregiver manages the medicines."""
    return Ability.PRESCRIBE if grant.side is Side.DOCTOR else Ability.MANAGE_MEDICINES


def scans_waiting(viewer: Actor) -> QuerySet[Scan]:
    """The viewer's scans that nobody has answered yet, newest first: own ones and those asked for."""
    mine = Q(patient_id=viewer.user_id) | Q(requested_by_id=viewer.user_id)
    return (
        Scan.objects.filter(mine, prescription=None, expires_at__gt=clock.now())
        .select_related("patient")
        .defer("reading")
        .order_by("-created_at", "-id")
    )


def scans_ahead(scan: Scan) -> int:
    """How many unfinished scans came before this one."""
    return Scan.objects.filter(
        state__in=[ScanState.QUEUED, ScanState.RUNNING], created_at__lt=scan.created_at
    ).count()  # fmt: skip


def scan_state(scan_id: UUID) -> str | None:
    """Where a scan stands; None for one that is gone."""
    return Scan.objects.filter(pk=scan_id).values_list("state", flat=True).first()


def catalogue_matches(names: Iterable[str]) -> dict[str, CatalogueMedicine]:
    """Name in small letters → the catalogue medicine that is called so, for all names of a page at once."""
    ids = catalogue_ids_named(names)
    rows = {str(row.pk): row for row in CatalogueMedicine.objects.filter(pk__in=set(ids.values()))}
    return {name: rows[key] for name, key in ids.items() if key in rows}


def scan_files(user_id: UUID) -> list[str]:
    """The stored pictures that go with a patient's account."""
    rows = Scan.objects.filter(patient_id=user_id).values_list("image", "page")
    return [name for pair in rows for name in pair if name]


def engines_told() -> dict[str, Any]:
    """What the worker of the queue last said about its engines; nothing when it said nothing for three minutes."""
    try:
        told = redis.client().get(redis.key(ENGINES_KEY)) if redis.is_up() else None
    except redis_py.RedisError as error:
        redis.failed(error)
        told = None
    found: dict[str, Any] = json.loads(told) if told else {"engines": [], "missing": []}
    return found
