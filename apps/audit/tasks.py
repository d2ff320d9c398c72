"""Celery tasks of the audit log."""

from celery import shared_task


@shared_task
def audit_seal() -> int:
    """Each minute: seal what is committed for good."""
    from apps.audit.services import seals

    return seals.audit_seal()


@shared_task
def audit_publish() -> None:
    """00:20: the day's seal goes to the file and to the operator."""
    from apps.audit.services import seals

    seals.audit_publish()
