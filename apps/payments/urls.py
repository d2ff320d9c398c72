"""Routes of the payments app. ``subscriptions/upgrade`` starts a payment, so it stands here."""

from django.urls import URLPattern, URLResolver, path

from apps.payments.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("payments/plans", views.PlansView.as_view()),
    path("payments/create", views.CreateView.as_view()),
    path("payments/history", views.HistoryView.as_view()),
    path("payments/webhook", views.WebhookView.as_view()),
    path("payments/status/<str:md5>", views.StatusView.as_view()),
    path("payments/<str:md5>/check", views.CheckView.as_view()),
    path("payments/<str:md5>/cancel", views.CancelView.as_view()),
    path("subscriptions/upgrade", views.UpgradeView.as_view()),
]
