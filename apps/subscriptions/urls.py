"""Routes of the subscriptions app."""

from django.urls import URLPattern, URLResolver, path

from apps.subscriptions.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("subscriptions/me", views.MySubscriptionView.as_view()),
    path("subscriptions/limits", views.LimitsView.as_view()),
    path("subscriptions/features", views.FeaturesView.as_view()),
    path("subscriptions/plans", views.PlansView.as_view()),
]
