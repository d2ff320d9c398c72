"""What phones pull and push about links."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.connections.access import access_grants_of_viewer
from apps.connections.errors import NoSuchNudge
from apps.connections.rules import grant_fingerprint, shows_anything
from apps.connections.services import nudge_answer
from dastern.core.actor import Actor
from dastern.sync.registry import Act, GrantedFeed, PushContext, Verdict, rejected


def granted_feeds(viewer: Actor, now: datetime) -> list[GrantedFeed]:
    """The patients whose feeds this viewer may pull; a grant that shows nothing opens no feed."""
    return sorted(
        (
            GrantedFeed(grant.patient_id, grant_fingerprint(grant))
            for grant in access_grants_of_viewer(viewer.user_id, now=now)
            if shows_anything(grant)
        ),
        key=lambda feed: feed.patient_id,
    )


class NudgeActs:
    """``nudge.answered``: ``objectId`` is the dose, ``data`` holds caregiverId and response.

    Answers are rare and each sends a message, so every one is carried out on its own.
    """

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Keep who pushes; the nudges are locked one by one."""
        self.actor = context.actor

    def judge(self, act: Act) -> Verdict:
        """Answer the nudge."""
        response = act.data.get("response")
        try:
            caregiver_id = UUID(str(act.data.get("caregiverId")))
        except ValueError:
            return rejected("INVALID")
        if act.object_id is None or not isinstance(response, str) or not 1 <= len(response) <= 200:
            return rejected("INVALID")
        if act.patient_id != self.actor.id:
            return rejected("NOT_FOUND")
        try:
            with transaction.atomic():
                nudge_answer(
                    actor=self.actor, caregiver_id=caregiver_id, dose_id=act.object_id, response=response, now=act.at
                )
        except NoSuchNudge:
            return rejected("NOT_FOUND")
        return Verdict("APPLIED")

    def flush(self) -> None:
        """Everything was written when judged."""
