"""Routes of the pages."""

from django.urls import URLPattern, path

from apps.authentication.web.views import ForgotPasswordPage, ResetPasswordPage

urlpatterns: list[URLPattern] = [
    # Django's login pages show a link to the view of this name.
    path("forgot-password/", ForgotPasswordPage.as_view(), name="admin_password_reset"),
    path("reset-password/", ResetPasswordPage.as_view(), name="reset-password"),
]
