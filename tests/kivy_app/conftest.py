"""Sokha's phone against the reference server, for tests that tell one story."""

from datetime import UTC, datetime, timedelta

import pytest
from patient.core.clock import ManualClock
from patient.core.session import PatientSession
from patient.core.vault import MemoryVault

from tests.kivy_app.network import Network
from tests.kivy_app.reference import Person, ReferenceServer

SEVEN = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)  # 07:00 in Phnom Penh


class Story:
    """A server, Sokha, three doses at 07:00, 12:00 and 18:00, and a phone signed in and synced at 06:50."""

    def __init__(self, *, skew: timedelta = timedelta()) -> None:
        self.clock = ManualClock(SEVEN - timedelta(minutes=10))
        self.server = ReferenceServer(self.clock)
        self.sokha: Person = self.server.person("sokha")
        self.doses = [
            self.server.add_dose(self.sokha.id, SEVEN + timedelta(hours=hours), timePeriod=period, strength="500 mg")
            for hours, period in ((0, "MORNING"), (5, "NOON"), (11, "EVENING"))
        ]
        self.phones: list[tuple[ManualClock, timedelta]] = []
        self.phone, self.network = self.new_phone(skew)
        self.phone.sync_now()

    def new_phone(self, skew: timedelta = timedelta(), who: str = "sokha") -> tuple[PatientSession, Network]:
        """One more phone, signed in."""
        clock = ManualClock(self.clock.now() + skew)
        self.phones.append((clock, skew))
        network = Network(self.server)
        phone = PatientSession(
            "http://server.test",
            ":memory:",
            clock,
            vault=MemoryVault(),
            http=network.session(),
            jitter=lambda: 0.0,
        )
        phone.sign_in(who, "right")
        return phone, network

    def wait(self, **delta: float) -> None:
        """Time passes for everybody."""
        self.clock.advance(timedelta(**delta))
        for clock, skew in self.phones:
            clock.set(self.clock.now() + skew)


@pytest.fixture
def story() -> Story:
    """Sokha's morning."""
    return Story()
