"""People for staff: the verification queue, locking, and a card whose every look is audited."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.users import services
from apps.users.choices import AccountStatus, Role
from apps.users.models import Identity, User
from apps.users.places import address_of
from apps.users.rules import masked
from dastern.core.admin import StaffAdmin, staff_actor
from dastern.core.errors import DomainError
from dastern.core.files import file_link


class QueueFilter(admin.SimpleListFilter):
    """Who waits for a decision."""

    title = _("verification")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One choice."""
        return [("waiting", _("Doctors waiting for verification"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """Doctors with a confirmed address and no decision."""
        if self.value() != "waiting":
            return queryset
        return queryset.filter(
            role=Role.DOCTOR,
            account_status=AccountStatus.PENDING_VERIFICATION,
            email_verified_at__isnull=False,
        )


class RejectForm(forms.Form):
    """Why a licence is not accepted."""

    reason = forms.CharField(
        label=_("Reason, which the doctor will read"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


@admin.register(User)
class UserAdmin(StaffAdmin):
    """Accounts, for every member of staff: verifying is their duty. Health data is nowhere on these pages."""

    list_display = ("full_name", "email", "role", "account_status", "license_number", "created_at")
    list_filter = (QueueFilter, "role", "account_status", "is_staff")
    search_fields = ("full_name", "email", "phone_number", "license_number")
    ordering = ("-created_at",)
    change_form_template = "admin/users/user/card.html"
    fields = (
        "full_name", "email", "phone_number", "role", "account_status", "language", "timezone", "hospital_clinic",
        "specialty", "license_number", "licence_picture", "verified_at", "rejection_reason", "email_verified_at",
        "locked_until", "deletion_requested_at", "address", "cards", "is_staff", "created_at",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description=_("photo of the licence"))
    def licence_picture(self, user: User) -> str:
        """The picture, through a link that works for an hour."""
        link = file_link(user.license_photo.name)
        picture = '<a href="{0}"><img class="licence" src="{0}" alt="{1}"></a>'
        return format_html(picture, link, _("photo of the licence")) if link else "—"

    @admin.display(description=_("address"))
    def address(self, user: User) -> str:
        """Where the person lives, in the reader's language."""
        identity: Identity | None = getattr(user, "identity", None)
        khmer = get_language() != "en"
        places = address_of(identity.place_code) if identity else []
        return ", ".join(place.name_km if khmer else place.name_en for place in places) or "—"

    @admin.display(description=_("equity card (IDPoor) and NSSF number"))
    def cards(self, user: User) -> str:
        """The last characters of each: enough to compare with a card that somebody shows."""
        identity: Identity | None = getattr(user, "identity", None)
        numbers = [identity.idpoor_number, identity.nssf_number] if identity else []
        return ", ".join(masked(number) for number in numbers if number) or "—"

    def get_urls(self) -> list[URLPattern]:
        """The steps that staff may take."""
        steps: list[tuple[str, Callable[..., HttpResponse]]] = [
            ("verify", self.verify),
            ("reject", self.reject),
            ("lock", self.lock),
            ("unlock", self.unlock),
        ]
        mine = [
            path(f"<uuid:pk>/{name}/", self.admin_site.admin_view(view), name=f"users_user_{name}")
            for name, view in steps
        ]
        return [*mine, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The card; looking at it is written down."""
        user = self.get_object(request, object_id)
        if user is not None:
            audit_record(
                AuditAction.DATA_ACCESS,
                actor=staff_actor(request),
                resource_type="user",
                resource_id=user.id,
                patient_id=user.id,
            )
        return super().change_view(request, object_id, form_url, extra_context)

    def verify(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The licence is genuine."""
        return self._step(request, pk, services.doctor_verify, "doctor_id", _("The doctor is verified."))

    def lock(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Stop the account."""
        return self._step(request, pk, services.account_lock, "user_id", _("The account is locked."))

    def unlock(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Open the account again."""
        return self._step(request, pk, services.account_unlock, "user_id", _("The account is open again."))

    def reject(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Ask for the reason, then reject."""
        doctor = User.objects.filter(pk=pk).first()
        if doctor is None:
            raise Http404
        form = RejectForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._do(
                request,
                pk,
                lambda: services.doctor_reject(
                    actor=staff_actor(request), doctor_id=pk, reason=form.cleaned_data["reason"]
                ),
                _("The doctor is rejected and was told why."),
            )
        context = self.admin_site.each_context(request) | {
            "title": _("Reject the licence"),
            "form": form,
            "original": doctor,
            "opts": self.opts,
        }
        return render(request, "admin/users/user/reject.html", context)

    def _step(
        self, request: HttpRequest, pk: UUID, service: Callable[..., Any], name: str, message: Any
    ) -> HttpResponse:
        if request.method != "POST":
            raise Http404
        return self._do(request, pk, lambda: service(actor=staff_actor(request), **{name: pk}), message)

    @staticmethod
    def _do(request: HttpRequest, pk: UUID, act: Callable[[], Any], message: Any) -> HttpResponse:
        try:
            act()
        except DomainError as error:
            messages.error(request, error.localised())
        else:
            messages.success(request, message)
        return HttpResponseRedirect(reverse("admin:users_user_change", args=[pk]))
