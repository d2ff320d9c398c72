"""The one path on which acts about doses are judged: a tap online and a phone's batch alike.

Inside a transaction with the patients' feeds locked: ``load`` reads and locks every dose named, ``judge`` decides in
memory, ``flush`` writes doses, testimonies, audit and announcements; the number of statements does not grow with the
number of acts.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.audit.choices import AuditAction
from apps.audit.services import AuditEntry, audit_entry, audit_record_many
from apps.doses import topics
from apps.doses.rules.merge import MISSED, TAKEN, DoseAct, DoseState, Judgement, Outcome, Target, merge
from apps.doses.services.history import pack, unpack
from dastern.core.actor import Actor
from dastern.core.ids import uuid7
from dastern.core.reading import binary_cursor
from dastern.core.rows import rows_json
from dastern.outbox.services import Announcement, outbox_add_many

_TESTIFIES = {
    "dose.taken": "TAKEN",
    "dose.skipped": "SKIPPED",
    "dose.undone": "UNDONE",
    "dose.corrected": "CORRECTED",
}
_AUDITED = {
    "dose.taken": AuditAction.DOSE_TAKEN,
    "dose.skipped": AuditAction.DOSE_SKIPPED,
    "dose.undone": AuditAction.DOSE_CORRECTED,
    "dose.corrected": AuditAction.DOSE_CORRECTED,
}

_COLUMNS = """d.id, d.patient_id, d.prescription_id, d.medication_id, d.missed_alert_at, d.scheduled_time,
  d.grace_minutes, d.half_interval_minutes, d.status, d.taken_at, d.skip_reason, d.early, d.possible_double,
  d.snoozed_until, d.snooze_count, d.recorded_by_id, d.recorded_device, d.recorded_at, d.taken_at_device,
  d.amount_taken, d.skip_text, d.source, d.was_offline, d.local_date, d.time_period"""
_LOAD = f"""
SELECT {_COLUMNS} FROM doses_doseevent d
WHERE d.id = ANY(%s) AND d.patient_id = ANY(%s) ORDER BY d.id FOR UPDATE
"""  # noqa: S608  (a literal of this module)
_LOAD_WITHDRAWN = """
SELECT w.id, w.patient_id, w.prescription_id, w.medication_id, w.scheduled_time, w.grace_minutes,
  w.half_interval_minutes, w.withdrawn_at, w.taken_after_stop_at, w.local_date, w.time_period
FROM doses_withdrawndose w WHERE w.id = ANY(%s) AND w.patient_id = ANY(%s) ORDER BY w.id FOR UPDATE
"""
# A resumed course laid the same slot out again: the withdrawn dose and its successor are one intake.
_LOAD_SUCCESSORS = f"""
SELECT w.id, {_COLUMNS} FROM doses_doseevent d
JOIN doses_withdrawndose w ON w.medication_id = d.medication_id AND w.scheduled_time = d.scheduled_time
WHERE w.id = ANY(%s) ORDER BY d.id FOR UPDATE OF d
"""  # noqa: S608
_LOAD_TESTIMONIES = """
SELECT dose_id, local_id, kind, recorded_by_id, recorded_at, before, after
FROM doses_dosetestimony WHERE dose_id = ANY(%s) ORDER BY recorded_at, id
"""
_RESTORE = """
WITH back AS (DELETE FROM doses_withdrawndose WHERE id = ANY(%s) RETURNING *)
INSERT INTO doses_doseevent (id, prescription_id, medication_id, patient_id, scheduled_time, local_date, time_period,
  reminder_time, amount, grace_minutes, overdue_at, half_interval_minutes, follows_meal, version_number, created_at)
SELECT id, prescription_id, medication_id, patient_id, scheduled_time, local_date, time_period, reminder_time, amount,
  grace_minutes, overdue_at, half_interval_minutes, follows_meal, version_number, %s FROM back
