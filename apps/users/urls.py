"""Routes of the users app."""

from django.urls import URLPattern, URLResolver, path

from apps.users.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("users/me", views.MeView.as_view()),
    path("users/me/photo", views.PhotoView.as_view()),
    path("users/me/identity", views.IdentityView.as_view()),
    path("users/places", views.PlacesView.as_view()),
    path("users/me/grace-period", views.GraceView.as_view()),
    path("users/me/export", views.ExportView.as_view()),
    path("users/settings/meal-times", views.MealTimesView.as_view()),
    path("users/settings/notifications", views.NotificationSettingsView.as_view()),
    path("users/storage", views.StorageView.as_view()),
]
