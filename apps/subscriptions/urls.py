"""Routes of the subscriptions app."""

from django.urls import URLPattern, URLResolver, path

from apps.subscriptions.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("subscriptions/me", views.MySubscriptionView.as_view()),
    path("subscriptions/limits", views.LimitsView.as_view()),
    path("subscriptions/features", views.FeaturesView.as_view()),
    path("subscriptions/plans", views.PlansView.as_view()),
    path("subscriptions/downgrade", views.DowngradeView.as_view()),
    path("subscriptions/cancel", views.CancelView.as_view()),
    path("subscriptions/family", views.FamilyView.as_view()),
    path("subscriptions/family/add", views.FamilyAddView.as_view()),
    path("subscriptions/family/accept", views.FamilyAcceptView.as_view()),
    path("subscriptions/family/decline", views.FamilyDeclineView.as_view()),
    path("subscriptions/family/<uuid:member_id>", views.FamilyMemberView.as_view()),
]
