"""The people of the demonstration."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.subscriptions.services import subscription_ensure
from apps.users.choices import AccountStatus, Language, Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.ids import uuid7

PASSWORD = "Sabay-2026"  # noqa: S105  (demo people exist on developers' machines only)


@dataclass(frozen=True, slots=True)
class Part:
    """One person: who it is, in which language they are addressed, what the welcome screen calls them."""

    name: str
    khmer_name: str
    email: str
    role: Role
    what: str
    language: Language = Language.KHMER
    born: date = date(1961, 4, 14)
    gender: str = "FEMALE"
    status: AccountStatus = AccountStatus.ACTIVE
    is_staff: bool = False


SOKHA = Part("Chea Sokha", "ជា សុខា", "sokha@demo.dastern.example", Role.PATIENT, "patient")
DARA = Part(
    "Chea Dara", "ជា ដារ៉ា", "dara@demo.dastern.example", Role.FAMILY_MEMBER, "her daughter", Language.ENGLISH,
    date(1990, 7, 2),
)  # fmt: skip
DR_LIM = Part(
    "Dr Lim Sothea", "វេជ្ជ. លឹម សុធា", "lim@demo.dastern.example", Role.DOCTOR, "doctor", born=date(1975, 1, 20),
    gender="MALE", status=AccountStatus.VERIFIED,
)  # fmt: skip
DR_KEO = Part(
    "Dr Keo Maly", "វេជ្ជ. កែវ ម៉ាលី", "keo@demo.dastern.example", Role.DOCTOR, "doctor, unverified",
    born=date(1984, 9, 9), status=AccountStatus.PENDING_VERIFICATION,
)  # fmt: skip
BORA = Part(
    "Heng Bora", "ហេង បូរ៉ា", "bora@demo.dastern.example", Role.PATIENT, "patient", born=date(1972, 11, 3),
    gender="MALE",
)  # fmt: skip
SREYMOM = Part(
    "Heng Sreymom", "ហេង ស្រីមុំ", "sreymom@demo.dastern.example", Role.FAMILY_MEMBER, "Bora's wife, in his plan",
    born=date(1975, 3, 8),
)  # fmt: skip
VANNA = Part(
    "Ouk Vanna", "អ៊ុក វណ្ណា", "vanna@demo.dastern.example", Role.PATIENT, "patient, a stranger", Language.ENGLISH
)
RITH = Part(
    "Pich Rith", "ពេជ្រ រិទ្ធ", "rith@demo.dastern.example", Role.FAMILY_MEMBER, "link ended", gender="MALE",
)  # fmt: skip
STAFF = Part(
    "Seng Bopha", "សេង បុប្ផា", "staff@demo.dastern.example", Role.FAMILY_MEMBER, "staff", Language.ENGLISH,
    is_staff=True,
)  # fmt: skip
EVERYBODY = (SOKHA, DARA, DR_LIM, DR_KEO, BORA, SREYMOM, VANNA, RITH, STAFF)


def enter(part: Part, *, email: str | None = None, **fields: Any) -> User:
    """An account for ``part``, as registration and verification would have left it."""
    moment = clock.now()
    details: dict[str, Any] = {
        "full_name": part.name if part.language == Language.ENGLISH else part.khmer_name,
        "role": part.role,
        "language": part.language,
        "gender": part.gender,
        "date_of_birth": part.born,
        "account_status": part.status,
        "email_verified_at": moment,
        "is_staff": part.is_staff,
        "is_superuser": part.is_staff,
    }
    if part.role == Role.DOCTOR:
        details |= {
            "license_number": f"KH-{uuid7().hex[-8:]}",
            "specialty": "INTERNAL_MEDICINE",
            "hospital_clinic": "មន្ទីរពេទ្យបង្អែកតាកែវ",
            "verified_at": moment if part.status == AccountStatus.VERIFIED else None,
        }
    user = User.objects.create_user(email or part.email, PASSWORD, **details | fields)
    if part.role != Role.DOCTOR:
        subscription_ensure(user_id=user.id, now=moment)
    return user


def journey_people() -> dict[str, tuple[str, str]]:
    """Four new people for one run of the journey: name → (e-mail, password). Their names are unique to the run."""
    run = uuid7().hex[-6:]
    people = {}
    for name, part in (("Sokha", SOKHA), ("Dara", DARA), ("Dr Lim", DR_LIM), ("Vanna", VANNA)):
        email = part.email.replace("@", f".{run}@")
        enter(part, email=email, full_name=f"{name} {run}")
        people[name] = (email, PASSWORD)
    return people
