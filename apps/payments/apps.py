"""Configuration of the payments app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class PaymentsConfig(AppConfig):
    """The main side of paying."""

    name = "apps.payments"
    label = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        """Register the texts, what people own, the words of the audit log and the figures."""
        from apps.audit.sentences import register_kind
        from apps.payments import checks, selectors, texts, wire
        from apps.users import registry as people
        from dastern.core import metrics

        texts.register()
        checks.register_checks()
        people.register_export("payments", wire.payments_export, title=gettext_noop("Payments"))
        register_kind("payment", _("your payments"))
        metrics.register_gauge(
            "dastern_payments",
            "Payments that are open or held, and events of the node that could not be placed.",
            selectors.figures,
            labels=["kind"],
        )
