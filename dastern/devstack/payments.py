"""The payment node and the simulated bank of a developer's machine: processes of another virtual environment.

Nothing of the node is imported: they are started as its own server would start them, with its own variables only.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dastern.devstack.places import password, payment_link, places, urls

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-node" / "bin" / "python"
NODE_PORT = int(os.environ.get("PAYMENT_NODE_PORT", "8100"))
BANK_PORT = int(os.environ.get("BAKONG_SIMULATOR_PORT", "8200"))
_FOREIGN = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE")


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """How one of them is started."""

    name: str
    command: list[str]
    port: int | None = None
    health: str | None = None


def processes() -> list[NodeProcess]:
    """In the order in which they start."""
    python = str(PYTHON)
    node, bank = f"http://127.0.0.1:{NODE_PORT}", f"http://127.0.0.1:{BANK_PORT}"
    celery = [python, "-m", "celery", "-A", "payment_node"]
    var = ROOT / "var" / "payment_node"
    return [
        NodeProcess(
            "bakong-simulator",
            [python, "-m", "payment_node.bakong_simulator", "--port", str(BANK_PORT), "--daily-limit", "0",
             "--state", str(var / "bank.json")],
            BANK_PORT,
            f"{bank}/_sim/state",
        ),
        NodeProcess(
            "payment-node",
            [python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(NODE_PORT),
             "--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "warning",
             "payment_node.wsgi:application"],
            NODE_PORT,
            f"{node}/api/ready",
        ),
        NodeProcess(
            "payment-worker",
            [*celery, "worker", "-P", "threads", "-c", "2", "--loglevel", "warning", "-n", "local@payment-node"],
        ),
        NodeProcess(
            "payment-beat",
            [*celery, "beat", "--loglevel", "warning", "--pidfile=", "-s", str(var / "beat")],
        ),
    ]  # fmt: skip


def environment(web_port: int) -> dict[str, str]:
    """Everything that the node's processes see. The main server's addresses and secrets are not among it.

    The simulated bank has no daily limit here, so the node may ask often: a plan changes within seconds.
    """
    stack, state = urls(), places().state
    inherited = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    log = ROOT / "var" / "log"
    return inherited | payment_link().node | {
        "DJANGO_SETTINGS_MODULE": "payment_node.settings.local",
        "PYTHONUNBUFFERED": "1",
        "PAYMENT_DATABASE_URL": stack.payment_database_url,
        "PAYMENT_REDIS_URL": stack.payment_redis_url,
        "PAYMENT_BROKER_URL": stack.payment_broker_url,
        "MAIN_WEBHOOK_URL": f"http://127.0.0.1:{web_port}/api/v1/payments/webhook",
        "BAKONG_BASE_URL": f"http://127.0.0.1:{BANK_PORT}",
        "BAKONG_EMAIL": "payments@dastern.example",
        "BAKONG_DAILY_CEILING": "1000000",
        "NODE_CHECK_OFFSETS": ",".join(str(seconds) for seconds in range(4, 600, 4)),
        "NODE_TICK_SECONDS": "2",
        "NODE_RATE_LIMIT": "6000/60",
        "NODE_LOG_DIR": str(log),
        "NODE_STAFF_PASSWORD": password(state, "payment-staff"),
        "SIMULATOR_KEY": password(state, "bakong-simulator"),
    }  # fmt: skip


def prepare(variables: dict[str, str]) -> None:
    """Migrate the node's database and give it a token of the simulated bank, in ``variables`` too."""
    (ROOT / "var" / "payment_node").mkdir(parents=True, exist_ok=True)
    issued = subprocess.run(  # noqa: S603  (our own commands)
        [str(PYTHON), "-m", "payment_node.bakong_simulator", "--print-token"],
        cwd=ROOT, env=variables, check=True, capture_output=True, text=True,
    )  # fmt: skip
    variables["BAKONG_TOKEN"] = issued.stdout.strip()
    subprocess.run(  # noqa: S603
        [str(PYTHON), "payment_node/manage.py", "prepare_local"],
        cwd=ROOT, env=variables, check=True, start_new_session=True,
    )  # fmt: skip


def main_environment() -> dict[str, str]:
    """What the main server needs to reach the node."""
    return payment_link().main | {"PAYMENT_NODE_URL": f"http://127.0.0.1:{NODE_PORT}"}


def welcome() -> list[str]:
    """Where to look."""
    return [
        f"  Bank      http://127.0.0.1:{BANK_PORT}/   plays the bank app: scan, pay, pay wrongly, fail",
        f"  Payments  http://127.0.0.1:{NODE_PORT}/staff/   staff / {password(places().state, 'payment-staff')}",
    ]
