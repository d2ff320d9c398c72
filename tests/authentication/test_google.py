"""Signing in with Google, against a certificate server of our own (scenario 10)."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.db import connection

from apps.audit.models import AuditLog
from apps.subscriptions.models import Subscription
from apps.users.choices import AccountStatus
from apps.users.models import User
from dastern.core import clock
from tests.authentication.conftest import login, mails, signed_in
from tests.prescriptions.conftest import body as prescription
from tests.support.people import Api, link, make_user

pytestmark = pytest.mark.django_db
CLIENT_ID = "dastern-tests.apps.googleusercontent.com"


class Keys:
    """A signing key with its certificate, as Google publishes them."""

    def __init__(self, key_id: str) -> None:
        self.id = key_id
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment)
            .not_valid_after(moment + timedelta(days=3650))
            .sign(self.private, hashes.SHA256())
        )
        self.certificate = made.public_bytes(serialization.Encoding.PEM).decode()


KEYS = Keys("first")


class Google:
    """The certificate server: what it publishes, and how often it was asked."""

    def __init__(self) -> None:
        self.published: Any = {KEYS.id: KEYS.certificate}
        self.status, self.asked = 200, 0
        google = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                google.asked += 1
                self.send_response(google.status)
                self.end_headers()
                self.wfile.write(json.dumps(google.published).encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/certs"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def google(settings: Any) -> Iterator[Google]:
    server = Google()
    settings.GOOGLE_CERTS_URL, settings.GOOGLE_CLIENT_ID = server.url, CLIENT_ID
    yield server
    server.server.shutdown()
    server.server.server_close()


def id_token(keys: Keys = KEYS, **changes: Any) -> str:
    """A token as Google signs it, with changes; None leaves a claim out."""
    now = int(clock.now().timestamp())
    claims = {
        "iss": "https://accounts.google.com", "aud": CLIENT_ID, "sub": "1098", "email": "Sokha@Example.com",
        "email_verified": True, "given_name": "Sokha", "family_name": "Chan", "name": "Chan Sokha",
        "iat": now, "exp": now + 3600,
    } | changes  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, keys.private, algorithm="RS256", headers={"kid": keys.id})


def post(token: str, **more: Any) -> Any:
    return Api().post("auth/google", {"idToken": token, **more})


def test_a_new_person_gets_an_active_account_with_the_free_plan(google: Google) -> None:
    answer = post(id_token())
    data = answer.json()["data"]
    assert (answer.status_code, data["isNewUser"]) == (200, True)
    user = data["user"]
    assert (user["role"], user["accountStatus"], user["emailVerified"]) == ("PATIENT", "ACTIVE", True)
    assert (user["email"], user["fullName"]) == ("sokha@example.com", "Chan Sokha")
    assert signed_in(data).get("auth/me").status_code == 200
    assert "1098" not in answer.content.decode()
    again = post(id_token(email="new-address@example.com")).json()["data"]
    assert (again["isNewUser"], again["user"]["id"]) == (False, user["id"])
    assert (User.objects.count(), Subscription.objects.count()) == (1, 1)
    assert [m.subject for m in mails()] == ["សូមស្វាគមន៍មកកាន់ដាស់តឿន"]
    assert google.asked == 1
    assert login("sokha@example.com").status_code == 401  # there is no password to guess


def test_s10_a_doctor_through_google_waits_for_staff(google: Google) -> None:
    data = post(id_token(), userRole="DOCTOR").json()["data"]
    assert (data["user"]["role"], data["user"]["accountStatus"]) == ("DOCTOR", "PENDING_VERIFICATION")
    assert post(id_token(), userRole="PATIENT").json()["data"]["user"]["role"] == "DOCTOR"
    patient = make_user("Bopha")
    link(patient, User.objects.get(role="DOCTOR"))
    refused = signed_in(data).post("prescriptions", prescription(patient))
    assert (refused.status_code, refused.json()["code"]) == (403, "DOCTOR_NOT_VERIFIED")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "somebody-else.apps.googleusercontent.com"},
        {"aud": None},
        {"iss": "https://accounts.example.com"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 32503680000},
        {"email_verified": False},
        {"email_verified": None},
        {"email": None},
        {"sub": None},
    ],
)
def test_a_token_with_one_wrong_claim_is_refused(google: Google, changes: dict[str, Any]) -> None:
    answer = post(id_token(**changes))
    assert (answer.status_code, answer.json()["code"]) == (401, "GOOGLE_TOKEN_INVALID")
    assert not User.objects.exists()


def unsigned() -> str:
    claims = jwt.decode(id_token(), options={"verify_signature": False})
    return jwt.encode(claims, key="", algorithm="none", headers={"kid": KEYS.id})


def signed_with_the_certificate() -> str:
    """The public certificate used as the secret of a symmetric signature."""
    head, body = (
        jwt.utils.base64url_encode(json.dumps(part).encode()).decode()
        for part in (
            {"alg": "HS256", "typ": "JWT", "kid": KEYS.id},
            jwt.decode(id_token(), options={"verify_signature": False}),
        )
    )
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = algorithm.sign(f"{head}.{body}".encode(), KEYS.certificate.encode())
    return f"{head}.{body}.{jwt.utils.base64url_encode(signature).decode()}"


@pytest.mark.parametrize(
    "forged",
    [
        lambda: id_token(Keys("first")),
        unsigned,
        signed_with_the_certificate,
        lambda: "nonsense",
        lambda: "a.b.c",
        lambda: "W10.W10.W10",
    ],
)
def test_a_forged_token_is_refused(google: Google, forged: Callable[[], str]) -> None:
    assert post(forged()).status_code == 401
    assert not User.objects.exists()


def test_an_account_with_a_confirmed_address_is_linked(google: Google, sokha: User) -> None:
    data = post(id_token()).json()["data"]
    assert (data["isNewUser"], data["user"]["id"]) == (False, str(sokha.id))
    sokha.refresh_from_db()
    assert sokha.google_id == "1098"
    assert login(sokha.email).status_code == 200  # the password stays
    assert AuditLog.objects.get(action_type="PROFILE_UPDATE").details == {"event": "GOOGLE_LINKED"}


@pytest.mark.parametrize("fields", [{"email_verified_at": None}, {"google_id": "another"}])
def test_other_accounts_are_not_linked(google: Google, fields: dict[str, Any]) -> None:
    user = make_user("Sokha", **fields)
    answer = post(id_token())
    assert (answer.status_code, answer.json()["code"]) == (409, "GOOGLE_LINK_REFUSED")
    user.refresh_from_db()
    assert user.google_id == fields.get("google_id")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"account_status": AccountStatus.LOCKED}, 403, "ACCOUNT_BLOCKED"),
        ({"locked_until": datetime(2999, 1, 1, tzinfo=UTC)}, 423, "ACCOUNT_LOCKED"),
    ],
)
def test_closed_accounts_stay_closed_and_unlinked(
    google: Google, fields: dict[str, Any], status: int, code: str
) -> None:
    user = make_user("Sokha", **fields)
    answer = post(id_token())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    user.refresh_from_db()
    assert user.google_id is None


def test_new_keys_are_fetched_once_a_minute_at_most(google: Google) -> None:
    assert post(id_token()).status_code == 200
    newer = Keys("second")
    google.published[newer.id] = newer.certificate
    assert post(id_token(newer)).status_code == 200
    assert google.asked == 2
    assert [post(id_token(Keys("unknown"))).status_code for _ in range(3)] == [401] * 3
    assert google.asked == 2


@pytest.mark.parametrize(("status", "published"), [(500, {}), (200, ["no", "object"]), (302, {})])
def test_without_googles_keys_it_says_so(google: Google, status: int, published: Any) -> None:
    google.status, google.published = status, published
    assert post(id_token()).status_code == 503
    assert not User.objects.exists()


def test_it_is_off_without_a_client_id(google: Google, settings: Any) -> None:
    settings.GOOGLE_CLIENT_ID = ""
    assert post(id_token(aud="")).status_code == 401


def test_limits_are_per_address(google: Google, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"google": "5/60"}
    assert [post("nonsense").status_code for _ in range(6)] == [401] * 5 + [429]


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_make_one_account(google: Google) -> None:
    token = id_token()
    start = threading.Barrier(3)
    answers: list[Any] = []

    def tap() -> None:
        start.wait()
        try:
            answers.append(post(token))
        finally:
            connection.close()

    threads = [threading.Thread(target=tap) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 3
    assert sorted(answer.json()["data"]["isNewUser"] for answer in answers) == [False, False, True]
    assert (User.objects.count(), Subscription.objects.count()) == (1, 1)
