"""What becomes of links when somebody leaves."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.connections.choices import ConnectionStatus
from apps.connections.models import Connection
from apps.connections.selectors import links_of
from apps.connections.services.links import connection_revoke
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.sync.feed import feed_lock


def linked_people(user_id: UUID) -> set[UUID]:
    """Both sides of every living link of a person: whose feeds a farewell writes."""
    links = Connection.objects.filter(Q(initiator_id=user_id) | Q(recipient_id=user_id))
    living = links.exclude(status=ConnectionStatus.REVOKED)
    return {person for pair in living.values_list("initiator_id", "recipient_id") for person in pair}


def links_end(user: User, actor: Actor, now: datetime) -> None:
    """End every living link of somebody who asked for deletion; the others are told as with any end."""
    feed_lock(linked_people(user.id) | {user.id})
    for link in list(links_of(user.id).exclude(status=ConnectionStatus.REVOKED)):
        connection_revoke(actor=actor, link_id=link.id)
