"""What the person did, kept until the server answered for it by name.

An act and what it changes on the screen are one transaction: either both are on disk or neither. The queue is
sent in the order it was made. An act leaves it only when an answer carries its local id; a refused one waits
for the person.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from patient.core import dose_rules as rules
from patient.core.clock import ServerTime, unwire, wire
from patient.core.db import Row
from patient.core.models import Attention, body_with, state_of
from patient.core.store import DOSES, Body, Store

BATCH = 100
# How long an answered act is remembered, so that it can still be taken back.
_REMEMBER_DONE = rules.CLOSES
_INSERT = (
    "INSERT INTO outbox (owner, local_id, kind, patient_id, resource, object_id, at, recorded_at,"
    " corrected_at, data, trail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Act:
    """One row of the queue. ``at`` and ``recorded_at`` are the device's time, ``shift`` what corrects
    them."""

    seq: int
    local_id: str
    kind: str
    patient_id: str
    resource: str
    object_id: str | None
    at: datetime
    recorded_at: datetime
    corrected_at: datetime
    data: Body
    trail: Body
    state: str
    outcome: str | None
    code: str | None
    tries: int

    @property
    def true_at(self) -> datetime:
        """The time the act speaks of, corrected for a wrong clock."""
        return self.at + (self.corrected_at - self.recorded_at)

    def on_wire(self) -> Body:
        """The act as it is sent. Depends on the row alone, so that a repeat is the same byte for byte."""
        return {
            "localId": self.local_id,
            "kind": self.kind,
            "patientId": self.patient_id,
            "objectId": self.object_id,
            "at": wire(self.at),
            "recordedAt": wire(self.recorded_at),
            "data": self.data,
        }


class Outbox:
    """The queue of one owner."""

    def __init__(self, store: Store, time: ServerTime) -> None:
        self._store = store
        self._time = time

    # ── writing

    def add(
        self,
        kind: str,
        *,
        patient_id: str,
        resource: str,
        object_id: str | None,
        data: Body,
        at: datetime | None = None,
        creates: Body | None = None,
        label: Body | None = None,
        local_id: str | None = None,
    ) -> str:
        """Queue an act and show its effect, in one transaction. Returns its local id.

        ``at`` is the real time it speaks of (default now). ``creates``: the act makes an object, whose id is
        the local id. ``label`` is what "needs attention" shows of it. ``local_id`` only for acts that may be
        drained twice from elsewhere (a notification's button): the second time nothing happens.
        """
        name = local_id or str(uuid.uuid4())
        recorded, corrected = self._time.device_now(), self._time.now()
        spoken_of = recorded if at is None else at - (corrected - recorded)
        shown_id = name if creates is not None else object_id
        with self._store.database.write() as tx:
            if tx.execute("SELECT 1 FROM outbox WHERE local_id = ?", (name,)).fetchone():
                return name
            before = self._store.get(resource, shown_id) if shown_id else None
            trail: Body = {"label": label or {}, "before": before.body if before else creates}
            tx.execute(
                _INSERT,
                (
                    self._store.owner,
                    name,
                    kind,
                    patient_id,
                    resource,
                    object_id,
                    wire(spoken_of),
                    wire(recorded),
                    wire(corrected),
                    self._seal(name, "data", data),
                    self._seal(name, "trail", trail),
                ),
            )
            if shown_id:
                if creates is not None:
                    self._store.put_local(resource, shown_id, {**creates, "id": name}, patient_id=patient_id)
                else:
                    self.refold(resource, shown_id)
        return name

    def answered(self, results: Iterable[Body], sent: Iterable[Act]) -> int:
        """Take the server's answers, in one transaction. Returns how many of the sent acts they named."""
        waiting = {act.local_id: act for act in sent}
        count = 0
        with self._store.database.write() as tx:
            touched: dict[tuple[str, str], None] = {}
            for result in results:
                act = waiting.pop(str(result.get("localId")), None)
                if act is None:
                    continue  # an answer to something we did not send acknowledges nothing
                count += 1
                touched.update(dict.fromkeys(self._close(tx, act, result)))
            for resource, object_id in touched:
                self.refold(resource, object_id)
        return count

    def _close(self, tx: Any, act: Act, result: Body) -> list[tuple[str, str]]:
        outcome, code = str(result.get("outcome")), result.get("code")
        rejected = outcome == rules.Outcome.REJECTED
        resource, body = str(result.get("resource") or act.resource), result.get("object")
        trail = act.trail
        touched = [(act.resource, shown)] if (shown := self._shown_id(act)) else []
        if isinstance(body, dict) and body.get("id"):
            object_id = str(body["id"])
            stood = self._store.base(resource, object_id)
            self._store.put_base(resource, object_id, body, patient_id=act.patient_id)
            touched.append((resource, object_id))
            if trail and resource == DOSES:
                counted = outcome in {rules.Outcome.APPLIED, rules.Outcome.MERGED}
                trail = {
                    **trail,
                    "before": (stood or trail.get("before")) if counted else body,
                    "after": body,
                }
        tx.execute(
            "UPDATE outbox SET state = ?, outcome = ?, code = ?, trail = ? WHERE local_id = ? AND state = 'waiting'",
            (
                "rejected" if rejected else "done",
                outcome,
                code,
                self._seal(act.local_id, "trail", trail) if trail else None,
                act.local_id,
            ),
        )
        return touched

    def refuse(self, act: Act, code: str) -> None:
        """The server cannot take this act at all (a 4xx for it alone): it waits for the person."""
        self.answered([{"localId": act.local_id, "outcome": rules.Outcome.REJECTED, "code": code}], [act])

    def tried(self, acts: Iterable[Act]) -> None:
        """Count an attempt, for people who look into a stuck queue. Nothing is ever dropped for its count."""
        with self._store.database.write() as tx:
            tx.executemany("UPDATE outbox SET tries = tries + 1 WHERE local_id = ?", [(act.local_id,) for act in acts])

    def retry(self, local_id: str) -> str:
        """Send a refused act again, as a new act with the same content: the server remembers its answer to
        the old id."""
        act = self._one(local_id)
        if act is None or act.state != "rejected":
            raise KeyError(local_id)
        name = str(uuid.uuid4())
        with self._store.database.write() as tx:
            tx.execute("UPDATE outbox SET state = 'discarded' WHERE local_id = ?", (local_id,))
            tx.execute(
                _INSERT,
                (
                    self._store.owner,
                    name,
                    act.kind,
                    act.patient_id,
                    act.resource,
                    act.object_id,
                    wire(act.at),
                    wire(act.recorded_at),
                    wire(act.corrected_at),
                    self._seal(name, "data", act.data),
                    self._seal(name, "trail", act.trail),
                ),
            )
            if act.object_id:
                self.refold(act.resource, act.object_id)
        return name

    def discard(self, local_id: str) -> None:
        """The person read a refused act and lets it go."""
        with self._store.database.write() as tx:
            tx.execute(
                "UPDATE outbox SET state = 'discarded' WHERE owner = ? AND local_id = ? AND state = 'rejected'",
                (self._store.owner, local_id),
            )

    def withdraw(self, local_id: str) -> bool:
        """Take back an act that was never sent. False when it may be on its way already."""
        with self._store.database.write() as tx:
            done = tx.execute(
                "UPDATE outbox SET state = 'discarded'"
                " WHERE owner = ? AND local_id = ? AND state = 'waiting' AND tries = 0",
                (self._store.owner, local_id),
            ).rowcount
            act = self._one(local_id)
            if done and act is not None and (shown := self._shown_id(act)):
                self.refold(act.resource, shown)
        return bool(done)

    def prune(self) -> None:
        """Forget answered acts that can no longer be taken back. Waiting and refused ones stay for ever."""
        with self._store.database.write() as tx:
            tx.execute(
                "DELETE FROM outbox WHERE owner = ? AND state IN ('done', 'discarded') AND corrected_at < ?",
                (self._store.owner, wire(self._time.now() - _REMEMBER_DONE)),
            )

    # ── reading

    def waiting(self, limit: int = BATCH) -> list[Act]:
        """The next acts to send, oldest first."""
        rows = self._store.database.rows(
            "SELECT * FROM outbox WHERE owner = ? AND state = 'waiting' ORDER BY seq LIMIT ?",
            (self._store.owner, limit),
        )
        return [self._act(row) for row in rows]

    def waiting_count(self) -> int:
        """How many acts are unsent."""
        row = self._store.database.row(
            "SELECT count(*) AS n FROM outbox WHERE owner = ? AND state = 'waiting'", (self._store.owner,)
        )
        return int(row["n"]) if row else 0

    def attention(self) -> list[Attention]:
        """Refused acts, oldest first."""
        rows = self._store.database.rows(
            "SELECT * FROM outbox WHERE owner = ? AND state = 'rejected' ORDER BY seq", (self._store.owner,)
        )
        return [
            Attention(
                a.local_id,
                a.kind,
                a.code or "INVALID",
                a.true_at,
                a.object_id,
                dict(a.trail.get("label") or {}),
            )
            for a in map(self._act, rows)
        ]

    def rings(self) -> list[tuple[datetime, datetime | None]]:
        """Reports of alarms that are remembered, newest first: (planned for, rang at)."""
        rows = self._store.database.rows(
            "SELECT * FROM outbox WHERE owner = ? AND kind = 'reminder.logged' ORDER BY seq DESC LIMIT 50",
            (self._store.owner,),
        )
        found: dict[datetime, datetime | None] = {}
        for act in map(self._act, rows):
            fired = act.data.get("firedAt")
            found.setdefault(unwire(str(act.data["plannedFor"])), unwire(fired) if isinstance(fired, str) else None)
        return sorted(found.items(), reverse=True)

    def last_for(self, object_id: str, kinds: Iterable[str]) -> Act | None:
        """The newest act of these kinds on an object that was not refused."""
        wanted = set(kinds)
        acts = [act for act in self._of_object(object_id) if act.kind in wanted and act.state in {"waiting", "done"}]
        return acts[-1] if acts else None

    # ── what the person sees while acts are unsent

    def refold(self, resource: str, object_id: str) -> None:
        """Show the server's word with the unsent acts laid over it, judged by the same rules the server will
        use."""
        acts = [act for act in self._of_object(object_id) if act.resource == resource]
        unsent = [act for act in acts if act.state == "waiting"]
        if not unsent:
            self._store.put_local(resource, object_id, None)
            return
        base = self._store.base(resource, object_id) or unsent[0].trail.get("before")
        if base is None:
            return
        body = self._fold_dose(base, acts) if resource == DOSES else _overlay(base, unsent)
        self._store.put_local(resource, object_id, body, patient_id=unsent[0].patient_id)

    def _fold_dose(self, base: Body, acts: list[Act]) -> Body:
        try:
            return self._folded(base, acts)
        except ValueError:
            return base  # a newer server's dose: shown as it came, the acts wait for their answers

    def _folded(self, base: Body, acts: list[Act]) -> Body:
        body = base
        targets: dict[str, rules.Target] = {}
        for act in acts:
            if act.state == "done" and act.trail.get("before") and act.trail.get("after"):
                before, after = state_of(act.trail["before"]), state_of(act.trail["after"])
                targets[act.local_id] = rules.Target(act.corrected_at, before, after)
            if act.state != "waiting":
                continue
            before = state_of(body)
            said = replace(_dose_act(act), recorder=self._store.owner)
            judged = rules.merge(before, said, now=act.corrected_at, target=targets.get(str(act.data.get("undoes"))))
            targets[act.local_id] = rules.Target(act.corrected_at, before, judged.state)
            body = body_with(body, judged.state)
        return body

    # ── rows

    def _of_object(self, object_id: str) -> list[Act]:
        rows = self._store.database.rows(
            "SELECT * FROM outbox WHERE owner = ? AND (object_id = ? OR local_id = ?) ORDER BY seq",
            (self._store.owner, object_id, object_id),
        )
        return [self._act(row) for row in rows]

    def _one(self, local_id: str) -> Act | None:
        row = self._store.database.row(
            "SELECT * FROM outbox WHERE owner = ? AND local_id = ?", (self._store.owner, local_id)
        )
        return self._act(row) if row else None

    def _shown_id(self, act: Act) -> str | None:
        return act.object_id or (act.local_id if act.resource else None)

    def _seal(self, local_id: str, column: str, value: Any) -> bytes:
        return self._store.seal(f"outbox:{local_id}:{column}", value)

    def _act(self, row: Row) -> Act:
        local_id = str(row["local_id"])
        return Act(
            seq=row["seq"],
            local_id=local_id,
            kind=row["kind"],
            patient_id=row["patient_id"],
            resource=row["resource"],
            object_id=row["object_id"],
            at=unwire(row["at"]),
            recorded_at=unwire(row["recorded_at"]),
            corrected_at=unwire(row["corrected_at"]),
            data=self._store.open(f"outbox:{local_id}:data", row["data"]),
            trail=self._store.open(f"outbox:{local_id}:trail", row["trail"]) if row["trail"] else {},
            state=row["state"],
            outcome=row["outcome"],
            code=row["code"],
            tries=row["tries"],
        )


def _dose_act(act: Act) -> rules.DoseAct:
    new_time = act.data.get("at")
    shift = act.corrected_at - act.recorded_at
    return rules.DoseAct(
        kind=act.kind,
        at=act.true_at,
        recorded_at=act.corrected_at,
        reason=act.data.get("reason"),
        minutes=act.data.get("minutes"),
        to=act.data.get("to"),
        new_time=unwire(new_time) + shift if isinstance(new_time, str) else None,
    )


def _overlay(base: Body, unsent: list[Act]) -> Body:
    body = dict(base)
    for act in unsent:
        if act.kind == "settings.changed":
            body.update({field: _merged(body.get(field), value) for field, value in act.data.items()})
        elif act.kind == "notification.read":
            body["isRead"] = True
        elif act.kind == "alert.resolved":
            body["isResolved"] = True
    return body


def _merged(held: object, changed: object) -> object:
    """A setting with parts keeps those that were not named."""
    return {**held, **changed} if isinstance(held, dict) and isinstance(changed, dict) else changed
