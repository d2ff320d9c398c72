"""What phones push about prescriptions."""

from collections.abc import Sequence

from django.db import IntegrityError
from rest_framework.exceptions import ValidationError

from apps.prescriptions.api.serializers import PatientCreateInput, entered
from apps.prescriptions.services import prescription_create_by_patient
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden, Invalid, NotFound, PlanLimit
from dastern.sync.registry import Act, PushContext, Verdict, rejected


class DraftActs:
    """``prescription.drafted``: what somebody entered offline; ``data`` is the body of POST prescriptions/patient.

    The local id becomes the prescription's id. Entries are rare and each lays out a schedule, so every one is carried
    out on its own.
    """

    actor: Actor

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Keep who pushes; there is nothing to lock yet."""
        self.actor = context.actor

    def judge(self, act: Act) -> Verdict:
        """Create the prescription, or say why not."""
        parsed = PatientCreateInput(data=act.data)
        try:
            parsed.is_valid(raise_exception=True)
            prescription_create_by_patient(
                actor=self.actor,
                patient_id=act.patient_id,
                prescription_id=act.local_id,
                entered_at=act.at,
                header=entered(parsed.validated_data),
                rows=parsed.validated_data["medications"],
            )
        except PlanLimit:
            return rejected("PLAN_LIMIT")
        except (NotFound, Forbidden):
            return rejected("NOT_FOUND")
        except (ValidationError, Invalid, IntegrityError):
            return rejected("INVALID")
        return Verdict("APPLIED", resource="prescriptions", object_id=act.local_id)

    def flush(self) -> None:
        """Everything was written when judged."""
