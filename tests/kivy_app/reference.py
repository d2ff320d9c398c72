"""A model of the server side of domain.md §2.18, small enough to be read: the phones of the property tests
talk to it over the same bytes they would exchange with the real one."""

import json
import secrets
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from patient.core import dose_rules as rules
from patient.core.clock import SKEW_TOLERATED, ManualClock, unwire, wire
from patient.core.models import body_with, state_of

Body = dict[str, Any]
Answer = tuple[int, Body | None]
ACCESS_LIFE = timedelta(hours=1)


# What an act makes: the resource and the field of its time; what the server adds to it.
_CREATES = {
    "prescription.drafted": ("prescriptions", "createdAt"),
    "vital.recorded": ("vitals", "measuredAt"),
    "sos.raised": ("alerts", "occurredAt"),
}
_ON_SERVER: dict[str, Body] = {
    "prescription.drafted": {"status": "ACTIVE"},
    "vital.recorded": {},
    "sos.raised": {"alertType": "EMERGENCY_MANUAL", "severity": "CRITICAL", "notifiedCount": 1, "isResolved": False},
}
_CHANGES = {"notification.read": ("notifications", "isRead"), "alert.resolved": ("alerts", "isResolved")}


@dataclass
class Person:
    """An account and its feed."""

    id: str
    identifier: str
    password: str
    revision: int = 0
    changes: dict[tuple[str, str], tuple[int, bool, str | None]] = field(default_factory=dict)
    watches: set[str] = field(default_factory=set)  # patients whose feed this person may read and write
    lost: set[str] = field(default_factory=set)  # access that ended and was not yet told


