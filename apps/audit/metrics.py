"""Whether sealing keeps up."""

from apps.audit.models import AuditSeal
from dastern.core import clock
from dastern.core.metrics import Rows, register_gauge


def seal_age() -> Rows:
    """Seconds since the newest seal; nothing before the first. It grows while nothing happens, too."""
    newest = AuditSeal.objects.order_by("-id").values_list("sealed_at", flat=True).first()
    return [((), (clock.now() - newest).total_seconds())] if newest else []


def register() -> None:
    """Once, from ``apps.py``."""
    register_gauge("dastern_audit_seal_age_seconds", "Seconds since the newest audit seal.", seal_age)
