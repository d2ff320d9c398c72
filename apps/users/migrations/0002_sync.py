"""Put every write of these tables into the sync feed (dastern/sync/triggers.py)."""

from django.db import migrations

from dastern.sync.triggers import synced_table


class Migration(migrations.Migration):
    dependencies = [("users", "0001_initial"), ("sync", "0003_open_feeds")]
    operations = [
        synced_table("users_user", "profile", feed="id"),
        synced_table("users_mealtimepreference", "settings", feed="user_id", object="user_id", part_of_object=True),
        synced_table("users_notificationpreference", "settings", feed="user_id", object="user_id", part_of_object=True),
    ]
