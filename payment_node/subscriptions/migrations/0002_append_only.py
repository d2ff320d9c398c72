"""The history of subscriptions is never changed."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER subscription_history_append_only BEFORE UPDATE OR DELETE ON subscription_history
    FOR EACH ROW EXECUTE FUNCTION node_refuse_change();
CREATE TRIGGER subscription_history_no_truncate BEFORE TRUNCATE ON subscription_history
    FOR EACH STATEMENT EXECUTE FUNCTION node_refuse_change();
"""
BACKWARD = """
DROP TRIGGER subscription_history_append_only ON subscription_history;
DROP TRIGGER subscription_history_no_truncate ON subscription_history;
"""


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("subscriptions", "0001_initial"), ("payments", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
