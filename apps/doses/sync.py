"""What phones push about doses (domain.md §2.18), judged on the same path as taps online."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.connections.access import access_denied, access_grants_of_viewer
from apps.connections.choices import Ability
from apps.connections.rules import may
from apps.doses.choices import DoseSource, SkipReason
from apps.doses.models import ReminderLog
from apps.doses.rules.merge import DoseAct, Outcome
from apps.doses.selectors.owners import doses_existing
from apps.doses.services.judging import DoseJudging, Said
from apps.doses.services.prn import OLDEST, PrnJournal, prn_amount
from apps.doses.services.reminders import reminders_log
from dastern.sync.registry import Act, PushContext, Verdict, rejected

DOSE_KINDS = ("dose.taken", "dose.skipped", "dose.snoozed", "dose.undone", "dose.corrected")
_LONGEST_TEXT = 200


class _Permitted:
    """For whom may this actor act? The own record, and patients whose grant allows to mark doses."""

    def __init__(self, context: PushContext, acts: Sequence[Act]) -> None:
        self.actor = context.actor
        self.patients = {context.actor.user_id}
        if {act.patient_id for act in acts} - self.patients:
            grants = access_grants_of_viewer(context.actor.user_id, now=context.now)
            self.patients |= {grant.patient_id for grant in grants if may(grant, Ability.MARK_DOSES)}

    def __contains__(self, patient_id: UUID) -> bool:
        return patient_id in self.patients

    def source(self, patient_id: UUID) -> DoseSource:
        """How a record of this actor came about."""
        return DoseSource.OFFLINE if patient_id == self.actor.user_id else DoseSource.CAREGIVER


class DoseActs:
    """dose.taken {amount?}, dose.skipped {reason, text?}, dose.snoozed {minutes}, dose.undone {undoes},
    dose.corrected {to, at?, reason}; ``objectId`` is the dose."""

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Read and lock the doses; look who may act for whom; note whose doses were guessed at."""
        self.context = context
        self.permitted = _Permitted(context, acts)
        self.judging = DoseJudging(context.actor, context.now)
        self.answered: set[UUID] = set()
        wanted = {(act.patient_id, act.object_id) for act in acts if act.object_id and act.patient_id in self.permitted}
        self.judging.load(
            {patient for patient, _ in wanted},
            {dose for _, dose in wanted},
            undo=any(act.kind == "dose.undone" for act in acts),
        )
        self.foreign = [
            (act.patient_id, act.object_id)
            for act in acts
            if act.object_id and self.judging.find(act.patient_id, act.object_id) is None
        ]

    def judge(self, act: Act) -> Verdict:
        """Decide one act."""
        if act.object_id is None:
            return rejected("INVALID")
        dose = self.judging.find(act.patient_id, act.object_id)
        if dose is None:
            return rejected("NOT_FOUND")
        self.answered.add(act.local_id)
        said = self._said(act)
        if said is None:
            return Verdict(Outcome.REJECTED, "INVALID", "doses", dose.id)
        by_another = act.patient_id != self.context.actor.id
        if act.kind == "dose.corrected" and by_another and dose.state.recorded_by != str(self.context.actor.id):
            return rejected("NOT_FOUND")  # caregivers correct what they recorded themselves
        known = said.undoes in self.context.earlier or said.undoes in self.answered
        judged, standing = self.judging.judge(said, known=known)
        return Verdict(judged.outcome, judged.code, "doses", standing.id if standing else None)

    def _said(self, act: Act) -> Said | None:
        fields = _FIELDS[act.kind](act)
        if fields is None:
            return None
        undoes = fields.pop("undoes", None)
        return Said(
            patient_id=act.patient_id,
            dose_id=act.object_id or act.local_id,
            act=DoseAct(
                kind=act.kind,
                at=act.at,
                recorded_at=act.recorded_at,
                recorder=str(self.context.actor.id),
                device=act.device_id,
                at_device=act.at_device if act.skew is not None else None,
                source=self.permitted.source(act.patient_id),
                offline=True,
                **fields,
            ),
            local_id=act.local_id,
            undoes=undoes,
        )

    def flush(self) -> None:
        """Write everything, and that somebody else's doses were named."""
        self.judging.flush()
        if not self.foreign:
            return
        owners = doses_existing({dose for _, dose in self.foreign if dose})
        for dose_id, owner in owners.items():
            access_denied(
                self.context.actor, owner, resource_type="dose", resource_id=dose_id, ability=Ability.MARK_DOSES
            )


