"""Staff pages: everything can be looked at, nothing changed, every look is written down; paths of domain.md §2.13."""

import json
from pathlib import Path

import pytest
from django.test import Client

from apps.audit.models import AuditLog
from apps.health_monitoring.models import HealthAlert, HealthVital
from apps.users.choices import Role
from tests.permissions.world import World, build
from tests.support.people import make_user

pytestmark = pytest.mark.django_db
PAGES = (
    "healthvital", "healthalert", "vitalthreshold", "thresholdproposal", "healthprofile", "allergy", "condition",
    "emergencycontact",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]
# What domain.md §2.13 asks for, and what the health profile and "seen" add.
OPERATIONS = {
    "vitals": {"get", "post"}, "vitals/latest": {"get"}, "vitals/{id}": {"get", "delete"}, "trends": {"get"},
    "thresholds": {"get", "put"}, "alerts": {"get"}, "alerts/{id}": {"get"}, "alerts/{id}/resolve": {"patch"},
    "alerts/{id}/acknowledge": {"patch"}, "emergency": {"post"}, "patients/{id}/vitals": {"get"},
    "trends/{id}": {"get"},
    "thresholds/proposals/{id}/accept": {"post"}, "thresholds/proposals/{id}/decline": {"post"},
    "profile": {"get", "patch"}, "profile/allergies": {"post"}, "profile/allergies/{id}": {"delete"},
    "profile/conditions": {"post"}, "profile/conditions/{id}": {"delete"}, "profile/contacts": {"post"},
    "profile/contacts/{id}": {"delete"},
}  # fmt: skip


@pytest.fixture
def world() -> World:
    return build()


def test_every_page_shows_and_audits(world: World) -> None:
    boss = make_user("Boss", Role.FAMILY_MEMBER, is_staff=True, is_superuser=True)
    client = Client(headers={"accept-language": "en"})
    client.force_login(boss)
    for name in PAGES:
        assert client.get(f"/admin/health_monitoring/{name}/").status_code == 200, name
    vital = HealthVital.objects.get()
    assert client.get(f"/admin/health_monitoring/healthvital/{vital.pk}/change/").status_code == 200
    assert client.post(f"/admin/health_monitoring/healthvital/{vital.pk}/change/", {"value": "1"}).status_code == 403
    looks = AuditLog.objects.filter(actor_id=boss.pk, action_type="DATA_ACCESS", patient_id=world.ids["patient"])
    assert set(looks.values_list("resource_type", flat=True)) >= {"healthvital", "healthalert", "allergy"}


def test_a_place_is_not_shown_to_staff(world: World) -> None:
    boss = make_user("Boss", Role.FAMILY_MEMBER, is_staff=True, is_superuser=True)
    client = Client(headers={"accept-language": "en"})
    client.force_login(boss)
    HealthAlert.objects.filter(pk=world.ids["call"]).update(location={"latitude": 10.9912, "longitude": 104.78})
    page = client.get(f"/admin/health_monitoring/healthalert/{world.ids['call']}/change/").content.decode()
    assert "10.9912" not in page


def test_every_path_of_the_specification_is_in_the_openapi() -> None:
    paths = json.loads((ROOT / "openapi.json").read_text())["paths"]
    root = "/api/v1/health-monitoring/"
    found = {path.removeprefix(root): set(item) for path, item in paths.items() if path.startswith(root)}
    assert found == OPERATIONS
