"""The pages of a forgotten password, in both languages."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.users.models import User
from tests.authentication.conftest import login, mails
from tests.support.people import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "Chhnang-2026-new"


def link_mailed() -> str:
    (link,) = re.findall(r"https?://[^/]+(/\S+)", mails()[-1].body)
    return str(link)


def reset(link: str, new: str = NEW, again: str = NEW) -> Any:
    page = Client(headers={"accept-language": "en"})
    token = page.get(link).context["form"].initial["token"]
    return page.post("/reset-password/", {"token": token, "new_password": new, "again": again})


@pytest.mark.parametrize("language", ["km", "en"])
def test_the_whole_way_back_in(sokha: User, language: str) -> None:
    page = Client(headers={"accept-language": language}, enforce_csrf_checks=True)
    form = page.get("/forgot-password/")
    assert f'lang="{language}"' in form.content.decode()
    cookie = page.cookies["csrftoken"].value
    answer = page.post("/forgot-password/", {"identifier": sokha.email, "csrfmiddlewaretoken": cookie})
    assert (answer.status_code, answer.context["form"]) == (200, None)
    answer = page.get(link_mailed())
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert "<script>" not in answer.content.decode()
    body = {"token": answer.context["form"].initial["token"], "new_password": NEW, "again": NEW}
    assert page.post("/reset-password/", body | {"csrfmiddlewaretoken": cookie}).status_code == 200
    assert (login(sokha.email, PASSWORD).status_code, login(sokha.email, NEW).status_code) == (401, 200)


def test_strangers_get_the_same_page(sokha: User) -> None:
    pages = [
        Client(headers={"accept-language": "en"}).post("/forgot-password/", {"identifier": identifier})
        for identifier in (sokha.email, "nobody@example.com")
    ]
    known, unknown = (re.sub(r'(?<=value=")\w{64}', "csrf token", page.content.decode()) for page in pages)
    assert known == unknown
    assert len(mails()) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"again": "another"}, "The two passwords are not the same."),
        ({"new": "short", "again": "short"}, "too short"),
        ({"new": "", "again": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_shown_and_the_link_stays_usable(sokha: User, changes: dict[str, str], words: str) -> None:
    Client().post("/forgot-password/", {"identifier": sokha.email})
    link = link_mailed()
    answer = reset(link, **changes)
    assert (answer.status_code, words in answer.content.decode()) == (400, True)
    assert reset(link).status_code == 200
    answer = reset(link)
    assert (answer.status_code, "This link has expired" in answer.content.decode()) == (400, True)


def test_the_pages_share_the_limits_of_the_api(sokha: User, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"forgot_password": "3/300"}
    page = Client(headers={"accept-language": "en"})
    answers = [page.post("/forgot-password/", {"identifier": sokha.email}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 400]
    assert "Too many requests" in answers[-1].content.decode()


@pytest.mark.parametrize("path", ["/admin/login/", "/doctor/login/"])
def test_the_login_pages_lead_there(path: str) -> None:
    assert 'href="/forgot-password/"' in Client().get(path).content.decode()
