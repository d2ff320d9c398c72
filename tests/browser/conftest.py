"""A real Chromium against a live server. Every page is watched: what the content security policy stops fails a test."""

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest
from django.test import Client

from apps.users.models import User
from tests.support.people import PASSWORD

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_WATCH = """
window.stopped = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.stopped.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
AXE = files("axe_core_python").joinpath("axe.min.js").read_text()
DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One browser for all tests of a worker."""
    if CHROMIUM is None:
        pytest.fail("these tests look at pages with Chromium: make browser")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright keeps an event loop in this thread
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Visitor:
    """Somebody with a browser window. ``check`` asserts that nothing was stopped, broken or wider than the screen."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.said: list[str] = []
        self.elsewhere: list[str] = []
        page.on("request", self._note)
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def enter(self, user: User) -> None:
        """Come in with a session that stands, for tests about what is behind the door."""
        client = Client()
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        self.page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.url}])

    def open(self, path: str) -> None:
        """Go to a page of the live server."""
        self.page.goto(f"{self.url}{path}")
        self.check()

    def sign_in(self, user: User) -> None:
        """Sign in at the doctor's door."""
        self.open("/doctor/login/")
        self.page.fill("#id_username", user.email)
        self.page.fill("#id_password", PASSWORD)
        self.page.press("#id_password", "Enter")
        self.page.wait_for_url("**/doctor/")
        self.check()

    def check(self) -> None:
        """No violation, no error in the console, nothing asked of another host, no sideways scrolling."""
        assert self.page.evaluate("window.stopped") == []
        assert self.said == []
        assert self.elsewhere == []
        overflow = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{self.page.url} is {overflow} px too wide"

    def check_accessible(self) -> None:
        """No critical or serious finding of axe (WCAG 2.2 AA); evaluated from outside, so the policy allows it."""
        self.page.evaluate(AXE)
        found = self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        )
        grave = [
            (rule["id"], rule["impact"], node["target"], node["failureSummary"])
            for rule in found["violations"]
            if rule["impact"] in ("critical", "serious")
            for node in rule["nodes"]
        ]
        assert grave == [], f"{self.page.url}: {grave[:5]}"


@pytest.fixture
def visitor(browser: Any, live_server: Any) -> Iterator[Callable[..., Visitor]]:
    """``visitor(language="km", size=PHONE)`` opens a window of its own."""
    contexts = []

    def open_window(language: str = "en", size: dict[str, int] = DESK) -> Visitor:
        context = browser.new_context(viewport=size, locale=language)
        context.add_init_script(_WATCH)
        contexts.append(context)
        return Visitor(context.new_page(), live_server.url)

    yield open_window
    for context in contexts:
        context.close()


@pytest.fixture
def shot(request: pytest.FixtureRequest) -> Callable[[Any, str], None]:
    """Keep a picture of a page when SCREENSHOTS names a folder: for people who work on the look."""
    folder = os.environ.get("SCREENSHOTS")
    wanted = os.environ.get("SCREENS", "").split()  # only these, where some are named

    def take(page: Any, name: str) -> None:
        if folder and (not wanted or name in wanted):
            size = page.viewport_size["width"]
            language = page.get_attribute("html", "lang")
            page.screenshot(path=f"{folder}/{name}-{language}-{size}.png", full_page=True)

    return take
