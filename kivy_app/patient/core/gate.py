"""The ways in, before anybody is signed in: registration, codes, a forgotten password. Online only.

Everything raises Refused (its message is in the asked language and may be shown), NoNetwork or ServerBusy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from patient.core.api import Api
from patient.core.models import User
from patient.core.store import Body

VERIFY, RESET = "VERIFY_ACCOUNT", "RESET_PASSWORD"
CODE_LENGTH = 6


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code is on its way; both are seconds."""

    expires_in: int
    resend_after: int


class Gate:
    """Calls without a session; ``admit`` lets somebody in whom the server let in."""

    def __init__(self, api: Api, admit: Callable[[Body], User]) -> None:
        self._api, self._admit = api, admit

    def sign_in(self, identifier: str, password: str, *, remember: bool = True) -> User:
        """E-mail or phone number, and the password."""
        said = {"identifier": identifier, "password": password, **({"rememberMe": True} if remember else {})}
        return self._admit(self._api.ask("auth/login", said))

    def register(self, kind: str, fields: dict[str, Any]) -> CodeSent:
        """A new ``patient`` or ``caregiver``; a code goes to the e-mail address."""
        given = {name: value for name, value in fields.items() if value not in {"", None}}
        made = self._api.ask(f"auth/register/{kind}", given)
        return CodeSent(int(made.get("otpExpiresIn") or 300), 60)

    def send_code(self, identifier: str, purpose: str = VERIFY) -> CodeSent:
        """Another code; the one before it stops working."""
        sent = self._api.ask("auth/otp/send", {"identifier": identifier, "purpose": purpose})
        return CodeSent(int(sent.get("expiresIn") or 300), int(sent.get("resendAfter") or 60))

    def verify(self, identifier: str, code: str) -> User:
        """The code from the e-mail opens the account."""
        return self._admit(self._api.ask("auth/otp/verify", {"identifier": identifier, "otp": code}))

    def reset_password(self, identifier: str, code: str, password: str) -> None:
        """A new password, proven by a code."""
        self._api.ask("auth/reset-password-otp", {"identifier": identifier, "otp": code, "newPassword": password})

    def keep_account(self, identifier: str, password: str) -> None:
        """Take back a deletion that was asked for."""
        self._api.ask("auth/deletion/cancel", {"identifier": identifier, "password": password})

    def google(self, token: str, role: str) -> User:
        """Somebody whom Google vouches for; ``role`` counts for new accounts only."""
        return self._admit(self._api.ask("auth/google", {"idToken": token, "userRole": role}))
