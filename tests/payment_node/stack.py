"""pytest plugin, loaded before Django's settings: starts the test services and names this worker's database.

A template database is migrated once; each worker has a clone of it and its own part of one Redis database.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from dastern import devstack

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "var" / "teststack"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
DATABASE = f"node_test_{WORKER}"
URLS = devstack.ensure_up(STATE, profile="test")


def database_url(name: str, *, superuser: bool = False) -> str:
    """The URL of one database of the test stack."""
    parts = urlsplit(URLS.superuser_url if superuser else URLS.payment_database_url)
    return urlunsplit(parts._replace(path=f"/{name}"))


os.environ["PAYMENT_DATABASE_URL"] = database_url(DATABASE)
os.environ["PAYMENT_REDIS_URL"] = URLS.payment_redis_url.replace("?db=2", "?db=15")
os.environ["PAYMENT_BROKER_URL"] = URLS.payment_broker_url.replace("virtual_host=3", "virtual_host=15")
os.environ["NODE_REDIS_PREFIX"] = f"node-{WORKER}"


def _template_name() -> str:
    digest = hashlib.sha256()
    for file in sorted(ROOT.glob("payment_node/*/migrations/*.py")):
        digest.update(str(file).encode() + file.read_bytes())
    return f"node_template_{digest.hexdigest()[:16]}"


def superuser(database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    """A connection past every trigger and permission."""
    return psycopg.connect(database_url(database, superuser=True), autocommit=True)


def make_database() -> None:
    """A fresh clone of the migrated template under this worker's name."""
    template = _template_name()
    with (STATE / "node-template.lock").open("w") as lock, superuser() as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            for (old,) in connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE 'node\\_template\\_%%' OR datname = 'node_building'"
            ).fetchall():
                connection.execute(f'DROP DATABASE "{old}" WITH (FORCE)')  # type: ignore[call-overload]
            connection.execute("CREATE DATABASE node_building OWNER payment_node")
            subprocess.run(
                [sys.executable, "payment_node/manage.py", "migrate", "-v0"],
                check=True,
                cwd=ROOT,
                env=os.environ
                | {
                    "PAYMENT_DATABASE_URL": database_url("node_building"),
                    "DJANGO_SETTINGS_MODULE": "payment_node.settings.test",
                },
            )
            connection.execute(f'ALTER DATABASE node_building RENAME TO "{template}"')  # type: ignore[call-overload]
        connection.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')  # type: ignore[call-overload]
        connection.execute(  # type: ignore[call-overload]
            f'CREATE DATABASE "{DATABASE}" OWNER payment_node TEMPLATE "{template}" STRATEGY FILE_COPY'
        )


def empty_database() -> None:
    """Remove every row but those of migrations, append-only tables included."""
    with superuser(DATABASE) as connection:
        kept = "('django_migrations', 'django_content_type', 'auth_permission')"
        names = connection.execute(
            f"SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables "  # type: ignore[call-overload]
            f"WHERE schemaname = 'public' AND tablename NOT IN {kept}"
        ).fetchone()
        assert names is not None
        connection.execute("SET session_replication_role = replica")
        connection.execute(f"TRUNCATE {names[0]} RESTART IDENTITY")  # type: ignore[call-overload]
