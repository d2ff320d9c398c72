"""Histories of two phones and a server, and what must be true at their end whatever happened.

A ``World`` is a server under test: the reference model here, the real services in ``tests/doses``.
The same histories are run against both.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from hypothesis import strategies as st
from patient.core import dose_rules as rules
from patient.core.clock import ManualClock
from patient.core.session import NotNow, PatientSession
from patient.core.sync import End
from patient.core.vault import MemoryVault

from tests.kivy_app.network import FAULTS, Endpoint, Network

DOSES = 6
SKEWS = (timedelta(), timedelta(minutes=9), timedelta(hours=3), timedelta(hours=-2), timedelta(days=-400))


class World(Protocol):
    """A server with one patient, their doses, and people who do things there."""

    endpoint: Endpoint
    clock: ManualClock
    login: tuple[str, str]
    patient: str
    doses: list[str]
    prn: str  # a medicine taken when needed

    def other_person_takes(self, dose_id: str, at: datetime) -> None:
        """A caregiver marks a dose online."""
        ...

    def withdraw(self, dose_id: str) -> None:
        """A doctor's change takes a dose off the schedule."""
        ...

    def sweep_missed(self) -> None:
        """The missed job runs."""
        ...

    def new_dose(self) -> None:
        """The schedule grows."""
        ...

    def distrust_history(self) -> None:
        """The server cannot prove what phones have."""
        ...

    def expire_access(self) -> None:
        """Access tokens end."""
        ...

    def truth(self) -> dict[tuple[str, str], dict[str, Any]]:
        """What the server holds of the patient: (resource, id) → object as the wire shows it."""
        ...

    def answered(self) -> dict[str, str]:
        """Local id of every act judged → its outcome."""
        ...


