"""Mail: queued with the change it tells of, rendered from templates/email/{km,en}/, sent by a worker."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from dastern.outbox.models import OutboxMessage
from dastern.outbox.services import outbox_add

TOPIC = "mail.send"
_SUBJECT = "Subject:"


def mail_queue(
    *,
    to: str,
    template: str,
    language: str,
    context: Mapping[str, Any],
    dedupe_key: str | None = None,
    at: datetime | None = None,
) -> None:
    """Have ``templates/email/<language>/<template>.txt`` sent to ``to`` once this transaction commits.

    ``context`` must be JSON; it may hold a one-time code: it is emptied when the mail is out.
    ``at`` holds the mail back until then.
    """
    outbox_add(
        TOPIC,
        {"to": to, "template": template, "language": language, "context": dict(context)},
        dedupe_key=dedupe_key,
        at=at,
    )


def mail_render(template: str, language: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and body. The template's first line is ``Subject: …``; raises ValueError when it is not."""
    with translation.override(language):
        text = render_to_string(f"email/{language}/{template}.txt", dict(context))
    first, _, body = text.lstrip().partition("\n")
    if not first.startswith(_SUBJECT):
        raise ValueError(f"email/{language}/{template}.txt must start with {_SUBJECT}")
    return first.removeprefix(_SUBJECT).strip(), body.strip() + "\n"


def mail_send(
    *,
    to: str,
    template: str,
    language: str,
    context: Mapping[str, Any],
    message_id: UUID,
    attachments: Sequence[tuple[str, str, str]] = (),
) -> None:
    """Render and hand to Django's mail backend now; for workers. Raises what the backend raises.

    ``message_id`` becomes the Message-ID: a repeat after a lost answer is the same mail, which mail servers and
    readers recognise.
    """
    subject, body = mail_render(template, language, context)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "dastern"
    EmailMessage(
        subject,
        body,
        to=[to],
        attachments=list(attachments),
        headers={"Message-ID": f"<{message_id}@{domain}>"},
    ).send()


def mail_handle(messages: Sequence[OutboxMessage]) -> None:
    """Outbox handler of ``mail.send``; the payload is forgotten in the transaction that marks the message done."""
    for message in messages:
        payload = message.payload
        mail_send(
            to=payload["to"],
            template=payload["template"],
            language=payload["language"],
            context=payload["context"],
            message_id=message.id,
        )
        OutboxMessage.objects.filter(pk=message.pk).update(payload={})
