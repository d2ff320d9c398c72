from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper

_NAMES = ("full_name", "email", "phone_number", "license_number")


class Migration(migrations.Migration):
    """Staff search in both scripts, made while people work."""

    atomic = False
    dependencies = [("users", "0004_digests"), ("core", "0002_clock_function")]
    operations = [
        *(
            AddIndexConcurrently("user", GinIndex(OpClass(Upper(name), name="gin_trgm_ops"), name=f"users_{name}_trgm"))
            for name in _NAMES
        ),
        AddIndexConcurrently("user", models.Index(fields=["-created_at"], name="users_newest")),
    ]
