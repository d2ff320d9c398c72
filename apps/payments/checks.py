"""What must be set before this server may take money."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

_SHORTEST = 32


def register_checks() -> None:
    """Register the checks (once, from ``ready``)."""
    register(payment_wire_is_safe, Tags.security, deploy=True)


def payment_wire_is_safe(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a half-configured or unsafe wire to the payment node. Without PAYMENT_NODE_URL nothing can be paid."""
    from apps.payments.services.webhook import secrets_by_id

    if not settings.PAYMENT_NODE_URL:
        return []
    found: list[CheckMessage] = []
    secrets = [settings.PAYMENT_NODE_SECRET, *secrets_by_id(settings.PAYMENT_WEBHOOK_SECRETS).values()]
    keys = [settings.PAYMENT_NODE_API_KEY, *settings.PAYMENT_WEBHOOK_API_KEYS]
    given = len(settings.PAYMENT_WEBHOOK_SECRETS) + 1
    if len(secrets) < max(given, 2) or any(len(text) < _SHORTEST for text in [*secrets, *keys]) or len(keys) < 2:
        found.append(Error("Payment keys and secrets must be set, 32+ characters each.", id="payments.E001"))
    if len({*secrets, *keys}) < len(secrets) + len(keys):
        found.append(Error("Payment keys and secrets must all differ.", id="payments.E002"))
    if not settings.PAYMENT_NODE_KEY_ID:
        found.append(Error("PAYMENT_NODE_KEY_ID must name the secret that calls are signed with.", id="payments.E003"))
    if not settings.PAYMENT_WEBHOOK_ADDRESSES or {"0.0.0.0/0", "::/0"} & set(settings.PAYMENT_WEBHOOK_ADDRESSES):
        found.append(Error("PAYMENT_WEBHOOK_ADDRESSES must name the payment node, no wildcard.", id="payments.E004"))
    if urlsplit(settings.PAYMENT_NODE_URL).scheme != "https":
        found.append(Error("PAYMENT_NODE_URL must be https.", id="payments.E005"))
    return found
