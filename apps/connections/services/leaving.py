"""What becomes of links when somebody leaves."""

from datetime import datetime

from apps.connections.choices import ConnectionStatus
from apps.connections.selectors import links_of
from apps.connections.services.links import connection_revoke
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.sync.feed import feed_lock


def links_end(user: User, actor: Actor, now: datetime) -> None:
    """End every living link of somebody who asked for deletion; the others are told as with any end."""
    links = list(links_of(user.id).exclude(status=ConnectionStatus.REVOKED))
    feed_lock({person for link in links for person in (link.initiator_id, link.recipient_id)} | {user.id})
    for link in links:
        connection_revoke(actor=actor, link_id=link.id)
