"""A person plays the bank app in a real browser: picture, scan, pay, pay wrongly, let it fail."""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api

from payment_node import khqr
from payment_node.bakong_simulator.bank import Bank

CREATED = 1_795_000_000_000


@pytest.fixture
def page(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The page in Chromium; a script error fails the test."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "these tests look at pages with Chromium: make browser"
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop in this thread
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        page, broken = browser.new_page(), []
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.goto(bank.address)
        yield page
        assert not broken
        browser.close()


def code(bank: Bank) -> str:
    """A code that is open now."""
    return khqr.build(
        {
            "account_type": "individual",
            "bakong_account_id": "das.tern@devb",
            "merchant_name": "ដាស់តឿន",
            "currency": "USD",
            "amount": "0.50",
            "created_at_ms": bank.now_ms(),
            "expires_at_ms": bank.now_ms() + 600_000,
        }
    )


def press(page: Any, button: str, says: str) -> None:
    """Press a button and read what the page says."""
    page.click(button)
    sync_api.expect(page.locator("#said")).to_contain_text(says)


def test_scan_a_picture_and_pay(page: Any, bank: Bank, tmp_path: Path) -> None:
    from payment_node.payments.card import Card

    text = code(bank)
    (tmp_path / "card.png").write_bytes(Card(text, "Das Tern", "0.50", "USD").png())
    page.set_input_files("#picture", tmp_path / "card.png")
    sync_api.expect(page.locator("#qr")).to_have_value(text)
    press(page, "#scan", "ready to pay")
    sync_api.expect(page.locator("#seen")).to_contain_text("ដាស់តឿន")
    press(page, "#pay", "paid")
    press(page, "#pay", "paid already")
    assert [(row.md5, row.amount) for row in bank.transactions] == [(khqr.md5_of(text), "0.50")]


@pytest.mark.parametrize(
    ("button", "field", "value"),
    [("amount", "amount", "0.10"), ("currency", "currency", "KHR"), ("receiver", "to_account", "vanna@abaa")],
)
def test_pay_wrongly(button: str, field: str, value: str, page: Any, bank: Bank) -> None:
    page.fill("#qr", code(bank))
    press(page, f'[data-wrong="{button}"]', "paid")
    assert getattr(bank.transactions[0], field) == value


def test_let_it_fail_and_be_refused(page: Any, bank: Bank) -> None:
    page.fill("#qr", code(bank))
    press(page, "#fail", "failed at the bank")
    assert bank.transactions[0].failed
    page.fill("#qr", "no code")
    press(page, "#scan", "no KHQR")
    page.fill("#qr", base64.b64encode(b"x").decode())
    press(page, "#pay", "no KHQR")
