"""Routes of the adherence app."""

from django.urls import URLPattern, URLResolver, path

from apps.adherence.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("adherence/today", views.TodayView.as_view()),
    path("adherence/daily", views.TodayView.as_view()),
    path("adherence/weekly", views.WeeklyView.as_view()),
    path("adherence/monthly", views.MonthlyView.as_view()),
    path("adherence/trends", views.TrendsView.as_view()),
    path("adherence/calendar", views.CalendarView.as_view()),
    path("adherence/medications", views.MedicationsView.as_view()),
    path("adherence/streak", views.StreakView.as_view()),
    path("adherence/prescription/<uuid:pk>", views.PrescriptionView.as_view()),
    path("adherence/medication/<uuid:pk>", views.MedicationView.as_view()),
]
