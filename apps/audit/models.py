"""The append-only log and its seals."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction, Outcome


class AuditLog(models.Model):
    """One act. Triggers refuse UPDATE, DELETE and TRUNCATE and stamp ``id``, ``created_at`` and ``txid``.

    The actor is a plain id: a foreign key with SET NULL would be an UPDATE. ``txid`` is the transaction that wrote
    the row; the sealer takes only rows older than every running transaction, so that a late commit cannot escape.
    """

    id = models.BigAutoField(primary_key=True)
    actor_id = models.UUIDField(_("actor"), null=True)
    actor_role = models.CharField(_("role"), max_length=16, blank=True)
    action_type = models.CharField(_("action"), max_length=32, choices=AuditAction)
    resource_type = models.CharField(_("kind of data"), max_length=100)
    resource_id = models.CharField(_("data"), max_length=64, blank=True)
    patient_id = models.UUIDField(_("patient"), null=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, default=Outcome.ALLOWED)
    details = models.JSONField(_("details"), default=dict)
    ip_address = models.CharField(_("address"), max_length=45, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(_("when"), null=True, editable=False)  # stamped by the trigger
    txid = models.BigIntegerField(null=True, editable=False)  # stamped by the trigger

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes: ClassVar = [
            models.Index(fields=["actor_id", "-id"], name="audit_actor"),  # own actions
            models.Index(fields=["patient_id", "-id"], name="audit_patient"),  # who saw my data
            models.Index(fields=["resource_type", "resource_id"], name="audit_resource"),  # staff search
            models.Index(fields=["action_type", "created_at"], name="audit_action"),  # reports
            models.Index(fields=["txid"], name="audit_txid"),  # the sealer and audit_verify: a range of transactions
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.action_type}"


class AuditSeal(models.Model):
    """A hash over a run of audit rows and the seal before it: what was sealed cannot change unnoticed (rules.py).

    It covers ranges of transaction ids, not of row ids: a row may take its id early and commit late, but below the
    snapshot minimum nothing is still running.
    """

    id = models.BigAutoField(primary_key=True)
    era = models.IntegerField(default=1)
    after_id = models.BigIntegerField()
    from_txid = models.BigIntegerField()
    through_txid = models.BigIntegerField()  # exclusive
    first_id = models.BigIntegerField(_("first entry"), null=True)
    last_id = models.BigIntegerField(_("last entry"), null=True)
    row_count = models.IntegerField(_("entries"))
    leaves = models.BinaryField()
    digest = models.CharField(_("seal"), max_length=64)
    previous_digest = models.CharField(_("seal before"), max_length=64)
    sealed_at = models.DateTimeField(_("sealed at"))

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        constraints: ClassVar = [
            # two sealers at once cannot fork the chain
            models.UniqueConstraint(fields=["previous_digest"], name="audit_seal_one_chain")
        ]

    def __str__(self) -> str:
        return f"{self.first_id}–{self.last_id}"
