"""Configuration of the doses app."""

from django.apps import AppConfig


class DosesConfig(AppConfig):
    """Planned and recorded intakes."""

    name = "apps.doses"
    label = "doses"

    def ready(self) -> None:
        """Register texts, outbox handlers, a figure, what phones pull and push, and what profiles show of doses."""
        from apps.doses import people, texts
        from apps.doses.selectors.days import doses_load, prn_load
        from apps.doses.services import announcing, missed
        from apps.doses.sync import DOSE_KINDS, DoseActs, PrnActs, ReminderActs
        from dastern.core import clock, metrics
        from dastern.sync import registry

        metrics.register_gauge(
            "dastern_doses_overdue",
            "Doses past their deadline that the missed job has not judged.",
            lambda: [((), float(missed.doses_overdue_count(now=clock.now())))],
        )
        texts.register()
        announcing.register()
        people.register()
        registry.register_resource("doses", doses_load)
        registry.register_resource("prnIntakes", prn_load)
        registry.register_acts(DOSE_KINDS, DoseActs)
        registry.register_acts(["prn.taken"], PrnActs)
        registry.register_acts(["reminder.logged"], ReminderActs)