class Phone:
    """A phone of the patient, its clock and its network."""

    def __init__(self, world: World, skew: timedelta) -> None:
        self.skew = skew
        self.clock = ManualClock(world.clock.now() + skew)
        self.network = Network(world.endpoint)
        self.session = PatientSession(
            "http://server.test",
            ":memory:",
            self.clock,
            vault=MemoryVault(),
            http=self.network.session(),
            jitter=lambda: 0.5,
        )
        self.made: list[str] = []
        self.world = world
        self.session.sign_in(*world.login)
        self.session.sync_now()

    def sync(self, faults: list[str]) -> None:
        """A run on a network with these faults. A session that ended is opened again, as a person would."""
        self.network.faults = list(faults)
        report = self.session.sync_now()
        if report.end is End.SIGN_IN_NEEDED:
            self.network.faults = []
            waiting = self.session.status().waiting
            self.session.sign_in(*self.world.login)
            assert self.session.status().waiting == waiting  # signing in again keeps the queue

    def visible(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Everything of the patient that the phone shows."""
        found = {}
        for resource in ("doses", "prnIntakes"):
            for stored in self.session.repo._store.find(resource):
                found[resource, stored.id] = stored.body
        return found


@dataclass(frozen=True)
class Step:
    """One thing that happens."""

    what: str
    phone: int = 0
    dose: int = 0
    minutes: int = 0
    faults: tuple[str, ...] = ()


_phone = st.integers(0, 1)
_dose = st.integers(0, DOSES + 2)
_faults = st.lists(st.sampled_from(FAULTS), max_size=4).map(tuple)
steps = st.one_of(
    st.builds(Step, st.sampled_from(["take", "skip", "undo", "snooze", "prn", "correct"]), _phone, _dose),
    st.builds(Step, st.just("take_at"), _phone, _dose, st.integers(-90, 26 * 60)),
    st.builds(Step, st.just("sync"), _phone, faults=_faults),
    st.builds(Step, st.just("wait"), minutes=st.sampled_from([1, 5, 11, 31, 90, 600])),
    st.builds(Step, st.sampled_from(["other_takes", "withdraw"]), dose=_dose, minutes=st.integers(0, 40)),
    st.builds(Step, st.sampled_from(["missed", "new_dose", "distrust", "expire"])),
    st.builds(Step, st.just("late_copy"), _phone, st.integers(0, 30)),
    st.builds(Step, st.just("restart"), _phone),
)
histories = st.tuples(st.sampled_from(SKEWS), st.sampled_from(SKEWS), st.lists(steps, min_size=1, max_size=25))


def run(world: World, history: tuple[timedelta, timedelta, list[Step]]) -> None:
    """Play a history, let the network heal, and check what was promised."""
    first, second, play = history
    phones = [Phone(world, first), Phone(world, second)]
    for step in play:
        _do(world, phones, step)
    _heal(phones)
    _check(world, phones)


def _do(world: World, phones: list[Phone], step: Step) -> None:
    phone = phones[step.phone]
    dose = world.doses[step.dose % len(world.doses)]
    match step.what:
        case "wait":
            world.clock.advance(timedelta(minutes=step.minutes))
            for each in phones:
                each.clock.advance(timedelta(minutes=step.minutes))
        case "sync":
            phone.sync(list(step.faults))
        case "late_copy":
            phone.network.replay(step.dose)
        case "other_takes":
            world.other_person_takes(dose, world.clock.now() - timedelta(minutes=step.minutes))
        case "withdraw":
            world.withdraw(dose)
        case "missed":
            world.sweep_missed()
        case "new_dose":
            world.new_dose()
        case "distrust":
            world.distrust_history()
        case "expire":
            world.expire_access()
        case "restart":
            _started_anew(phone.session)  # what a new start of the program does
        case _:
            _act(phone, step, dose)


def _started_anew(session: PatientSession) -> None:
    assert session.user is not None
    signed = session._opened(session.user)
    session._here[signed.user.id] = session._signed = signed


def _act(phone: Phone, step: Step, dose: str) -> None:
    session = phone.session
    waiting = session.status().waiting
    try:
        made = _tap(session, step, dose, phone.world.prn)
    except (NotNow, KeyError):
        return
    phone.made.append(made)
    assert session.status().waiting == waiting + 1  # on disk before the tap returns
    if step.what == "take":
        assert session.dose(dose).status in rules.TAKEN  # and on the screen


def _tap(session: PatientSession, step: Step, dose: str, prn: str) -> str:
    match step.what:
        case "take":
            return session.take(dose, confirmed=True)
        case "take_at":
            at = session.dose(dose).scheduled + timedelta(minutes=step.minutes)
            # Past the screens' own checks: an older or newer app may send what this one would not.
            return session._dose_act(dose, "dose.taken", {}, at=at)
        case "skip":
            return session.skip(dose, "FASTING")
        case "undo":
            return session.undo(dose)
        case "snooze":
            return session.snooze(dose, 10)
        case "correct":
            return session.correct(dose, reason="by mistake")
    return session.take_prn(prn, "1", name="Paracetamol")


def _heal(phones: list[Phone]) -> None:
    for _ in range(2):
        for phone in phones:
            for _ in range(3):
                phone.sync([])
                if phone.session.last_report and phone.session.last_report.end is End.SYNCED:
                    break


def _check(world: World, phones: list[Phone]) -> None:
    truth, answered = world.truth(), world.answered()
    made = [local_id for phone in phones for local_id in phone.made]
    assert len(set(made)) == len(made)
    assert sorted(answered) == sorted(made)  # nothing lost, nothing twice, nothing invented
    for phone in phones:
        status = phone.session.status()
        assert (status.end, status.waiting) == (End.SYNCED, 0)
        assert _comparable(phone.visible()) == _comparable(truth)  # the same end state
        shown = {item.local_id for item in phone.session.needs_attention()}
        assert shown == {name for name in phone.made if answered[name] == "REJECTED"}  # refused is never dropped


def _comparable(objects: dict[tuple[str, str], dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {key: {name: body[name] for name in sorted(body)} for key, body in objects.items()}
