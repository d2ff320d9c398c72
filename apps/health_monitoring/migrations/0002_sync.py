"""Put every write of these tables into the sync feed (dastern/sync/triggers.py).

Ranges and the profile are one object a patient, under the patient's id.
"""

from django.db import migrations

from dastern.sync.triggers import synced_table


class Migration(migrations.Migration):
    dependencies = [("health_monitoring", "0001_initial"), ("sync", "0003_open_feeds")]
    operations = [
        synced_table("health_monitoring_healthvital", "vitals"),
        synced_table("health_monitoring_healthalert", "alerts"),
        synced_table("health_monitoring_alertseen", "alerts", object="alert_id", part_of_object=True),
        *(
            synced_table(f"health_monitoring_{table}", "thresholds", object="patient_id", part_of_object=True)
            for table in ("vitalthreshold", "thresholdproposal")
        ),
        *(
            synced_table(f"health_monitoring_{table}", "healthProfile", object="patient_id", part_of_object=True)
            for table in ("healthprofile", "allergy", "condition", "emergencycontact")
        ),
    ]
