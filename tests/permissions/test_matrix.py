"""Every operation × every kind of caller: who may, who may not, and that a refusal changed nothing."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from tests.permissions.table import ROWS, Row
from tests.permissions.world import CALLERS, World, build, digest

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
# Refused with the count of a failed attempt, or a try of a code: that they count is their point.
_COUNTED = {"auth/login", "auth/deletion/cancel", "auth/change-password", "users/me", "auth/otp/verify",
            "auth/reset-password-otp", "auth/contact/confirm"}  # fmt: skip


def ask(world: World, caller: str, row: Row) -> Any:
    """One request of one caller; the path's names are filled from the world."""
    body = row.body(world) if callable(row.body) else row.body
    path = row.path.format(**world.ids)
    return world.api(caller).call(row.method, path, body if row.method != "GET" else None)


def test_every_operation_has_a_row() -> None:
    paths = json.loads((ROOT / "openapi.json").read_text())["paths"]
    operations = {
        (method.upper(), _nameless(path.removeprefix("/api/v1/")))
        for path, item in paths.items()
        for method in item
        if method in {"get", "post", "put", "patch", "delete"}
    }
    known = {(row.method, _nameless(row.operation)) for row in ROWS}
    assert operations - known == set()
    assert known - operations == set(), "rows of operations that are gone"


def _nameless(path: str) -> str:
    return re.sub(r"/(\{\w+\}|\d+)(?=/|$)", "/{}", path)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.operation}")
def test_who_may_and_who_may_not(row: Row) -> None:
    world = build()
    before = digest()
    seen, wanted = {}, {}
    for caller in CALLERS:
        with transaction.atomic():
            answer = ask(world, caller, row)
            seen[caller], wanted[caller] = answer.status_code, row.expected(caller)
            if answer.status_code in {401, 403, 404} and row.operation not in _COUNTED:
                changed = {table for table, now in digest().items() if now != before[table]}
                assert not changed, f"{caller} was refused with {answer.status_code}, yet {changed} changed"
            transaction.set_rollback(True)
    assert {caller: (seen[caller], wanted[caller]) for caller in CALLERS if seen[caller] != wanted[caller]} == {}
