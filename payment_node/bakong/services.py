"""Asking Bakong."""

from uuid import UUID

from django.conf import settings

from payment_node.bakong import client, ledger, tokens
from payment_node.bakong.answers import Answer
from payment_node.bakong.choices import AnswerKind, CallReason

NOT_ASKED = Answer(AnswerKind.NOT_ASKED)
_DEEP_LINK_PATH = "/v1/generate_deeplink_by_qr"
_LINK_LONGEST = 500


def transaction_by_md5(md5: str, *, reason: CallReason, transaction_id: UUID) -> Answer:
    """Ask once whether the code with this MD5 was paid.

    Outside any transaction: the ledger row must be committed before the call. A refused token is renewed and the
    question repeated once; a connection that cannot be made is tried once more. Each try costs a row.
    """
    token = tokens.current()
    answer = _ask(md5, token, reason, transaction_id, first=True)
    if answer.detail == client.CONNECTION_FAILED:
        answer = _ask(md5, token, reason, transaction_id)
    if answer.kind is AnswerKind.UNAUTHORIZED:
        fresh = tokens.renew(token)
        if fresh is not None:
            answer = _ask(md5, fresh, reason, transaction_id)
        if answer.kind is AnswerKind.UNAUTHORIZED:
            ledger.pause_for_token()
    return answer


def _ask(md5: str, token: str, reason: CallReason, transaction_id: UUID, *, first: bool = False) -> Answer:
    path = settings.BAKONG_CHECK_PATH
    call = ledger.reserve(path, reason, transaction_id=transaction_id, token_mark=tokens.mark(token))
    if call is None:
        return NOT_ASKED
    answer, milliseconds = client.post(path, {"md5": md5}, token=token, check=True)
    ledger.finish(call, answer, milliseconds, tried_again=first and answer.detail == client.CONNECTION_FAILED)
    return answer


def deep_link(qr: str, *, transaction_id: UUID) -> str | None:
    """A short link that opens a bank app, or None: it is a convenience and never needed."""
    call = ledger.reserve(_DEEP_LINK_PATH, CallReason.DEEP_LINK, transaction_id=transaction_id)
    assert call is not None
    answer, milliseconds = client.post(_DEEP_LINK_PATH, {"qr": qr})
    ledger.finish(call, answer, milliseconds)
    link = answer.data.get("shortLink") if answer.kind is AnswerKind.PAID and isinstance(answer.data, dict) else None
    # the simulated bank's links have its own address; a link of the real one must be https
    honest = isinstance(link, str) and link.startswith(("https://", settings.BAKONG_BASE_URL))
    return str(link) if honest and len(str(link)) <= _LINK_LONGEST else None
