"""Fuzzes every operation of the committed OpenAPI: no 500, no answer outside its schema.

Runs with ``--run-contract`` (``make contract``); bounded by MAX_EXAMPLES. Limits are raised by the test settings.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as bounded
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from apps.users.choices import Role
from dastern.wsgi import application
from tests.payments.contract_node import API_KEY, KEYS, contract_node
from tests.support.people import make_user, token

MAX_EXAMPLES = 12
SPEC = orjson.loads((Path(__file__).resolve().parents[2] / "openapi.json").read_bytes())
schema = schemathesis.openapi.from_dict(SPEC)
schema.app = application

pytestmark = [pytest.mark.contract, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Requests to the real application must not close the connection whose transaction the test rolls back."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def payment_node(settings: Any) -> Iterator[None]:
    """A node that keeps the wire contract, so that payments can be made."""
    settings.PAYMENT_NODE_API_KEY, settings.PAYMENT_NODE_KEY_ID = API_KEY, "main-2026a"
    settings.PAYMENT_NODE_SECRET = KEYS["main-2026a"]
    with contract_node() as node:
        settings.PAYMENT_NODE_URL = node.url
        yield


@pytest.fixture
def bearers() -> dict[str, str]:
    """A token of each kind of caller."""
    people = {
        "patient": make_user("Sokha"),
        "doctor": make_user("Dr Lim", Role.DOCTOR),
        "family": make_user("Dara", Role.FAMILY_MEMBER),
        "staff": make_user("Staff", Role.FAMILY_MEMBER, is_staff=True),
    }
    return {name: f"Bearer {token(user)}" for name, user in people.items()}


@pytest.mark.parametrize("caller", ["patient", "doctor", "family", "staff"])
@schema.parametrize()
@bounded(
    max_examples=MAX_EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_operation_keeps_its_contract(case: Any, caller: str, bearers: dict[str, str]) -> None:
    # the in-process transport does not unpack gzip
    response = case.call(headers={"Authorization": bearers[caller], "Accept-Encoding": "identity"})
    case.validate_response(response, checks=[not_a_server_error, response_schema_conformance, status_code_conformance])
