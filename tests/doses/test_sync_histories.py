"""Two phones against the real server: the histories that the reference model passes (tests/kivy_app/history.py)."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import time_machine
from django.db.models import F
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from patient.core.clock import ManualClock

from apps.doses import services
from apps.doses.choices import WithdrawReason
from apps.doses.models import DoseEvent, PrnIntake
from apps.doses.selectors.days import doses_load, prn_load
from apps.doses.services.missed import doses_mark_missed
from apps.doses.services.schedule import schedule_withdraw
from apps.users.choices import Role
from dastern.core.errors import DomainError
from dastern.sync.models import SyncAct, SyncFeed
from tests.kivy_app.history import DOSES, Step, histories, run
from tests.kivy_app.network import Endpoint
from tests.support.courses import course_of, lay_out, medicine
from tests.support.people import PASSWORD, actor, link, make_user

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)  # 07:00 in Phnom Penh
_numbers = itertools.count(1)


class ServerEndpoint:
    """Carries a phone's bytes to Django, at the world's time."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.client = Client()
        self.seen: set[str] = set()
        self.ended: set[str] = set()

    def handle(
        self, method: str, url: str, headers: dict[str, Any], content: bytes
    ) -> tuple[int, dict[str, Any] | None]:
        """One request."""
        parts = urlsplit(url)
        kept = {name: value for name, value in headers.items() if name.lower() in {"authorization", "accept-language"}}
        token = str(kept.get("Authorization", ""))
        self.seen.add(token)
        if token in self.ended:
            kept["Authorization"] = "Bearer ended"
        with time_machine.travel(self.clock.now(), tick=False):
            answer = self.client.generic(
                method, f"{parts.path}?{parts.query}", content, content_type="application/json", headers=kept
            )
        return answer.status_code, answer.json() if answer.content else None


class ServerWorld:
    """The real server with one new patient, every dose of a medicine of its own."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.clock = ManualClock(MORNING)
        self.server = ServerEndpoint(self.clock)
        self.endpoint: Endpoint = self.server
        with self.moment():
            self.sokha = make_user(f"Sokha {number}")
            self.dara = make_user(f"Dara {number}", Role.FAMILY_MEMBER)
            link(self.sokha, self.dara)
            self.course = course_of(self.sokha)
            self.prn = str(medicine(self.course, "Paracetamol", is_prn=True).id)
        self.login = (self.sokha.email, PASSWORD)
        self.patient = str(self.sokha.id)
        self.doses: list[str] = []
        for n in range(DOSES):
            self._add(MORNING + timedelta(hours=2 * n, minutes=1))

    @contextmanager
    def moment(self) -> Iterator[None]:
        """The world's time."""
        with time_machine.travel(self.clock.now(), tick=False):
            yield

    def _add(self, scheduled: datetime) -> None:
        local = scheduled + timedelta(hours=7)
        made = medicine(
            self.course, f"Medicine {len(self.doses)}", row_number=len(self.doses) + 1, duration=1,
            starts_on=local.date(), custom_times=[{"time": f"{local:%H:%M}", "amount": "1"}],
        )  # fmt: skip
        with self.moment():
            lay_out(self.course)
        self.doses += [str(pk) for pk in DoseEvent.objects.filter(medication=made).values_list("pk", flat=True)]

    def other_person_takes(self, dose_id: str, at: datetime) -> None:
        """Dara marks a dose online."""
        with self.moment(), suppress(DomainError):
            services.dose_take(actor=actor(self.dara), dose_id=UUID(dose_id), taken_at=at, confirm_early=True)

    def withdraw(self, dose_id: str) -> None:
        """A new version without this medicine."""
        dose = DoseEvent.objects.filter(pk=dose_id).first()
        if dose is None:
            return
        dose.medication.retired_in_version = 2
        dose.medication.save()
        schedule_withdraw(
            prescription_id=self.course.id, now=self.clock.now(), reason=WithdrawReason.NEW_VERSION,
            medication_ids=[dose.medication_id],
        )  # fmt: skip

    def sweep_missed(self) -> None:
        """The job."""
        with self.moment():
            doses_mark_missed(now=self.clock.now())

    def new_dose(self) -> None:
        """One more."""
        self._add(self.clock.now() + timedelta(hours=1, minutes=len(self.doses)))

    def distrust_history(self) -> None:
        """As after a restored backup."""
        SyncFeed.objects.filter(user=self.sokha).update(generation=F("generation") + 1)

    def expire_access(self) -> None:
        """Every access token seen so far is over."""
        self.server.ended |= self.server.seen

    def truth(self) -> dict[tuple[str, str], dict[str, Any]]:
        """As the wire shows it to the patient."""
        me, owner = actor(self.sokha), self.sokha.id
        found: dict[tuple[str, str], dict[str, Any]] = {}
        with self.moment(), translation.override("km"):
            doses = doses_load(me, owner, list(DoseEvent.objects.filter(patient=owner).values_list("pk", flat=True)))
            intakes = prn_load(me, owner, list(PrnIntake.objects.filter(patient=owner).values_list("pk", flat=True)))
        found |= {("doses", str(pk)): body for pk, body in doses.items()}
        found |= {("prnIntakes", str(pk)): body for pk, body in intakes.items()}
        return found

    def answered(self) -> dict[str, str]:
        """Outcomes by local id."""
        acts = SyncAct.objects.filter(patient_id=self.sokha.id)
        return {str(local_id): outcome for local_id, outcome in acts.values_list("local_id", "outcome")}


@pytest.fixture
def patience(settings: Any) -> None:
    """Many requests at one instant."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")


@pytest.mark.usefixtures("patience")
@given(histories)
@hypothesis_settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture,
    ],
)  # fmt: skip
def test_two_phones_end_in_the_servers_state(history: tuple[timedelta, timedelta, list[Step]]) -> None:
    run(ServerWorld(), history)
