"""Routes of the pages."""

from django.urls import URLPattern, path

from apps.authentication.web.second_factor import codes_page, prove_page, setup_page
from apps.authentication.web.views import ForgotPasswordPage, ResetPasswordPage

urlpatterns: list[URLPattern] = [
    # Django's login pages show a link to the view of this name.
    path("forgot-password/", ForgotPasswordPage.as_view(), name="admin_password_reset"),
    path("second-factor/", prove_page, name="second-factor"),
    path("second-factor/setup/", setup_page, name="second-factor-setup"),
    path("second-factor/codes/", codes_page, name="second-factor-codes"),
    path("reset-password/", ResetPasswordPage.as_view(), name="reset-password"),
]
