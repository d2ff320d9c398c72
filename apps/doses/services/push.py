"""POST doses/sync of the specification, carried out by the push service (domain.md §2.18, last line)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from dastern.core.actor import Actor
from dastern.core.localtime import iso
from dastern.sync.services import sync_push

_KINDS = {"TAKEN": "dose.taken", "SKIPPED": "dose.skipped"}
_FIELDS = frozenset({"localId", "doseId", "status", "takenAt", "skipReason", "deviceTimestamp"})


def doses_sync(*, actor: Actor, events: Sequence[Any], now: datetime) -> dict[str, Any]:
    """Judge the events of the patient's own doses; counts and results in the order sent.

    The events carry no sending time, so a wrong clock cannot be measured here: phones of today use sync/push.
    """
    body = {
        "deviceId": "doses/sync",
        "sentAt": iso(now),
        "acts": [_act(event, actor) if isinstance(event, dict) else event for event in events],
    }
    answers = [orjson.loads(orjson.dumps(answer)) for answer in sync_push(actor=actor, body=body, now=now)]
    results = [
        {
            "localId": answer["localId"],
            "resolution": answer["outcome"],
            "reason": answer["code"],
            "dose": answer["object"],
        }
        for answer in answers
    ]
    failed = sum(result["resolution"] == "REJECTED" for result in results)
    return {"synced": len(results) - failed, "failed": failed, "results": results}


def _act(event: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """The event as an act; what makes no sense goes along and is refused with it."""
    skipped = event.get("status") == "SKIPPED"
    return {
        "localId": event.get("localId"),
        "kind": _KINDS.get(str(event.get("status")), "unknown"),
        "patientId": str(actor.user_id),
        "objectId": event.get("doseId"),
        "at": event.get("takenAt") or event.get("deviceTimestamp"),
        "recordedAt": event.get("deviceTimestamp"),
        "data": {"reason": event.get("skipReason") or "OTHER"} if skipped else {},
        **{name: value for name, value in event.items() if name not in _FIELDS},
    }
