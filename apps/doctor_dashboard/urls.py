"""The two admin sites, and the language switch of pages."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from apps.doctor_dashboard.sites import doctor_site

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/doctor/", permanent=False), name="home"),
    path("language/", set_language, name="set_language"),
    path("doctor/", doctor_site.urls),
    path("admin/", admin.site.urls),
]
