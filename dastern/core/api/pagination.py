"""Pages: 1-based ``page``, ``limit`` at most 100, answered as {items,page,limit,total,totalPages}."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from dastern.core.errors import Invalid

MAX_LIMIT = 100
# For ``extend_schema`` of every endpoint that answers a page.
PAGES = [
    OpenApiParameter("page", OpenApiTypes.INT, description="1-based page"),
    OpenApiParameter("limit", OpenApiTypes.INT, description="rows a page, at most 100"),
]


def _number(request: Request, name: str, default: int, most: int) -> int:
    raw = request.query_params.get(name)
    if raw is None or raw == "":
        return default
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9 or not 1 <= int(raw) <= most:
        raise Invalid(errors=[(name, _("Give a whole number from 1 to %(most)d.") % {"most": most})])
    return int(raw)


def page_numbers(request: Request, *, default_limit: int = 50) -> tuple[int, int]:
    """(page, limit) of the query string. Raises Invalid naming the parameter."""
    return _number(request, "page", 1, 1_000_000), _number(request, "limit", default_limit, MAX_LIMIT)


def page_of(
    request: Request,
    rows: QuerySet[Any] | Sequence[Any],
    render: Callable[[Sequence[Any]], list[Any]],
    *,
    default_limit: int = 50,
) -> dict[str, Any]:
    """One page of ``rows`` rendered together (so that ``render`` may fetch what it needs in one query)."""
    page, limit = page_numbers(request, default_limit=default_limit)
    total = rows.count() if isinstance(rows, QuerySet) else len(rows)
    chunk = list(rows[(page - 1) * limit : page * limit])
    return {
        "items": render(chunk),
        "page": page,
        "limit": limit,
        "total": total,
        "totalPages": -(-total // limit),
    }


class PagePagination(PageNumberPagination):
    """The same shape for DRF's generic views."""

    page_size = 50
    max_page_size = MAX_LIMIT
    page_size_query_param = "limit"

    def get_paginated_response(self, data: Any) -> Response:
        """The page in our shape."""
        assert self.page is not None
        paginator = self.page.paginator
        return Response(
            {
                "items": data,
                "page": self.page.number,
                "limit": paginator.per_page,
                "total": paginator.count,
                "totalPages": paginator.num_pages,
            }
        )