"""
# A new version laid out the same intake again: it was taken already, so the doubled slot goes (domain.md §7.2).
_UNDOUBLE = """
WITH doubled AS (
  DELETE FROM doses_doseevent n USING doses_doseevent o, medications_medication om
    LEFT JOIN medications_cataloguemedicine oc ON oc.id = om.catalogue_id, medications_medication nm
    LEFT JOIN medications_cataloguemedicine nc ON nc.id = nm.catalogue_id
  WHERE o.id = ANY(%s) AND om.id = o.medication_id AND nm.id = n.medication_id
    AND n.prescription_id = o.prescription_id AND n.medication_id <> o.medication_id AND n.status = 'DUE'
    AND n.scheduled_time BETWEEN o.scheduled_time - interval '1 day' AND o.scheduled_time + interval '1 day'
    AND (lower(nm.medicine_name) = lower(om.medicine_name) OR nc.substances && oc.substances)
    AND (n.local_date = o.local_date AND n.time_period = o.time_period
         OR abs(extract(epoch FROM n.scheduled_time - o.taken_at)) < n.half_interval_minutes * 60)
  RETURNING n.*
)
INSERT INTO doses_withdrawndose (id, prescription_id, medication_id, patient_id, scheduled_time, local_date,
  time_period, reminder_time, amount, grace_minutes, overdue_at, half_interval_minutes, follows_meal, version_number,
  withdrawn_at, reason)
SELECT id, prescription_id, medication_id, patient_id, scheduled_time, local_date, time_period, reminder_time, amount,
  grace_minutes, overdue_at, half_interval_minutes, follows_meal, version_number, %s, 'NEW_VERSION'
FROM doubled
"""
_SAID = (
    "id", "dose_id", "patient_id", "local_id", "kind", "at", "amount", "reason", "before", "after", "device_id",
    "recorded_at",
)  # fmt: skip
_TESTIFY = """
INSERT INTO doses_dosetestimony (id, dose_id, patient_id, local_id, kind, at, amount, reason, before, after,
  device_id, recorded_at, recorded_by_id)
SELECT t.*, %s FROM json_to_recordset(%s::json) AS t (id uuid, dose_id uuid, patient_id uuid, local_id uuid, kind text,
  at timestamptz, amount numeric, reason text, before jsonb, after jsonb, device_id text, recorded_at timestamptz)
"""
_WRITTEN = (
    "id", "status", "taken_at", "skip_reason", "early", "possible_double", "snoozed_until", "snooze_count",
    "recorded_by_id", "recorded_device", "recorded_at", "taken_at_device", "amount_taken", "skip_text", "source",
    "was_offline", "silenced_at",
)  # fmt: skip
_WRITE = """
UPDATE doses_doseevent d SET
  status = n.status, taken_at = n.taken_at, skip_reason = n.skip_reason, early = n.early,
  possible_double = n.possible_double, snoozed_until = n.snoozed_until, snooze_count = n.snooze_count,
  recorded_by_id = n.recorded_by_id, recorded_device = n.recorded_device, recorded_at = n.recorded_at,
  taken_at_device = n.taken_at_device, amount_taken = n.amount_taken, skip_text = n.skip_text, source = n.source,
  was_offline = n.was_offline, missed_at = coalesce(d.missed_at, n.silenced_at),
  missed_alert_at = coalesce(d.missed_alert_at, n.silenced_at)
FROM json_to_recordset(%s::json) AS n (id uuid, status text, taken_at timestamptz, skip_reason text, early boolean,
  possible_double boolean, snoozed_until timestamptz, snooze_count int, recorded_by_id uuid, recorded_device text,
  recorded_at timestamptz, taken_at_device timestamptz, amount_taken numeric, skip_text text, source text,
  was_offline boolean, silenced_at timestamptz)
