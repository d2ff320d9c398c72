"""Configuration of the health monitoring app."""

from django.apps import AppConfig


class HealthMonitoringConfig(AppConfig):
    """Vital signs, alerts, calls for help, the health profile."""

    name = "apps.health_monitoring"
    label = "health_monitoring"

    def ready(self) -> None:
        """Register texts, outbox handlers, a figure, what phones pull and push, and what exports hold."""
        from apps.health_monitoring import people, texts
        from apps.health_monitoring.selectors.alerts import alerts_load
        from apps.health_monitoring.selectors.profile import profiles_load
        from apps.health_monitoring.selectors.thresholds import thresholds_load
        from apps.health_monitoring.selectors.vitals import vitals_load
        from apps.health_monitoring.services import announcing, evaluating
        from apps.health_monitoring.sync import AlertActs, SosActs, VitalActs
        from apps.health_monitoring.table import severity_table
        from dastern.core import metrics
        from dastern.sync import registry

        severity_table()  # a missing or damaged table must stop the start, not the first reading
        metrics.register_gauge(
            "dastern_vitals_unevaluated",
            "Abnormal readings that the hourly evaluation has not looked at.",
            lambda: [((), float(evaluating.vitals_unevaluated_count()))],
        )
        texts.register()
        announcing.register()
        people.register()
        registry.register_resource("vitals", vitals_load)
        registry.register_resource("alerts", alerts_load)
        registry.register_resource("thresholds", thresholds_load)
        registry.register_resource("healthProfile", profiles_load)
        registry.register_acts(["vital.recorded"], VitalActs)
        registry.register_acts(["sos.raised"], SosActs)
        registry.register_acts(["alert.resolved"], AlertActs)
