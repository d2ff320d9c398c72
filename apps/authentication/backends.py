"""Sign-in by e-mail or phone number for Django's own login pages; the API's login service shares the rules."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q
from django.http import HttpRequest

from apps.users.models import User


class AccountBackend(ModelBackend):
    """Finds the account by e-mail (any case) or phone number."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> AbstractBaseUser | None:
        """The account whose password fits, or None."""
        identifier = (username or kwargs.get("email") or "").strip()
        if not identifier or password is None:
            return None
        user = User.objects.filter(Q(email=identifier.lower()) | Q(phone_number=identifier)).first()
        if user is None:
            User().set_password(password)  # the same time as for a known account
            return None
        if user.check_password(password) and self.user_can_authenticate(user):
            return user
        return None
