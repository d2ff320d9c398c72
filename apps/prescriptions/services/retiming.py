"""One clock time for every scheduled medicine of a prescription: what groups of medicines are moved by."""

from datetime import time
from uuid import UUID

from apps.audit.choices import AuditAction
from apps.doses.rules.planning import day_kept_by
from apps.doses.selectors.days import has_come_due
from apps.prescriptions.rules import Position
from apps.prescriptions.services.changing import carry_out, editable_require
from apps.prescriptions.services.content import Content, content_present
from apps.prescriptions.services.record import audit, next_version, prescription_locked, today_of, version_write
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.ids import uuid7


def medicines_retime(*, actor: Actor, prescription_id: UUID, old: time, new: time) -> None:
    """Move the patient's own scheduled medicines from the clock time ``old`` to ``new``: a new version, in force now.

    Doses ahead follow; what has come due stays, and then nothing is added today (scenario 87). Medicines taken when
    needed have no time and stay. Raises NotFound, Forbidden, DoctorMade, WrongState.
    """
    now = clock.now()
    with prescription_locked(actor, prescription_id, (Position.PATIENT,), now=now) as prescription:
        editable_require(prescription, actor)
        present = content_present(prescription)
        moved = [
            {
                **medicine,
                "id": str(uuid7()),
                "customTimes": [intake | {"time": f"{new:%H:%M}"} for intake in medicine["customTimes"]],
            }
            if medicine["customTimes"]
            else medicine
            for medicine in present.medicines
        ]
        today = today_of(prescription, now)
        day_kept = day_kept_by(
            today,
            prescription.patient.timezone,
            old=old,
            new=new,
            due_today=has_come_due(prescription.pk, today, now=now),
            now=now,
        )
        number = next_version(prescription)
        carry_out(prescription, Content(present.header, moved), number, actor=actor, now=now, day_kept=day_kept)
        version_write(prescription, actor=actor, now=now, number=number)
        audit(AuditAction.PRESCRIPTION_UPDATE, prescription, actor, action="RETIMED", version=number)
