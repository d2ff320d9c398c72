"""``python -m tests.payment_node.dying STEP ACT``: a worker that is killed at a step, as a machine that loses power."""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django


def arm(step: str) -> None:
    """Have the process die before or after a function, wherever it is known under its name."""
    when, _space, where = step.partition(" ")
    module_name, _dot, name = where.rpartition(".")
    module = importlib.import_module(module_name)
    original: Callable[..., Any] = getattr(module, name)

    def dying(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(module, name, dying)


def main() -> None:
    """Do what is asked until the step."""
    step, act = sys.argv[1:]
    django.setup()
    from payment_node.payments import monitor, services
    from payment_node.webhooks.services import webhooks_send_due

    if step != "never":
        arm(step)
    if act == "create":
        services.payment_create(
            user_id="sokha",
            plan_type="PREMIUM",
            kind="NEW",
            amount=Decimal("0.50"),
            currency="USD",
            idempotency_key="the-same-key",
        )
        return
    monitor.payments_ask_due()
    webhooks_send_due()


if __name__ == "__main__":
    main()
