"""Each answer of the bank leaves the state that its row in the table names; only a clean "not found" is unpaid."""

import json
import logging.config
from pathlib import Path
from typing import Any

import pytest

from payment_node.bakong.models import BankCall, BankDay, BankPause, BankToken
from payment_node.bakong_simulator.bank import Bank
from payment_node.bakong_simulator.faults import parse, usual
from tests.payment_node.conftest import Caller, Clock, MainServer, Node

CHECK = "/v1/check_transaction_by_md5"


def strike(bank: Bank, do: Any, **when: Any) -> None:
    """Give the bank a fault."""
    bank.faults = [*usual(), parse({"path": CHECK, "do": do, "when": when})]


def asked(bank: Bank) -> int:
    """How often the bank was asked about a code."""
    return sum(call["path"] == CHECK for call in bank.calls)


# What it does, what the ledger says, and the reason of the pause that follows.
SAYS_NOTHING: list[Any] = [
    pytest.param({"http": 500}, "UNKNOWN", "UNAVAILABLE", id="500"),
    pytest.param({"http": 502}, "UNKNOWN", "UNAVAILABLE", id="502"),
    pytest.param({"http": 503}, "UNKNOWN", "UNAVAILABLE", id="503"),
    pytest.param({"http": 504}, "UNKNOWN", "UNAVAILABLE", id="504"),
    pytest.param("timeout", "UNKNOWN", "UNAVAILABLE", id="time-out"),
    pytest.param("drop", "UNKNOWN", "UNAVAILABLE", id="dropped"),
    pytest.param("truncate", "UNKNOWN", "UNAVAILABLE", id="broken-json"),
    pytest.param("html_200", "UNKNOWN", "UNAVAILABLE", id="html-under-200"),
    pytest.param("null_data", "UNKNOWN", "UNAVAILABLE", id="success-without-data"),
    pytest.param("wrong_type", "UNKNOWN", "UNAVAILABLE", id="amount-as-text"),
    pytest.param("geo_block", "CLOSED", "CLOSED", id="geo-block"),
    pytest.param("nginx_403", "CLOSED", "CLOSED", id="nginx-403"),
    pytest.param({"http": 404}, "CLOSED", "CLOSED", id="404-without-envelope"),
    pytest.param({"http": 429}, "THROTTLED", "THROTTLED", id="429"),
    pytest.param("daily_limit", "DAILY_LIMIT", "DAILY_LIMIT", id="error-17"),
    pytest.param("unauthorized", "UNAUTHORIZED", "TOKEN", id="401"),
    pytest.param("unauthorized_200", "UNAUTHORIZED", "TOKEN", id="error-6-under-200"),
]


@pytest.mark.parametrize(("do", "answer", "pause"), SAYS_NOTHING)
def test_an_answer_that_says_nothing_changes_nothing(
    do: Any, answer: str, pause: str, bank: Bank, caller: Caller, node: Node, main_server: MainServer, settings: Any
) -> None:
    settings.BAKONG_TIMEOUT_SECONDS = 0.5
    from payment_node.bakong import client

    client._session.cache_clear()
    made = caller.create()
    bank.pay(made["qrCode"], {})
    strike(bank, do)
    node.clock.forward(700)  # past the end of the code and the grace
    node.ask()
    state = caller.status(made["md5Hash"])
    assert (state["status"], state["reviewReason"]) == ("PENDING", None)
    assert (state["checking"]["state"], state["checking"]["reason"]) == ("PAUSED", pause)
    assert BankCall.objects.filter(path=CHECK).order_by("-id")[0].answer == answer
    calls = asked(bank)
    node.ask()
    assert asked(bank) == calls, "while it pauses nobody asks"
    bank.faults = usual()
    client._session.cache_clear()
    node.wait(16 * 3600, step=1800)
    assert caller.status(made["md5Hash"])["status"] == "COMPLETED"
    assert main_server.events().count("PAYMENT_COMPLETED") == 1


def test_not_found_under_404_with_an_envelope_is_unpaid(bank: Bank, caller: Caller, node: Node) -> None:
    from payment_node.bakong.answers import read_check

    body = b'{"responseCode":1,"responseMessage":"x","errorCode":1,"data":null}'
    assert read_check(404, body).kind == read_check(200, body).kind == "NOT_FOUND"
    assert read_check(404, b"<html>").kind == "CLOSED"


