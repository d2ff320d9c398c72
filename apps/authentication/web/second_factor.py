"""The pages of the second factor: asking for the code, setting the factor up, new recovery codes."""

import io
from typing import Any
from urllib.parse import quote, urlencode

import segno
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apps.authentication.services import second_factor as factor
from dastern.core.api.authentication import visitor_of
from dastern.core.errors import DomainError

PASSED = "second_factor"  # in the session: the id of the person who proved it
SET_UP = "second_factor_shown"


class CodeForm(forms.Form):
    """Six digits of the app, or a recovery code; Khmer digits too."""

    code = forms.CharField(
        label=gettext_lazy("Code of your app, or a recovery code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


def passed(request: HttpRequest) -> bool:
    """Whether this session may go on: the factor was proved, or there is none and none is required."""
    edge: Any = request
    known = getattr(edge, "second_factor_passed", None)
    if known is None:
        user: Any = request.user
        if not user.is_authenticated or not factor.factor_belongs(user) or request.session.get(PASSED) == str(user.pk):
            known = True
        else:
            known = not settings.SECOND_FACTOR_REQUIRED and not factor.factor_standing(user.pk)
        edge.second_factor_passed = known
    return bool(known)


def to_factor(request: HttpRequest, back: str) -> HttpResponseRedirect:
    """To the page that asks for the code, or sets the factor up first."""
    user: Any = request.user
    page = "second-factor" if factor.factor_standing(user.pk) else "second-factor-setup"
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': back})}")


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    user: Any = request.user
    home = "/admin/" if user.is_staff and user.role != "DOCTOR" else "/doctor/"
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}) else home


@never_cache
@sensitive_post_parameters("code")
@login_required(login_url="/doctor/login/")
def prove_page(request: HttpRequest) -> HttpResponse:
    """Ask for the code and go on to where the person wanted to go."""
    user: Any = request.user
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            factor.factor_prove(user=user, code=form.cleaned_data["code"], actor=visitor_of(request))
        except DomainError as error:
            form.add_error("code", error.localised())
        else:
            request.session.cycle_key()
            request.session[PASSED] = str(user.pk)
            return HttpResponseRedirect(_back(request))
    context = {"title": _("Second step"), "form": form, "button": _("Go on"), "next": _back(request)}
    return render(request, "account/second_factor.html", context, status=400 if form.errors else 200)


@never_cache
@sensitive_post_parameters("code")
@login_required(login_url="/doctor/login/")
def setup_page(request: HttpRequest) -> HttpResponse:
    """Show the secret as a picture and as text until the app shows the right code; then the recovery codes, once."""
    user: Any = request.user
    if not factor.factor_belongs(user):
        raise Http404
    if factor.factor_standing(user.pk):
        return HttpResponseRedirect(reverse("second-factor"))
    secret = factor.factor_begin(user=user)
    form = CodeForm(request.POST or None)
    form.fields["code"].label = _("The six digits that the app shows now")
    if request.method == "POST" and form.is_valid():
        try:
            codes = factor.factor_confirm(user=user, code=form.cleaned_data["code"], actor=visitor_of(request))
        except DomainError as error:
            form.add_error("code", error.localised())
        else:
            request.session.cycle_key()
            request.session[PASSED] = str(user.pk)
            return _codes(request, codes)
    told = {
        "title": _("Set up the second step"), "form": form, "button": _("Confirm"), "next": _back(request),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "picture": _picture(f"otpauth://totp/{quote('Das Tern:' + user.email)}?secret={secret}&issuer=Das%20Tern"),
    }  # fmt: skip
    return render(request, "account/second_factor.html", told, status=400 if form.errors else 200)


@never_cache
@sensitive_post_parameters("code")
@login_required(login_url="/doctor/login/")
def codes_page(request: HttpRequest) -> HttpResponse:
    """New recovery codes for somebody who proves the factor once more, or its end."""
    user: Any = request.user
    if not passed(request) or not factor.factor_standing(user.pk):
        return to_factor(request, request.path)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if "remove" in request.POST:
                factor.factor_remove(user=user, code=form.cleaned_data["code"], actor=visitor_of(request))
                request.session.pop(PASSED, None)
                return HttpResponseRedirect(_back(request))
            factor.factor_prove(user=user, code=form.cleaned_data["code"], actor=visitor_of(request))
        except DomainError as error:
            form.add_error("code", error.localised())
        else:
            return _codes(request, factor.recovery_codes_renew(user=user, actor=visitor_of(request)))
    context = {
        "title": _("Second step"), "form": form, "button": _("New recovery codes"), "next": _back(request),
        "removable": True,
    }  # fmt: skip
    return render(request, "account/second_factor.html", context, status=400 if form.errors else 200)


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    context = {"title": _("Recovery codes"), "codes": codes, "next": _back(request)}
    return render(request, "account/second_factor.html", context)


def _picture(address: str) -> Any:
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", xmldecl=False, svgns=True, border=4, scale=5)
    return mark_safe(drawn.getvalue().decode())  # noqa: S308  (drawn here)
