"""Every operation that the specification names is served; docs/adr/0009 tells what differs in meaning."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def nameless(path: str) -> str:
    """A path without the names of its parameters, which specification and code choose for themselves."""
    return re.sub(r"/\{\w+\}(?=/|$)", "/{}", path)


def specified() -> set[tuple[str, str]]:
    """The committed list."""
    lines = (ROOT / "tests" / "golden" / "specified_paths.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    assert len(rows) > 130
    return {(method, nameless(path)) for method, path in rows}


def served() -> set[tuple[str, str]]:
    """What openapi.json, which is checked against the code, declares."""
    paths = json.loads((ROOT / "openapi.json").read_text())["paths"]
    return {
        (method.upper(), nameless(path.removeprefix("/api/v1/"))) for path, item in paths.items() for method in item
    }


def test_every_specified_operation_is_served() -> None:
    assert specified() - served() == set()


def test_the_list_names_nothing_twice() -> None:
    lines = (ROOT / "tests" / "golden" / "specified_paths.txt").read_text().splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    assert len(rows) == len(set(rows))
