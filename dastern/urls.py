"""Where everything is mounted. A path does not decide the app: an endpoint lives in the highest app it calls."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from dastern.core import health
from dastern.core.api.docs import DocsView
from dastern.core.files import file_view

# Patterns are tried in this order, so what phones ask most often stands first.
_API: list[URLPattern | URLResolver] = [
    path("", include("apps.doses.urls")),
    path("", include("dastern.sync.urls")),
    path("", include("apps.adherence.urls")),
    path("", include("apps.health_monitoring.urls")),
    path("", include("apps.notifications.urls")),
    path("", include("apps.prescriptions.urls")),
    path("", include("apps.medications.urls")),
    path("", include("apps.batch_medication.urls")),
    path("", include("apps.connections.urls")),
    path("", include("apps.users.urls")),
    path("", include("apps.authentication.urls")),
    path("", include("apps.subscriptions.urls")),
    path("", include("apps.payments.urls")),
    path("", include("apps.audit.urls")),
    path("", include("apps.doctor_dashboard.api.urls")),
    path("", include("apps.ocr.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("files/<str:token>", file_view, name="file"),
]

urlpatterns = [
    path("api/v1/", include(_API)),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", health.metrics, name="metrics"),
    path("api-docs/", DocsView.as_view(url_name="schema"), name="docs"),
    path("", include("apps.authentication.web.urls")),
    path("", include("apps.prescriptions.web.urls")),
    path("", include("apps.doctor_dashboard.urls")),
]
handler404 = "dastern.core.api.exceptions.handler404"
handler500 = "dastern.core.api.exceptions.handler500"
