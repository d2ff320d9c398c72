"""The net under the services: a database trigger puts every write to a synced table into the feed.

Statement-level triggers with transition tables, so that a bulk statement costs three statements, not three a row;
the single row that most statements write takes a short way of its own. Each synced table gets a function of its own
with static SQL, whose plans PostgreSQL keeps.
"""

from django.db import migrations

_FUNCTION = """
CREATE OR REPLACE FUNCTION {name}_{op}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  one record;
  taken bigint;
BEGIN
  SELECT {feed} AS user_id, {object} AS object_id, count(*) OVER () AS n INTO one FROM changed LIMIT 1;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF one.n = 1 THEN
    UPDATE sync_feed SET revision = revision + 1
      WHERE user_id = one.user_id AND one.object_id IS NOT NULL RETURNING revision INTO taken;
    IF FOUND THEN
      INSERT INTO sync_change (user_id, resource, object_id, revision, deleted, changed_at)
      VALUES (one.user_id, '{resource}', one.object_id, taken, {deleted}, clock_timestamp())
      ON CONFLICT (user_id, resource, object_id)
      DO UPDATE SET revision = excluded.revision, deleted = excluded.deleted, changed_at = excluded.changed_at;
    END IF;
    RETURN NULL;
  END IF;
  PERFORM 1 FROM sync_feed f
    WHERE f.user_id IN (SELECT {feed} FROM changed) ORDER BY f.user_id FOR UPDATE;
  WITH touched AS MATERIALIZED (
    SELECT DISTINCT {feed} AS user_id, {object} AS object_id FROM changed
    WHERE {feed} IS NOT NULL AND {object} IS NOT NULL
  ), counted AS (
    SELECT user_id, count(*) AS n FROM touched GROUP BY user_id
  ), bumped AS (
    UPDATE sync_feed f SET revision = f.revision + c.n FROM counted c WHERE f.user_id = c.user_id
    RETURNING f.user_id, f.revision - c.n AS base
  )
  INSERT INTO sync_change AS s (user_id, resource, object_id, revision, deleted, changed_at)
  SELECT t.user_id, '{resource}', t.object_id,
         b.base + row_number() OVER (PARTITION BY t.user_id ORDER BY t.object_id), {deleted}, clock_timestamp()
  FROM touched t JOIN bumped b USING (user_id)
  ON CONFLICT (user_id, resource, object_id)
  DO UPDATE SET revision = excluded.revision, deleted = excluded.deleted, changed_at = excluded.changed_at;
  RETURN NULL;
END $$;
"""
_TRIGGER = """
CREATE TRIGGER {name}_{op} AFTER {event} ON {table} REFERENCING {side} TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION {name}_{op}();
"""
_DROP = "DROP TRIGGER IF EXISTS {name}_{op} ON {table}; DROP FUNCTION IF EXISTS {name}_{op}();"


def synced_table(
    table: str,
    resource: str,
    *,
    feed: str = "patient_id",
    object: str = "id",  # noqa: A002  (the wire's own word)
    part_of_object: bool = False,
    also: bool = False,
) -> migrations.RunSQL:
    """A migration operation that feeds every write of ``table`` into ``sync_change``.

    ``feed`` is the column with the user whose feed it is, ``object`` the column with the id of the object that
    phones see (for a medication its prescription). ``part_of_object``: deleting the row changes the object instead
    of deleting it. A trigger a feed column, and ``also`` one for a table that feeds a second resource; reversible.
    """
    name = f"sync_{table}_{feed}" + (f"_{resource}" if also else "")
    up, down = "", ""
    for op, event, side in (("ins", "INSERT", "NEW"), ("upd", "UPDATE", "NEW"), ("del", "DELETE", "OLD")):
        deleted = "true" if op == "del" and not part_of_object else "false"
        values = {
            "name": name, "op": op, "event": event, "side": side, "table": table, "feed": feed, "object": object,
            "resource": resource, "deleted": deleted,
        }  # fmt: skip
        up += _FUNCTION.format(**values) + _TRIGGER.format(**values)
        down += _DROP.format(**values)
    return migrations.RunSQL(up, down)
