"""Sign-in by e-mail or phone number for Django's own login pages, under the rules of the API's login."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from apps.authentication.services.login import page_login
from dastern.core.actor import SYSTEM
from dastern.core.api.authentication import visitor_of
from dastern.core.errors import DomainError


class AccountBackend(ModelBackend):
    """Finds the account by e-mail (any case) or phone number; counts failures, locks and audits as the API does."""

    def authenticate(  # type: ignore[override]  # the stubs return Django's own User, ours is another model
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> AbstractBaseUser | None:
        """The account whose password fits and which may be signed in to, or None."""
        identifier = username or kwargs.get("email") or ""
        if not identifier or password is None:
            return None
        try:
            return page_login(
                identifier=identifier, password=password, actor=visitor_of(request) if request else SYSTEM
            )
        except DomainError:
            return None
