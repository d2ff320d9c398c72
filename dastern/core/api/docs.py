"""The page that shows the API to developers, from files of our own server."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularRedocView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer


@extend_schema(exclude=True)
class DocsView(SpectacularRedocView):
    """Redoc over the schema. It draws with inline styles, so this one page has a wider CSP; nothing leaves the host."""

    permission_classes = [AllowAny]
    authentication_classes = []
    renderer_classes = [TemplateHTMLRenderer]

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page."""
        response: HttpResponse = super().get(request, *args, **kwargs)
        response["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src blob:; frame-ancestors 'none'"
        )
        return response
