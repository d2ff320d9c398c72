"""What tests of prescriptions share: a fixed noon, and bodies as phones and the portal send them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from apps.connections.choices import PermissionLevel
from apps.doses.models import DoseEvent
from apps.users.models import User
from tests.support.people import Api, link

DAY1 = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # 24 November, 08:00 in Phnom Penh


def at(hour: int, minute: int = 0, *, day: int = 24) -> datetime:
    """A clock time in Phnom Penh on a day of November 2026."""
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour - 7, minutes=minute)


@pytest.fixture
def traveller() -> Iterator[Any]:
    """Time stands still at 08:00 on 24 November; ``traveller.move_to(at(13))`` moves it."""
    with time_machine.travel(DAY1, tick=False) as travel:
        yield travel


def slot(amount: str = "1", **fields: Any) -> dict[str, Any]:
    """One intake of a day."""
    return {"amount": amount, "beforeMeal": False, **fields}


def medicine(name: str = "Amoxicillin", **fields: Any) -> dict[str, Any]:
    """A medicine three times a day for ten days."""
    return {
        "medicineName": name, "strength": "500 mg", "unit": "CAPSULE", "frequencyType": "DAILY", "duration": 10,
        "morningDosage": slot(), "daytimeDosage": slot(), "nightDosage": slot(), **fields,
    }  # fmt: skip


def once_a_day(name: str = "Metformin", **fields: Any) -> dict[str, Any]:
    """A medicine at noon for ten days."""
    return medicine(name, morningDosage=None, nightDosage=None, unit="TABLET") | fields


def body(patient: User, *medicines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What a doctor sends."""
    return {
        "patientId": patient.id, "diagnosis": "Bronchitis", "medications": list(medicines) or [medicine()], **fields,
    }  # fmt: skip


def own(*medicines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What a patient sends."""
    return {
        "title": "From the pharmacy", "startDate": "2026-11-24", "medications": list(medicines) or [once_a_day()],
        **fields,
    }  # fmt: skip


@pytest.fixture
def written(traveller: Any, sokha: User, dr_lim: User) -> dict[str, Any]:
    """A draft that Dr Lim wrote for Sokha."""
    link(sokha, dr_lim, PermissionLevel.SELECTED)
    answer = Api(dr_lim).post("prescriptions", body(sokha))
    assert answer.status_code == 201, answer.content
    return dict(answer.json()["data"])


@pytest.fixture
def course(written: dict[str, Any], sokha: User) -> dict[str, Any]:
    """The same, confirmed at 08:00 on its first day."""
    answer = Api(sokha).post(f"prescriptions/{written['id']}/confirm")
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["data"])


def clocks(prescription_id: Any, **wanted: Any) -> list[str]:
    """The planned doses as ``DD HH:MM`` in Phnom Penh, in order."""
    rows = DoseEvent.objects.filter(prescription_id=prescription_id, **wanted).order_by("scheduled_time")
    return [f"{row.scheduled_time + timedelta(hours=7):%d %H:%M}" for row in rows]
