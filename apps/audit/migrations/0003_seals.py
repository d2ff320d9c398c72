"""Seals cover ranges of transactions and keep a leaf for each row; the trigger gives the id as well.

No seal exists before this migration, so that columns without a default can be added.
"""

import django.contrib.postgres.indexes
from django.db import migrations, models

_STAMP_ID = """
CREATE OR REPLACE FUNCTION audit_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- a chosen id could stand in the way of a later row, and a chosen time or transaction would lie
  NEW.id := nextval('audit_auditlog_id_seq');
  NEW.created_at := dastern_now();
  NEW.txid := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END $$;
"""
_STAMP = """
CREATE OR REPLACE FUNCTION audit_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.created_at := dastern_now();
  NEW.txid := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [
        migrations.RemoveField("auditseal", "row_ids_digest"),
        migrations.AddField("auditseal", "era", models.IntegerField(default=1)),
        migrations.AddField("auditseal", "after_id", models.BigIntegerField(default=0), preserve_default=False),
        migrations.AddField("auditseal", "from_txid", models.BigIntegerField(default=0), preserve_default=False),
        migrations.AddField("auditseal", "through_txid", models.BigIntegerField(default=0), preserve_default=False),
        migrations.AddField("auditseal", "leaves", models.BinaryField(default=b""), preserve_default=False),
        migrations.AlterField(
            "auditseal", "first_id", models.BigIntegerField(null=True, verbose_name="first entry")
        ),
        migrations.AlterField("auditseal", "last_id", models.BigIntegerField(null=True, verbose_name="last entry")),
        migrations.AlterField("auditseal", "row_count", models.IntegerField(verbose_name="entries")),
        migrations.AlterField("auditseal", "digest", models.CharField(max_length=64, verbose_name="seal")),
        migrations.AlterField(
            "auditseal", "previous_digest", models.CharField(max_length=64, verbose_name="seal before")
        ),
        migrations.AlterField("auditseal", "sealed_at", models.DateTimeField(verbose_name="sealed at")),
        migrations.AddConstraint(
            "auditseal", models.UniqueConstraint(fields=["previous_digest"], name="audit_seal_one_chain")
        ),
        migrations.AddIndex(
            "auditlog",
            django.contrib.postgres.indexes.BrinIndex(
                fields=["txid"], name="audit_txid", pages_per_range=32, autosummarize=True
            ),
        ),
        migrations.RunSQL(_STAMP_ID, _STAMP),
    ]
