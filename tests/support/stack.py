"""pytest plugin, loaded before Django's settings: starts the test services and names this worker's database.

One stack a checkout serves all workers; each worker has a database cloned from one migrated template and a Redis
database of its own.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from dastern import devstack

ROOT = Path(__file__).resolve().parents[2]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
DATABASE = f"test_{WORKER}"
_redis_number = 0 if WORKER == "main" else 1 + int(WORKER.removeprefix("gw")) % 14

URLS = devstack.ensure_up(ROOT / "var" / "teststack", profile="test")


def database_url(name: str, *, superuser: bool = False) -> str:
    """The URL of one database of the test stack."""
    parts = urlsplit(URLS.superuser_url if superuser else URLS.database_url)
    return urlunsplit(parts._replace(path=f"/{name}"))


os.environ["DATABASE_URL"] = database_url(DATABASE)
os.environ["REDIS_URL"] = URLS.redis_url.replace("?db=0", f"?db={_redis_number}")
os.environ["REDIS_PREFIX"] = f"test-{WORKER}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The fuzzing of the whole API is a run of its own: ``make contract``."""
    parser.addoption("--run-contract", action="store_true", help="run tests/contract instead of leaving it out")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the contract run out unless it was asked for."""
    if config.getoption("--run-contract"):
        return
    left_out = [item for item in items if item.get_closest_marker("contract")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
