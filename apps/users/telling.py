"""Announcing decisions about accounts; the notifications app, which stands above, mails and notes them."""

from collections.abc import Mapping
from typing import Any

from apps.users.models import User
from dastern.outbox.services import outbox_add

TOPIC = "users.told"


def account_told(user: User, template: str, context: Mapping[str, Any]) -> None:
    """Have ``user`` told by mail and in the inbox: ``template`` names both texts, ``context`` fills them."""
    outbox_add(TOPIC, {"userId": str(user.id), "template": template, "context": dict(context)})
