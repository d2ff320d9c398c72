"""What is measured, each beside its limit in the same run. CPU per request is the robust figure on a busy machine."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any
from uuid import UUID, uuid4

import jwt
import orjson
import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.adherence import selectors as adherence
from apps.adherence.selectors import days_between, figures_of_patients
from apps.connections.rules import self_grant
from apps.doses.selectors import days as dose_days
from apps.doses.services.missed import doses_mark_missed
from apps.doses.services.schedule import Course, schedule_lay_out
from bench.export import export_lines
from bench.load import Shot, fire, request_bytes
from bench.machine import cpu_seconds, pss_mb, tree
from bench.stage import Stage, free_port, web
from dastern.core import localtime
from dastern.sync.feed import feed_lock

PORT = free_port()
ROUNDS = 3
READS = 3000
MARKS = 1500
PUSHES = 40
READERS = 2000
ACTS = 85
SWEPT = 6000


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the report. ``met`` is None where nothing was promised."""

    workload: str
    figure: str
    target: str
    met: bool | None = None


def token(user_id: UUID) -> str:
    """An access token of a bulk patient."""
    moment = int(time.time())
    return jwt.encode(
        {
            "token_type": "access", "sub": str(user_id), "role": "PATIENT", "sid": "", "staff": False, "lang": "km",
            "iat": moment, "exp": moment + 86400, "jti": "bench",
        },
        settings.JWT_SECRET, algorithm="HS256",
    )  # fmt: skip


