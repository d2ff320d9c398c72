"""Put groups into the sync feed, with the medicines they show, and let their switch follow the prescription's state."""

from django.db import migrations

from dastern.sync.triggers import synced_table

# Whoever pauses, resumes, stops or finishes the prescription: the group is on while it is ACTIVE.
_MIRROR = """
CREATE FUNCTION batch_medication_mirror() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE batch_medication_medicationbatch SET is_active = (NEW.status = 'ACTIVE'), updated_at = NEW.updated_at
  WHERE prescription_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER batch_medication_mirror AFTER UPDATE OF status ON prescriptions_prescription
FOR EACH ROW WHEN (NEW.source = 'BATCH' AND NEW.status IS DISTINCT FROM OLD.status)
EXECUTE FUNCTION batch_medication_mirror();
"""
_UNMIRROR = """
DROP TRIGGER IF EXISTS batch_medication_mirror ON prescriptions_prescription;
DROP FUNCTION IF EXISTS batch_medication_mirror();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("batch_medication", "0001_initial"),
        ("medications", "0004_paused_days"),
        ("sync", "0003_open_feeds"),
    ]
    operations = [
        synced_table("batch_medication_medicationbatch", "batches"),
        synced_table("medications_medication", "batches", object="batch_id", part_of_object=True, also=True),
        migrations.RunSQL(_MIRROR, _UNMIRROR),
    ]
