"""Names the operators' site as Django's default admin site."""

from django.contrib.admin.apps import AdminConfig


class OpsAdminConfig(AdminConfig):
    """Makes OpsSite the default admin site."""

    default_site = "apps.doctor_dashboard.sites.OpsSite"
