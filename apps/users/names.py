"""Names for apps below, which know people by id only."""

from collections.abc import Collection, Mapping
from uuid import UUID

from apps.users.models import User


def user_names(ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Id → full name of those that exist, in one query."""
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "full_name"))
