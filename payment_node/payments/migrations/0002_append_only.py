"""History, acts of staff and refunds are never changed: the database refuses it, whoever asks."""

from django.db import migrations

TABLES = ("payment_status_history", "payment_audit_log", "payment_refund", "payment_inbound_callback")

FORWARD = """
CREATE FUNCTION node_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION node_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION node_refuse_change();
"""
    for table in TABLES
)
BACKWARD = (
    "".join(
        f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};" for table in TABLES
    )
    + "DROP FUNCTION node_refuse_change();"
)


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("payments", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
