"""Bases of admin pages."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest

from dastern.core.actor import Actor

_EXACT_BELOW = 100_000

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
    _Paginator = Paginator[Any]
else:
    _Base = admin.ModelAdmin
    _Paginator = Paginator


class ReadOnlyAdmin(_Base):
    """A page that shows and never writes: changes go through the product's services."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class StaffAdmin(ReadOnlyAdmin):
    """A read-only page that every member of staff may see, without a permission of its own."""

    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may be on the site."""
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may be on the site."""
        return self.admin_site.has_permission(request)


class LargeTablePaginator(_Paginator):
    """Pages of a table that only grows: without a filter its rows are estimated, not counted."""

    @property
    def count(self) -> int:
        """The planner's estimate for the whole table, the exact count for anything narrower."""
        rows = self.object_list
        if isinstance(rows, QuerySet) and not rows.query.where:
            table = rows.model._meta.db_table  # noqa: SLF001  (Django's documented way to a model's table)
            with connection.cursor() as cursor:
                cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
                estimate = int(cursor.fetchone()[0])
            if estimate > _EXACT_BELOW:
                return estimate
        return super().count


def staff_actor(request: HttpRequest) -> Actor:
    """The signed-in member of staff as the actor of a service."""
    user: Any = request.user
    edge: Any = request
    return Actor(
        id=user.id,
        role=user.role,
        is_staff=True,
        language="en" if user.language == "ENGLISH" else "km",
        ip=edge.client_ip,
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:255],
        request_id=edge.request_id,
    )
