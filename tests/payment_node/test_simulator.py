"""The simulated bank itself, over real HTTP: paths, tokens, limits, faults, the payer's page."""

import base64
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from payment_node import khqr
from payment_node.bakong_simulator.bank import Bank
from tests.payment_node.conftest import Caller, Clock
from tests.payment_node.test_card import payload

ROOT = Path(__file__).resolve().parents[2]
CHECK = "/v1/check_transaction_by_md5"


def call(bank: Bank, path: str, body: Any = None, *, token: str = "", method: str = "POST") -> tuple[int, Any]:
    """One request; the status and the JSON, or the text where it is none."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(
        bank.address + path, data=None if method == "GET" else raw, method=method, headers=headers
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


@pytest.fixture
def token(bank: Bank) -> str:
    """A token of the bank."""
    return bank.token()


@pytest.fixture
def qr(caller: Caller, bank: Bank, clock: Clock) -> str:
    """A code of the node."""
    return str(caller.create()["qrCode"])


def test_a_payment_is_seen_by_all_its_handles(bank: Bank, token: str, qr: str) -> None:
    status, paid = call(bank, "/_sim/pay", {"qr": qr, "from": "sokha@wing"})
    assert status == 200
    found = [
        call(bank, CHECK, {"md5": khqr.md5_of(qr)}, token=token),
        call(bank, "/v1/check_transaction_by_hash", {"hash": paid["hash"]}, token=token),
        call(bank, "/v1/check_transaction_by_external_ref", {"externalRef": paid["external_ref"]}, token=token),
        call(
            bank,
            "/v1/check_transaction_by_short_hash",
            {"hash": paid["hash"][:8], "amount": 0.5, "currency": "USD"},
            token=token,
        ),
    ]
    for status, body in found:
        assert (status, body["responseCode"], body["data"]["hash"]) == (200, 0, paid["hash"])
        assert set(body) == {"responseCode", "responseMessage", "errorCode", "data"}
        assert body["data"]["createdDateMs"] % 1000 == 0
        assert body["data"]["amount"] == 0.5
        assert "settlementBatch" in body["data"], "a field nobody announced"
    short = {"hash": paid["hash"][:8], "amount": 0.6, "currency": "USD"}
    assert call(bank, "/v1/check_transaction_by_short_hash", short, token=token)[1]["errorCode"] == 1
    assert (
        call(bank, "/v1/check_transaction_by_instruction_ref", {"instructionRef": "x"}, token=token)[1]["errorCode"]
        == 1
    )


def test_lists(bank: Bank, token: str, qr: str) -> None:
    paid = call(bank, "/_sim/pay", {"qr": qr})[1]
    assert call(bank, "/v1/check_transaction_by_md5_list", ["x"], token=token)[0] == 403, "closed in real life"
    _status, body = call(bank, "/v1/check_transaction_by_hash_list", [paid["hash"], "0" * 64], token=token)
    assert [item["status"] for item in body["data"]] == ["SUCCESS", "NOT_FOUND"]
    assert call(bank, "/v1/check_transaction_by_hash_list", ["0" * 64] * 51, token=token)[0] == 400
    call(bank, "/_sim/faults", [{"path": "*", "do": "reorder"}])
    _status, body = call(bank, "/v1/check_transaction_by_md5_list", [khqr.md5_of(qr), "x"], token=token)
    assert [item["status"] for item in body["data"]] == ["NOT_FOUND", "SUCCESS"]
    call(bank, "/_sim/faults", [{"path": "*", "do": "drop_item"}])
    body = call(bank, "/v1/check_transaction_by_md5_list", [khqr.md5_of(qr), "x"], token=token)[1]
    assert [item["md5"] for item in body["data"]] == ["x"]


def test_edges(bank: Bank, token: str) -> None:
    assert call(bank, CHECK, method="GET")[0] == 405
    assert call(bank, CHECK, {}, method="PUT")[0] == 405
    status, text = call(bank, "/v1/nothing", {})
    assert status == 404
    assert "<html>" in text
    assert call(bank, CHECK, b"{", token=token) == call(bank, CHECK, {}, token=token)
    assert call(bank, CHECK, {}, token=token)[1]["errorCode"] == 5
    assert call(bank, CHECK, {"md5": "x"})[1]["errorCode"] == 6
    assert call(bank, CHECK, {"md5": "x"}, token=token)[1]["errorCode"] == 1


def test_tokens(bank: Bank, clock: Clock) -> None:
    fresh = call(bank, "/v1/verify", {"code": "x" * 20})[1]["data"]["token"]
    claims = json.loads(base64.urlsafe_b64decode(fresh.split(".")[1] + "=="))
    assert claims["exp"] - claims["iat"] == 7_776_000
    assert call(bank, CHECK, {"md5": "x"}, token=fresh)[1]["errorCode"] == 1
    assert call(bank, CHECK, {"md5": "x"}, token=fresh[:-2] + "xx")[0] == 401
    clock.forward(7_776_001)
    assert call(bank, CHECK, {"md5": "x"}, token=fresh)[0] == 401
    wish = {"email": "new@dastern.example", "organization": "o", "project": "p"}
    assert call(bank, "/v1/request_token", wish)[1]["responseCode"] == 0
    assert call(bank, "/v1/request_token", wish)[1]["errorCode"] == 8
    assert call(bank, "/v1/renew_token", {"email": "new@dastern.example"})[1]["responseCode"] == 0
    assert call(bank, "/v1/renew_token", {"email": "unknown@dastern.example"})[1]["errorCode"] == 10
    assert call(bank, "/_sim/tokens", {"exp": 1})[1]["token"]


def test_the_daily_limit_counts_refused_calls_and_ends_at_midnight(bank: Bank, token: str, clock: Clock) -> None:
    codes = [call(bank, CHECK, {"md5": "x"}, token=token)[1]["errorCode"] for _number in range(102)]
    assert codes == [1] * 100 + [17, 17]
    clock.forward(14 * 3600 - 1)
    assert call(bank, CHECK, {"md5": "x"}, token=token)[1]["errorCode"] == 17
    clock.forward(1)
    assert call(bank, CHECK, {"md5": "x"}, token=token)[1]["errorCode"] == 1


def test_accounts_and_links(bank: Bank, qr: str) -> None:
    path = "/v1/check_bakong_account"
    codes = [call(bank, path, {"accountId": a})[1]["errorCode"] for a in ("das.tern@devb", "nobody@devb", "nobody")]
    assert codes == [None, 11, 12]
    call(bank, "/_sim/accounts", {"accountId": "nobody@devb"})
    assert call(bank, path, {"accountId": "nobody@devb"})[1]["responseCode"] == 0
    _status, body = call(bank, "/v1/generate_deeplink_by_qr", {"qr": qr})
    assert body["data"]["shortLink"].startswith(bank.address)
    assert "Practice bank" in call(bank, body["data"]["shortLink"].removeprefix(bank.address), method="GET")[1]
    assert call(bank, "/v1/generate_deeplink_by_qr", {"qr": qr, "sourceInfo": {"appName": "x"}})[1]["errorCode"] == 5


def test_the_payers_app_refuses_what_a_bank_would(bank: Bank, qr: str, clock: Clock) -> None:
    assert call(bank, "/_sim/scan", {"qr": qr})[1]["merchant_name"] == "Das Tern"
    assert call(bank, "/_sim/scan", {"qr": qr[:-1] + ("0" if qr[-1] != "0" else "1")})[0] == 400
    assert "unknown" in call(bank, "/_sim/scan", {"qr": payload(3)[0]})[1]["error"] or clock.now()
    assert call(bank, "/_sim/pay", {"qr": qr, "amount": "9.00"})[0] == 400
    assert call(bank, "/_sim/pay", {"qr": qr})[0] == 200
    assert call(bank, "/_sim/pay", {"qr": qr})[0] == 400, "paid already"
    assert call(bank, "/_sim/pay", {"qr": qr, "force": True})[0] == 200, "real life brings it all the same"
    clock.forward(601)
    assert "expired" in call(bank, "/_sim/scan", {"qr": qr})[1]["error"]
    assert call(bank, "/_sim/pay", {"qr": qr})[0] == 400
    assert call(bank, "/_sim/pay", {"qr": qr, "force": True, "at_ms": 1_795_000_000_999})[1]["created_ms"] % 1000 == 0


def test_a_second_payment_does_not_change_what_the_md5_answers(bank: Bank, token: str, qr: str) -> None:
    first = call(bank, "/_sim/pay", {"qr": qr})[1]
    call(bank, "/_sim/pay", {"qr": qr, "force": True})
    assert call(bank, CHECK, {"md5": khqr.md5_of(qr)}, token=token)[1]["data"]["hash"] == first["hash"]


def test_a_static_code_needs_an_amount_and_is_not_looked_up(bank: Bank, token: str) -> None:
    static = khqr.build({"account_type": "individual", "bakong_account_id": "das.tern@devb", "merchant_name": "x"})
    assert call(bank, "/_sim/pay", {"qr": static})[0] == 400
    assert call(bank, "/_sim/pay", {"qr": static, "amount": "5000"})[0] == 200
    assert call(bank, CHECK, {"md5": khqr.md5_of(static)}, token=token)[1]["errorCode"] == 2


def test_faults_are_seeded_and_counted(bank: Bank, token: str) -> None:
    def run(when: dict[str, Any]) -> list[int]:
        call(bank, "/_sim/faults", [{"path": CHECK, "when": when, "do": {"http": 503}}])
        return [call(bank, CHECK, {"md5": "x"}, token=token)[0] for _number in range(8)]

    assert run({"nth": 3}) == [200, 200, 503, 200, 200, 200, 200, 200]
    assert run({"every": 4}) == [200, 200, 200, 503, 200, 200, 200, 503]
    assert run({"probability": 0.5, "seed": 7}) == run({"probability": 0.5, "seed": 7})
    now = bank.now_ms()
    assert run({"from_ms": now + 1000, "to_ms": now + 2000}) == [200] * 8
    assert call(bank, "/_sim/faults", [{"do": "earthquake"}])[0] == 400


def test_its_clock_moves_by_itself(bank: Bank, clock: Clock) -> None:
    before = call(bank, "/_sim/clock", {"advance_ms": 5000})[1]["nowMs"]
    assert before - int(clock.now().timestamp() * 1000) == 5000
    assert call(bank, "/_sim/clock", {"now_ms": 1_900_000_000_000})[1]["nowMs"] == 1_900_000_000_000
    call(bank, "/_sim/reset", {})
    assert call(bank, "/_sim/state", method="GET")[1]["nowMs"] == int(clock.now().timestamp() * 1000)


def test_a_picture_of_the_card_can_be_scanned(bank: Bank, caller: Caller, clock: Clock) -> None:
    made = caller.create()
    picture = base64.b64decode(made["qrImagePath"].partition(",")[2])
    assert call(bank, "/_sim/picture", picture) == (200, {"qr": made["qrCode"]})
    assert call(bank, "/_sim/picture", b"no picture")[0] == 400


def test_tracking(bank: Bank, token: str, qr: str) -> None:
    paid = call(bank, "/_sim/pay", {"qr": qr})[1]
    call(bank, "/_sim/track", {"hash": paid["hash"], "status": "RECEIVE_AT_ACH"})
    body = call(bank, CHECK, {"md5": khqr.md5_of(qr)}, token=token)[1]
    assert body["data"]["trackingStatus"] == "RECEIVE_AT_ACH"


def test_as_a_program_it_keeps_what_was_paid(tmp_path: Path, bank: Bank, qr: str) -> None:
    state = tmp_path / "bank.json"
    command = [sys.executable, "-m", "payment_node.bakong_simulator", "--port", "0", "--state", str(state)]
    import os

    done = subprocess.run([*command, "--print-token"], cwd=ROOT, env=os.environ | {"SIMULATOR_KEY": ""}, check=False)
    assert done.returncode == 1, "no default key"
    kept = Bank(key="k", state_file=state)
    kept.pay(qr, {"force": True})
    again = Bank(key="k", state_file=state)
    assert again.found(md5=khqr.md5_of(qr)) == kept.found(md5=khqr.md5_of(qr))
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"SIMULATOR_KEY": "k"})
    time.sleep(0.5)
    process.terminate()
    assert process.wait(timeout=20) in {0, -15}
