"""One migrated template database, cloned for each worker and after each transactional test."""

import fcntl
import hashlib
import os
import subprocess
import sys
from functools import cache

import psycopg

from tests.support.stack import DATABASE, ROOT, URLS, database_url


@cache
def template_name() -> str:
    """The template's name carries a hash of everything that shapes the schema."""
    digest = hashlib.sha256()
    files = [
        *ROOT.glob("apps/*/migrations/*.py"),
        *ROOT.glob("dastern/*/migrations/*.py"),
        ROOT / "dastern/sync/triggers.py",
    ]
    for file in sorted(files):
        digest.update(file.name.encode() + file.read_bytes())
    return f"template_{digest.hexdigest()[:16]}"


def _superuser() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(URLS.superuser_url, autocommit=True)


def ensure_template() -> str:
    """Migrate the template if no run before this one did; other workers wait for the one that does."""
    name = template_name()
    with (ROOT / "var" / "teststack" / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _superuser() as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return name
            for (old,) in connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%%' OR datname = 'building'"
            ).fetchall():
                connection.execute(f'DROP DATABASE "{old}" WITH (FORCE)')  # type: ignore[call-overload]
            connection.execute("CREATE DATABASE building OWNER dastern")
            subprocess.run(
                [sys.executable, str(ROOT / "manage.py"), "migrate", "-v0"],
                check=True,
                cwd=ROOT,
                env=os.environ
                | {
                    "DATABASE_URL": database_url("building"),
                    "DJANGO_SETTINGS_MODULE": "dastern.settings.test",
                },
            )
            connection.execute(f'ALTER DATABASE building RENAME TO "{name}"')  # type: ignore[call-overload]
    return name


def clone(database: str = DATABASE) -> None:
    """A fresh copy of the template under the worker's name (about 25 ms)."""
    with _superuser() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')  # type: ignore[call-overload]
        connection.execute(  # type: ignore[call-overload]
            f'CREATE DATABASE "{database}" OWNER dastern TEMPLATE "{template_name()}" STRATEGY FILE_COPY'
        )
