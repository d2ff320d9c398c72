"""Routes of the authentication app."""

from django.urls import URLPattern, URLResolver, path

from apps.authentication.api import views

_ROOT = "auth"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{_ROOT}/register/patient", views.RegisterPatientView.as_view()),
    path(f"{_ROOT}/register/doctor", views.RegisterDoctorView.as_view()),
    path(f"{_ROOT}/register/caregiver", views.RegisterCaregiverView.as_view()),
    path(f"{_ROOT}/otp/send", views.OtpSendView.as_view()),
    path(f"{_ROOT}/otp/verify", views.OtpVerifyView.as_view()),
    path(f"{_ROOT}/login", views.LoginView.as_view()),
    path(f"{_ROOT}/google", views.GoogleView.as_view()),
    path(f"{_ROOT}/refresh", views.RefreshView.as_view()),
    path(f"{_ROOT}/logout", views.LogoutView.as_view()),
    path(f"{_ROOT}/forgot-password", views.ForgotPasswordView.as_view()),
    path(f"{_ROOT}/reset-password", views.ResetPasswordView.as_view()),
    path(f"{_ROOT}/reset-password-otp", views.ResetPasswordByCodeView.as_view()),
    path(f"{_ROOT}/change-password", views.ChangePasswordView.as_view()),
    path(f"{_ROOT}/contact", views.ContactView.as_view()),
    path(f"{_ROOT}/contact/confirm", views.ContactConfirmView.as_view()),
    path(f"{_ROOT}/deletion/cancel", views.CancelDeletionView.as_view()),
    path(f"{_ROOT}/sessions", views.SessionsView.as_view()),
    path(f"{_ROOT}/sessions/<uuid:pk>", views.SessionView.as_view()),
    path(f"{_ROOT}/me", views.MeView.as_view()),
]
