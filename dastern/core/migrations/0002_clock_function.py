"""Trigrams for search in both scripts, and the database's side of the platform clock."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

_NOW = """
CREATE FUNCTION dastern_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT clock_timestamp() + coalesce((SELECT moved_by FROM core_clock WHERE id = 1), interval '0')
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [TrigramExtension(), migrations.RunSQL(_NOW, "DROP FUNCTION dastern_now();")]
