"""Put every write of these tables into the sync feed (dastern/sync/triggers.py)."""

from django.db import migrations

from dastern.sync.triggers import synced_table


class Migration(migrations.Migration):
    dependencies = [("doses", "0003_initial"), ("sync", "0003_open_feeds")]
    operations = [
        synced_table("doses_doseevent", "doses"),
        synced_table("doses_prnintake", "prnIntakes"),
    ]
