"""Three hundred cards, read back byte for byte by a reader that shares no code with us."""

import io
import random
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from payment_node import khqr
from payment_node.payments.card import Card

pytestmark = pytest.mark.no_database
NAMES = ["Das Tern", "ដាស់តឿន", "Café Sokha", "药房", "ហាងឱសថ សុខា", "O'Brien & Sons", "a" * 25, "Ünïcödé"]
CREATED = 1_795_000_000_000


def payload(number: int) -> tuple[str, dict[str, Any]]:
    """A code of any kind, by its number."""
    dice = random.Random(number)
    currency = dice.choice(["USD", "KHR"])
    amount = (
        f"{dice.randint(1, 99999)}.{dice.randint(0, 99):02d}" if currency == "USD" else str(dice.randint(100, 9**8))
    )
    fields: dict[str, Any] = {
        "account_type": "individual",
        "bakong_account_id": f"{''.join(dice.choices('abcdefgh._', k=dice.randint(3, 20)))}@devb",
        "merchant_name": dice.choice(NAMES),
        "merchant_city": dice.choice(["Phnom Penh", "ភ្នំពេញ", "Siem Reap"]),
        "currency": currency,
        "amount": amount,
        "bill_number": f"DT-{CREATED + number}-{dice.randrange(16**8):08X}",
        "created_at_ms": CREATED + number,
        "expires_at_ms": CREATED + number + 600_000,
    }
    if dice.random() < 0.6:
        fields |= {"store_label": dice.choice(["Das Tern", "ដាស់តឿន"]), "mobile_number": "85512345678"}
    if dice.random() < 0.4:
        fields |= {"language_preference": "km", "merchant_name_alternate": dice.choice(NAMES)}
    return khqr.build(fields), fields


def read(picture: Image.Image) -> list[bytes]:
    """The QR codes in a picture."""
    return [code.bytes for code in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]


@pytest.mark.parametrize("group", range(10))
def test_cards_are_read_back_byte_for_byte(group: int) -> None:
    for number in range(group * 30, group * 30 + 30):
        text, fields = payload(number)
        card = Card(text, fields["merchant_name"], fields["amount"], fields["currency"])
        picture = Image.open(io.BytesIO(card.png())).convert("L")
        assert read(picture) == [text.encode()], text


def test_the_look_of_a_card() -> None:
    text, _fields = payload(1)
    picture = Image.open(io.BytesIO(Card(text, "Das Tern", "4000", "KHR").png()))
    colours = picture.convert("RGB")
    assert colours.getpixel((5, 5)) == (225, 35, 46), "a red head"
    assert colours.crop((0, 0, picture.width, 70)).getextrema()[1][1] == 255, "with a white word"
    svg = Card(text, 'Sokha & "Dara" <x>', "4000", "KHR").svg()
    assert "KHQR</text>" in svg
    assert "4,000" in svg
    assert "Sokha &amp; " in svg
    assert "<x>" not in svg


def test_the_svg_draws_the_same_code() -> None:
    import re

    text, _fields = payload(2)
    svg = Card(text, "Das Tern", "1.00", "USD").svg()
    side = int(re.search(r'width="(\d+)"', svg).group(1))  # type: ignore[union-attr]
    picture = Image.new("L", (side, side), 255)
    path = re.search(r' d="([^"]+)"', svg)
    assert path is not None
    for column, row, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", path.group(1)):
        box = (int(column) * 6, int(row) * 6, (int(column) + int(length)) * 6, int(row) * 6 + 6)
        picture.paste(0, box)
    assert read(picture) == [text.encode()]
