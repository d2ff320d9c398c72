"""A message that its reader removed is emptied and kept, so that nobody is told the same thing again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_deliveries")]
    operations = [migrations.AddField("notification", "deleted_at", models.DateTimeField(null=True))]
