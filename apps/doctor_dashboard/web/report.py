"""The month's report: on the screen, as CSV for a table, as PDF for paper."""

import csv
import io
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.dateformat import format as date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.connections.access import access_seen_many
from apps.connections.choices import Ability
from apps.doctor_dashboard.selectors.report import Report, month_report
from apps.doctor_dashboard.selectors.sight import doctor_grants
from apps.doctor_dashboard.sites import page_actor
from apps.doctor_dashboard.web.page import page
from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import DEFAULT_ZONE, local_date, phnom_penh
from dastern.core.print import pdf_from_template


def report_view(request: HttpRequest) -> HttpResponse:
    """The report of ``?month=YYYY-MM``, this month without it; ``?format=csv`` or ``pdf`` as a file."""
    actor, now = page_actor(request), clock.now()
    today = local_date(now, DEFAULT_ZONE)
    month = _month(request.GET.get("month", ""), today)
    found = month_report(actor, month, now=now)
    seen = [grant.patient_id for grant in doctor_grants(actor, now=now)]
    access_seen_many(actor, seen, resource_type="adherence", ability=Ability.VIEW_ADHERENCE, now=now)
    name = f"dastern-{month:%Y-%m}"
    match request.GET.get("format", ""):
        case "csv":
            return _file(_csv(found).encode("utf-8-sig"), "text/csv; charset=utf-8", f"{name}.csv")
        case "pdf":
            me = User.objects.get(pk=actor.user_id)
            context = {"report": found, "me": me, "title": _title(month), "at": phnom_penh(now)}
            return _file(
                pdf_from_template("print/report.html", context, get_language() or "km"),
                "application/pdf",
                f"{name}.pdf",
            )
        case "":
            return page(
                request, "doctor/report.html", title=_title(month), menu="report", report=found,
                month=f"{month:%Y-%m}", latest=f"{today:%Y-%m}",
            )  # fmt: skip
    raise Http404


def _title(month: date) -> str:
    return _("Report of %(month)s") % {"month": date_format(month, "F Y")}


def _month(text: str, today: date) -> date:
    try:
        month = date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
    except ValueError as error:
        raise Http404 from error
    if not date(2000, 1, 1) <= month <= today:
        raise Http404
    return month


def _csv(report: Report) -> str:
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow([
        _("Patient"), _("Adherence %"), _("Taken"), _("On time"), _("Missed"), _("Skipped"), _("Blood pressure"),
        _("Below 140/90"),
    ])  # fmt: skip
    for line in report.lines:
        told = {None: "", True: _("yes"), False: _("no")}[line.controlled]
        figures = line.figures
        percentage = "" if figures.percentage is None else figures.percentage
        write.writerow([
            _plain(line.name), percentage, figures.taken, figures.on_time, figures.missed, figures.skipped,
            line.pressure, told,
        ])  # fmt: skip
    return out.getvalue()


def _plain(text: str) -> str:
    """A cell that no table program takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)