WHERE d.id = n.id
"""
_AFTER_STOP = """
UPDATE doses_withdrawndose w SET taken_after_stop_at = least(w.taken_after_stop_at, n.at)
FROM json_to_recordset(%s::json) AS n (id uuid, at timestamptz) WHERE w.id = n.id
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says about one dose. ``undoes`` is the local id of the act that an undo takes back."""

    patient_id: UUID
    dose_id: UUID
    act: DoseAct
    local_id: UUID | None = None
    undoes: UUID | None = None


@dataclass(slots=True)
class Standing:
    """One dose while acts about it are judged. ``loaded`` is what the database holds."""

    id: UUID
    patient_id: UUID
    prescription_id: UUID
    medication_id: UUID
    local_date: date
    period: str
    loaded: DoseState
    state: DoseState
    withdrawn: bool = False
    alerted: bool = False  # the family was told of the miss
    silenced_at: datetime | None = None  # corrected into the past: no alarm may follow
    after_stop_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Testimony:
    local_id: UUID | None
    kind: str
    recorded_by: UUID
    recorded_at: datetime
    before: DoseState
    after: DoseState


@dataclass(slots=True)
class DoseJudging:
    """The doses of one transaction and what is said about them by one actor."""

    actor: Actor
    now: datetime
    _doses: dict[UUID, Standing] = field(default_factory=dict)
    _testimonies: dict[UUID, list[_Testimony]] = field(default_factory=lambda: defaultdict(list))
    _said: list[tuple[Any, ...]] = field(default_factory=list)
    _audit: list[AuditEntry] = field(default_factory=list)
    _announcements: list[Announcement] = field(default_factory=list)

    def load(self, patient_ids: Collection[UUID], dose_ids: Collection[UUID], *, undo: bool = False) -> None:
        """Read and lock the doses of these patients; with ``undo`` also what was said about them."""
        ids, patients = list(dose_ids), list(patient_ids)
        with binary_cursor() as cursor:
            cursor.execute(_LOAD, [ids, patients])
            for row in cursor.fetchall():
                self._doses[row[0]] = _standing(row)
        with connection.cursor() as cursor:
            if gone := [dose_id for dose_id in ids if dose_id not in self._doses]:
                self._load_withdrawn(cursor, gone, patients)
            if undo:
                self._load_testimonies(cursor)

    def _load_withdrawn(self, cursor: Any, ids: list[UUID], patients: list[UUID]) -> None:
        cursor.execute(_LOAD_WITHDRAWN, [ids, patients])
        rows = cursor.fetchall()
        if not rows:
            return
        for row in rows:
            state = DoseState(
                scheduled=row[4],
                grace=timedelta(minutes=row[5]),
                half_interval=timedelta(minutes=row[6]),
                removed_at=row[7],
                taken_after_stop=row[8] is not None,
            )
            self._doses[row[0]] = _standing_of(row[:4], row[9:], state, withdrawn=True)
        cursor.execute(_LOAD_SUCCESSORS, [[row[0] for row in rows]])
        for withdrawn_id, *row in cursor.fetchall():
            self._doses[withdrawn_id] = self._doses.setdefault(row[0], _standing(row))

    def _load_testimonies(self, cursor: Any) -> None:
        cursor.execute(_LOAD_TESTIMONIES, [list({dose.id for dose in self._doses.values()})])
        for dose_id, local_id, kind, by, recorded_at, before, after in cursor.fetchall():
            plan = self._doses[dose_id].state
            self._testimonies[dose_id].append(
                _Testimony(
                    local_id, kind, by, recorded_at, unpack(json.loads(before), plan), unpack(json.loads(after), plan)
                )
            )

    def find(self, patient_id: UUID, dose_id: UUID) -> Standing | None:
        """The dose under this id when it is this patient's, on the schedule or withdrawn from it."""
        dose = self._doses.get(dose_id)
        return dose if dose and dose.patient_id == patient_id else None

    def judge(self, said: Said, *, known: bool = False) -> tuple[Judgement, Standing | None]:
        """Decide one act, seeing the effect of earlier ones, and keep what it means. Nothing is written yet.

        ``known``: the act to be undone was answered before, though it never counted.
        """
        dose = self.find(said.patient_id, said.dose_id)
        if dose is None:
            nothing = DoseState(said.act.at, timedelta())
            return Judgement(Outcome.REJECTED, nothing, "NOT_FOUND"), None
        target = self._target(dose, said, known=known) if said.act.kind == "dose.undone" else None
        before = dose.state
        judged = merge(before, said.act, now=self.now, target=target)
        if judged.outcome is not Outcome.REJECTED:
            dose.state = judged.state
            self._keep(dose, said, judged, before)
        return judged, dose

    def _target(self, dose: Standing, said: Said, *, known: bool) -> Target | None:
        mine = [one for one in self._testimonies[dose.id] if one.recorded_by == self.actor.user_id]
        if said.undoes is None:  # a tap online: the record of this person that stands, else the newest one
            mine = [one for one in mine if one.kind in {"TAKEN", "SKIPPED"} and one.before != one.after]
            standing = [one for one in mine if one.after.says_as(dose.state)]
            found = next(reversed(standing or mine), None)
        else:
            found = next((one for one in mine if one.local_id == said.undoes), None)
        if found:
            return Target(found.recorded_at, found.before, found.after)
        return Target(said.act.at, dose.state, dose.state) if known else None

    def _keep(self, dose: Standing, said: Said, judged: Judgement, before: DoseState) -> None:
        act, after = said.act, judged.state
        if after.taken_after_stop and act.kind == "dose.taken":
            dose.after_stop_at = min(filter(None, [dose.after_stop_at, act.at]))
        if act.kind == "dose.corrected" and after.status == MISSED != before.status:
            dose.silenced_at = self.now
        if act.kind in _TESTIFIES:
            self._said.append(
                (
                    uuid7(), dose.id, dose.patient_id, said.local_id, _TESTIFIES[act.kind], act.new_time or act.at,
                    act.amount, _reason(act), pack(before), pack(after), act.device or "",
                    act.recorded_at,
                )
            )  # fmt: skip
            self._testimonies[dose.id].append(
                _Testimony(said.local_id, _TESTIFIES[act.kind], self.actor.user_id, act.recorded_at, before, after)
            )
        if after != before and act.kind in _AUDITED:
            self._audit.append(self._entry(dose, act, judged, before))
        self._announcements += self._news(dose, act, judged, before)

    def _entry(self, dose: Standing, act: DoseAct, judged: Judgement, before: DoseState) -> AuditEntry:
        details: dict[str, Any] = {"outcome": judged.outcome, "status": judged.state.status}
        if judged.state.taken_at:
            details["takenAt"] = judged.state.taken_at.isoformat()
        if act.kind in {"dose.undone", "dose.corrected"} or judged.outcome is Outcome.MERGED:
            details["old"] = before.status
            details["oldTakenAt"] = before.taken_at.isoformat() if before.taken_at else None
        if act.kind in {"dose.undone", "dose.corrected"}:
            details["event"] = _TESTIFIES[act.kind]
        flags = {"early": "early", "possible_double": "possibleDouble", "taken_after_stop": "takenAfterStop"}
        details |= {shown: True for name, shown in flags.items() if getattr(judged.state, name)}
        return audit_entry(
            _AUDITED[act.kind], actor=self.actor, resource_type="dose", resource_id=dose.id,
            patient_id=dose.patient_id, details=details,
        )  # fmt: skip

    def _news(self, dose: Standing, act: DoseAct, judged: Judgement, before: DoseState) -> Iterable[Announcement]:
        after, subject = judged.state, {"doseId": str(dose.id), "patientId": str(dose.patient_id)}
        if after.status in TAKEN and before.status == MISSED and dose.alerted:
            yield Announcement(
                topics.TAKEN_AFTER_ALL, subject, f"taken-after-all:{dose.id}", group_key=str(dose.patient_id)
            )
        if after.possible_double and not before.possible_double:
            people = sorted({str(self.actor.user_id), before.recorded_by or str(dose.patient_id)})
            yield Announcement(topics.POSSIBLE_DOUBLE, {**subject, "recorders": people}, f"possible-double:{dose.id}")
        if after.taken_after_stop and not before.taken_after_stop:
            yield Announcement(topics.TAKEN_AFTER_STOP, subject, f"taken-after-stop:{dose.id}")
        if act.kind == "dose.skipped" and judged.counted and act.reason == "SIDE_EFFECTS":
            yield Announcement(topics.SIDE_EFFECTS, subject, f"side-effects:{dose.id}")

    def flush(self) -> None:
        """Write everything. Doses that are as they were are not touched."""
        doses = list({dose.id: dose for dose in self._doses.values()}.values())
        changed = [dose for dose in doses if dose.state != dose.loaded]
        restored = [dose for dose in changed if dose.withdrawn and dose.state.removed_at is None]
        after_stop = [dose for dose in doses if dose.after_stop_at]
        written = [dose for dose in changed if dose.state.removed_at is None]
        with connection.cursor() as cursor:
            if restored:
                cursor.execute(_RESTORE, [[dose.id for dose in restored], self.now])
            if after_stop:
                stopped = [(dose.id, dose.after_stop_at) for dose in after_stop]
                cursor.execute(_AFTER_STOP, [rows_json(("id", "at"), stopped)])
            said: list[Any] = [self.actor.user_id, rows_json(_SAID, self._said)] if self._said else []
            rows = rows_json(_WRITTEN, map(_row, written))
            if written and said:
                cursor.execute(f"WITH said AS ({_TESTIFY}) {_WRITE}", [*said, rows])
            elif written:
                cursor.execute(_WRITE, [rows])
            elif said:
                cursor.execute(_TESTIFY, said)
            if restored:
                cursor.execute(_UNDOUBLE, [[dose.id for dose in restored], self.now])
        if self._audit:
            audit_record_many(self._audit)
        outbox_add_many(self._announcements)


