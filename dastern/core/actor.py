"""Who acts: handed to every service and selector, and written into every audit row."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or machine that reads or writes.

    ``id`` is None for the system itself. ``role`` is PATIENT, DOCTOR, FAMILY_MEMBER, STAFF or SYSTEM.
    ``language`` is the language (km or en) in which errors are told to this actor.
    """

    id: UUID | None
    role: str
    is_staff: bool = False
    language: str = "km"
    ip: str | None = None
    user_agent: str = ""
    request_id: str = ""
    session_id: str = ""

    @property
    def user_id(self) -> UUID:
        """The id of a person; asking the system for it is a programming error."""
        if self.id is None:
            raise ValueError("the system has no user id")
        return self.id


SYSTEM: Final = Actor(id=None, role="SYSTEM")
