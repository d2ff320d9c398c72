"""What phones push about settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from apps.users import services
from apps.users.api.serializers import SettingsInput
from apps.users.choices import Role
from dastern.core.errors import Invalid
from dastern.sync.registry import Act, PushContext, Verdict, rejected

_PROFILE = ("language", "theme", "timezone")


class SettingsActs:
    """``settings.changed``: ``data`` names the fields; the last write of each wins (domain.md §3.5).

    Acts are judged in the order of their times, so applying them one after the other is "the last write".
    """

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Keep who pushes; settings change rarely and one by one."""
        self.actor = context.actor

    def judge(self, act: Act) -> Verdict:
        """Apply the fields of one act."""
        if act.patient_id != self.actor.id:
            return rejected("NOT_FOUND")
        parsed = SettingsInput(data=dict(act.data))
        if not act.data or not parsed.is_valid():
            return rejected("INVALID")
        values = parsed.validated_data
        patient_only = {"grace_period_minutes", "meal_times"} & set(values)
        if patient_only and self.actor.role != Role.PATIENT:
            return rejected("INVALID")
        try:
            self._apply(values)
        except Invalid:
            return rejected("INVALID")
        return Verdict("APPLIED", resource="settings", object_id=self.actor.user_id)

    def _apply(self, values: Mapping[str, Any]) -> None:
        with transaction.atomic():
            profile = {name: values[name] for name in _PROFILE if name in values}
            if profile:
                services.profile_change(actor=self.actor, changes=profile)
            if "grace_period_minutes" in values:
                services.grace_set(actor=self.actor, minutes=values["grace_period_minutes"])
            if meals := values.get("meal_times"):
                services.meal_times_set(
                    actor=self.actor,
                    morning=meals["morning_meal"],
                    noon=meals["afternoon_meal"],
                    evening=meals["night_meal"],
                )
            if "notifications" in values:
                services.notification_settings_set(actor=self.actor, changes=values["notifications"])

    def flush(self) -> None:
        """Everything was written when judged."""
