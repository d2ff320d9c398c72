"""Where everything is mounted. A path does not decide the app: an endpoint lives in the highest app it calls."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from dastern.core import health
from dastern.core.api.docs import DocsView
from dastern.core.files import file_view

_API = "api/v1/"

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", health.metrics, name="metrics"),
    path(_API + "schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api-docs/", DocsView.as_view(url_name="schema"), name="docs"),
    path(_API + "files/<str:token>", file_view, name="file"),
    path(_API, include("apps.authentication.urls")),
    path(_API, include("apps.users.urls")),
    path(_API, include("apps.connections.urls")),
    path(_API, include("apps.prescriptions.urls")),
    path(_API, include("apps.medications.urls")),
    path(_API, include("apps.doses.urls")),
    path(_API, include("apps.adherence.urls")),
    path(_API, include("apps.notifications.urls")),
    path(_API, include("apps.subscriptions.urls")),
    path(_API, include("apps.audit.urls")),
    path(_API, include("dastern.sync.urls")),
    path("", include("apps.authentication.web.urls")),
    path("", include("apps.doctor_dashboard.urls")),
]
handler404 = "dastern.core.api.exceptions.handler404"
handler500 = "dastern.core.api.exceptions.handler500"
