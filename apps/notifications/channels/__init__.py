"""Ways to reach a person, a package each: ``in_app``, ``email``, ``push``. Adding one touches nothing else.

A channel is ``channel.deliver(notification) -> state``; it raises when it reached nobody, and is tried again.
The words come from texts.py in both languages; mail sets them into ``templates/email/{km,en}/``. What carries them is
Django's mail backend for mail (files in ``var/mail`` on a developer's machine) and ``push.transport`` for phones (rows
that the operations site shows, where there is no gateway).
"""

from collections.abc import Callable

from apps.notifications.channels.email.channel import deliver as deliver_email
from apps.notifications.channels.push.channel import deliver as deliver_push
from apps.notifications.models import Notification

# Queued channels; in_app is the row itself and its announcement on the live stream.
QUEUED: dict[str, Callable[[Notification], str]] = {"email": deliver_email, "push": deliver_push}
