"""The staff site: Django's admin with the pages for reviewing, refunding and reconciling."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path


class StaffAdminConfig(AdminConfig):
    """Makes our site the default one."""

    default_site = "payment_node.staff.site.StaffSite"


class StaffSite(admin.AdminSite):
    """Staff of the payment node; there are no other users here."""

    site_header = "Das Tern · payment node"
    site_title = "payment node"
    index_title = "Payments"
    site_url = None
    index_template = "staff/index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Active staff."""
        return bool(request.user.is_active and request.user.is_staff)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Our pages before Django's catch-all."""
        from payment_node.staff import pages

        ours = [
            path("review/<uuid:payment_id>/complete/", self.admin_view(pages.complete), name="review-complete"),
            path("payments/<uuid:payment_id>/refund/", self.admin_view(pages.refund), name="payment-refund"),
            path("statements/import/", self.admin_view(pages.statement), name="statement-import"),
            path("reconciliation/", self.admin_view(pages.reconciliation), name="reconciliation"),
        ]
        return [*ours, *super().get_urls()]
