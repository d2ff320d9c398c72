"""Ways to reach a person. Each package has a ``channel`` module with ``deliver``; adding one touches nothing else."""

from collections.abc import Callable

from apps.notifications.channels.email.channel import deliver as deliver_email
from apps.notifications.channels.push.channel import deliver as deliver_push
from apps.notifications.models import Notification

# Queued channels; in_app is the row itself and its announcement on the live stream.
QUEUED: dict[str, Callable[[Notification], str]] = {"email": deliver_email, "push": deliver_push}