def rows(query: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(query, values or [])
        return list(cursor.fetchall())


def median_ms(act: Callable[[], Any], times: int) -> float:
    """The median of ``times`` runs, in milliseconds."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def patients(count: int) -> list[UUID]:
    """Bulk patients, spread over the whole table."""
    return [
        row[0]
        for row in rows("SELECT id FROM users_user WHERE role = 'PATIENT' ORDER BY md5(id::text) LIMIT %s", [count])
    ]


def run(stage: Stage, cold: tuple[float, float]) -> list[Line]:
    """Everything, in an order in which no workload disturbs the next."""
    chosen = patients(READERS + PUSHES)
    # who pushes gets a day of many doses, so nobody else's day is measured on them
    pushers, people = chosen[:PUSHES], chosen[PUSHES:]
    lines = [
        Line("embedded services: first start", f"{cold[0]:.2f} s", "≤ 3 s", cold[0] <= 3),
        Line("embedded services: restart", f"{cold[1]:.2f} s", "≤ 0.6 s", cold[1] <= 0.6),
    ]
    with web(stage, port=PORT, settings="bench.settings") as server:
        lines += _today(stage, server, people)
        lines += _marks(stage, server)
        lines += _pushes(pushers)
    lines += export_lines()
    from bench.portal import portal

    return [
        *lines,
        *_memory(stage, people),
        *_adherence(people),
        *portal(),
        *_laying_out(stage, people[0]),
        *_sweep(),
    ]


# --- reads --------------------------------------------------------------------------------------------------------


def _today(stage: Stage, server: int, people: list[UUID]) -> list[Line]:
    today = [request_bytes("GET", "/api/v1/doses/today", token(one)) for one in people] * 2
    control = [request_bytes("GET", "/api/control/today", token(one)) for one in people]
    fire(PORT, today[:400], clients=8)
    fire(PORT, control[:200], clients=8)
    scripts = [_as_script(one) for one in people[:100]]
    limit, ours, theirs = [], [], []
    cpu_ours, cpu_limit = [], []
    for _ in range(ROUNDS):
        tps, micros = stage.pgbench(scripts, clients=8, seconds=3)
        limit.append(tps)
        cpu_limit.append(micros)
        before = cpu_seconds([server, stage.postgres])
        shot = fire(PORT, today[:READS], clients=16)
        cpu_ours.append((cpu_seconds([server, stage.postgres]) - before) / len(shot.latencies) * 1e6)
        ours.append(shot.per_second)
        theirs.append(fire(PORT, control[:600], clients=16).per_second)
    share = statistics.median(a / b for a, b in zip(ours, limit, strict=True))
    cpu = statistics.median(a / b for a, b in zip(cpu_ours, cpu_limit, strict=True))
    lead = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return [
        Line(
            "today's schedule ÷ pgbench prepared",
            f"{share:.3f} ({statistics.median(ours):.0f} of {statistics.median(limit):.0f} a second)",
            "≥ 0.06",
            share >= 0.06,
        ),
        Line(
            "today's schedule, CPU ÷ pgbench's",
            f"{cpu:.1f}× ({statistics.median(cpu_ours):.0f} µs)",
            "≤ 14×",
            cpu <= 14,
        ),
        Line("today's schedule ÷ idiomatic DRF control", f"{lead:.1f}×", "≥ 5×", lead >= 5),
    ]


def _as_script(patient: UUID) -> str:
    """The statement of the endpoint with its parameters written in, for pgbench."""
    sql = dose_days._OF_DAY.replace("{visible}", "")
    values = iter(["NULL", "now()", f"'{patient}'"])
    parts = sql.split("%s")
    text = "".join(part + (next(values) if n < len(parts) - 1 else "") for n, part in enumerate(parts))
    return " ".join(text.split()) + ";\n"


# --- writes -------------------------------------------------------------------------------------------------------


_NO_STATEMENT = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SET ")


def _marks(stage: Stage, server: int) -> list[Line]:
    due = rows(
        "SELECT DISTINCT ON (patient_id) id, patient_id FROM doses_doseevent WHERE status = 'DUE' "
        "AND scheduled_time BETWEEN now() - interval '23 hours' AND now() + interval '23 hours' "
        "ORDER BY patient_id, scheduled_time LIMIT %s",
        [MARKS],
    )
    _make_due_now([dose for dose, _ in due])
    (counted, owner), due = due[0], due[1:]
    with CaptureQueriesContext(connection) as captured:
        answer = Client().post(
            f"/api/v1/doses/{counted}/taken",
            {},
            "application/json",
            headers={"authorization": f"Bearer {token(owner)}"},
        )
    assert answer.status_code == 200, answer.content
    statements = [query["sql"] for query in captured.captured_queries]
    count = sum(not sql.startswith(_NO_STATEMENT) for sql in statements)
    requests = [request_bytes("POST", f"/api/v1/doses/{dose}/taken", token(owner), b"{}") for dose, owner in due]
    before = cpu_seconds([server, stage.postgres])
    shot: Shot = fire(PORT, requests, clients=4)
    cpu = (cpu_seconds([server, stage.postgres]) - before) / len(shot.latencies) * 1000
    return [
        Line(
            "marking a dose, CPU",
            f"{cpu:.2f} ms ({shot.per_second:.0f} a second, {shot.failures} failures)",
            "≤ 2 ms",
            cpu <= 2 and not shot.failures,
        ),
        Line("marking a dose, statements", f"{count}", "≤ 5", count <= 5),
    ]


def _make_due_now(doses: list[UUID]) -> None:
    """Plan these doses for this minute; the unique key tolerates it, one dose a patient."""
    rows(
        "UPDATE doses_doseevent SET scheduled_time = now() - interval '1 minute', "
        "overdue_at = now() + interval '29 minutes', local_date = (now() AT TIME ZONE 'Asia/Phnom_Penh')::date "
        "WHERE id = ANY(%s) RETURNING 1",
        [doses],
    )


def _pushes(people: list[UUID]) -> list[Line]:
    bodies = []
    for person in people:
        doses = rows(
            "SELECT id, scheduled_time FROM doses_doseevent WHERE patient_id = %s ORDER BY scheduled_time DESC LIMIT %s",
            [person, ACTS],
        )
        moment = datetime.now(UTC)
        _within_a_day([dose for dose, _ in doses], moment)
        acts = [
            {
                "localId": str(uuid4()), "kind": "dose.taken", "patientId": str(person), "objectId": str(dose),
                "at": (moment - timedelta(minutes=n)).isoformat(), "recordedAt": moment.isoformat(), "data": {},
            }
            for n, (dose, _) in enumerate(doses)
        ]  # fmt: skip
        body = orjson.dumps({"deviceId": "bench", "sentAt": moment.isoformat(), "acts": acts})
        bodies.append(request_bytes("POST", "/api/v1/sync/push", token(person), body))
    fire(PORT, bodies[:3], clients=1)
    began = datetime.now(UTC)
    first = fire(PORT, bodies[3:], clients=1)
    pushed = people[3:]
    applied, judged = rows(
        "SELECT count(*) FILTER (WHERE outcome = 'APPLIED'), count(*) FROM sync_act "
        "WHERE patient_id = ANY(%s) AND received_at >= %s",
        [pushed, began],
    )[0]
    before = _trace_of(pushed)
    again = fire(PORT, bodies[3:], clients=1)
    unchanged = _trace_of(pushed) == before
    fresh, replay = first.quantile(0.5), again.quantile(0.5)
    return [
        Line(
            f"sync push of {ACTS} acts",
            f"{fresh:.1f} ms ({applied} of {judged} acts applied)",
            "≤ 30 ms (stretch 20), all applied",
            fresh <= 30 and not first.failures and applied == judged == ACTS * len(pushed),
        ),
        Line(
            "the same push again",
            f"{replay:.1f} ms, {'nothing' if unchanged else 'something'} changed",
            "less than the first, nothing changed",
            replay < fresh and unchanged and not again.failures,
        ),
    ]


def _trace_of(people: list[UUID]) -> list[tuple[Any, ...]]:
    """What a push leaves behind: revisions of the feeds, judged acts, announcements, audit rows."""
    return rows(
        "SELECT (SELECT sum(revision) FROM sync_feed WHERE user_id = ANY(%s)), "
        "(SELECT count(*) FROM sync_act WHERE patient_id = ANY(%s)), (SELECT count(*) FROM outbox_message), "
        "(SELECT count(*) FROM audit_auditlog)",
        [people, people],
    )


def _within_a_day(doses: list[UUID], moment: datetime) -> None:
    rows(
        "UPDATE doses_doseevent d SET scheduled_time = %s - n * interval '7 minutes', status = 'DUE', taken_at = NULL, "
        "overdue_at = %s + interval '1 hour' FROM unnest(%s::uuid[]) WITH ORDINALITY AS o (id, n) WHERE d.id = o.id RETURNING 1",
        [moment, moment, doses],
    )


def _memory(stage: Stage, people: list[UUID]) -> list[Line]:
    """Whole process trees, the supervisor included, with nothing else of the platform serving beside them."""
    requests = [request_bytes("GET", "/api/v1/doses/today", token(one)) for one in people[:400]]

    def size(workers: int) -> float:
        with web(stage, port=PORT, settings="bench.settings", workers=workers) as server:
            for _ in range(3):
                fire(PORT, requests, clients=8)
            return sum(pss_mb(pid) for pid in tree(server))

    first = size(1)
    further = size(2) - first
    return [
        Line("memory of the first web worker, supervisor included", f"{first:.0f} MB", "≤ 110 MB PSS", first <= 110),
        Line("memory of each further one", f"{further:.0f} MB", "≤ 75 MB PSS", further <= 75),
    ]


# --- SQL ----------------------------------------------------------------------------------------------------------


def _adherence(people: list[UUID]) -> list[Line]:
    today = date.today()  # noqa: DTZ011
    one = median_ms(lambda: days_between(self_grant(people[7]), today - timedelta(days=29), today), 200)
    many = median_ms(lambda: figures_of_patients(people[:500], days=30, now=datetime.now(UTC)), 15)
    start = datetime.combine(today - timedelta(days=30), datetime.min.time(), tzinfo=UTC)
    statement = "EXPLAIN (ANALYZE, FORMAT JSON) " + adherence._DAYS.format(join="", visible="")
    values = [people[7], start, start + timedelta(days=32), today - timedelta(days=29), today]
    inside = statistics.median(rows(statement, values)[0][0][0]["Execution Time"] for _ in range(50))
    return [
        Line(
            "adherence of a patient, 30 days",
            f"{inside:.2f} ms of SQL ({one:.2f} ms with Django)",
            "≤ 0.2 ms of SQL",
            inside <= 0.2,
        ),
        Line("adherence of 500 patients", f"{many:.1f} ms", "≤ 15 ms", many <= 15),
    ]


def _laying_out(stage: Stage, patient: UUID) -> list[Line]:
    prescription, version = rows(
        "SELECT id, current_version FROM prescriptions_prescription WHERE patient_id = %s", [patient]
    )[0]
    start = datetime.now(UTC).date() + timedelta(days=60)
    course = Course(prescription, patient, version, start, start + timedelta(days=29))
    midnight = localtime.at(start, clock_time(0), localtime.DEFAULT_ZONE)

    def lay_out() -> None:
        with transaction.atomic():
            feed_lock([patient])
            made = schedule_lay_out(course, now=midnight)
            assert made >= 90, made
            transaction.set_rollback(True)

    with_feed = median_ms(lay_out, 20)
    bulk = _bulk_rates(stage)
    return [
        Line("laying out 90 doses of one activation", f"{with_feed:.1f} ms with feed", "≤ 10 ms", with_feed <= 10),
        Line(
            "bulk generation ÷ the same without foreign keys",
            f"{bulk[0]:.2f} (with the feed {bulk[1]:.2f})",
            "≥ 0.45",
            bulk[0] >= 0.45,
        ),
    ]


_COPY = """
INSERT INTO doses_doseevent (id, prescription_id, medication_id, patient_id, scheduled_time, local_date, time_period,
  reminder_time, amount, grace_minutes, overdue_at, version_number, created_at)
SELECT gen_random_uuid(), prescription_id, medication_id, patient_id, scheduled_time + interval '2000 days', local_date,
  time_period, reminder_time, amount, grace_minutes, overdue_at + interval '2000 days', version_number, created_at
FROM doses_doseevent WHERE patient_id = ANY(%s)
"""


def _bulk_rates(stage: Stage) -> tuple[float, float]:
    """Rates of one bulk insert: foreign keys on and feed off, and with the feed, over one without foreign keys.

    All three write the same table with its indexes and its WAL; a replica's role checks no foreign key.
    """
    people = patients(400)
    with psycopg.connect(stage.urls.superuser_url, autocommit=True) as server:
        server.execute("GRANT SET ON PARAMETER session_replication_role TO PUBLIC")

    def rate(*preparations: str) -> float:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for preparation in preparations:
                cursor.execute(preparation)
            started = time.perf_counter()
            cursor.execute(_COPY, [people])
            seconds = time.perf_counter() - started
            count = cursor.rowcount
            transaction.set_rollback(True)
        return count / seconds

    bare = statistics.median(rate("SET LOCAL session_replication_role = replica") for _ in range(3))
    keys = statistics.median(rate("ALTER TABLE doses_doseevent DISABLE TRIGGER USER") for _ in range(3))
    feed = statistics.median(rate() for _ in range(3))
    return keys / bare, feed / bare


def _sweep() -> list[Line]:
    """Rates over the rows really marked; the first call clears whatever the data already held."""
    doses_mark_missed(now=datetime.now(UTC))
    idle = median_ms(lambda: doses_mark_missed(now=datetime(2000, 1, 1, tzinfo=UTC)), 30)
    ours = statistics.median(_sweep_rate() for _ in range(ROUNDS))
    with transaction.atomic(), connection.cursor() as cursor:
        _make_overdue(SWEPT)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE doses_doseevent DISABLE TRIGGER USER")
        started = time.perf_counter()
        unfed = doses_mark_missed(now=datetime.now(UTC)) / (time.perf_counter() - started)
        transaction.set_rollback(True)
    _make_overdue(300)
    started = time.perf_counter()
    naive = _naive(datetime.now(UTC)) / (time.perf_counter() - started)
    return [
        Line("missed sweep with outbox, audit and feed", f"{ours:.0f} rows a second", "≥ 4,000", ours >= 4000),
        Line("missed sweep without the feed", f"{unfed:.0f} rows a second", "≥ 20,000", unfed >= 20_000),
        Line(
            "missed sweep ÷ a naive ORM loop",
            f"{ours / naive:.1f}× ({naive:.0f} rows a second)",
            "≥ 5×",
            ours >= 5 * naive,
        ),
        Line("missed sweep, nothing overdue", f"{idle:.2f} ms", "≤ 1 ms", idle <= 1),
    ]


def _sweep_rate() -> float:
    _make_overdue(SWEPT)
    started = time.perf_counter()
    marked = doses_mark_missed(now=datetime.now(UTC))
    return marked / (time.perf_counter() - started)


def _make_overdue(count: int) -> None:
    """One dose a patient, as the minute after a mealtime has it; spread over the table."""
    rows(
        "UPDATE doses_doseevent SET status = 'DUE', taken_at = NULL, missed_at = NULL, "
        "overdue_at = now() - interval '1 minute' WHERE id IN (SELECT id FROM (SELECT DISTINCT ON (patient_id) "
        "id, patient_id FROM doses_doseevent WHERE status IN ('TAKEN_ON_TIME', 'MISSED') "
        "AND scheduled_time BETWEEN now() - interval '20 hours' AND now() ORDER BY patient_id, scheduled_time) d "
        "ORDER BY md5(id::text) LIMIT %s) RETURNING 1",
        [count],
    )


def _naive(now: datetime) -> int:
    """What a first version would do: one dose at a time through the ORM, with the same effects. Returns how many."""
    from apps.audit.choices import AuditAction
    from apps.audit.services import audit_record
    from apps.doses.models import DoseEvent
    from dastern.core.actor import SYSTEM
    from dastern.outbox.services import outbox_add

    marked = 0
    for dose in DoseEvent.objects.filter(status="DUE", overdue_at__lt=now).select_related("prescription"):
        if dose.prescription.status != "ACTIVE":
            continue
        with transaction.atomic():
            dose.status, dose.missed_at = "MISSED", now
            dose.save()
            audit_record(
                AuditAction.DOSE_MISSED,
                actor=SYSTEM,
                resource_type="dose",
                resource_id=dose.id,
                patient_id=dose.patient_id,
            )
            outbox_add("bench.naive", {"doseId": str(dose.id)}, dedupe_key=f"naive:{uuid4()}")
        marked += 1
    return marked


def payment_node(stage: Stage) -> list[Line]:
    """The payment node in a process of its own, with its own settings and database."""
    from bench import khqr

    builds = khqr.rate(khqr.build_one)
    found = [Line("khqr.build on one core", f"{builds:,.0f}/s", f"≥ {khqr.TARGET:,}/s", builds >= khqr.TARGET)]
    environment = os.environ | {
        "PAYMENT_DATABASE_URL": stage.urls.payment_database_url,
        "PAYMENT_REDIS_URL": stage.urls.payment_redis_url,
        "PAYMENT_BROKER_URL": stage.urls.payment_broker_url,
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.payment_node"], env=environment, capture_output=True, text=True, check=False
    )
    for row in json.loads(done.stdout):
        figure = f"{row['fastest_tenth_ms']} ms (median {row['median_ms']} ms, processor {row['processor_ms']} ms)"
        target = f"≤ {row['target_ms']:g} ms" if row["target_ms"] else ""
        found.append(Line(f"payment node: {row['name']}", figure, target, row["met"]))
    return found


def report(lines: list[Line], *, patients: int, started: datetime) -> str:
    """The report as Markdown."""
    size = rows("SELECT count(*) FROM doses_doseevent")[0][0]
    table = "\n".join(
        f"| {line.workload} | {line.figure} | {line.target} | {'✓' if line.met else '**missed**' if line.met is False else ''} |"
        for line in lines
    )
    return (
        "# Measured\n\n"
        f"`make bench` on {started:%Y-%m-%d}, two shared cores, {patients:,} patients, {size:,} doses. Ratios are taken in one run\n"
        "against a limit measured beside them; CPU is of the server's and PostgreSQL's processes together.\n\n"
        f"| workload | figure | target | |\n|---|---|---|---|\n{table}\n"
    )
