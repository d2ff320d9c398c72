"""Two deployments: separate environments, no shared code, no secret default, no bank but the National Bank's."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.no_database
ROOT = Path(__file__).resolve().parents[2]
SECRET = "0123456789abcdef0123456789abcdef"
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "payment_node.settings.production",
    "NODE_SECRET_KEY": SECRET + "key",
    "NODE_HOSTS": "pay.dastern.example",
    "PAYMENT_DATABASE_URL": "postgresql://payment_node:x@127.0.0.1/payment_node",
    "PAYMENT_REDIS_URL": "redis://127.0.0.1/0",
    "NODE_API_KEYS": "main:" + "0" * 64,
    "NODE_SIGNING_SECRETS": "main-1:" + SECRET,
    "NODE_ALLOWED_ADDRESSES": "192.0.2.1",
    "MAIN_WEBHOOK_URL": "https://app.dastern.example/api/v1/payments/webhook",
    "MAIN_API_KEY": "some-key",
    "MAIN_KEY_ID": "node-1",
    "MAIN_SECRET": SECRET + "main",
    "BAKONG_TOKEN": "token",
    "BAKONG_EMAIL": "payments@dastern.example",
    "MERCHANT_BAKONG_ACCOUNT": "das.tern@devb",
}


def start(variables: dict[str, str], python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Start the node far enough to read its settings."""
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [python, "payment_node/manage.py", "check"],
        cwd=ROOT, env=clean | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_production_starts_when_everything_is_given() -> None:
    done = start(PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"DJANGO_SETTINGS_MODULE"}))
def test_production_refuses_to_start_without(name: str) -> None:
    done = start({key: value for key, value in PRODUCTION.items() if key != name})
    assert done.returncode != 0
    assert name in done.stderr


UNSAFE: list[Any] = [
    pytest.param({"BAKONG_BASE_URL": "http://127.0.0.1:8200"}, "National Bank", id="simulator"),
    pytest.param({"BAKONG_BASE_URL": "https://api-bakong.nbc.gov.kh.evil.example"}, "National Bank", id="look-alike"),
    pytest.param({"BAKONG_BASE_URL": "http://api-bakong.nbc.gov.kh"}, "National Bank", id="not-https"),
    pytest.param({"MAIN_SECRET": "short"}, "MAIN_SECRET", id="short-secret"),
    pytest.param({"NODE_SIGNING_SECRETS": "main-1:short"}, "main-1", id="short-signing-secret"),
    pytest.param({"MAIN_SECRET": SECRET}, "differ", id="one-secret-for-both"),
    pytest.param({"NODE_HOSTS": "*"}, "NODE_HOSTS", id="any-host"),
    pytest.param({"MAIN_WEBHOOK_URL": "http://app.dastern.example/"}, "https", id="webhook-in-clear"),
]


@pytest.mark.parametrize(("changed", "reason"), UNSAFE)
def test_production_refuses_what_is_unsafe(changed: dict[str, str], reason: str) -> None:
    done = start(PRODUCTION | changed)
    assert done.returncode != 0
    assert reason in done.stderr


def test_another_bank_must_be_named_twice_on_purpose() -> None:
    url = "https://bakong-proxy.dastern.example"
    assert start(PRODUCTION | {"BAKONG_BASE_URL": url}).returncode != 0
    assert start(PRODUCTION | {"BAKONG_BASE_URL": url, "BAKONG_FOREIGN_BASE_URL": url}).returncode == 0


def test_the_nodes_own_environment_holds_no_library_of_the_main_server() -> None:
    python = ROOT / ".venv-node" / "bin" / "python"
    done = start(PRODUCTION, python=str(python))
    assert done.returncode == 0, done.stderr
    foreign = ["rest_framework", "allauth", "simplejwt", "drf_spectacular", "django_redis", "kivy", "paddleocr"]
    code = f"import importlib.util as u; print([n for n in {foreign} if u.find_spec(n)])"
    assert subprocess.check_output([str(python), "-c", code], text=True).strip() == "[]"


def test_neither_deployment_imports_the_other() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "The payment node knows neither the main project nor the patient app KEPT" in done.stdout
    assert "The main project does not know the payment node KEPT" in done.stdout


def test_env_example_names_exactly_what_the_settings_read() -> None:
    read = set()
    for file in (ROOT / "payment_node" / "settings").glob("*.py"):
        read |= set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", file.read_text()))
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy/payment_node/env.example").read_text(), re.MULTILINE))
    assert named == read


def test_the_units_and_the_compose_file_name_what_exists() -> None:
    folder = ROOT / "deploy" / "payment_node"
    text = "".join(file.read_text() for file in folder.glob("*.service"))
    assert "payment_node.wsgi:application" in text
    assert text.count("-A payment_node") == 2
    assert "postgres:17" in (folder / "compose.yaml").read_text()