def _taken(act: Act) -> dict[str, Any] | None:
    raw = act.data.get("amount")
    amount = None if raw is None else prn_amount(raw)
    return None if raw is not None and amount is None else {"amount": amount}


def _skipped(act: Act) -> dict[str, Any] | None:
    reason, text = act.data.get("reason"), act.data.get("text", "")
    if reason not in SkipReason.values or not isinstance(text, str):
        return None
    return {"reason": reason, "text": text[:_LONGEST_TEXT]}


def _snoozed(act: Act) -> dict[str, Any] | None:
    minutes = act.data.get("minutes")
    return {"minutes": minutes} if isinstance(minutes, int) and not isinstance(minutes, bool) else None


def _undone(act: Act) -> dict[str, Any] | None:
    undoes = _uuid(act.data.get("undoes"))
    return {"undoes": undoes} if undoes else None


def _corrected(act: Act) -> dict[str, Any] | None:
    to, reason = act.data.get("to"), act.data.get("reason")
    if not isinstance(to, str) or not isinstance(reason, str):
        return None
    return {"to": to, "reason": reason.strip()[:_LONGEST_TEXT], "new_time": _instant(act, "at")}


def _instant(act: Act, name: str) -> datetime | None:
    """A time of the phone's clock in the act's data, corrected as the act's own times are; None when unreadable."""
    raw = act.data.get(name)
    try:
        said = datetime.fromisoformat(raw) if isinstance(raw, str) else None
        if said is None or said.tzinfo is None:
            return None
        return said + act.skew if act.skew is not None else said
    except (ValueError, OverflowError):
        return None


_FIELDS = {
    "dose.taken": _taken,
    "dose.skipped": _skipped,
    "dose.snoozed": _snoozed,
    "dose.undone": _undone,
    "dose.corrected": _corrected,
}


class PrnActs:
    """``prn.taken`` {medicationId, amount, reason?}: makes an intake whose id is the act's local id."""

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Read the medicines and what was taken of their ingredients."""
        self.permitted = _Permitted(context, acts)
        self.journal = PrnJournal(context.actor, context.now)
        self.oldest = context.now - OLDEST
        times = [max(act.at, self.oldest) for act in acts]
        self.journal.load(
            self.permitted.patients,
            {medication for act in acts if (medication := _uuid(act.data.get("medicationId")))},
            since=min(times),
            until=max(times),
        )

    def judge(self, act: Act) -> Verdict:
        """Note one intake; a limit that is passed is flagged, never refused."""
        medication_id, amount = _uuid(act.data.get("medicationId")), prn_amount(act.data.get("amount"))
        reason = act.data.get("reason", "")
        if medication_id is None or amount is None or not isinstance(reason, str):
            return rejected("INVALID")
        if act.at < self.oldest:
            return rejected("WINDOW_CLOSED")
        medicine = self.journal.find(act.patient_id, medication_id)
        if medicine is None or act.patient_id not in self.permitted:
            return rejected("NOT_FOUND")
        intake = self.journal.note(
            medicine,
            at=act.at,
            amount=amount,
            reason=reason[:_LONGEST_TEXT],
            intake_id=act.local_id,
            offline=True,
        )
        return Verdict(Outcome.APPLIED, None, "prnIntakes", intake.id)

    def flush(self) -> None:
        """Write the intakes."""
        self.journal.flush()


class ReminderActs:
    """``reminder.logged`` {doseId?, plannedFor, firedAt?, answeredAt?, answer?, exact?}: what a phone's alarm did."""

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Nothing is read: a report is about a phone."""
        self.context = context
        self.reports: list[ReminderLog] = []

    def judge(self, act: Act) -> Verdict:
        """Keep one report of the person's own phone."""
        planned, answer = _instant(act, "plannedFor"), act.data.get("answer") or ""
        if act.patient_id != self.context.actor.id:
            return rejected("NOT_FOUND")
        if planned is None or not isinstance(answer, str):
            return rejected("INVALID")
        self.reports.append(
            ReminderLog(
                id=act.local_id,
                patient_id=act.patient_id,
                dose_id=_uuid(act.data.get("doseId")),
                device_id=act.device_id,
                planned_for=planned,
                fired_at=_instant(act, "firedAt"),
                answered_at=_instant(act, "answeredAt"),
                answer=answer[:12],
                exact=act.data.get("exact") is True,
                created_at=self.context.now,
            )
        )
        return Verdict(Outcome.APPLIED)

    def flush(self) -> None:
        """Write the reports."""
        reminders_log(self.reports)


def _uuid(raw: object) -> UUID | None:
    try:
        return UUID(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
