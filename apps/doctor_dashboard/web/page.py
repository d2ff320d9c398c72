"""What every page of the doctor's site shares: its frame, its audience, and how absence is told."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.doctor_dashboard.sites import doctor_site
from dastern.core.api.views import as_uuid
from dastern.core.errors import NotFound

View = Callable[..., HttpResponse]


def page(request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    """A page of this site."""
    request.current_app = doctor_site.name
    return TemplateResponse(request, template, {**doctor_site.each_context(request), **context})


def uuid_of(text: str) -> UUID:
    """An id out of an address or a form. Raises Http404."""
    try:
        return as_uuid(text)
    except NotFound as error:
        raise Http404 from error


def absent_is_404(view: View) -> View:
    """``view`` whose NotFound is a page that is not there: absent and forbidden look alike."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404 from error

    return guarded


def number_of(request: HttpRequest, name: str, default: int = 1) -> int:
    """A positive number of the query string, or ``default``."""
    raw = request.GET.get(name, "")
    return max(1, int(raw)) if raw.isascii() and raw.isdigit() and len(raw) < 7 else default
