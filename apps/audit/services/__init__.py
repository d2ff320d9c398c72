"""Writing the audit log and sealing it."""

from apps.audit.services.records import AuditEntry, audit_entry, audit_record, audit_record_many

__all__ = ["AuditEntry", "audit_entry", "audit_record", "audit_record_many"]
