"""Creating accounts."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager

if TYPE_CHECKING:
    from apps.users.models import User


class UserManager(BaseUserManager["User"]):
    """Accounts are found by e-mail, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A saved account; without ``password`` it cannot sign in by password."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A staff account with every right (Django's createsuperuser)."""
        fields |= {"is_staff": True, "is_superuser": True, "account_status": "ACTIVE"}
        fields.setdefault("full_name", email)
        return self.create_user(email, password, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """By e-mail."""
        return self.get(email=(username or "").strip().lower())
