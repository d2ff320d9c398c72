"""The webhook's door: who is believed, what is kept, what is said (scenario 74)."""

import json
import time
from typing import Any

import pytest

from apps.payments.models import PaymentEvent, PaymentRef
from apps.payments.signing import sign
from apps.users.models import User
from tests.payments.conftest import plan, send, start
from tests.payments.contract_node import KEYS, WEBHOOK_PATH, ContractNode
from tests.support.people import Api

pytestmark = pytest.mark.django_db


def untouched(user: User) -> bool:
    return (
        plan(user) == ("FREEMIUM", None)
        and not PaymentEvent.objects.exists()
        and PaymentRef.objects.get().sequence == 0
    )


def test_s074_what_is_not_believed_changes_nothing(sokha: User, node: ContractNode) -> None:
    event = node.move(start(sokha)["md5Hash"], "COMPLETED")
    now = time.time()
    tries: list[dict[str, Any]] = [
        {"x_signature": "0" * 64}, {"x_signature": ""}, {"x_signature": "ហត្ថលេខា"},
        {"x_api_key": "wrong"}, {"x_api_key": ""},
        {"x_key_id": "main-2026a"}, {"x_key_id": "nobody"}, {"x_timestamp": str(int(now) - 1)}, {"x_timestamp": ""},
        {"at": now - 360}, {"at": now + 360}, {"address": "203.0.113.9"}, {"address": "10.21.0.1"},
    ]  # fmt: skip
    for wrong in tries:
        answer = send(event, **wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "WEBHOOK_REFUSED"), wrong
        assert answer.json()["message"] == "This message is not signed by the payment node.", "and not why"
        assert untouched(sokha), wrong
    assert send(event, address="10.20.3.4").status_code == 200, "an allowed network"
    assert plan(sokha)[0] == "PREMIUM"


def test_a_signed_in_person_cannot_knock_here(sokha: User, staff: User, node: ContractNode) -> None:
    event = node.move(start(sokha)["md5Hash"], "COMPLETED")
    for user in (sokha, staff, None):
        assert Api(user).post("payments/webhook", event).status_code == 401
    assert untouched(sokha)


def test_changing_a_byte_of_the_body_is_seen(sokha: User, node: ContractNode) -> None:
    event = node.move(start(sokha)["md5Hash"], "COMPLETED")
    raw = json.dumps(event).encode()
    stamp = str(int(time.time()))
    signature = sign(KEYS["node-2026a"], stamp, "POST", WEBHOOK_PATH, raw)
    changed = raw.replace(b"0.50", b"0.51")
    assert send(changed, x_timestamp=stamp, x_signature=signature).status_code == 401
    assert send(raw + b" ", x_timestamp=stamp, x_signature=signature, x_event_id=event["eventId"]).status_code == 401
    assert send(raw, x_timestamp=stamp, x_signature=signature).status_code == 200


def test_a_new_secret_is_believed_beside_the_old_one(sokha: User, node: ContractNode, settings: Any) -> None:
    event = node.move(start(sokha)["md5Hash"], "COMPLETED")
    raw, stamp = json.dumps(event).encode(), str(int(time.time()))
    headers = {"x_key_id": "node-2026b", "x_timestamp": stamp}
    headers["x_signature"] = sign("the-next-secret", stamp, "POST", WEBHOOK_PATH, raw)
    assert send(raw, **headers).status_code == 401
    settings.PAYMENT_WEBHOOK_SECRETS = [*settings.PAYMENT_WEBHOOK_SECRETS, "node-2026b:the-next-secret"]
    assert send(raw, **headers).status_code == 200
    settings.PAYMENT_WEBHOOK_SECRETS = ["node-2026b:the-next-secret"]
    assert send(event).status_code == 401, "the old one is gone"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"{}", b'{"eventId":"x"}', b'{"eventId":"0197a1b2-5000-7000-8000-000000000001","event":"X"}',
        b'{"eventId":"0197a1b2-5000-7000-8000-000000000001","event":"X","sequence":-1,"occurredAt":"2026-11-18T11:07:22Z","data":{}}',
        b'{"eventId":"0197a1b2-5000-7000-8000-000000000001","event":"X","sequence":1,"occurredAt":"yesterday","data":{}}',
        b'{"eventId":"0197a1b2-5000-7000-8000-000000000001","event":"X","sequence":1,"occurredAt":"2026-11-18T11:07:22Z","data":[]}',
    ],
)  # fmt: skip
def test_a_believed_message_that_is_no_event_is_refused_with_the_field(body: bytes) -> None:
    answer = send(body, x_event_id="0197a1b2-5000-7000-8000-000000000001")
    assert answer.status_code == 400
    assert not PaymentEvent.objects.exists()


def test_the_header_names_the_event_of_the_body(sokha: User, node: ContractNode) -> None:
    event = node.move(start(sokha)["md5Hash"], "COMPLETED")
    answer = send(event, x_event_id="0197a1b2-5000-7000-8000-00000000000f")
    assert answer.status_code == 400
    assert untouched(sokha)


def test_unknown_events_and_fields_are_passed_over(sokha: User, node: ContractNode) -> None:
    event = node.move(start(sokha)["md5Hash"], "COMPLETED")
    newer = event | {"event": "PAYMENT_PONDERED", "eventId": "0197a1b2-5000-7000-8000-00000000000e"}
    assert send(newer).json()["data"]["verdict"] == "IGNORED"
    assert plan(sokha) == ("FREEMIUM", None)
    event["data"]["colour"] = event["mood"] = "red"
    assert send(event).json()["data"]["verdict"] == "APPLIED"


def test_a_payment_that_is_not_ours_is_kept_for_staff_and_judged_again(sokha: User, node: ContractNode) -> None:
    md5 = start(sokha)["md5Hash"]
    PaymentRef.objects.filter(md5=md5).update(md5="0" * 32)
    event = node.move(md5, "COMPLETED")
    assert [send(event).status_code for _ in range(2)] == [404, 404]
    kept = PaymentEvent.objects.get()
    assert (kept.verdict, kept.times, kept.told["amount"]) == ("UNKNOWN", 2, "0.50")
    PaymentRef.objects.update(md5=md5)
    assert send(event).json()["data"]["verdict"] == "APPLIED"
    assert plan(sokha)[0] == "PREMIUM"


def test_the_end_of_a_qr_that_nobody_was_shown_is_no_news(sokha: User, node: ContractNode) -> None:
    md5 = start(sokha)["md5Hash"]
    PaymentRef.objects.all().delete()
    assert send(node.move(md5, "FAILED", "EXPIRED")).json()["data"]["verdict"] == "IGNORED"
