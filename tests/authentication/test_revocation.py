"""Ended sessions and closed accounts stop working at once, whether Redis remembers, forgot or is down."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis as redis_py

from apps.users.choices import AccountStatus
from apps.users.models import User
from dastern.core import redis, revocation
from dastern.core.tokens import read_access
from tests.authentication.conftest import login, signed_in
from tests.support.people import make_user

pytestmark = pytest.mark.django_db
DEAD = redis_py.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
CLOSED = [AccountStatus.LOCKED, AccountStatus.REJECTED, AccountStatus.DELETION_PENDING]


@pytest.fixture
def redis_down(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A Redis that refuses connections; ``undo`` starts it again."""
    with monkeypatch.context() as patch:
        patch.setattr(redis, "client", lambda: DEAD)
        yield patch


def me(session: dict[str, Any]) -> int:
    status: int = signed_in(session).get("auth/me").status_code
    return status


def sign_in(user: User) -> dict[str, Any]:
    session: dict[str, Any] = login(user.email).json()["data"]
    return session


@pytest.mark.parametrize("status", CLOSED)
def test_without_redis_the_database_decides(
    sokha: User, vanna: User, status: AccountStatus, redis_down: pytest.MonkeyPatch
) -> None:
    closed, open_ = sign_in(sokha), sign_in(vanna)
    assert (me(closed), me(open_)) == (200, 200)
    User.objects.filter(pk=sokha.id).update(account_status=status)
    assert (me(closed), me(open_)) == (401, 200)


def test_an_erased_account_is_closed(sokha: User, redis_down: pytest.MonkeyPatch) -> None:
    session = sign_in(sokha)
    sokha.delete()
    assert me(session) == 401


@pytest.mark.django_db(transaction=True)
def test_an_ended_session_stays_ended_when_redis_comes_back(redis_down: pytest.MonkeyPatch) -> None:
    user = make_user("Sokha")
    ended, other = sign_in(user), sign_in(user)
    assert signed_in(ended).post("auth/logout").status_code == 204
    assert (me(ended), me(other)) == (401, 200)
    redis_down.undo()
    redis._down_until = 0.0
    assert (me(ended), me(other)) == (401, 200)
    assert redis.client().exists(revocation.session_key(session_id(ended))) == 1


def session_id(session: dict[str, Any]) -> str:
    return read_access(session["accessToken"]).session_id


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_lost_its_memory_is_told_again() -> None:
    user = make_user("Sokha")
    ended, other = sign_in(user), sign_in(user)
    locked = make_user("Vanna")
    blocked = sign_in(locked)
    assert signed_in(ended).post("auth/logout").status_code == 204
    User.objects.filter(pk=locked.id).update(account_status=AccountStatus.LOCKED)
    redis.client().flushdb()
    assert (me(ended), me(blocked), me(other)) == (401, 401, 200)
    assert redis.client().exists(revocation.user_key(locked.id), redis.key(revocation.READY)) == 2
    assert (me(ended), me(blocked), me(other)) == (401, 401, 200)
