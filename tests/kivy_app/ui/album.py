"""Every screen of the app with something to see on it: what the golden pictures, the checks of fit and ``docs/screens``
are made of.

    python -m tests.kivy_app.ui.album            # make the golden pictures and those of docs/ anew (``make screens``)
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from kivy.core.window import Window
from kivy.uix.modalview import ModalView
from patient.core.clock import wire
from patient.platform.fake import fake
from patient.ui.app import PatientApp
from patient.ui.screens.dose import DoseSheet
from patient.ui.screens.root import PAGES
from patient.ui.widgets import Toast
from PIL import Image, ImageChops

from tests.kivy_app.conftest import SEVEN, Story
from tests.kivy_app.ui.driver import Driver

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "golden" / "screens"
DOCS = ROOT / "docs" / "screens"
VARIANTS = [(language, look, scale) for language in ("km", "en") for look in ("LIGHT", "DARK") for scale in (1.0, 2.0)]
COLOURS = 24
# What may differ between two machines' font and GL libraries: a few edges, never a word.
DIFFERENT = 48
MOST_DIFFERENT = 0.01

Show = Callable[[Driver, "Album"], object]


@dataclass
class Album:
    """Sokha with a month of medicines, a doctor, a daughter, a brother she helps, messages."""

    story: Story
    draft: str = "00000000-0000-4000-8000-000000000001"
    running: str = "00000000-0000-4000-8000-000000000002"
    link: str = "00000000-0000-4000-8000-000000000003"
    needed: str = "00000000-0000-4000-8000-000000000004"
    amoxicillin: str = "m1"
    vanna: str = ""

    def fill(self) -> "Album":
        """Write everything on the server, and let the phone pull it at 12:40."""
        story, sokha = self.story, self.story.sokha.id
        story.sokha.identifier = "sokha"
        story.server.write(sokha, "prescriptions", self._prescription(self.draft, "DRAFT", "Blood pressure"))
        story.server.write(sokha, "prescriptions", self._running())
        for back in range(1, 20):
            for hours in (0, 5, 11):
                self._past_dose(back, hours)
        self._people()
        self._health()
        self._messages()
        story.server.lists.update(_ONLINE)
        story.wait(minutes=12)
        story.phone.sync_now()
        story.phone.take(story.doses[0])
        story.wait(hours=5, minutes=38)
        story.phone.sync_now()
        return self

    def _past_dose(self, back: int, hours: int) -> None:
        planned = SEVEN - timedelta(days=back) + timedelta(hours=hours)
        place = (back * 3 + hours) % 11
        status = (
            "MISSED" if place == 3 else "SKIPPED" if place == 7 else "TAKEN_LATE" if place == 5 else "TAKEN_ON_TIME"
        )
        taken = planned + timedelta(minutes=50 if status == "TAKEN_LATE" else 4)
        self.story.server.add_dose(
            self.story.sokha.id, planned, self.amoxicillin, status=status, strength="500 mg",
            timePeriod={0: "MORNING", 5: "NOON", 11: "EVENING"}[hours], amount="1", unit="CAPSULE",
            takenAt=wire(taken) if status.startswith("TAKEN") else None,
            skipReason="FASTING" if status == "SKIPPED" else None,
        )  # fmt: skip

    def _prescription(self, made: str, status: str, title: str, **fields: Any) -> dict[str, Any]:
        medicine = {
            "id": f"{made}-a", "medicineName": "Amlodipine", "medicineNameKhmer": "អាំឡូឌីពីន", "strength": "5 mg",
            "unit": "TABLET", "morningDosage": {"amount": "0.5", "beforeMeal": True}, "frequencyType": "DAILY",
            "duration": 30,
        }  # fmt: skip
        return {
            "id": made, "patientId": self.story.sokha.id, "status": status, "title": title, "doctorId": "d1",
            "doctor": {"fullName": "Dr Lim"}, "createdAt": wire(SEVEN - timedelta(days=2)), "isUrgent": False,
            "retakeReason": "", "startDate": "2026-11-24", "currentVersion": 1, "versions": [],
            "medications": [medicine], **fields,
        }  # fmt: skip

    def _running(self) -> dict[str, Any]:
        medicines = [
            {
                "id": self.amoxicillin, "medicineName": "Amoxicillin", "medicineNameKhmer": "អាម៉ុកស៊ីស៊ីលីន",
                "strength": "500 mg", "unit": "CAPSULE", "morningDosage": {"amount": "1"},
                "daytimeDosage": {"amount": "1"}, "nightDosage": {"amount": "1"}, "timing": "បន្ទាប់ពីអាហារ",
                "frequencyType": "DAILY", "duration": 30, "stockCount": "14", "instructions": "",
            },
            {
                "id": self.needed, "medicineName": "Paracetamol", "medicineNameKhmer": "ប៉ារ៉ាសេតាមុល",
                "strength": "500 mg", "unit": "TABLET", "isPRN": True, "frequencyType": "PRN",
                "dosageAmount": "1", "prnMaxPerDay": "4",
                "prnMinIntervalHours": "6", "private": True,
            },
        ]  # fmt: skip
        versions = [
            {
                "versionNumber": n,
                "state": state,
                "changeReason": reason,
                "createdAt": wire(SEVEN - timedelta(days=9 - n)),
            }
            for n, state, reason in ((1, "APPLIED", ""), (2, "APPLIED", "Blood test"), (3, "PROPOSED", "Fever"))
        ]
        return self._prescription(
            self.running, "ACTIVE", "Infection", medications=medicines, versions=versions, currentVersion=2,
            proposal=versions[2], diagnosis="Tonsillitis", followUpDate="2026-12-03",
        )  # fmt: skip

    def _people(self) -> None:
        story, sokha = self.story, self.story.sokha
        vanna = story.server.person("vanna")
        self.vanna = vanna.id
        sokha.watches.add(vanna.id)
        for hours, status in ((0, "TAKEN_ON_TIME"), (5, "DUE")):
            planned = SEVEN + timedelta(hours=hours)
            taken = wire(planned) if status != "DUE" else None
            story.server.add_dose(vanna.id, planned, "m7", status=status, strength="500 mg", takenAt=taken)
        common = {"status": "ACCEPTED", "startedByMe": False, "alertsEnabled": True}
        links = [
            {
                **common, "id": self.link, "mySide": "PATIENT", "kind": "CAREGIVER", "permissionLevel": "ALLOWED",
                "other": {"id": "p2", "fullName": "Dara"}, "patientId": sokha.id,
            },
            {
                **common, "id": "l2", "mySide": "CAREGIVER", "kind": "CAREGIVER", "permissionLevel": "ALLOWED",
                "other": {"id": vanna.id, "fullName": "Vanna"}, "patientId": vanna.id,
            },
            {
                **common, "id": "l3", "status": "PENDING", "mySide": "PATIENT", "kind": "DOCTOR",
                "permissionLevel": "SELECTED", "other": {"id": "d1", "fullName": "Dr Lim"}, "patientId": sokha.id,
            },
        ]  # fmt: skip
        for link in links:
            story.server.write(sokha.id, "connections", link)

    def _health(self) -> None:
        sokha = self.story.sokha.id
        for place, (upper, lower, severity) in enumerate(((138, 84, None), (146, 88, "LOW"), (165, 100, "HIGH"))):
            self.story.server.write(
                sokha, "vitals",
                {
                    "id": f"v{place}", "vitalType": "BLOOD_PRESSURE", "value": str(upper), "valueSecondary": str(lower),
                    "unit": "mmHg", "measuredAt": wire(SEVEN - timedelta(days=9 - 4 * place)), "severity": severity,
                },
            )  # fmt: skip
        self.story.server.write(
            sokha, "alerts",
            {
                "id": "a1", "alertType": "ANOMALY", "severity": "HIGH", "vitalType": "BLOOD_PRESSURE",
                "message": "165/100 mmHg", "advice": "CONTACT_DOCTOR", "callNumber": "119", "isResolved": False,
            },
        )  # fmt: skip
        ranges = [{"vitalType": "BLOOD_PRESSURE", "minValue": "90", "maxValue": "140", "minSecondary": "60"}]
        proposals = [
            {
                "id": "t1", "state": "PROPOSED", "vitalType": "BLOOD_PRESSURE", "doctorName": "Dr Lim",
                "minValue": "90", "maxValue": "135",
            }
        ]  # fmt: skip
        self.story.server.write(sokha, "thresholds", {"id": sokha, "thresholds": ranges, "proposals": proposals})
        profile = {
            "id": sokha, "allergies": [{"id": "x1", "substance": "Penicillin", "reaction": "rash", "isChecked": True}],
            "conditions": [], "emergencyContacts": [{"id": "c1", "name": "Dara", "phoneNumber": "+85512345678"}],
        }  # fmt: skip
        self.story.server.write(sokha, "healthProfile", profile)
        self.story.server.write(sokha, "subscription", {"id": sokha, "effectiveTier": "PREMIUM", "expiresAt": _UNTIL})

    def scan(self) -> dict[str, Any]:
        """A paper with one line, of which the strength is in doubt."""
        proposal = {
            "medicineName": "Metformin", "strength": "", "unit": "TABLET", "frequencyType": "DAILY", "duration": 30,
            "morningDosage": {"amount": "1", "beforeMeal": False},
            "nightDosage": {"amount": "0.5", "beforeMeal": False},
        }  # fmt: skip
        flags = [{"field": "medications[0].strength", "level": "RETYPE", "warnings": []}]
        review = {"rows": [{"row": 0, "proposal": proposal, "matches": []}], "flags": flags}
        return {"scanId": "scan-1", "state": "DONE", "review": review, "result": {"diagnosis": [{"value": "Diabetes"}]}}

    def payment(self) -> dict[str, Any]:
        """An open payment."""
        return {
            "md5Hash": "0" * 32, "planType": "PREMIUM", "amount": "0.50", "currency": "USD", "qrCode": "00020101021229",
            "deepLink": "https://bakong.example/pay", "expiresAt": wire(self.story.clock.now() + timedelta(minutes=9)),
        }  # fmt: skip

    def _messages(self) -> None:
        told = (
            ("FAMILY_ALERT", "ដារា រំលឹកអ្នក", {"caregiverId": "p2", "doseId": self.story.doses[1]}, 0),
            ("PRESCRIPTION_UPDATE", "New prescription", {"prescriptionId": self.draft}, 26),
        )
        for place, (kind, title, data, hours) in enumerate(told):
            self.story.server.write(
                self.story.sokha.id, "notifications",
                {
                    "id": f"n{place}", "type": kind, "title": title, "message": "Dr Lim", "data": data,
                    "isRead": bool(place), "createdAt": wire(SEVEN - timedelta(hours=hours)),
                },
            )  # fmt: skip


_UNTIL = wire(SEVEN + timedelta(days=12))
_CONFIRMED = {
    "medicineName": "Metformin", "strength": "500 mg", "unit": "TABLET", "morningDosage": {"amount": "1"},
    "nightDosage": {"amount": "0.5"}, "frequencyType": "DAILY", "duration": 30, "confirmedByUser": True,
}  # fmt: skip
_PLAN = {"prescriptions": -1, "caregivers": 5}
_IN_BATCH = {"id": "bm1", "medicineName": "Atorvastatin", "strength": "20 mg", "unit": "TABLET", "dosageAmount": "1"}
_BATCH = {
    "id": "b1", "name": "យប់", "scheduledTime": "20:00", "isActive": True,
    "medicines": [_IN_BATCH],
}  # fmt: skip
_AT = wire(SEVEN - timedelta(hours=3))
_ONLINE: dict[str, Any] = {
    "users/me": {"storageUsed": 734_003_200, "storageQuota": 5_368_709_120},
    "auth/sessions": {
        "items": [
            {"id": "s1", "deviceName": "Samsung A05", "current": True, "startedAt": _AT},
            {"id": "s2", "deviceName": "Desktop", "current": False, "startedAt": _AT, "lastUsedAt": _AT},
        ]
    },
    "audit/my-data": {
        "items": [
            {"who": "Dr Lim", "what": "Prescription", "outcome": "ALLOWED", "at": _AT},
            {"who": "Rith", "what": "Doses", "outcome": "DENIED", "at": _AT},
        ]
    },
    "connections/history": {
        "items": [
            {"otherName": "Dara", "event": "ACCEPTED", "byMe": True, "at": _AT},
            {"otherName": "Rith", "event": "ENDED", "byMe": True, "at": _AT},
        ]
    },
    "connections/doctors/search": {
        "items": [
            {"id": "d9", "fullName": "Dr Chan Sreymom", "hospitalClinic": "Calmette", "specialty": "CARDIOLOGY"},
        ]
    },
    "access-requests": {"items": [{"id": "r1", "status": "PENDING", "reason": "Fever since Monday"}]},
    "subscriptions/plans": {
        "plans": [
            {"tier": "FREEMIUM", "prices": {}, "limits": {"prescriptions": 1, "caregivers": 1}, "features": {}},
            {"tier": "PREMIUM", "prices": {"USD": "0.50"}, "limits": _PLAN, "features": {"SCAN": True}},
        ]
    },
    "payments/history": {
        "items": [{"amount": "0.50", "currency": "USD", "status": "COMPLETED", "createdAt": _AT, "paidAt": _AT}]
    },
    "subscriptions/family": {
        "seats": {"total": 3, "taken": 1}, "invitations": [{"invitationId": "i1", "from": "Rith"}],
        "members": [{"memberId": "p2", "name": "Dara", "status": "ACTIVE"}],
    },
    "batch-medication": {"items": [_BATCH]},
    "batch-medication/b1": _BATCH,
    "versions/diff": {
        "added": [], "removed": [], "header": [],
        "changed": [
            {
                "medicineName": "Amoxicillin", "strength": "500 mg",
                "fields": [{"field": "duration", "old": 7, "new": 10}],
            }
        ],
    },
}  # fmt: skip


def _page(name: str, **what: Any) -> Show:
    return lambda drive, _: drive.app.go(name, **what)


def _with(name: str, **fields: str) -> Show:
    """A page whose properties are ids of the album."""
    return lambda drive, album: drive.app.go(name, **{key: getattr(album, value) for key, value in fields.items()})


def _face(name: str) -> Show:
    """A face of the sheet of the noon dose."""

    def show(drive: Driver, album: Album) -> None:
        drive.app.go("today")
        getattr(DoseSheet.show(album.story.doses[1]), name)()

    return show


def _then(show: Show, act: Callable[[Any], object]) -> Show:
    """A page on which something was done."""

    def both(drive: Driver, album: Album) -> None:
        show(drive, album)
        drive.frames(3)
        act(drive.app.root.ids.pages.current_screen)

    return both


SHOTS: dict[str, Show] = {
    "today": _page("today"),
    "dose": _face("main"),
    "dose_when": _face("ask_when"),
    "dose_skip": _face("ask_reason"),
    "dose_later": _face("ask_later"),
    "dose_wrong": _face("ask_why_not"),
    "pictures": _page("pictures"),
    "medicines": _page("medicines"),
    "all_medicines": _page("all_medicines"),
    "medicine": _with("medicine", medicine_id="amoxicillin"),
    "medicine_needed": _with("medicine", medicine_id="needed"),
    "add_medicine": _page("add_medicine", prescription_id=""),
    "add_medicine_more": _then(
        _page("add_medicine", prescription_id=""),
        lambda page: (page.typed.update({"unit": "TABLET", "course": "DAYS"}), page.choose("kind", "DAILY")),
    ),
    "prescription": _with("prescription", prescription_id="running"),
    "draft": _with("prescription", prescription_id="draft"),
    "versions": _with("versions", prescription_id="running"),
    "changes": lambda drive, album: drive.app.go("changes", prescription_id=album.running, older=2, newer=3),
    "progress": _page("progress"),
    "history": _page("history", medicine_id=""),
    "day": lambda drive, _: drive.app.go("day", day=drive.app.session.repo.local_today() - timedelta(days=1)),
    "family": _then(_page("family"), lambda page: page._choose("mine")),
    "family_helped": _then(_page("family"), lambda page: page._choose("theirs")),
    "people": _page("people"),
    "person": _with("person", patient_id="vanna"),
    "connect": _page("connect"),
    "link": _with("link", link_id="link"),
    "link_history": _page("link_history"),
    "find_doctor": _then(
        _page("find_doctor"), lambda page: (setattr(page, "query", "chan"), page.changed(), page.ask())
    ),
    "inbox": _page("inbox"),
    "health": _page("health"),
    "record": _page("record", kind="BLOOD_PRESSURE"),
    "record_kind": _page("record", kind=""),
    "trend": _page("trend", kind="BLOOD_PRESSURE"),
    "ranges": _page("ranges"),
    "health_profile": _page("health_profile"),
    "sos": _page("sos"),
    "scan": _page("scan"),
    "scan_row": lambda drive, album: drive.app.go("scan_row", scan=album.scan(), row=0, confirmed=[]),
    "scan_check": lambda drive, album: drive.app.go("scan_check", scan=album.scan(), confirmed=[_CONFIRMED]),
    "scan_read_back": _then(
        lambda drive, album: drive.app.go("scan_check", scan=album.scan(), confirmed=[_CONFIRMED]),
        lambda page: (setattr(page, "counted", True), page.changed()),
    ),
    "plans": _page("plans"),
    "pay": lambda drive, album: drive.app.go("pay", payment=album.payment()),
    "payments": _page("payments"),
    "seats": _page("seats"),
    "batches": _page("batches"),
    "batch": _page("batch", batch_id="b1"),
    "attention": _page("attention"),
    "settings": _page("settings"),
    "profile": _page("profile"),
    "sessions": _page("sessions"),
    "my_data": _page("my_data"),
    "messages": _page("messages"),
    "meal_times": _page("meal_times"),
    "grace": _page("grace"),
    "members": _page("members"),
    "reminders": _page("reminders", first=False),
    "log": _page("log"),
    "gallery": _page("gallery"),
    "sign_in": _page("sign_in"),
    "register": _page("register"),
    "register_names": _then(_page("register"), lambda page: page.choose("patient")),
    "register_contact": _then(_page("register"), lambda page: (page.choose("patient"), setattr(page, "step", 2))),
    "code": _page("code", identifier="sokha@example.org", wait=0),
    "forgot": _page("forgot"),
    "onboarding": _page("onboarding"),
}
assert set(PAGES) <= set(SHOTS), set(PAGES) - set(SHOTS)
# Those that are shown in docs/, in this language and look.
IN_DOCS = {
    "today": ("km", "LIGHT"), "dose": ("km", "LIGHT"), "pictures": ("km", "DARK"), "medicine_needed": ("en", "LIGHT"),
    "progress": ("km", "LIGHT"), "person": ("en", "DARK"), "draft": ("km", "LIGHT"), "my_data": ("en", "LIGHT"),
    "reminders": ("km", "LIGHT"), "sos": ("km", "LIGHT"), "trend": ("en", "LIGHT"), "scan_row": ("en", "LIGHT"),
}  # fmt: skip


def walk(drive: Driver, album: Album, names: Iterable[str] = ()) -> Iterator[str]:
    """Show one screen after the other (all without ``names``); the name of what is shown now."""
    for name in names or SHOTS:
        show = SHOTS[name]
        for child in [child for child in Window.children if isinstance(child, ModalView)]:
            child.dismiss(animation=False)
        if Toast._standing is not None:
            Toast._standing.leave()
        show(drive, album)
        drive.until(lambda: not drive.app.state.busy)
        drive.until(_settled)
        drive.frames(6)
        yield name


def _settled() -> bool:
    """Whether no sheet is still fading in: a picture must not depend on how fast the machine is."""
    return all(child._anim_alpha >= 1 for child in Window.children if isinstance(child, ModalView))


def name_of(shot: str, language: str, look: str, scale: float) -> str:
    """The file of a picture."""
    return f"{shot}-{language}-{look.lower()}-{scale * 100:.0f}.png"


def small(picture: Image.Image) -> Image.Image:
    """A picture with few colours: a tenth of the bytes, the same words."""
    return picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def difference(one: Image.Image, other: Image.Image) -> float:
    """The part of pixels that are clearly different."""
    if one.size != other.size:
        return 1.0
    grey = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).convert("L")
    return sum(grey.histogram()[DIFFERENT:]) / (one.width * one.height)


def opened(language: str, look: str, scale: float) -> tuple[Driver, Album]:
    """The app with the album's content."""
    album = Album(Story()).fill()
    session = album.story.phone
    session._device.remember("language", language)
    session.change_appearance(theme=look, scale=scale)
    return Driver(PatientApp(session, fake())), album


def for_docs() -> int:
    """Make the pictures of docs/ anew, in all their colours."""
    for variant in [(language, look, 1.0) for language, look in dict.fromkeys(IN_DOCS.values())]:
        drive, album = opened(*variant)
        drive.until(lambda drive=drive: not drive.app.state.busy)
        for shot in walk(drive, album, [name for name, of in IN_DOCS.items() if of == variant[:2]]):
            name = f"app-{shot.replace('_', '-')}-{variant[0]}-{variant[1].lower()}.png"
            drive.shot().quantize(128).save(DOCS / name, optimize=True)
        drive.close()
    return 0


def main() -> int:
    """Make all pictures anew."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for old in GOLDEN.glob("*.png"):
        old.unlink()
    for language, look, scale in VARIANTS:
        drive, album = opened(language, look, scale)
        drive.until(lambda drive=drive: not drive.app.state.busy)
        for shot in walk(drive, album):
            picture = drive.shot()
            small(picture).save(GOLDEN / name_of(shot, language, look, scale), optimize=True)
        drive.close()
        sys.stdout.write(f"{language} {look} {scale:.0%}\n")
    return for_docs()


if __name__ == "__main__":
    sys.exit(main())
