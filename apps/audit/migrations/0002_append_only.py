"""The database itself keeps the audit log append-only and stamps who-knows-when and which transaction."""

from django.db import migrations

_UP = """
CREATE FUNCTION audit_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.created_at := dastern_now();
  NEW.txid := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END $$;
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_stamp BEFORE INSERT ON audit_auditlog FOR EACH ROW EXECUTE FUNCTION audit_stamp();
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_auditlog FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_auditlog FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_seal_no_change BEFORE UPDATE OR DELETE ON audit_auditseal FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_seal_no_truncate BEFORE TRUNCATE ON audit_auditseal FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
_DOWN = """
DROP TRIGGER audit_stamp ON audit_auditlog; DROP TRIGGER audit_no_change ON audit_auditlog;
DROP TRIGGER audit_no_truncate ON audit_auditlog; DROP TRIGGER audit_seal_no_change ON audit_auditseal;
DROP TRIGGER audit_seal_no_truncate ON audit_auditseal; DROP FUNCTION audit_stamp(); DROP FUNCTION audit_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("core", "0002_clock_function")]
    operations = [migrations.RunSQL(_UP, _DOWN)]
