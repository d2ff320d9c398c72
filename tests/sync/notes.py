"""A small pushable and pullable thing, so that sync is tested by itself: notes, kept as intakes when needed.

``note.made`` writes a note whose id is the act's local id; ``note.amended`` changes its amount; ``note.broken`` makes
the handler raise. Everything else about the feed is the real thing: tables, triggers, locks.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from apps.connections.access import access_grants_of_viewer
from apps.doses.models import PrnIntake
from apps.medications.models import Medication
from apps.prescriptions.models import Prescription
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.localtime import iso
from dastern.sync import registry
from dastern.sync.registry import Act, GrantedFeed, PushContext, Resource, Verdict, rejected

RESOURCE = "prnIntakes"
KINDS = ("note.made", "note.amended", "note.broken")


def medicine_of(patient: User) -> Medication:
    """Any medicine of the patient (made when there is none)."""
    found = Medication.objects.filter(patient=patient).first()
    if found:
        return found
    moment = clock.now()
    course = Prescription.objects.create(
        patient=patient, patient_name=patient.full_name, start_date=date(2026, 1, 1), source="PATIENT",
        status="ACTIVE", created_at=moment, updated_at=moment,
    )  # fmt: skip
    return Medication.objects.create(
        prescription=course, patient=patient, row_number=1, medicine_name="Paracetamol",
        medicine_type="ORAL", unit="TABLET", is_prn=True, created_at=moment,
    )  # fmt: skip


def shape(note: PrnIntake) -> dict[str, Any]:
    """A note on the wire."""
    return {"id": note.id, "amount": str(note.amount), "takenAt": iso(note.taken_at), "reason": note.reason}


def load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, dict[str, Any]]:
    """Notes of the owner; those marked private are for the owner alone."""
    notes = PrnIntake.objects.filter(patient_id=owner_id, id__in=ids)
    if viewer.id != owner_id:
        notes = notes.exclude(reason="private")
    return {note.id: shape(note) for note in notes}


class NoteHandler:
    """Judges notes."""

    made = 0

    def __init__(self) -> None:
        NoteHandler.made += 1

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Read what the acts name."""
        self.context = context
        ids = {a.object_id for a in acts if a.object_id}
        self.medicines = {
            m.patient_id: m for m in Medication.objects.filter(patient_id__in={a.patient_id for a in acts})
        }
        self.notes = {n.id: n for n in PrnIntake.objects.select_for_update().filter(id__in=ids).order_by("id")}
        self.new: list[PrnIntake] = []
        self.changed: dict[UUID, PrnIntake] = {}

    def judge(self, act: Act) -> Verdict:
        """Own patient only."""
        medicine = self.medicines.get(act.patient_id)
        if act.patient_id != self.context.actor.id or medicine is None:
            return rejected("NOT_FOUND")
        if act.kind == "note.broken":
            raise RuntimeError("a bug in a handler")
        if act.kind == "note.made":
            note = PrnIntake(
                id=act.local_id, medication=medicine, patient_id=act.patient_id, taken_at=act.at,
                amount=act.data.get("amount", "1"), reason=act.data.get("reason", ""), was_offline=True,
                recorded_by_id=self.context.actor.user_id, created_at=self.context.now,
            )  # fmt: skip
            self.new.append(note)
            self.notes[note.id] = note
            return Verdict("APPLIED", None, RESOURCE, note.id)
        note = self.notes.get(act.object_id) if act.object_id else None  # type: ignore[assignment]
        if note is None:
            return rejected("NOT_FOUND")
        note.amount = act.data["amount"]
        self.changed[note.id] = note
        return Verdict("MERGED", None, RESOURCE, note.id)

    def flush(self) -> None:
        """Two statements."""
        PrnIntake.objects.bulk_create(self.new)
        if self.changed:
            PrnIntake.objects.bulk_update(list(self.changed.values()), ["amount"])


def make_handler() -> NoteHandler:
    """The factory."""
    return NoteHandler()


def granted(viewer: Actor, now: datetime) -> list[GrantedFeed]:
    """Feeds that the viewer's links open."""
    return [
        GrantedFeed(grant.patient_id, f"{grant.level}:{sorted(map(str, grant.prescription_ids or ()))}")
        for grant in access_grants_of_viewer(viewer.user_id, now=now)
        if grant.level in {"SELECTED", "ALLOWED"}
    ]


@contextmanager
def notes_only() -> Iterator[None]:
    """The registries hold notes and nothing else."""
    before = (dict(registry._handlers), dict(registry._resources), list(registry._providers))
    registry._handlers.clear()
    registry._resources.clear()
    registry._handlers.update(dict.fromkeys(KINDS, make_handler))
    registry._resources[RESOURCE] = Resource(RESOURCE, load, own_only=False)
    registry._providers[:] = [granted]
    try:
        yield
    finally:
        for kept, old in zip((registry._handlers, registry._resources), before[:2], strict=True):
            kept.clear()
            kept.update(old)  # type: ignore[attr-defined]
        registry._providers[:] = before[2]


def act(patient: User, kind: str = "note.made", *, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """An act as a phone writes it."""
    moment = at or clock.now()
    return {
        "localId": str(uuid4()), "kind": kind, "patientId": str(patient.id), "objectId": None,
        "at": iso(moment), "recordedAt": iso(moment), "data": {},
    } | fields  # fmt: skip


def envelope(*acts: Any, ahead: timedelta = timedelta(), device: str = "phone-1") -> dict[str, Any]:
    """A push; ``ahead`` is how far the phone's clock runs ahead of ours."""
    return {"deviceId": device, "sentAt": iso(clock.now() + ahead), "acts": list(acts)}
