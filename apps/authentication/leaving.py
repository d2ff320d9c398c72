"""What authentication adds to leaving: the proof that the owner asks, and the end of every session."""

from datetime import datetime

from apps.authentication.choices import OtpPurpose
from apps.authentication.services.codes import otp_consume, otp_match
from apps.authentication.services.login import password_prove
from apps.authentication.services.sessions import sessions_end_all
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.core.errors import DomainError


def owner_proven(user: User, actor: Actor, password: str, code: str, now: datetime) -> bool:
    """True for the right password, or a valid code of the purpose SENSITIVE_ACTION, which is used up."""
    try:
        if password:
            password_prove(user=user, password=password, actor=actor, now=now)
        else:
            otp_consume(otp_match(identifier=user.email, purpose=OtpPurpose.SENSITIVE_ACTION, code=code, now=now), now)
    except DomainError:
        return False
    return True


def sessions_leave(user: User, actor: Actor, now: datetime) -> None:
    """End every session of somebody who asked for deletion."""
    sessions_end_all(user_id=user.id, now=now)
