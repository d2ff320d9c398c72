"""Two admin sites: /doctor/ for verified doctors, /admin/ for staff. Neither lets the other in."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.authentication.web.second_factor import passed, to_factor
from dastern.core.actor import Actor


class GuardedSite(admin.AdminSite):
    """A site that opens nothing before the second factor is proved, or set up where it is required."""

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The sign-in page; somebody whose password was right goes on to the second factor."""
        if request.user.is_authenticated and self.admits(request) and not passed(request):
            return to_factor(request, request.GET.get(REDIRECT_FIELD_NAME) or reverse(f"{self.name}:index"))
        return super().login(request, extra_context)

    def admits(self, request: HttpRequest) -> bool:
        """Whether this site is for the person at all."""
        raise NotImplementedError

    def has_permission(self, request: HttpRequest) -> bool:
        """The right person, with the second factor."""
        return self.admits(request) and passed(request)


class OpsSite(GuardedSite):
    """The operators' site. A doctor is refused even with a staff flag: it would show every patient."""

    site_header = _("Das Tern operations")
    site_title = _("Das Tern operations")
    index_title = _("Operations")

    def admits(self, request: HttpRequest) -> bool:
        """Active staff who are no doctors."""
        user: Any = request.user
        return bool(user.is_active and user.is_staff and getattr(user, "role", "") != "DOCTOR")


class DoctorLoginForm(AuthenticationForm):
    """Signs in doctors by e-mail or phone number; says plainly why somebody cannot come in."""

    username = forms.CharField(label=_("E-mail or phone number"), widget=forms.TextInput(attrs={"autofocus": True}))

    def confirm_login_allowed(self, user: Any) -> None:
        """Raises ValidationError for anybody but a verified doctor."""
        super().confirm_login_allowed(user)
        if user.role != "DOCTOR":
            raise ValidationError(_("This page is for doctors."), code="not_doctor")
        if not user.is_verified_doctor:
            raise ValidationError(_("Your licence is still under review. We will write to you."), code="not_verified")


class DoctorSite(GuardedSite):
    """What a verified doctor sees: the own patients and the own prescriptions."""

    site_header = _("Das Tern for doctors")
    site_title = _("Das Tern")
    index_title = _("Today")
    site_url = None
    login_form = DoctorLoginForm
    login_template = "doctor/login.html"
    enable_nav_sidebar = False

    def admits(self, request: HttpRequest) -> bool:
        """Verified doctors only; asked from the database on every request."""
        user: Any = request.user
        return bool(user.is_active and getattr(user, "is_verified_doctor", False))

    def get_urls(self) -> list[Any]:
        """The site's own pages before those of the admin."""
        from apps.doctor_dashboard.web.urls import pages

        return [*pages(self), *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Which part of the site the page belongs to, for the menu."""
        return super().each_context(request) | {"doctor_site": self.has_permission(request)}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The first page: who needs this doctor today."""
        from apps.doctor_dashboard.web.worklist import worklist_view

        return worklist_view(request)


doctor_site = DoctorSite(name="doctor")


def page_actor(request: HttpRequest) -> Actor:
    """The signed-in person of a page request as an actor for services and selectors."""
    user: Any = request.user
    edge: Any = request
    return Actor(
        id=user.id,
        role=user.role,
        is_staff=user.is_staff,
        language="en" if user.language == "ENGLISH" else "km",
        ip=edge.client_ip,
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:255],
        request_id=edge.request_id,
    )
