"""Put every write of these tables into the sync feed (dastern/sync/triggers.py)."""

from django.db import migrations

from dastern.sync.triggers import synced_table


class Migration(migrations.Migration):
    dependencies = [("connections", "0002_initial"), ("sync", "0003_open_feeds")]
    operations = [
        synced_table("connections_connection", "connections", feed="initiator_id"),
        synced_table("connections_connection", "connections", feed="recipient_id"),
    ]
