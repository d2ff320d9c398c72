"""Writing the audit log and sealing it."""

from apps.audit.services.records import audit_entry, audit_record, audit_record_many

__all__ = ["audit_entry", "audit_record", "audit_record_many"]
