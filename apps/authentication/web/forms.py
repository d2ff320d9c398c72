"""What the pages ask for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class ForgotForm(forms.Form):
    """Whose password was forgotten."""

    identifier = forms.CharField(
        label=_("E-mail or phone number"), max_length=255, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )


class ResetForm(forms.Form):
    """The new password, twice, and the token of the link."""

    token = forms.CharField(max_length=200, widget=forms.HiddenInput)
    new_password = forms.CharField(
        label=_("New password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters, not a common word, not your name."),
    )
    again = forms.CharField(
        label=_("The same again"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both must be the same."""
        data: dict[str, Any] = super().clean() or {}
        if "again" in data and data.get("new_password") != data["again"]:
            self.add_error("again", _("The two passwords are not the same."))
        return data
