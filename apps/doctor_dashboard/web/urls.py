"""Addresses of the doctor's own pages, inside the doctor's site."""

from django.urls import URLPattern, path

from apps.doctor_dashboard.sites import DoctorSite
from apps.doctor_dashboard.web import (
    account,
    allergies,
    connections,
    notes,
    patients,
    prescribing,
    report,
    templates,
    vitals,
    worklist,
)
from apps.doctor_dashboard.web.page import View, absent_is_404


def pages(site: DoctorSite) -> list[URLPattern]:
    """Every page is behind the site's door: verified doctors only."""
    views: list[tuple[str, View, str]] = [
        ("worklist/mark/", worklist.mark_view, "worklist_mark"),
        ("patients/<uuid:pk>/timeline/", patients.timeline_view, "timeline"),
        ("patients/<uuid:pk>/notes/", notes.add_view, "note_add"),
        ("patients/<uuid:pk>/allergies/", allergies.allergies_view, "allergies"),
        ("patients/<uuid:pk>/vitals/", vitals.vitals_view, "vitals"),
        ("connections/", connections.list_view, "connections"),
        ("connections/<uuid:pk>/<str:step>/", connections.step_view, "connection_step"),
        ("report/", report.report_view, "report"),
        ("profile/", account.profile_view, "profile"),
        ("profile/sessions/<uuid:pk>/end/", account.session_end_view, "session_end"),
        ("activity/", account.activity_view, "activity"),
        ("medicines/", prescribing.medicines_view, "medicines"),
        ("templates/", templates.list_view, "templates"),
        ("templates/<uuid:pk>/delete/", templates.delete_view, "template_delete"),
        ("notes/<uuid:pk>/", notes.change_view, "note_change"),
    ]
    return [path(route, site.admin_view(absent_is_404(view)), name=name) for route, view, name in views]
