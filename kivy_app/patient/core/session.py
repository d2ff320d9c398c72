"""One person's app without a screen: what ``manage.py demo_journey``, the property tests and the Kivy screens
drive.

session = PatientSession("http://127.0.0.1:8000", "sokha.db", clock)
session.sign_in("sokha@example.org", "…")      # needs the network, once
session.sync_now()                             # Report(end=SYNCED, …); never raises for the network
session.confirm_prescription(prescription_id)  # online; its doses are there when it returns
session.today()                                # Today: periods → doses, from the store
session.take(dose_id); session.skip(dose_id, "FASTING"); session.undo(dose_id); session.snooze(dose_id, 10)
session.set_offline(True)                      # cut the network; everything above but sign_in goes on working
session.needs_attention()                      # what the server refused
session.plan_reminders()                       # alarms to arm, ≤ 7 days, ≤ 64
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import requests

from patient.core import dose_rules as rules
from patient.core import reminders
from patient.core.api import Api, ApiProblem, SignInNeeded, Tokens
from patient.core.care import Care
from patient.core.clock import Clock, ServerTime, SystemClock, wire
from patient.core.crypto import FieldCipher, KeyLost
from patient.core.db import Database, StoreDamaged, set_aside
from patient.core.gate import Gate
from patient.core.i18n import DEFAULT, Catalogue, catalogue
from patient.core.models import Attention, Dose, Prescription, Today, User
from patient.core.online import Online
from patient.core.outbox import Outbox
from patient.core.people import People
from patient.core.reminders import Preferences, Reminder
from patient.core.repo import Repo
from patient.core.store import DOSES, Body, Store
from patient.core.sync import End, Report, SyncEngine
from patient.core.vault import FileVault, MemoryVault, Vault

_CANARY = "Das Tern"


class NotNow(Exception):
    """The rules do not allow this as it was asked; ``advice`` says what would be needed."""

    def __init__(self, advice: str) -> None:
        super().__init__(advice)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Status:
    """What the banner shows. ``end`` is how the last run ended, None before the first."""

    syncing: bool
    end: End | None
    waiting: int
    attention: int
    synced_at: datetime | None


class _Signed:
    """What exists for each person who is signed in on this device."""

    def __init__(self, user: User, api: Api, store: Store, outbox: Outbox, repo: Repo, engine: SyncEngine) -> None:
        self.user, self.api, self.store = user, api, store
        self.outbox, self.repo, self.engine = outbox, repo, engine


class PatientSession:
    """The app core of one device. Any thread may call it."""

    def __init__(
        self,
        base_url: str,
        db_path: Path | str,
        clock: Clock | None = None,
        *,
        vault: Vault | None = None,
        http: requests.Session | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        """``db_path`` may be ":memory:". ``vault`` defaults to a key file beside the store. ``http`` carries
        another transport in tests. Raises StoreDamaged when the file cannot be read; see ``recover``."""
        self._clock = clock or SystemClock()
        memory = str(db_path) == ":memory:"
        self._vault = vault or (MemoryVault() if memory else FileVault(Path(f"{db_path}.key")))
        self._database = Database(db_path)
        self._jitter = jitter
        self._device = Store(self._database, FieldCipher(self._vault.data_key()), "")
        self.key_was_lost = self._check_key()
        self._time = ServerTime(self._clock, timedelta(seconds=float(self._device.value("offset", 0.0))))
        self.device_id = self._once("device_id", lambda: str(uuid4()))
        self._base_url, self._http, self._cut = base_url, http, False
        self._anonymous = self._api(lambda: None, lambda _: None)
        self._here: dict[str, _Signed] = {}
        self._signed: _Signed | None = None
        self._syncing = False
        self.last_report: Report | None = None
        current = self._device.value("user")
        for person in self._device.value("people", [current] if current else []):
            self._here[person["id"]] = self._opened(User(**person))
        if current:
            self._signed = self._here[current["id"]]

    @staticmethod
    def recover(db_path: Path, clock: Clock | None = None) -> Path:
        """Set a damaged store aside, so that the next start makes a new one and pulls. Returns where the old
        one is."""
        return set_aside(db_path, f"{(clock or SystemClock()).now():%Y%m%dT%H%M%S}")

    # ── who

    @property
    def user(self) -> User | None:
        """Who is signed in on this device, also without network."""
        return self._signed.user if self._signed else None

    @property
    def gate(self) -> Gate:
        """Registration, codes, a forgotten password: what needs no session."""
        return Gate(self._anonymous, self.admit)

    def sign_in(self, identifier: str, password: str) -> User:
        """Sign in online. Raises Refused with the server's reason, NoNetwork, ServerBusy. Whoever was signed in stays
        so: several people may use one phone, each with a store and a queue of their own."""
        return self.gate.sign_in(identifier, password, remember=False)

    def admit(self, data: Body) -> User:
        """Let somebody in with the server's answer to a sign-in, and show their day."""
        person = data["user"]
        language = "en" if person.get("language") == "ENGLISH" else DEFAULT
        name = person.get("fullName") or f"{person.get('firstName') or ''} {person.get('lastName') or ''}".strip()
        user = User(str(person["id"]), str(name), str(person.get("role") or "PATIENT"), language)
        with self._database.write():
            if self._device.value("language") is None:
                self._device.remember("language", language)
            signed = self._opened(user)
            self._here[user.id] = signed
            self._remember_people(user)
            _keep(signed.store, Tokens(str(data["accessToken"]), str(data["refreshToken"])))
        self._signed, self.last_report = signed, None
        return user

    def change_password(self, current: str, new: str) -> None:
        """A new password. The server ends every session and opens a new one for this device."""
        signed = self._signed_in()
        said = {"currentPassword": current, "newPassword": new}
        data = signed.api.call("POST", "auth/change-password", said)
        _keep(signed.store, Tokens(str(data["accessToken"]), str(data["refreshToken"])))

    def delete_account(self, password: str) -> None:
        """Ask for the account's deletion, proven by the password, and leave this phone."""
        self._signed_in().api.call("DELETE", "users/me", {"password": password})
        self.sign_out(discard_unsent=True)

    def members(self) -> list[User]:
        """Everybody who is signed in on this phone."""
        return [signed.user for signed in self._here.values()]

    def switch(self, user_id: str) -> None:
        """Show another person of this phone. Raises KeyError for somebody who is not signed in here."""
        signed = self._here[user_id]
        self._remember_people(signed.user)
        self._signed, self.last_report = signed, None

    def sign_out(self, *, discard_unsent: bool = False) -> None:
        """Leave and wipe this person's data from the device; the others stay. Refuses with NotNow("UNSENT") while acts
        are unsent, so that the screen offers to sync first; ``discard_unsent`` is the person's explicit choice."""
        signed = self._signed_in()
        if signed.outbox.waiting_count() and not discard_unsent:
            raise NotNow("UNSENT")
        with suppress(ApiProblem):  # leaving works without network; the server's session then ends with its token
            signed.api.logout()
        del self._here[signed.user.id]
        following = next(iter(self._here.values()), None)
        with self._database.write():
            signed.store.wipe()
            self._remember_people(following.user if following else None)
        self._signed = following
        self.last_report = None

    def _remember_people(self, current: User | None) -> None:
        if current is None:
            self._device.forget("user")
            self._device.forget("people")
            return
        self._device.remember("user", asdict(current))
        self._device.remember("people", [asdict(signed.user) for signed in self._here.values()])

    # ── sync

    def set_offline(self, offline: bool) -> None:
        """Cut or restore the network of this session."""
        self._cut = offline
        for api in (self._anonymous, *(signed.api for signed in self._here.values())):
            api.cut = offline

    def sync_now(self) -> Report:
        """One run because the person or an event wants it. Never raises for the network: the report tells."""
        return self._sync(force=True)

    def sync_if_due(self) -> Report:
        """One run for a timer: it keeps the pause after a failure."""
        return self._sync(force=False)

    def _sync(self, *, force: bool) -> Report:
        signed = self._signed_in()
        self._syncing = True
        try:
            report = signed.engine.run(force=force)
            for other in list(self._here.values()):
                if other is not signed:
                    other.engine.run()
        finally:
            self._syncing = False
        if report.end not in {End.RUNNING, End.WAITING}:
            self.last_report = report
        return report

    def status(self) -> Status:
        """For the banner."""
        signed = self._signed_in()
        end = self.last_report.end if self.last_report else None
        return Status(
            self._syncing,
            end,
            signed.outbox.waiting_count(),
            len(signed.outbox.attention()),
            signed.repo.synced_at(),
        )

    def needs_attention(self) -> list[Attention]:
        """Acts the server refused, until the person retries or discards them."""
        return self._signed_in().outbox.attention()

    def retry(self, local_id: str) -> str:
        """Try a refused act again. Returns its new local id."""
        return self._signed_in().outbox.retry(local_id)

    def discard(self, local_id: str) -> None:
        """Let a refused act go."""
        self._signed_in().outbox.discard(local_id)

    # ── doses

    def now(self) -> datetime:
        """The best idea of the real time."""
        return self._time.now()

    def today(self, day: date | None = None, *, patient_id: str | None = None) -> Today:
        """A day's doses by times of day, from the store."""
        return self._signed_in().repo.today(day, patient_id=patient_id)

    def dose(self, dose_id: str) -> Dose:
        """One dose. Raises KeyError when it is not on this phone."""
        dose = self._signed_in().repo.dose(dose_id)
        if dose is None:
            raise KeyError(dose_id)
        return dose

    def advise(self, dose_id: str, *, at: datetime | None = None) -> rules.Advice:
        """What to ask before recording: ``at`` None means "I am about to take it", else "I took it at"."""
        repo, dose = self._signed_in().repo, self.dose(dose_id)
        return rules.advise(
            repo.with_interval(dose),
            at=at or self._time.now(),
            about_to=at is None,
            around=repo.around(dose),
            zone=repo.zone(),
        )

    def spoken_of(self, dose_id: str, hour: int, minute: int) -> datetime:
        """The moment meant by "I took it at hh:mm", in the patient's zone."""
        dose = self.dose(dose_id)
        zone = self._signed_in().repo.zone()
        return rules.spoken_of(dose.state, time(hour, minute), now=self._time.now(), zone=zone)

    def take(
        self,
        dose_id: str,
        *,
        at: datetime | None = None,
        amount: str | None = None,
        confirmed: bool = False,
        local_id: str | None = None,
    ) -> str:
        """Record an intake now or at a past ``at``. Raises NotNow(advice) when the rules want a confirmation
        first (``confirmed`` gives it) or do not allow it at all. Returns the act's local id."""
        if at is not None and at > self._time.now() + rules.FUTURE_TOLERATED:
            raise NotNow("FUTURE")
        advice = self.advise(dose_id, at=at)
        asks = {rules.Advice.CONFIRM_EARLY, rules.Advice.CONFIRM_LATE}
        if advice is not rules.Advice.OK and not (confirmed and advice in asks):
            raise NotNow(advice)
        return self._dose_act(dose_id, "dose.taken", {"amount": amount} if amount else {}, at=at, local_id=local_id)

    def skip(self, dose_id: str, reason: str = "OTHER", text: str = "", *, local_id: str | None = None) -> str:
        """Record that a dose is left out. Raises NotNow after 24 h, ValueError for an unknown reason."""
        if reason not in rules.SKIP_REASONS:
            raise ValueError(reason)
        dose = self.dose(dose_id)
        if self._time.now() - dose.scheduled > rules.CLOSES:
            raise NotNow(rules.Advice.CLOSED)
        return self._dose_act(
            dose_id, "dose.skipped", {"reason": reason, **({"text": text} if text else {})}, local_id=local_id
        )

    def snooze(self, dose_id: str, minutes: int, *, local_id: str | None = None) -> str:
        """Remind again in 5, 10 or 15 minutes, at most three times. Raises NotNow with the refusal's code."""
        state = self._signed_in().repo.with_interval(self.dose(dose_id))
        now = self._time.now()
        judged = rules.merge(state, rules.DoseAct("dose.snoozed", now, now, minutes=minutes), now=now)
        if judged.outcome is not rules.Outcome.APPLIED:
            raise NotNow(judged.code or judged.outcome)
        return self._dose_act(dose_id, "dose.snoozed", {"minutes": minutes}, local_id=local_id)

    def undo(self, dose_id: str) -> str:
        """Take back the last taken or skipped of this phone, within ten minutes. Raises NotNow afterwards."""
        act = self._signed_in().outbox.last_for(dose_id, {"dose.taken", "dose.skipped", "dose.undone"})
        if act is None or act.kind == "dose.undone" or not rules.may_undo(act.corrected_at, self._time.now()):
            raise NotNow("UNDO_CLOSED")
        return self._dose_act(dose_id, "dose.undone", {"undoes": act.local_id})

    def may_undo(self, dose_id: str) -> bool:
        """Whether ``undo`` would work now."""
        act = self._signed_in().outbox.last_for(dose_id, {"dose.taken", "dose.skipped", "dose.undone"})
        return act is not None and act.kind != "dose.undone" and rules.may_undo(act.corrected_at, self._time.now())

    def correct(self, dose_id: str, *, reason: str, taken_at: datetime | None = None) -> str:
        """Later than an undo: it was not taken after all (``taken_at`` None), or at another time. Reason
        required."""
        if not reason.strip():
            raise ValueError("reason")
        data: Body = {"to": "TAKEN" if taken_at else "NOT_TAKEN", "reason": reason}
        if taken_at:
            data["at"] = wire(taken_at - self._time.correction)
        return self._dose_act(dose_id, "dose.corrected", data)

    def _dose_act(
        self, dose_id: str, kind: str, data: Body, *, at: datetime | None = None, local_id: str | None = None
    ) -> str:
        signed, dose = self._signed_in(), self.dose(dose_id)
        named = ("medicationName", "medicationNameKhmer", "strength", "scheduledTime")
        label = {key: dose.body.get(key) for key in named}
        return signed.outbox.add(
            kind,
            patient_id=dose.patient_id or signed.user.id,
            resource=DOSES,
            object_id=dose_id,
            data=data,
            at=at,
            label=label,
            local_id=local_id,
        )

    # ── prescriptions (online: a schedule begins on the server)

    def prescriptions(self) -> list[Prescription]:
        """The owner's prescriptions, what waits for an answer first, from the store."""
        return self._signed_in().repo.prescriptions()

    def prescription(self, prescription_id: str) -> Prescription:
        """One of them. Raises KeyError when it is not on this phone."""
        for held in self.prescriptions():
            if held.id == prescription_id:
                return held
        raise KeyError(prescription_id)

    def confirm_prescription(self, prescription_id: str) -> Report:
        """Accept a draft: the server lays out its doses, and the run that follows brings them. Raises Refused,
        NoNetwork, ServerBusy, SignInNeeded; an answer that was lost may be asked for again."""
        return self._answer(prescription_id, "confirm", {})

    def ask_to_correct_prescription(self, prescription_id: str, reason: str) -> Report:
        """Send a draft back to its doctor. Raises ValueError without a reason, else as ``confirm_prescription``."""
        if not reason.strip():
            raise ValueError("reason")
        return self._answer(prescription_id, "retake", {"reason": reason.strip()})

    def acknowledge_urgent_change(self, prescription_id: str) -> Report:
        """Say that the reason of an urgent change was read. Raises as ``confirm_prescription``."""
        return self._answer(prescription_id, "urgent/acknowledge", {})

    def draft_prescription(self, title: str, medicines: list[Body], **header: Any) -> str:
        """A prescription the patient writes; also without network. Its doses come once the server laid them out.
        Returns its id."""
        signed = self._signed_in()
        data = {"title": title, "startDate": signed.repo.local_today().isoformat(), "medications": medicines, **header}
        shown = {**data, "status": "ACTIVE", "source": "MANUAL", "createdAt": wire(self._time.now())}
        return signed.outbox.add(
            "prescription.drafted",
            patient_id=signed.user.id,
            resource="prescriptions",
            object_id=None,
            data=data,
            creates=shown,
            label={"medicationName": title},
        )

    def _answer(self, prescription_id: str, answer: str, body: Body) -> Report:
        self._signed_in().api.call("POST", f"prescriptions/{prescription_id}/{answer}", body)
        return self.sync_now()

    # ── other acts

    def take_prn(
        self, medication_id: str, amount: str, *, at: datetime | None = None, reason: str = "", name: str = ""
    ) -> str:
        """Log an as-needed intake. ``amount`` is a decimal text. Returns the intake's id."""
        signed = self._signed_in()
        data: Body = {
            "medicationId": medication_id,
            "amount": amount,
            **({"reason": reason} if reason else {}),
        }
        shown = {**data, "takenAt": wire(at or self._time.now()), "medicationName": name}
        return signed.outbox.add(
            "prn.taken",
            patient_id=signed.user.id,
            resource="prnIntakes",
            object_id=None,
            data=data,
            at=at,
            creates=shown,
            label={"medicationName": name},
        )

    def change_settings(self, **fields: Any) -> str:
        """Change settings (``language``, ``mealTimes`` …); the server keeps the last write of each field."""
        signed = self._signed_in()
        held = signed.repo.settings()
        return signed.outbox.add(
            "settings.changed",
            patient_id=signed.user.id,
            resource="settings",
            object_id=held.id if held else signed.user.id,
            data=fields,
        )

    def answer_nudge(self, caregiver_id: str, dose_id: str, response: str) -> str:
        """Answer a caregiver's reminder; also without network."""
        signed = self._signed_in()
        return signed.outbox.add(
            "nudge.answered",
            patient_id=signed.user.id,
            resource="",
            object_id=dose_id,
            data={"caregiverId": caregiver_id, "response": response},
        )

    def read_notification(self, notification_id: str) -> str:
        """Mark a notification as read."""
        signed = self._signed_in()
        return signed.outbox.add(
            "notification.read",
            patient_id=signed.user.id,
            resource="notifications",
            object_id=notification_id,
            data={},
        )

    def log_reminder(self, reminder_id: str, data: Body) -> str:
        """Report what a reminder did ({doseId, plannedFor, firedAt, answeredAt, answer, exact}). Safe to call
        twice."""
        return _log_reminder(self._signed_in(), reminder_id, data)

    def log_ring(self, reminder: Reminder, at: datetime) -> None:
        """Report that an alarm rang, for each of its doses: nobody may later be said to have missed what they were not
        asked to take (domain.md §1.2). Safe to call twice."""
        correction = self._time.correction
        for signed in self._here.values():
            for dose_id in reminder.dose_ids:
                if signed.store.get(DOSES, dose_id) is None:
                    continue
                data = {"doseId": dose_id, "plannedFor": wire(reminder.fire_at - correction), "exact": True}
                name = str(uuid5(UUID(reminder.id), dose_id))
                _log_reminder(signed, name, {**data, "firedAt": wire(at - correction)})

    def ring_log(self) -> list[tuple[datetime, datetime | None]]:
        """What this phone's alarms did, newest first: (planned for, rang at)."""
        return self._signed_in().outbox.rings()

    # ── reminders and words

    def plan_reminders(self) -> list[Reminder]:
        """The alarms to arm now, for everybody who is signed in on this phone."""
        now, several = self._time.now(), len(self._here) > 1
        doses: list[Dose] = []
        for signed in self._here.values():
            doses += signed.repo.doses(now - timedelta(hours=3), now + reminders.HORIZON + timedelta(hours=1))
        signed = self._signed_in()
        return reminders.plan(
            doses,
            now=now,
            zone=signed.repo.zone(),
            t=self.t,
            preferences=self.preferences(),
            synced_at=signed.repo.synced_at(),
            names={one.user.id: one.user.name for one in self._here.values()} if several else None,
        )

    def preferences(self) -> Preferences:
        """What the person chose for reminders on this device."""
        kept = self._device.value("preferences", {})
        return Preferences(
            repeat=bool(kept.get("repeat", True)),
            show_names=bool(kept.get("show_names", False)),
            khmer_digits=bool(kept.get("khmer_digits", False)),
            buddhist_years=bool(kept.get("buddhist_years", False)),
            pictures=bool(kept.get("pictures", False)),
            speak=bool(kept.get("speak", False)),
            muted=frozenset(kept.get("muted", ())),
        )

    def prefer(self, **fields: Any) -> None:
        """Change a preference of this device."""
        self._device.remember("preferences", {**self._device.value("preferences", {}), **fields})

    @property
    def language(self) -> str:
        """km or en; the device's choice, Khmer before anybody chose."""
        return str(self._device.value("language", DEFAULT))

    def choose_language(self, language: str) -> None:
        """Switch this device at once; the account follows, so that messages from the server come in it too."""
        self._device.remember("language", language)
        if self._signed is not None:
            self.change_settings(language="ENGLISH" if language == "en" else "KHMER")

    @property
    def t(self) -> Catalogue:
        """The catalogue of the chosen language."""
        return catalogue(self.language)

    @property
    def people(self) -> People:
        """Who sees this person's data, and codes for new ones."""
        signed = self._signed_in()
        return People(signed.api, signed.repo, self.sync_now)

    @property
    def care(self) -> Care:
        """Readings, alerts and calls for help."""
        signed = self._signed_in()
        return Care(signed.user.id, signed.store, signed.outbox, signed.repo, self._time)

    def open_payment(self) -> Body | None:
        """A payment that was begun and whose end nobody heard yet; found again after the app was closed."""
        held: Body | None = self._signed_in().store.value("payment")
        return held

    def remember_payment(self, payment: Body | None) -> None:
        """Keep a payment until its end is known (then None)."""
        store = self._signed_in().store
        if payment is None:
            store.forget("payment")
        else:
            store.remember("payment", payment)

    @property
    def online(self) -> Online:
        """What the server answers beside the feed."""
        signed = self._signed_in()
        return Online(signed.api, signed.store, self._time, self.sync_now)

    @property
    def repo(self) -> Repo:
        """Reads for screens."""
        return self._signed_in().repo

    def appearance(self) -> Body:
        """Theme and text size of this device."""
        return {"theme": "SYSTEM", "scale": 1.0, **self._device.value("appearance", {})}

    def change_appearance(self, **fields: Any) -> None:
        """Keep theme (SYSTEM, LIGHT, DARK) or scale (1.0–2.0)."""
        self._device.remember("appearance", {**self.appearance(), **fields})

    def close(self) -> None:
        """Close the store."""
        self._database.close()

    # ── inside

    def _signed_in(self) -> _Signed:
        if self._signed is None:
            raise SignInNeeded
        return self._signed

    def _opened(self, user: User) -> _Signed:
        store = Store(self._database, FieldCipher(self._vault.data_key()), user.id)
        outbox = Outbox(store, self._time)
        api = self._api(lambda: _kept(store), lambda tokens: _keep(store, tokens))
        extra: dict[str, Any] = {"jitter": self._jitter} if self._jitter else {}
        engine = SyncEngine(
            api,
            store,
            outbox,
            self._time,
            device_id=self.device_id,
            on_time=lambda offset: self._device.remember("offset", offset.total_seconds()),
            **extra,
        )
        return _Signed(user, api, store, outbox, Repo(store, self._time), engine)

    def _api(self, load: Callable[[], Tokens | None], save: Callable[[Tokens | None], None]) -> Api:
        made = Api(self._base_url, load=load, save=save, language=lambda: self.language, http=self._http)
        made.cut = self._cut
        return made

    def _once(self, key: str, make: Callable[[], str]) -> str:
        value = self._device.value(key)
        if value is None:
            value = make()
            self._device.remember(key, value)
        return str(value)

    def _check_key(self) -> bool:
        """Whether the key changed under the store (a restored backup, a new install): then the cache is
        unreadable and is dropped, and the next sign-in pulls it again."""
        try:
            self._device.value("canary")
        except KeyLost:
            with self._database.write() as tx:
                for table in ("meta", "object", "outbox", "reminder_log"):
                    tx.execute(f"DELETE FROM {table}")  # noqa: S608 (fixed names)
            self._device.remember("canary", _CANARY)
            return True
        self._device.remember("canary", _CANARY)
        return False


def _log_reminder(signed: _Signed, reminder_id: str, data: Body) -> str:
    return signed.outbox.add(
        "reminder.logged",
        patient_id=signed.user.id,
        resource="reminderLogs",
        object_id=None,
        data=data,
        local_id=reminder_id,
    )


def _kept(store: Store) -> Tokens | None:
    kept = store.value("tokens")
    return Tokens(*kept) if kept else None


def _keep(store: Store, tokens: Tokens | None) -> None:
    if tokens is None:
        store.forget("tokens")
    else:
        store.remember("tokens", [tokens.access, tokens.refresh])


__all__ = ["End", "NotNow", "PatientSession", "Report", "Status", "StoreDamaged"]
