"""A person at a screen: signs in over HTTP like any client."""

import time
from collections.abc import Mapping
from typing import Any

import requests

from dastern.demo.journey.narrator import Deviation

_TIMEOUT = 20


class Person:
    """One account and its access token; every call is a real request to the running platform."""

    def __init__(self, base_url: str, name: str, email: str, password: str, language: str = "en") -> None:
        self.name, self.email, self.password = name, email, password
        self._root = f"{base_url}/api/v1/"
        self._http = requests.Session()
        self._http.headers["Accept-Language"] = language
        self.id = ""

    def forget_token(self) -> None:
        """Ask as nobody from now on."""
        self._http.headers.pop("Authorization", None)

    def sign_in(self) -> None:
        """Sign in (again: tokens end when the clock moves by days)."""
        self.forget_token()
        data = self.call("POST", "auth/login", {"identifier": self.email, "password": self.password})
        self._http.headers["Authorization"] = f"Bearer {data['accessToken']}"
        self.id = data["user"]["id"]
        self.name = data["user"]["fullName"]

    def answer(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None, **query: Any
    ) -> requests.Response:
        """The raw answer of one request; waits when asked to, signs in again when the hour of the token is over."""
        url = self._root + path
        answer = self._http.request(method, url, json=body, params=query, headers=headers, timeout=_TIMEOUT)
        if answer.status_code == requests.codes.too_many:
            time.sleep(int(answer.headers["Retry-After"]))
            return self.answer(method, path, body, headers=headers, **query)
        if answer.status_code == requests.codes.unauthorized and answer.json().get("code") == "TOKEN_EXPIRED":
            self.sign_in()
            answer = self._http.request(method, url, json=body, params=query, headers=headers, timeout=_TIMEOUT)
        return answer

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The data of a successful answer. Raises Deviation for any other."""
        answer = self.answer(method, path, body, **query)
        if not answer.ok:
            raise Deviation(f"{self.name}: {method} {path} answered {answer.status_code} {answer.text[:400]}")
        return answer.json()["data"] if answer.content else None

    def get(self, path: str, **query: Any) -> Any:
        """GET."""
        return self.call("GET", path, **query)

    def post(self, path: str, body: Any = None) -> Any:
        """POST."""
        return self.call("POST", path, body or {})

    def patch(self, path: str, body: Any = None) -> Any:
        """PATCH."""
        return self.call("PATCH", path, body or {})

    def notifications(self, kind: str) -> list[dict[str, Any]]:
        """The person's notifications of one type, newest first."""
        items: list[dict[str, Any]] = self.get("notifications", type=kind)["items"]
        return items
