"""Routes of the doctor's dashboard in the API."""

from django.urls import URLPattern, URLResolver, path

from apps.doctor_dashboard.api import views

_ROOT = "doctor-dashboard"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_ROOT, views.DashboardView.as_view()),
    path(f"{_ROOT}/patients", views.PatientsView.as_view()),
    path(f"{_ROOT}/patients/<uuid:pk>/details", views.DetailsView.as_view()),
    path(f"{_ROOT}/patients/<uuid:pk>/adherence", views.PatientAdherenceView.as_view()),
    path(f"{_ROOT}/connections/pending", views.PendingView.as_view()),
    path(f"{_ROOT}/connections/<uuid:pk>/accept", views.AcceptPatientView.as_view()),
    path(f"{_ROOT}/connections/<uuid:pk>/reject", views.RejectPatientView.as_view()),
    path(f"{_ROOT}/connections/<uuid:pk>/disconnect", views.DisconnectView.as_view()),
    path(f"{_ROOT}/notes", views.NotesView.as_view()),
    path(f"{_ROOT}/notes/<uuid:pk>", views.NoteView.as_view()),
    path(f"{_ROOT}/prescriptions", views.DoctorPrescriptionsView.as_view()),
    path(f"{_ROOT}/prescriptions/<uuid:pk>", views.DoctorPrescriptionView.as_view()),
]
