"""The two pages. Their limits, services and refusals are those of the API."""

from abc import ABC, abstractmethod
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from apps.authentication import services
from apps.authentication.rules import identifier_normal
from apps.authentication.web.forms import ForgotForm, ResetForm
from dastern.core import ratelimit
from dastern.core.api.authentication import visitor_of
from dastern.core.errors import DomainError

_FIELDS = {"newPassword": "new_password"}


class AccountPage(FormView, ABC):  # type: ignore[type-arg]  # not generic at run time
    """A form, and in its place the sentence ``done`` once it was carried out."""

    template_name = "account/form.html"
    http_method_names = ["get", "post", "head", "options"]
    title: Any = ""
    button: Any = ""
    done: Any = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Title and button of the page."""
        return super().get_context_data(title=self.title, button=self.button, **kwargs)

    @abstractmethod
    def carry_out(self, data: dict[str, Any]) -> None:
        """Call the service; a DomainError is shown in the form."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """The sentence, or the form with what was refused."""
        try:
            self.carry_out(form.cleaned_data)
        except DomainError as error:
            for path, reason in error.errors or [("", error.localised())]:
                form.add_error(_FIELDS.get(path), str(reason))
            return self.form_invalid(form)
        return self.render_to_response(self.get_context_data(form=None, done=self.done))

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """The form again, with 400."""
        return self.render_to_response(self.get_context_data(form=form), status=400)


class ForgotPasswordPage(AccountPage):
    """Ask for a link."""

    form_class = ForgotForm
    title = _("Forgot your password?")
    button = _("Send me a link")
    done = _("If we know this account, we have sent it a link. It works for 15 minutes.")

    def carry_out(self, data: dict[str, Any]) -> None:
        """As POST auth/forgot-password."""
        account = f"account:{identifier_normal(data['identifier'])}"
        ratelimit.check(self.request, "forgot_password", f"address:{visitor_of(self.request).ip}", account)
        services.password_forgotten(identifier=data["identifier"])


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class ResetPasswordPage(AccountPage):
    """Choose a new password."""

    form_class = ResetForm
    title = _("Choose a new password")
    button = _("Set the new password")
    done = _("The new password is set. Please sign in with it.")

    def get_initial(self) -> dict[str, Any]:
        """The token comes in the query of the mailed link and goes on in the form."""
        return {"token": self.request.GET.get("token", "")}

    def carry_out(self, data: dict[str, Any]) -> None:
        """As POST auth/reset-password."""
        visitor = visitor_of(self.request)
        ratelimit.check(self.request, "otp_verify", f"address:{visitor.ip}")
        services.password_reset(token=data["token"], new_password=data["new_password"], actor=visitor)
