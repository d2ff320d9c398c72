"""Where the embedded services keep their files, and the URLs under which they are reached."""

import hashlib
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

_SOCKET_LIMIT = 80  # a Unix socket path holds 107 bytes, and PostgreSQL adds its own file name


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses of the embedded pair; the payment node has a database and Redis databases of its own."""

    database_url: str
    superuser_url: str
    payment_database_url: str
    redis_url: str
    broker_url: str
    payment_redis_url: str
    payment_broker_url: str

    def environment(self) -> dict[str, str]:
        """The same as environment variables."""
        return {name.upper(): value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one stack."""

    state: Path  # passwords, logs, the home of everything unless root must step down
    home: Path  # data directories
    sockets: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's working directory."""
        return self.home / "valkey"

    @property
    def redis_socket(self) -> Path:
        """Valkey's socket."""
        return self.sockets / "valkey.sock"


def root_mode() -> str:
    """How root starts PostgreSQL, which refuses root: ``userns`` or ``setuid``; ``plain`` for everybody else.

    DASTERN_DEVSTACK_ROOT_MODE forces one of the two; otherwise user namespaces where the kernel grants them.
    """
    if os.geteuid() != 0:
        return "plain"
    forced = os.environ.get("DASTERN_DEVSTACK_ROOT_MODE", "")
    if forced in {"userns", "setuid"}:
        return forced
    from dastern.devstack.privileges import user_namespaces_work

    return "userns" if user_namespaces_work() else "setuid"


def default_state_dir() -> Path:
    """DASTERN_STATE_DIR, or var/devstack in the checkout."""
    named = os.environ.get("DASTERN_STATE_DIR")
    return Path(named).resolve() if named else Path(__file__).resolve().parents[2] / "var" / "devstack"


def places(state_dir: Path | None = None) -> Places:
    """The places of the stack in ``state_dir``; creates the state directory (0700)."""
    state = (state_dir or default_state_dir()).resolve()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = hashlib.sha256(str(state).encode()).hexdigest()[:12]
    # An unprivileged uid cannot reach into root's directories, so its data lives where it may.
    home = Path("/var/lib/dastern") / mark if root_mode() == "setuid" else state
    sockets = home / "run"
    if len(str(sockets)) > _SOCKET_LIMIT:
        sockets = Path("/tmp") / f"dastern-{os.geteuid()}-{mark}"  # noqa: S108  (made 0700 and checked for its owner)
    return Places(state=state, home=home, sockets=sockets)


def password(state: Path, name: str) -> str:
    """The random password ``name``, made at first use and kept in a file of mode 0600."""
    file = state / f"{name}.password"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as stream:
        value = secrets.token_urlsafe(24)
        stream.write(value)
    return value


def urls(state_dir: Path | None = None) -> Urls:
    """The URLs of the stack in ``state_dir``, known before it is started."""
    where = places(state_dir)
    host = quote(str(where.sockets), safe="")

    def pg(role: str, database: str) -> str:
        return f"postgresql://{role}:{password(where.state, role)}@{host}/{database}"

    redis_auth = password(where.state, "valkey")
    socket = where.redis_socket

    def redis(number: int) -> str:
        return f"unix://:{redis_auth}@{socket}?db={number}"

    def broker(number: int) -> str:
        return f"redis+socket://:{redis_auth}@{socket}?virtual_host={number}"

    return Urls(
        database_url=pg("dastern", "dastern"),
        superuser_url=pg("postgres", "postgres"),
        payment_database_url=pg("payment_node", "payment_node"),
        redis_url=redis(0),
        broker_url=broker(1),
        payment_redis_url=redis(2),
        payment_broker_url=broker(3),
    )


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """The secrets between the main server and the payment node of this machine, under the names each side reads."""

    main: dict[str, str]
    node: dict[str, str]


def payment_link(state_dir: Path | None = None) -> PaymentLink:
    """Both sides of the wire to the payment node; made at first use and kept with the other passwords."""
    state = places(state_dir).state
    to_node, to_main = password(state, "payment-api-key"), password(state, "payment-webhook-api-key")
    calls, webhooks = password(state, "payment-calls"), password(state, "payment-webhooks")
    here = "127.0.0.1,::1"
    return PaymentLink(
        main={
            "PAYMENT_NODE_API_KEY": to_node,
            "PAYMENT_NODE_KEY_ID": "local-calls",
            "PAYMENT_NODE_SECRET": calls,
            "PAYMENT_WEBHOOK_API_KEYS": to_main,
            "PAYMENT_WEBHOOK_SECRETS": f"local-webhooks:{webhooks}",
            "PAYMENT_WEBHOOK_ADDRESSES": here,
        },
        node={
            "NODE_API_KEYS": f"local:{hashlib.sha256(to_node.encode()).hexdigest()}",
            "NODE_SIGNING_SECRETS": f"local-calls:{calls}",
            "NODE_ALLOWED_ADDRESSES": here,
            "MAIN_API_KEY": to_main,
            "MAIN_KEY_ID": "local-webhooks",
            "MAIN_SECRET": webhooks,
        },
    )
