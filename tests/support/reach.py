"""pytest plugin: a full run fails when an operation of openapi.json was never answered with success."""

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404

from tests.support.stack import ROOT, WORKER

FOLDER = ROOT / "var" / "teststack" / "reached"
_reached: set[tuple[str, str]] = set()


def _template(route: str) -> str:
    """A Django route, or a path of the OpenAPI, with its parameters unnamed: the two name them differently."""
    return "/" + re.sub(r"<(?:\w+:)?\w+>|\{\w+\}", "{}", route.lstrip("/"))


def note(method: str, route: str, status: int) -> None:
    """Remember an answered operation."""
    if 200 <= status < 400:
        _reached.add((method.lower(), _template(route)))


_request = Client.request


def _noting_request(self: Client, **request: Any) -> Any:
    response = _request(self, **request)
    if response.status_code < 400:
        with contextlib.suppress(Resolver404):
            note(request.get("REQUEST_METHOD", "GET"), response.resolver_match.route, response.status_code)
    return response


def _is_full_run(config: pytest.Config) -> bool:
    return config.args == config.getini("testpaths") and not config.getoption("keyword") and not config.getoption("lf")


def pytest_configure(config: pytest.Config) -> None:
    """Record every request of the test client."""
    Client.request = _noting_request  # type: ignore[method-assign]
    if not hasattr(config, "workerinput"):
        for old in FOLDER.glob("*.json"):
            old.unlink()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Workers write what they reached; the controller compares the union with openapi.json."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    config = session.config
    (FOLDER / f"{WORKER}.json").write_text(json.dumps(sorted(_reached)))
    if hasattr(config, "workerinput") or exitstatus != 0 or not _is_full_run(config):
        return
    reached = {tuple(pair) for file in FOLDER.glob("*.json") for pair in json.loads(file.read_text())}
    operations = {
        (method, path)
        for path, item in json.loads((Path(ROOT) / "openapi.json").read_text())["paths"].items()
        for method in item
        if method in {"get", "post", "put", "patch", "delete"}
    }
    missing = sorted((method, path) for method, path in operations if (method, _template(path)) not in reached)
    if missing:
        print("\nnever answered with success in any test:")
        print("\n".join(f"  {method.upper()} {path}" for method, path in missing))
        session.exitstatus = 1