def _standing(row: Sequence[Any]) -> Standing:
    state = DoseState(
        scheduled=row[5],
        grace=timedelta(minutes=row[6]),
        half_interval=timedelta(minutes=row[7]),
        status=row[8],
        taken_at=row[9],
        skip_reason=row[10] or None,
        early=row[11],
        possible_double=row[12],
        snoozed_until=row[13],
        snooze_count=row[14],
        recorded_by=str(row[15]) if row[15] else None,
        recorded_device=row[16] or None,
        recorded_at=row[17],
        taken_at_device=row[18],
        amount_taken=row[19],
        skip_text=row[20],
        source=row[21],
        was_offline=row[22],
    )
    return _standing_of(row[:4], row[23:], state, alerted=row[4] is not None)


def _standing_of(ids: Sequence[UUID], place: Sequence[Any], state: DoseState, **fields: Any) -> Standing:
    dose_id, patient_id, prescription_id, medication_id = ids
    local_date, period = place
    return Standing(
        dose_id, patient_id, prescription_id, medication_id, local_date, period, loaded=state, state=state, **fields
    )


def _row(dose: Standing) -> tuple[Any, ...]:
    state = dose.state
    return (
        dose.id, state.status, state.taken_at, state.skip_reason or "", state.early, state.possible_double,
        state.snoozed_until, state.snooze_count, UUID(state.recorded_by) if state.recorded_by else None,
        state.recorded_device or "", state.recorded_at, state.taken_at_device, state.amount_taken, state.skip_text,
        state.source, state.was_offline, dose.silenced_at,
    )  # fmt: skip


def _reason(act: DoseAct) -> str:
    return " ".join(part for part in (act.reason, act.text) if part)[:200]
