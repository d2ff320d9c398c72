"""``python -m bench [--scale small|full]``: run everything, write bench/results.md and print it."""

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("results.md")
SCALES = {"small": 10_000, "full": 100_000}


def main() -> int:
    """Set the stage, measure, report. The exit code is 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--scale", choices=sorted(SCALES), default="small", help="10 k patients and 1 M doses, or ten times"
    )
    parser.add_argument("--patients", type=int, default=0, help="another number of patients, for trying the harness")
    options = parser.parse_args()
    patients = options.patients or SCALES[options.scale]
    from bench import stage

    started = datetime.now(UTC)
    cold = stage.cold_start()
    theatre = stage.start()
    try:
        os.environ.update(theatre.environment("bench.settings"))
        _prepare(patients, theatre.environment("bench.settings"))
        import django

        django.setup()
        from bench import vitals, workloads

        lines = [
            *workloads.run(theatre, cold),
            *vitals.lines(workloads.patients(1500)),
            *workloads.payment_node(theatre),
        ]
        text = workloads.report(lines, patients=patients, started=started)
    finally:
        stage.stop()
    missed = [line for line in lines if line.met is False]
    RESULTS.write_text(text + _others())
    sys.stdout.write(text)
    return 1 if missed else 0


def _others() -> str:
    """The sections that ``python -m bench.ocr`` and ``python -m bench.app`` write; this run leaves them alone."""
    from bench import app
    from bench.ocr import report

    held = RESULTS.read_text() if RESULTS.exists() else ""
    places = [held.index(mark) for mark in (report.START, app.START) if mark in held]
    return f"\n{held[min(places) :]}" if places else ""


def _prepare(patients: int, environment: dict[str, str]) -> None:
    """Migrate, and load what is missing."""
    import psycopg

    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True)
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT count(*) FROM users_user WHERE role = 'PATIENT'").fetchone()
    have = row[0] if row else 0
    if have < patients:
        subprocess.run(
            [*manage, "seed_load", "--patients", str(patients - have), "--days", "30", "--ahead", "4"],
            env=environment, check=True,
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
