"""Put every write of these tables into the sync feed (dastern/sync/triggers.py)."""

from django.db import migrations

from dastern.sync.triggers import synced_table


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_initial"), ("sync", "0003_open_feeds")]
    operations = [
        synced_table("notifications_notification", "notifications", feed="recipient_id"),
    ]
