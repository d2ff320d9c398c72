"""Routes of the doses app."""

from django.urls import URLPattern, URLResolver, path

from apps.doses.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("doses/schedule", views.ScheduleView.as_view()),
    path("doses/today", views.TodayView.as_view()),
    path("doses/upcoming", views.UpcomingView.as_view()),
    path("doses/history", views.HistoryView.as_view()),
    path("doses/group/taken", views.GroupTakenView.as_view()),
    path("doses/prn", views.PrnView.as_view()),
    path("doses/sync", views.SyncView.as_view()),
    path("doses/<uuid:pk>/taken", views.TakenView.as_view()),
    path("doses/<uuid:pk>/skip", views.SkipView.as_view()),
    path("doses/<uuid:pk>/snooze", views.SnoozeView.as_view()),
    path("doses/<uuid:pk>/undo", views.UndoView.as_view()),
    path("doses/<uuid:pk>/correct", views.CorrectView.as_view()),
    path("doses/<uuid:pk>/double", views.DoubleView.as_view()),
    path("medications/<uuid:pk>/doses", views.MedicineDosesView.as_view()),
    path("connections/nudge", views.NudgeView.as_view()),
    path("connections/nudge/respond", views.NudgeAnswerView.as_view()),
]
