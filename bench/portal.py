"""The doctor's pages and the staff's search, in process: time of the server alone, statements, and what a browser loads."""

import gzip
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.users.models import User
from bench.workloads import Line, median_ms, rows

RUNS = 15
_ASSET = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')
_FONT = re.compile(r'url\("([^"]+\.woff2)"\)')


def portal() -> list[Line]:
    """A doctor of five hundred patients, and a member of staff."""
    doctor = User.objects.get(email="doctor1@load.example")
    patient_id = rows("SELECT patient_id FROM connections_connection WHERE initiator_id = %s LIMIT 1", [doctor.pk])[0][
        0
    ]
    page = _window(doctor)
    staff, _made = User.objects.get_or_create(
        email="staff@load.example", defaults={"full_name": "Load Staff", "is_staff": True, "role": "FAMILY_MEMBER"}
    )
    ops = _window(staff)
    chart = f"/doctor/doctor_dashboard/patient/{patient_id}/change/"
    count = rows("SELECT count(*) FROM connections_connection WHERE initiator_id = %s", [doctor.pk])[0][0]
    return [
        _line(f"worklist of a doctor of {count}", page, "/doctor/", 60, 20),
        _line(f"patient list of a doctor of {count}", page, "/doctor/doctor_dashboard/patient/", 60, 20),
        _line("patient list, searched", page, "/doctor/doctor_dashboard/patient/?q=Sophea", 60, 20),
        _line("patient chart", page, chart, 40, None),
        _line("staff search by a Latin name", ops, "/admin/users/user/?q=Sophea+4321", 100, None),
        _line("staff search by a Khmer name", ops, "/admin/users/user/?q=សុផា", 100, None),
        _first_load(page, "/doctor/"),
    ]


def _window(user: User) -> Client:
    client = Client(SERVER_NAME="127.0.0.1", headers={"accept-language": "km"})
    client.force_login(user)
    return client


def _line(name: str, client: Client, path: str, limit: float, most: int | None) -> Line:
    def ask() -> Any:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer

    ask()
    with CaptureQueriesContext(connection) as queries:
        ask()
    count = len(queries)  # the next request empties the log
    taken = median_ms(ask, RUNS)
    target = f"≤ {limit:g} ms" + (f", ≤ {most} statements" if most else "")
    met = taken <= limit and (most is None or count <= most)
    return Line(name, f"{taken:.0f} ms, {count} statements", target, met)


def _first_load(client: Client, path: str) -> Line:
    """Compressed page, styles and scripts, and both weights of the Khmer font."""
    html = client.get(path).content
    total = len(gzip.compress(html))
    for address in set(_ASSET.findall(html.decode())):
        found = finders.find(urlsplit(address).path.removeprefix("/static/"))
        content = Path(str(found)).read_bytes()
        total += len(gzip.compress(content))
        fonts = {Path(str(found)).parent / name for name in _FONT.findall(content.decode())}
        total += sum(font.stat().st_size for font in fonts if font.exists())
    return Line("first load of the worklist", f"{total / 1000:.0f} KB", "< 150 KB", total < 150_000)
