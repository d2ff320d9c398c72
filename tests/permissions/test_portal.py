"""Every page, form and autocomplete of the portal × every level a doctor may have × everybody else."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from apps.audit.models import AuditLog
from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.users.choices import Role
from apps.users.models import User
from tests.permissions.world import World, build, digest
from tests.support.people import link, make_user

pytestmark = pytest.mark.django_db
LEVELS: dict[str, tuple[PermissionLevel, ConnectionStatus] | None] = {
    "stranger": None,
    "pending": (PermissionLevel.ALLOWED, ConnectionStatus.PENDING),
    "revoked": (PermissionLevel.ALLOWED, ConnectionStatus.REVOKED),
    "not_allowed": (PermissionLevel.NOT_ALLOWED, ConnectionStatus.ACCEPTED),
    "request": (PermissionLevel.REQUEST, ConnectionStatus.ACCEPTED),
    "selected": (PermissionLevel.SELECTED, ConnectionStatus.ACCEPTED),
    "allowed": (PermissionLevel.ALLOWED, ConnectionStatus.ACCEPTED),
}
DOCTORS = (*LEVELS, "author")
LINKED = frozenset({"not_allowed", "request", "selected", "allowed", "author"})
WRITERS = frozenset({"selected", "allowed", "author"})
VITALS = frozenset({"allowed", "author"})  # the author's scope shows them
READERS = frozenset({"selected", "allowed", "author"})  # of the prescription that the scopes name
AUTHOR = frozenset({"author"})
EVERY = frozenset(DOCTORS)


@dataclass(frozen=True, slots=True)
class Page:
    """An address, which doctors it opens for, and what is posted to it (None: GET). ``audited``: refusals are."""

    path: str
    opens: frozenset[str]
    post: dict[str, str] | None = None
    audited: bool = True


_MARK = {"key": "ENDING:x:y", "patient": "{patient}", "action": "DONE"}
PAGES = [
    Page("", EVERY), Page("doctor_dashboard/patient/", EVERY), Page("prescriptions/prescription/", EVERY),
    Page("prescriptions/prescription/add/", EVERY), Page("connections/", EVERY), Page("report/", EVERY),
    Page("profile/", EVERY), Page("activity/", EVERY), Page("templates/", EVERY), Page("medicines/?q=aml", EVERY),
    Page("doctor_dashboard/patient/{patient}/change/", LINKED),
    Page("patients/{patient}/timeline/", LINKED),
    Page("patients/{patient}/notes/", LINKED, {"content": "Less salt"}),
    Page("patients/{patient}/allergies/", WRITERS),
    Page("patients/{patient}/allergies/", WRITERS, {"substance": "Iron"}),
    Page("patients/{patient}/vitals/", VITALS),
    Page("patients/{patient}/vitals/", VITALS, {"propose": "1", "max_value": "150"}),
    Page("prescriptions/prescription/add/?patient={patient}", WRITERS),
    Page("prescriptions/prescription/add/", WRITERS, {"patient": "{patient}"}),
    Page("prescriptions/prescription/add/?repeat={active}", READERS),
    Page("prescriptions/prescription/{active}/change/", READERS),
    Page("prescriptions/prescription/{active}/versions/1/", READERS),
    Page("prescriptions/prescription/{active}/edit/", AUTHOR),
    Page("prescriptions/prescription/{active}/edit/", AUTHOR, {"diagnosis": "Cough"}),
    Page("prescriptions/prescription/{active}/pdf/", AUTHOR),
    Page("prescriptions/prescription/{active}/template/", AUTHOR, {"name": "Mine"}, audited=False),
    Page("prescriptions/prescription/{active}/history/", frozenset(), audited=False),
    Page("notes/{doctor_note}/", AUTHOR, audited=False),
    Page("connections/{link_asked}/accept/", AUTHOR, {}, audited=False),
    Page("connections/{link_author}/disconnect/", AUTHOR, {"reason": "I move"}, audited=False),
    Page("worklist/mark/", frozenset(), _MARK, audited=False),
]  # fmt: skip


@dataclass(slots=True)
class House:
    """The world with a doctor of every level."""

    world: World
    doctors: dict[str, User] = field(default_factory=dict)


def furnished() -> House:
    world = build()
    owner = world.people["owner"]
    author = world.people["author"]
    assert owner is not None
    assert author is not None
    house = House(world, {"author": author})
    scope = {"prescriptionIds": [str(world.ids["active"])], "adherence": True, "vitals": False}
    for name, given in LEVELS.items():
        doctor = house.doctors[name] = make_user(f"Dr {name}", Role.DOCTOR)
        if given is not None:
            level, status = given
            link(owner, doctor, level, status=status, scope=scope if name == "selected" else None)
    return house


def window(user: User | None) -> Client:
    client = Client(headers={"accept-language": "en"})
    if user is not None:
        client.force_login(user)
    return client


def ask(client: Client, page: Page, ids: dict[str, Any]) -> int:
    path = f"/doctor/{page.path.format(**ids)}"
    if page.post is None:
        return client.get(path).status_code
    return client.post(path, {name: value.format(**ids) for name, value in page.post.items()}).status_code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{'POST' if page.post is not None else 'GET'} {page.path}")
def test_who_may_open_it(page: Page) -> None:
    house = furnished()
    windows = {name: window(house.doctors[name]) for name in DOCTORS}
    before = digest()
    seen = {}
    for name, client in windows.items():
        with transaction.atomic():
            denied = AuditLog.objects.filter(outcome="DENIED").count()
            seen[name] = ask(client, page, house.world.ids)
            if seen[name] == 404:
                assert digest() == before, f"{name} was refused, yet something changed"
                if page.audited and name not in LINKED:
                    assert AuditLog.objects.filter(outcome="DENIED").count() > denied, f"{name}: no audit row"
            transaction.set_rollback(True)
    opened = {name for name, status in seen.items() if status in {200, 302}}
    assert (opened, {seen[name] for name in DOCTORS if name not in opened} - {404}) == (set(page.opens), set())
    outside = {name: house.world.people[name] for name in ("owner", "stranger", "staff")} | {"nobody": None}
    assert {name: ask(window(user), page, house.world.ids) for name, user in outside.items()} == dict.fromkeys(
        outside, 302
    )


def test_the_staff_site_opens_for_staff_only() -> None:
    house = furnished()
    paths = ("", "users/user/", "users/user/?queue=waiting", "audit/auditlog/", "outbox/outboxmessage/",
             f"users/user/{house.world.ids['patient']}/change/")  # fmt: skip
    staff = window(house.world.people["staff"])
    for path in paths:
        assert staff.get(f"/admin/{path}").status_code == 200, path
        for name, user in {**house.doctors, "owner": house.world.people["owner"], "nobody": None}.items():
            assert window(user).get(f"/admin/{path}").status_code == 302, (path, name)
