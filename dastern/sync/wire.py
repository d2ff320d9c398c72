"""The push envelope as it travels, parsed strictly: the envelope as a whole, then each act alone."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
import orjson
from django.utils.translation import gettext_lazy as _

from dastern.core.errors import Invalid
from dastern.sync.registry import Act

MOST_ACTS = 100
BELIEVED_SKEW = timedelta(minutes=10)  # below it the network's delay is as likely the cause (domain.md §2.6)
FUTURE_TOLERANCE = timedelta(minutes=5)

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class _Envelope(msgspec.Struct, forbid_unknown_fields=True, rename="camel", frozen=True):
    device_id: _Name
    sent_at: _Instant
    acts: list[Any]


class _WireAct(msgspec.Struct, forbid_unknown_fields=True, rename="camel", frozen=True):
    local_id: UUID
    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    patient_id: UUID
    at: _Instant
    recorded_at: _Instant
    object_id: UUID | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Push:
    """A parsed envelope. ``skew`` is received − sentAt; ``acts`` are still raw."""

    device_id: str
    skew: timedelta
    acts: list[Any]


def parse_push(body: Mapping[str, Any], received: datetime) -> Push:
    """The envelope. Raises Invalid (400) when it is malformed, holds unknown fields or more than 100 acts."""
    try:
        envelope = msgspec.convert(body, _Envelope)
        skew = received - envelope.sent_at
    except msgspec.ValidationError as error:
        raise Invalid(errors=[_where(error)]) from error
    except OverflowError as error:
        raise Invalid(errors=[("sentAt", _("This time cannot be."))]) from error
    if "\0" in envelope.device_id:
        raise Invalid(errors=[("deviceId", _("This text cannot be stored."))])
    if len(envelope.acts) > MOST_ACTS:
        raise Invalid(
            errors=[("acts", _("At most %(most)d acts can be sent at once.") % {"most": MOST_ACTS})],
            extra={"limit": MOST_ACTS, "count": len(envelope.acts)},
        )
    return Push(envelope.device_id, skew, envelope.acts)


def _where(error: msgspec.ValidationError) -> tuple[str, str]:
    reason, _sep, path = str(error).partition(" - at `$.")
    return path.rstrip("`") or "body", reason


def parse_act(raw: Any, push: Push, received: datetime) -> Act | None:
    """One act, its times corrected by the phone's skew when that is believed; None when it is malformed.

    A phone that is less than ten minutes ahead is not corrected, unless the act would then lie in the future: nobody
    can have recorded a thing before doing it, and a true testimony must not be lost for a clock.
    """
    try:
        act = msgspec.convert(raw, _WireAct)
        at, recorded_at = act.at.astimezone(UTC), act.recorded_at.astimezone(UTC)
        corrected = at + push.skew
        shifted = abs(push.skew) > BELIEVED_SKEW or (at > received + FUTURE_TOLERANCE and corrected <= received)
        if shifted:
            recorded_at += push.skew
    except (msgspec.ValidationError, OverflowError):
        return None
    if b"\\u0000" in orjson.dumps(raw):  # PostgreSQL cannot store it
        return None
    return Act(
        local_id=act.local_id,
        kind=act.kind,
        patient_id=act.patient_id,
        object_id=act.object_id,
        at=corrected if shifted else at,
        at_device=at,
        recorded_at=recorded_at,
        data=act.data,
        device_id=push.device_id,
        skew=push.skew if shifted else None,
    )


def content_hash(raw: Any) -> str:
    """What an act says, as a fingerprint: the same local id with another fingerprint is another act."""
    return hashlib.sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()


def local_id_as_sent(raw: Any) -> str | None:
    """The local id of a malformed act, so that the phone finds the answer."""
    value = raw.get("localId") if isinstance(raw, Mapping) else None
    return value if isinstance(value, str) else None
