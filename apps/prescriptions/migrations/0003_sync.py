"""Put every write of these tables into the sync feed (dastern/sync/triggers.py)."""

from django.db import migrations

from dastern.sync.triggers import synced_table


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0002_initial"), ("sync", "0003_open_feeds")]
    operations = [
        synced_table("prescriptions_prescription", "prescriptions"),
        synced_table("prescriptions_prescriptionversion", "prescriptions", object="prescription_id", part_of_object=True),
    ]
