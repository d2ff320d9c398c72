"""The outbox for staff: what is dead and why, and another try. Payloads may hold codes and are never shown."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dastern.core.admin import StaffAdmin
from dastern.outbox.models import OutboxMessage, OutboxState
from dastern.outbox.services import outbox_retry_dead


class StateFilter(admin.SimpleListFilter):
    """Dead letters unless something else is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str | None, Any]]:  # type: ignore[override]
        """The first is the default."""
        return [(None, _("dead letters")), (OutboxState.PENDING, _("waiting")), (OutboxState.DONE, _("done"))]

    def choices(self, changelist: Any) -> Any:
        """Without Django's own "all", which would be a scan of everything ever announced."""
        for value, title in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}, [])
                if value
                else changelist.get_query_string(remove=[self.parameter_name]),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        """One state at a time."""
        return queryset.filter(state=self.value() or OutboxState.DEAD)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(StaffAdmin):
    """Dead letters and the action that gives them their tries again."""

    list_display = ("created_at", "topic", "attempts", "next_at", "reason")
    list_filter = (StateFilter, "topic")
    ordering = ("-created_at",)
    fields = ("topic", "state", "attempts", "created_at", "next_at", "done_at", "last_error")
    actions = ("retry",)

    @admin.display(description=_("reason"))
    def reason(self, message: OutboxMessage) -> str:
        """The first line of the last error."""
        return message.last_error.partition("\n")[0][:160]

    @admin.action(description=_("Try again"))
    def retry(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        """Give the chosen dead letters their tries again."""
        chosen = list(queryset.filter(state=OutboxState.DEAD))
        count = outbox_retry_dead(ids=[message.pk for message in chosen])
        for message in chosen:
            self.log_change(request, message, "retried")
        told = gettext("Messages that will be tried again: %(count)d")
        self.message_user(request, told % {"count": count}, messages.SUCCESS)
