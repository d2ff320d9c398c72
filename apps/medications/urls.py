"""Routes of the medications app; ``medications/{id}`` itself is mounted by prescriptions, which writes it."""

from django.urls import URLPattern, URLResolver, path

from apps.medications.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("medications/archived", views.ArchivedView.as_view()),
    path("medications/search", views.SearchView.as_view()),
    path("medications/<uuid:pk>/reminder", views.ReminderView.as_view()),
    path("medications/<uuid:pk>/photo", views.PhotoView.as_view()),
]
