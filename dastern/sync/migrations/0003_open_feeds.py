"""Every account gets its feed row with the account itself, so that writers only ever lock."""

from django.db import migrations

_UP = """
CREATE FUNCTION sync_feed_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sync_feed (user_id, revision, generation) SELECT id, 0, 1 FROM opened ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
-- triggers fire in the order of their names: the feed must exist before the profile is put into it
CREATE TRIGGER a_sync_feed_open AFTER INSERT ON users_user REFERENCING NEW TABLE AS opened
FOR EACH STATEMENT EXECUTE FUNCTION sync_feed_open();
"""
_DOWN = "DROP TRIGGER a_sync_feed_open ON users_user; DROP FUNCTION sync_feed_open();"


class Migration(migrations.Migration):
    dependencies = [("sync", "0002_initial"), ("users", "0001_initial")]
    operations = [migrations.RunSQL(_UP, _DOWN)]