class ReferenceServer:
    """People, doses, intakes, feeds, stored answers."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.people: dict[str, Person] = {}
        self.objects: dict[tuple[str, str], Body] = {}
        self.owner_of: dict[tuple[str, str], str] = {}
        self.removed: dict[str, tuple[datetime, Body]] = {}
        self.recorders: dict[str, tuple[str | None, str | None]] = {}
        self.answers: dict[tuple[str, str], tuple[str, Body]] = {}
        self.acts: dict[str, tuple[datetime, rules.DoseState, rules.DoseState]] = {}
        self.access: dict[str, tuple[str, datetime]] = {}
        self.refresh: dict[str, tuple[str, bool]] = {}  # token → (person, used)
        self.rings: list[Body] = []  # what phones' alarms did
        self.codes: dict[str, Body] = {}
        self.lists: dict[str, Body] = {}  # answers of a GET, by how its path ends
        self.replies: dict[str, Body] = {}  # answers of other calls, by how their path ends
        self.asked: list[tuple[str, str, Body]] = []  # those calls
        self.generation = 1
        self.page = 3  # small pages, so that histories cross their edges

    # set-up and what other people do on the server

    def person(self, identifier: str, password: str = "right") -> Person:
        """A new account."""
        made = Person(str(uuid.uuid4()), identifier, password)
        self.people[made.id] = made
        self.write(made.id, "profile", {"id": made.id, "timezone": "Asia/Phnom_Penh"})
        return made

    def write(self, patient: str, resource: str, body: Body | None, object_id: str = "") -> None:
        """Any write to a synced table: the object, and the next number of its feed."""
        key = (resource, object_id or str(body["id"] if body else ""))
        if body is None:
            self.objects.pop(key, None)
        else:
            self.objects[key] = body
            self.owner_of[key] = patient
        feed = self.people[patient]
        feed.revision += 1
        feed.changes[key] = (feed.revision, body is None, patient)

    def add_dose(self, patient: str, scheduled: datetime, medication: str = "m1", **fields: Any) -> str:
        """The schedule gets a dose; ``fields`` say what is special about it."""
        body: Body = {
            "id": str(uuid.uuid4()), "medicationId": medication, "medicationName": "Amoxicillin",
            "medicationNameKhmer": "អាម៉ុកស៊ីស៊ីលីន", "dosage": "500 mg", "scheduledTime": wire(scheduled),
            "timePeriod": "MORNING", "graceMinutes": 30, "status": "DUE", "takenAt": None, "skipReason": None,
            "halfIntervalMinutes": 240, "fromTheFuture": {"kept": True}, **fields,
        }  # fmt: skip
        self.write(patient, "doses", body)
        return str(body["id"])

    def withdraw(self, dose_id: str) -> None:
        """Pause, stop or a new version takes a dose away."""
        key = ("doses", dose_id)
        body = self.objects.get(key)
        if body and body["status"] == "DUE":
            self.removed[dose_id] = (self.clock.now(), body)
            self.write(self.owner_of[key], "doses", None, dose_id)

    def sweep_missed(self) -> None:
        """The missed job."""
        for (resource, object_id), body in list(self.objects.items()):
            if resource == "doses" and body["status"] == "DUE":
                state = state_of(body)
                if state.scheduled + state.grace < self.clock.now():
                    self.write(self.owner_of[resource, object_id], "doses", {**body, "status": "MISSED"})

    def restore_backup(self) -> None:
        """History is not provable any more."""
        self.generation += 1

    def expire_access(self) -> None:
        """All access tokens end."""
        self.access.clear()

    def revoke(self, viewer: str, patient: str) -> None:
        """A grant ends."""
        self.people[viewer].watches.discard(patient)
        self.people[viewer].lost.add(patient)

    # the wire

    def handle(self, method: str, url: str, headers: Body, content: bytes) -> Answer:
        """One request → status and body."""
        parts = urlsplit(url)
        body = json.loads(content) if content.startswith(b"{") else {}
        asked = parts.path.removeprefix("/api/v1/")
        if method != "GET" and (reply := _ending(self.replies, asked)) is not None:
            self.asked.append((method, asked, body))
            return _success(reply)
        match method, asked:
            case "POST", "auth/login":
                return self._login(body)
            case "POST", "auth/refresh":
                return self._refresh(body)
        token = str(headers.get("Authorization", "")).removeprefix("Bearer ")
        known = self.access.get(token)
        if known is None or known[1] < self.clock.now():
            return _failure(401, "TOKEN_INVALID")
        person = self.people[known[0]]
        if method == "GET" and (known_list := self._list(asked)) is not None:
            return _success(known_list)
        match method, asked:
            case "POST", "sync/push":
                return self._push(person, body)
            case "GET", "sync/pull":
                query = parse_qs(parts.query)
                return self._pull(person, query.get("cursor", [""])[0])
            case "POST", "auth/logout":
                return 204, None
            case "POST", path if path.startswith("prescriptions/"):
                return self._answer_prescription(person, path.split("/")[1], path.split("/")[2], body)
            case "POST", "connections/tokens/generate":
                return self._code(person, body)
            case "DELETE", path if path.startswith("connections/tokens/"):
                self.codes.pop(path.split("/")[2])
                return 204, None
            case "PATCH", path if path.startswith("connections/"):
                return self._answer_link(person, path.split("/")[1], path.split("/")[2], body)
        return _failure(404, "NOT_FOUND")

    def _list(self, path: str) -> Body | None:
        """What was laid ready for a GET: by the path, or by how it ends."""
        return _ending(self.lists, path)

    def _tokens(self, person: Person) -> Body:
        access, refresh = secrets.token_hex(8), secrets.token_hex(8)
        self.access[access] = (person.id, self.clock.now() + ACCESS_LIFE)
        self.refresh[refresh] = (person.id, False)
        return {"accessToken": access, "refreshToken": refresh, "expiresIn": 3600}

    def _login(self, body: Body) -> Answer:
        for person in self.people.values():
            if (person.identifier, person.password) == (body["identifier"], body["password"]):
                user = {
                    "id": person.id,
                    "fullName": person.identifier,
                    "role": "PATIENT",
                    "language": "KHMER",
                }
                return _success({**self._tokens(person), "user": user})
        return _failure(401, "INVALID_CREDENTIALS")

    def _refresh(self, body: Body) -> Answer:
        held = self.refresh.get(str(body["refreshToken"]))
        if held is None:
            return _failure(401, "TOKEN_INVALID")
        person, used = held
        if used:  # reuse: the whole family ends
            self.refresh = {token: value for token, value in self.refresh.items() if value[0] != person}
            self.access = {token: value for token, value in self.access.items() if value[0] != person}
            return _failure(401, "TOKEN_REUSE")
        self.refresh[str(body["refreshToken"])] = (person, True)
        return _success(self._tokens(self.people[person]))

    def _code(self, person: Person, body: Body) -> Answer:
        made = {
            "id": str(uuid.uuid4()), "token": "K7MQ2XHP", "qrPayload": "dastern:connect:K7MQ2XHP",
            "permissionLevel": body["permissionLevel"], "expiresAt": wire(self.clock.now() + timedelta(days=1)),
        }  # fmt: skip
        self.codes[made["id"]] = {**body, "patient": person.id}
        return _success(made)

    def _answer_link(self, person: Person, link_id: str, answer: str, body: Body) -> Answer:
        held = self.objects.get(("connections", link_id))
        if held is None or self.owner_of["connections", link_id] != person.id:
            return _failure(404, "NOT_FOUND")
        status = {"accept": "ACCEPTED", "reject": "REJECTED", "revoke": "REVOKED"}[answer]
        change = {"status": status, **{key: value for key, value in body.items() if key == "permissionLevel"}}
        self.write(person.id, "connections", {**held, **change})
        return _success({**held, **change})

    def _answer_prescription(self, person: Person, prescription_id: str, answer: str, body: Body) -> Answer:
        held = self.objects.get(("prescriptions", prescription_id))
        if held is None or self.owner_of["prescriptions", prescription_id] != person.id:
            return _failure(404, "NOT_FOUND")
        change = {
            "confirm": {"status": "ACTIVE"},
            "retake": {"retakeReason": body.get("reason")},
            "urgent": {"urgentAcknowledgedAt": wire(self.clock.now())},
        }[answer]
        self.write(person.id, "prescriptions", {**held, **change})
        return _success({**held, **change})

    def _push(self, person: Person, body: Body) -> Answer:
        if len(body["acts"]) > 100:
            return _failure(400, "VALIDATION_ERROR")
        if any(act["data"].get("poison") for act in body["acts"]):
            return _failure(400, "VALIDATION_ERROR")
        now = self.clock.now()
        skew = now - unwire(body["sentAt"])
        shift = skew if abs(skew) > SKEW_TOLERATED else timedelta()
        results = [self._judge(person, act, shift, str(body["deviceId"])) for act in body["acts"]]
        return _success({"serverTime": wire(now), "results": results})

    def _judge(self, person: Person, act: Body, shift: timedelta, device: str) -> Body:
        content = json.dumps(act, sort_keys=True)
        key = (str(act["patientId"]), str(act["localId"]))
        if key in self.answers:
            seen, answer = self.answers[key]
            return answer if seen == content else _result(act, "REJECTED", "LOCAL_ID_REUSED")
        patient = str(act["patientId"])
        if patient != person.id and patient not in person.watches:
            return _result(act, "REJECTED", "NOT_FOUND")
        answer = self._apply(person, act, shift, device)
        self.answers[key] = (content, json.loads(json.dumps(answer)))
        return answer

    def _apply(self, person: Person, act: Body, shift: timedelta, device: str) -> Body:
        patient = str(act["patientId"])
        if act["kind"] == "prn.taken":
            body = {**act["data"], "id": act["localId"], "takenAt": wire(unwire(act["at"]) + shift)}
            self.write(patient, "prnIntakes", body)
            return _result(act, "APPLIED", None, "prnIntakes", body)
        if act["kind"] in _CREATES:
            resource, time = _CREATES[act["kind"]]
            body = {
                **act["data"],
                "id": act["localId"],
                time: wire(unwire(act["at"]) + shift),
                **_ON_SERVER[act["kind"]],
            }
            self.write(patient, resource, body)
            return _result(act, "APPLIED", None, resource, body)
        if act["kind"] in _CHANGES:
            resource, field = _CHANGES[act["kind"]]
            body = {**self.objects[resource, str(act["objectId"])], field: True}
            self.write(patient, resource, body)
            return _result(act, "APPLIED", None, resource, body)
        if act["kind"] == "nudge.answered":
            self.asked.append(("ACT", act["kind"], act["data"]))
            return _result(act, "APPLIED", None)
        if act["kind"] == "reminder.logged":
            self.rings.append(act["data"])
            return _result(act, "APPLIED", None)
        if act["kind"] == "settings.changed":
            body = {**self.objects.get(("settings", patient), {"id": patient}), **act["data"]}
            self.write(patient, "settings", body)
            return _result(act, "APPLIED", None, "settings", body)
        dose_id = str(act["objectId"])
        body = self.objects.get(("doses", dose_id))
        removed = self.removed.get(dose_id)
        if (body is None and removed is None) or self.owner_of.get(("doses", dose_id)) != patient:
            return _result(act, "REJECTED", "NOT_FOUND")
        base = body if body is not None else removed[1] if removed else {}
        recorder, by_device = self.recorders.get(dose_id, (None, None))
        before = replace(
            state_of(base), recorded_by=recorder, recorded_device=by_device,
            removed_at=removed[0] if body is None and removed else None,
        )  # fmt: skip
        new_time = act["data"].get("at")
        said = rules.DoseAct(
            act["kind"], unwire(act["at"]) + shift, unwire(act["recordedAt"]) + shift, person.id, device,
            act["data"].get("reason"), act["data"].get("minutes"), act["data"].get("to"),
            unwire(new_time) + shift if new_time else None,
        )  # fmt: skip
        known = self.acts.get(str(act["data"].get("undoes")))
        target = rules.Target(*known) if known else None
        judged = rules.merge(before, said, now=self.clock.now(), target=target)
        self.acts[str(act["localId"])] = (said.recorded_at, before, judged.state)
        if judged.outcome is rules.Outcome.REJECTED:
            return _result(act, "REJECTED", judged.code, "doses", body)
        after = body_with(base, judged.state)
        if judged.state.removed_at is not None:
            return _result(act, judged.outcome, None)
        if after != body:
            self.removed.pop(dose_id, None)
            self.recorders[dose_id] = (judged.state.recorded_by, judged.state.recorded_device)
            self.write(patient, "doses", after)
        return _result(act, judged.outcome, None, "doses", after)

    def _pull(self, person: Person, cursor: str) -> Answer:
        feeds = {person.id, *person.watches}
        scope = ",".join(sorted(feeds))
        seen, reset = self._seen(cursor, scope)
        purge = sorted(person.lost)
        person.lost.clear()
        fresh = [
            (revision, resource, object_id, deleted, feed)
            for feed in sorted(feeds)
            for (resource, object_id), (revision, deleted, _) in self.people[feed].changes.items()
            if revision > seen.get(feed, 0) and not (deleted and not seen.get(feed))
        ]
        fresh.sort(key=lambda item: (item[4], item[0]))
        page = fresh[: self.page]
        seen = {feed: seen.get(feed, 0) for feed in feeds}
        for revision, _, _, _, feed in page:
            seen[feed] = revision
        if len(page) == len(fresh):
            seen = {feed: self.people[feed].revision for feed in feeds}
        changes = [
            {
                "resource": resource, "id": object_id, "patientId": feed, "revision": revision,
                "deleted": deleted,
                "object": None if deleted else self.objects[resource, object_id],
            }
            for revision, resource, object_id, deleted, feed in page
        ]  # fmt: skip
        return _success(
            {
                "serverTime": wire(self.clock.now()), "reset": reset, "purge": purge, "changes": changes,
                "cursor": json.dumps({"g": self.generation, "s": scope, "r": seen}),
                "hasMore": len(page) < len(fresh),
            }
        )  # fmt: skip

    def _seen(self, cursor: str, scope: str) -> tuple[dict[str, int], bool]:
        if not cursor:
            return {}, False
        held = json.loads(cursor)
        if held["g"] != self.generation or held["s"] != scope:
            return {}, True
        return held["r"], False


def _ending(held: dict[str, Body], path: str) -> Body | None:
    return next((body for ending, body in held.items() if path.endswith(ending)), None)


def _result(act: Body, outcome: str, code: str | None, resource: str = "doses", body: Body | None = None) -> Body:
    return {
        "localId": act["localId"],
        "outcome": str(outcome),
        "code": code,
        "resource": resource,
        "object": body,
    }


def _success(data: Body) -> Answer:
    return 200, {"success": True, "data": data, "message": "", "timestamp": "2026-11-24T00:00:00.000Z"}


def _failure(status: int, code: str) -> Answer:
    return status, {"success": False, "statusCode": status, "code": code, "message": code, "errors": []}