def test_a_code_the_bank_calls_static_is_our_bug_and_alarms(
    bank: Bank, caller: Caller, node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    made = caller.create()
    bank.pay(made["qrCode"], {}).static = True
    node.wait(20)
    assert caller.status(made["md5Hash"])["status"] == "PENDING"
    assert "bank says our code is static" in caplog.text
    node.wait(800)
    assert caller.status(made["md5Hash"])["status"] == "PENDING", "only a clean answer ends it"


def test_an_outage_of_an_hour_loses_nothing_and_expires_nothing(
    bank: Bank, caller: Caller, node: Node, main_server: MainServer
) -> None:
    paid, unpaid = caller.create(), caller.create(user="dara")
    strike(bank, {"http": 503})
    node.wait(5)
    bank.pay(paid["qrCode"], {})
    node.wait(3600, step=30)
    assert caller.status(paid["md5Hash"])["status"] == "PENDING"
    assert caller.status(unpaid["md5Hash"], "dara")["status"] == "PENDING"
    assert asked(bank) < 30, "an outage must not use up the day's calls"
    bank.faults = usual()
    node.wait(1800, step=30)
    state = caller.status(paid["md5Hash"])
    assert (state["status"], state["reason"]) == ("COMPLETED", None), "it was paid in time"
    state = caller.status(unpaid["md5Hash"], "dara")
    assert (state["status"], state["reason"]) == ("FAILED", "EXPIRED")
    assert main_server.events().count("PAYMENT_COMPLETED") == main_server.events().count("PAYMENT_FAILED") == 1


def test_a_bank_that_cannot_be_reached_is_tried_twice_and_both_are_in_the_ledger(
    bank: Bank, caller: Caller, node: Node, settings: Any
) -> None:
    made = caller.create()
    settings.BAKONG_BASE_URL = "http://127.0.0.1:1"
    node.clock.forward(20)
    node.ask()
    assert caller.status(made["md5Hash"])["status"] == "PENDING"
    assert list(BankCall.objects.filter(path=CHECK).values_list("answer", flat=True)) == ["UNKNOWN", "UNKNOWN"]
    assert BankDay.objects.get().used == 2


def test_error_17_stops_everything_until_the_next_day_in_phnom_penh(bank: Bank, caller: Caller, node: Node) -> None:
    bank.daily_limit = 3
    paid = caller.create()
    caller.create(user="dara")
    node.wait(120)
    calls = asked(bank)
    assert BankPause.objects.get().reason == "DAILY_LIMIT"
    bank.pay(paid["qrCode"], {})
    node.wait(3600, step=300)
    assert asked(bank) == calls == 4
    assert caller.status(paid["md5Hash"])["checking"]["resumesAt"] == "2026-11-26T17:00:00.000Z"
    node.clock.forward(14 * 3600)
    node.wait(300)
    assert caller.status(paid["md5Hash"])["status"] == "COMPLETED"


def test_retry_after_is_kept(bank: Bank, caller: Caller, node: Node) -> None:
    caller.create()
    strike(bank, {"http": 429}, nth=1)
    node.wait(15)
    assert asked(bank) == 1
    node.wait(29, step=29)
    assert asked(bank) == 1
    node.wait(15)
    assert asked(bank) == 2


def test_a_token_that_ends_while_polling_is_renewed_once(
    bank: Bank, caller: Caller, node: Node, settings: Any, in_threads: Any
) -> None:
    settings.BAKONG_TOKEN = bank.token(exp=int(node.clock.now().timestamp()) + 10)
    made = [caller.create(user=f"user-{number}") for number in range(4)]
    for one in made:
        bank.pay(one["qrCode"], {})
    node.clock.forward(20)
    results = in_threads(4, node.ask)
    assert not [result for result in results if isinstance(result, Exception)]
    assert bank.renewals == 1
    node.wait(300)
    assert {caller.status(one["md5Hash"], f"user-{n}")["status"] for n, one in enumerate(made)} == {"COMPLETED"}
    token = BankToken.objects.get()
    assert token.previous == settings.BAKONG_TOKEN
    assert token.token != token.previous


def test_a_token_is_renewed_ahead_of_its_end(bank: Bank, node: Node, settings: Any) -> None:
    from payment_node.bakong import tokens

    assert not tokens.renew_ahead()
    node.clock.forward(86 * 86400)
    assert tokens.renew_ahead()
    assert not tokens.renew_ahead()
    assert bank.renewals == 1


def test_a_token_that_cannot_be_renewed_alarms_and_pauses(
    bank: Bank, caller: Caller, node: Node, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.BAKONG_TOKEN, settings.BAKONG_EMAIL = "eyJhbGciOiJIUzI1NiJ9.e30.x", "unknown@dastern.example"
    caller.create()
    node.wait(60)
    assert asked(bank) == 1
    assert "bank refuses the token" in caplog.text
    assert BankPause.objects.get().reason == "TOKEN"


def test_nothing_in_logs_or_ledger_holds_a_token(
    bank: Bank, caller: Caller, node: Node, tmp_path: Path, settings: Any
) -> None:
    streams = ("payment", "error", "access")
    files = {
        name: {"class": "logging.handlers.WatchedFileHandler", "filename": str(tmp_path / name), "formatter": name}
        for name in streams
    }
    logging.config.dictConfig(settings.LOGGING | {"handlers": files})
    made = caller.create()
    bank.pay(made["qrCode"], {})
    strike(bank, "unauthorized", nth=1)
    node.wait(60)
    logging.getLogger("node.error").warning("Bearer %s and %s", settings.BAKONG_TOKEN, settings.MAIN_SECRET)
    logging.config.dictConfig(settings.LOGGING)
    lines = {name: [json.loads(line) for line in (tmp_path / name).read_text().splitlines()] for name in streams}
    assert all(lines.values()), "each stream is written"
    assert all(line["stream"] == name for name in streams for line in lines[name])
    written = str(lines)
    secrets = [settings.BAKONG_TOKEN, BankToken.objects.get().token, settings.MAIN_SECRET, settings.TEST_API_KEY]
    assert not [secret for secret in [*secrets, *settings.SIGNING_SECRETS.values()] if secret in written]
    ledger = str(list(BankCall.objects.values()))
    assert BankToken.objects.get().token not in ledger


def test_the_closed_list_changes_nothing(bank: Bank, caller: Caller, node: Node) -> None:
    made = caller.create()
    bank.pay(made["qrCode"], {})
    node.wait(20)
    assert caller.status(made["md5Hash"])["status"] == "COMPLETED"
    assert not [call for call in bank.calls if call["path"].endswith("_list")], "no design depends on it"


@pytest.mark.parametrize(
    "data",
    [
        '{"hash": "xyz"}',
        '{"hash": null, "amount": 1}',
        '{"hash": "%064d", "toAccountId": "a@b", "currency": "USD", "createdDateMs": 1}',
        '{"hash": "%064d", "toAccountId": "a@b", "currency": "USD", "amount": NaN, "createdDateMs": 1}',
        '{"hash": "%064d", "toAccountId": "a@b", "currency": "USD", "amount": true, "createdDateMs": 1}',
        '{"hash": "%064d", "toAccountId": "a@b", "currency": "USD", "amount": 1, "createdDateMs": -5}',
        '{"hash": "%064d", "toAccountId": "a@b", "currency": "USD", "amount": 1, "createdDateMs": 1e99}',
        '{"hash": "%064d", "toAccountId": 7, "currency": "USD", "amount": 1, "createdDateMs": 1}',
        "[]",
        '"paid"',
    ],
)
def test_a_transaction_that_cannot_be_read_is_unknown(data: str) -> None:
    from payment_node.bakong.answers import read_check

    text = data % 1 if "%064d" in data else data
    body = f'{{"responseCode":0,"responseMessage":"","errorCode":null,"data":{text}}}'
    assert read_check(200, body.encode()).kind == "UNKNOWN"


def test_what_the_bank_leaves_null_is_held_for_a_person(bank: Bank, caller: Caller, node: Node, clock: Clock) -> None:
    from payment_node.bakong.answers import BankTransaction
    from payment_node.payments.services import payment_settle

    made = caller.create()
    money = BankTransaction("a" * 64, None, None, None, None, None, None, None, None, None)
    assert payment_settle(node.row(made["md5Hash"]).pk, money, now=clock.now()) == "HELD"
    assert caller.status(made["md5Hash"])["reviewReason"] == "RECEIVER_MISMATCH"
