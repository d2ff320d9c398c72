"""The database's view of revocations, for requests that Redis cannot answer (dastern/core/revocation.py)."""

from collections.abc import Iterable
from uuid import UUID

from apps.authentication.models import RefreshToken
from apps.authentication.tokens import access_life
from apps.users.choices import USABLE_STATUSES, Role
from apps.users.models import User
from dastern.core import clock


class Revocations:
    """Accounts that may not be used, sessions that have ended."""

    def is_revoked(self, user_id: UUID, session_id: str) -> bool:
        """True when the account may not be used (or is gone), or no token of the session's family is left."""
        if not User.objects.filter(pk=user_id, account_status__in=USABLE_STATUSES).exists():
            return True
        if not session_id:
            return False
        try:
            family = UUID(session_id)
        except ValueError:
            return True
        return not RefreshToken.objects.filter(user_id=user_id, family_id=family, revoked_at=None).exists()

    def recent(self) -> tuple[Iterable[UUID], Iterable[str]]:
        """Every unusable account, and the sessions that ended within the life of an access token."""
        closed = User.objects.filter(role__in=Role.values).exclude(account_status__in=USABLE_STATUSES)
        ended = RefreshToken.objects.filter(revoked_at__gt=clock.now() - access_life()).values_list(
            "family_id", flat=True
        )
        return list(closed.values_list("id", flat=True)), {str(family) for family in ended}
