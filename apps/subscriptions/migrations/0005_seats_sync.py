"""The net under the services: whoever gets or loses a seat, by whatever way, has the own plan pulled anew."""

from django.db import migrations

_UP = """
CREATE OR REPLACE FUNCTION subscriptions_seat_{op}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE subscriptions_subscription s SET updated_at = clock_timestamp()
  FROM (SELECT DISTINCT member_id FROM changed) c WHERE s.user_id = c.member_id;
  RETURN NULL;
END $$;
CREATE TRIGGER subscriptions_seat_{op} AFTER {event} ON subscriptions_familymember
REFERENCING {side} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION subscriptions_seat_{op}();
"""
_DOWN = """
DROP TRIGGER IF EXISTS subscriptions_seat_{op} ON subscriptions_familymember;
DROP FUNCTION IF EXISTS subscriptions_seat_{op}();
"""
_OPS = (("ins", "INSERT", "NEW"), ("upd", "UPDATE", "NEW"), ("del", "DELETE", "OLD"))


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0004_life")]
    operations = [
        migrations.RunSQL(_UP.format(op=op, event=event, side=side), _DOWN.format(op=op)) for op, event, side in _OPS
    ]
