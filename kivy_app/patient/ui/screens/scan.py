"""From paper to schedule (domain.md §7.4): a picture, then every row confirmed once beside its crop, then the count,
then the plan read back. Nothing that was recognised acts by itself; a field in doubt is typed anew."""

import io
from collections.abc import Iterable
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.core.image import Image as CoreImage
from kivy.properties import BooleanProperty, DictProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.image import Image
from kivy.uix.widget import Widget

from patient.core import khmer, words
from patient.core.api import Refused
from patient.core.store import Body
from patient.ui.screens.add_medicine import BEDTIME, SLOTS, AddMedicinePage
from patient.ui.screens.medicines import medicine_card
from patient.ui.widgets import Band, Dialog, Empty, Field, FilledPage, Heading, Note, Sheet, Stepper, Text, Toast
from patient.ui.widgets.lines import card, main, quiet, toggle

_ASK_AGAIN = 2.0  # seconds between two looks at a scan that is being read
_LOOKS = 60
MOST_BYTES = 10 * 1024 * 1024


class Crop(Image):
    """A strip of the photographed paper."""


class ScanPage(FilledPage):
    """Take a picture, send it, wait. Needs a network; writing by hand never does."""

    back_to = StringProperty("medicines")
    stage = StringProperty("")
    problem = StringProperty("")
    _looks = 0

    def opened(self) -> None:
        """From the beginning."""
        super().opened()
        self.stage = self.problem = ""
        self.changed()

    def said(self, app: Any) -> object:
        """How far it is."""
        return self.stage, self.problem

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Scan a prescription"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Two ways to a picture, one without."""
        t = app.t
        if self.stage:
            yield Empty(icon="scan", text=t(words.STAGE.get(self.stage, words.STAGE["OTHER"])))
            return
        yield Text(text=t("Lay the paper flat, with light from the side, and photograph all of it."), tone="muted")
        if self.problem:
            yield Band(icon="attention", tone="warning", soft="warning_soft", text=self.problem)
        yield main(t("Take a picture"), lambda: self.pick(app, "camera"), icon="camera")
        yield quiet(t("Choose a picture"), lambda: self.pick(app, "gallery"), icon="gallery")
        yield quiet(t("Write it by hand"), lambda: app.go("add_medicine", prescription_id=""), icon="edit")
        yield Note(text=t("You compare every line with the paper before anything is kept."))

    def pick(self, app: Any, source: str) -> None:
        """From the camera or the gallery."""
        if not app.platform.device.pick_picture(source, lambda content: self.send_picture(app, content)):
            self.problem = app.t("This device cannot take a picture here. Please choose one, or write it by hand.")
            self.changed()

    def send_picture(self, app: Any, content: bytes) -> None:
        """Send it, and look until it was read."""
        if len(content) > MOST_BYTES:
            self.problem = app.t("The picture is too large. Please take it again, a little further away.")
            self.changed()
            return
        online = app.session.online
        self.stage, self.problem, self._looks = "SENDING", "", 0
        self.changed()
        app.state.work(
            lambda: online.send_file("ocr/scan", "image", "paper.jpg", content, {}),
            done=self._sent,
            failed=self._failed,
        )

    def _sent(self, answer: Body) -> None:
        made = str(answer.get("scanId") or answer.get("scan_id") or "")
        if not made:
            newest = App.get_running_app().session.online
            App.get_running_app().state.work(
                lambda: newest.ask("GET", "ocr/scans"), done=lambda page: self._look(_newest(page)), failed=self._failed
            )
        else:
            self._look(made)

    def _look(self, scan_id: str) -> None:
        app = App.get_running_app()
        online = app.session.online
        app.state.work(lambda: online.ask("GET", f"ocr/scans/{scan_id}"), done=self._seen, failed=self._failed)

    def _seen(self, scan: Body) -> None:
        app = App.get_running_app()
        state, self._looks = str(scan.get("state")), self._looks + 1
        if state == "DONE":
            self.stage = ""
            app.go("scan_row", scan=scan, row=0, confirmed=[])
        elif state == "FAILED" or self._looks > _LOOKS:
            error = scan.get("error")
            self._say(str(error.get("message")) if isinstance(error, dict) else app.t("The picture could not be read."))
        else:
            self.stage = str(scan.get("stage") or "READING")
            self.changed()
            Clock.schedule_once(lambda _: self._look(str(scan["scanId"])), _ASK_AGAIN)

    def _failed(self, problem: Exception) -> None:
        app = App.get_running_app()
        if isinstance(problem, Refused) and problem.code in {"FEATURE_LOCKED", "PLAN_LIMIT"}:
            Dialog.ask(
                app.t("Scanning needs a plan"),
                problem.message,
                (
                    (app.t("See the plans"), lambda: app.go("plans")),
                    (app.t("Write it by hand"), lambda: app.go("add_medicine", prescription_id="")),
                ),
            )
        self._say(words.problem(problem, app.t))

    def _say(self, said: str) -> None:
        self.stage, self.problem = "", said
        self.changed()


def _newest(page: Body) -> str:
    items = page.get("items")
    return str(items[0]["scanId"]) if isinstance(items, list) and items else ""


class ScanRowPage(AddMedicinePage):
    """One row of the paper, beside its picture: what was read stands in the form, what is in doubt is empty."""

    back_to = StringProperty("scan")
    scan: Body = DictProperty()
    row = NumericProperty(0)
    confirmed = ListProperty()
    picture = ObjectProperty(None, allownone=True)
    skipping = BooleanProperty(False)

    def opened(self) -> None:
        """The form of this row, and its picture."""
        super().opened()
        rows = self.rows()
        if self.row < len(rows):
            self.typed = typed_of(rows[int(self.row)].get("proposal") or {}, self.doubtful())
        self.picture = None
        self._fetch_picture()
        self.changed()

    def rows(self) -> list[Body]:
        """The rows of the paper."""
        review = self.scan.get("review")
        held = review.get("rows") if isinstance(review, dict) else None
        return list(held) if isinstance(held, list) else []

    def doubtful(self) -> set[str]:
        """The fields of this row that are to be typed anew, by the last part of their name."""
        review = self.scan.get("review")
        flags = review.get("flags") if isinstance(review, dict) else ()
        prefix = f"medications[{int(self.row)}]."
        return {str(flag["field"])[len(prefix) :] for flag in flags or () if str(flag.get("field")).startswith(prefix)}

    def _fetch_picture(self) -> None:
        app = App.get_running_app()
        online, path, row = app.session.online, f"ocr/scans/{self.scan.get('scanId')}/crop", int(self.row)

        def show(content: bytes) -> None:
            if row == int(self.row):
                kind = "png" if content.startswith(b"\x89PNG") else "jpg"
                self.picture = CoreImage(io.BytesIO(content), ext=kind).texture
                self.changed()

        app.state.work(
            lambda: online.download(path, {"field": f"medications[{row}]"}), done=show, failed=lambda _: None
        )

    def said(self, app: Any) -> object:
        """The row and its form."""
        return super().said(app), self.row, self.picture

    def named(self, app: Any) -> str:
        """Which row it is."""
        return str(app.t("Line {n} of {all}", n=app.number(int(self.row) + 1), all=app.number(len(self.rows()))))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Picture, what is in doubt, the form."""
        t = app.t
        if not self.rows():
            yield Empty(icon="scan", text=t("No medicine was found on the picture."))
            yield quiet(t("Write it by hand"), lambda: app.go("add_medicine", prescription_id=""), icon="edit")
            return
        if self.picture is not None:
            yield Crop(texture=self.picture)
        yield Text(
            text=t("Compare with the paper. What is empty could not be read surely: please type it."), tone="muted"
        )
        for name in sorted(self.doubtful() & set(words.DOUBT)):
            yield Band(icon="attention", tone="warning", soft="warning_soft", text=t(words.DOUBT[name]))
        matches = self.rows()[int(self.row)].get("matches")
        if "name" in self.doubtful() and isinstance(matches, list):
            yield Note(text=t("It may be one of these. Choose only what stands on the paper."))
            for match in matches[:3]:
                yield quiet(str(match.get("name") or ""), lambda m=match: self.take_match(m))
        yield from super().parts(app)
        yield quiet(t("This line is no medicine"), lambda: self.keep_row(app, None), icon="close", tone="danger")

    def take_match(self, match: Body) -> None:
        """The person chose a name."""
        self.typed.update({"name": str(match.get("name") or ""), "khmer": str(match.get("nameKm") or "")})
        self.choose("catalogue", str(match.get("catalogueId") or ""))

    def read_back(self, app: Any, body: Body) -> None:
        """This row in explicit words, once more beside the picture."""
        sheet = Sheet(heading=app.t("Is this what stands on the paper?"))
        parts: list[Widget] = [Crop(texture=self.picture)] if self.picture is not None else []
        sheet.fill(
            *parts,
            medicine_card(app, body, touchable=False),
            main(app.t("Yes, it agrees"), lambda: sheet.leave(lambda: self.keep_row(app, body)), icon="taken"),
            quiet(app.t("I change it"), sheet.dismiss, icon="edit"),
        )
        sheet.open()

    def keep_row(self, app: Any, body: Body | None) -> None:
        """To the next row, or to the count."""
        held = [*self.confirmed, *([{**body, "confirmedByUser": True}] if body else [])]
        if int(self.row) + 1 < len(self.rows()):
            app.go("scan_row", scan=self.scan, row=int(self.row) + 1, confirmed=held)
        else:
            app.go("scan_check", scan=self.scan, confirmed=held)


class ScanCheckPage(FilledPage):
    """How many are on the paper? Then the whole plan by times of day, and only then it is kept."""

    back_to = StringProperty("scan")
    scan: Body = DictProperty()
    confirmed = ListProperty()
    attach = BooleanProperty(True)
    counted = BooleanProperty(False)

    def opened(self) -> None:
        """From the count."""
        super().opened()
        self.attach, self.counted = True, False
        self.changed()

    def said(self, app: Any) -> object:
        """What was confirmed."""
        return list(self.confirmed), self.counted, self.attach

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Read it back"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """The count, then the plan."""
        t, n = app.t, len(self.confirmed)
        if not self.counted:
            yield Text(text=t("We read {n} medicines. How many are on the paper?", n=app.number(n)), bold=True)
            count = Stepper(value=0, most=30, show=lambda value: app.number(int(value)))
            yield card(count)
            yield main(t("Next"), lambda: self.count(app, int(count.value)), icon="next")
            return
        title = Field(label=t("A name for this prescription"), text=self._title(app))
        for period, lines in by_period(app, self.confirmed).items():
            yield Heading(text=t(words.PERIOD[period]))
            yield card(*(Text(text=one) for one in lines))
        yield title
        yield card(toggle(t("Keep the picture with it"), self.attach, lambda on: setattr(self, "attach", on)))
        yield Note(text=t("From a scan, not checked by a professional."))
        yield main(t("Yes, keep it"), lambda: self.keep(app, title.text), icon="taken", disabled=self.busy)

    def _title(self, app: Any) -> str:
        result = self.scan.get("result")
        found = result.get("diagnosis") if isinstance(result, dict) else None
        first = found[0].get("value") if isinstance(found, list) and found else ""
        return str(first or app.t("Prescription"))

    def count(self, app: Any, count: int) -> None:
        """A row too few or too many is looked for, not waved through."""
        if count != len(self.confirmed):
            Dialog.ask(
                app.t("The numbers differ"),
                app.t("Please compare again, and add what is missing by hand."),
                (
                    (app.t("Compare again"), lambda: app.go("scan_row", scan=self.scan, row=0, confirmed=[])),
                    (app.t("I counted wrongly"), None),
                ),
            )
            return
        self.counted = True
        self.changed()

    def keep(self, app: Any, title: str) -> None:
        """Send the confirmed rows; the server refuses a row nobody confirmed."""
        online = app.session.online
        body = {
            "scanId": self.scan.get("scanId"), "title": title.strip(),
            "startDate": app.session.repo.local_today().isoformat(),
            "attachImage": self.attach, "medicinesOnPaper": len(self.confirmed), "medications": list(self.confirmed),
        }  # fmt: skip

        def kept(_: object) -> None:
            app.go("medicines")
            Toast.show(app.t("Confirmed. Your doses are planned."))

        self.send(lambda: online.change("POST", "ocr/confirm", body), kept)


def typed_of(proposal: Body, doubtful: set[str]) -> dict[str, Any]:
    """What was read, as answers of the form; what is in doubt stays out."""
    typed: dict[str, Any] = {}
    plain = (
        ("name", "medicineName", "name"), ("strength", "strength", "strength"), ("unit", "unit", "unit"),
        ("kind", "frequencyType", "doses"), ("quantity", "quantity", "quantity"), ("days", "duration", "duration"),
    )  # fmt: skip
    for name, field, doubt in plain:
        if proposal.get(field) not in {None, ""} and doubt not in doubtful:
            typed[name] = proposal[field] if name in {"unit", "kind"} else str(proposal[field])
    slots = {"morningDosage": "doses.morning", "daytimeDosage": "doses.noon", "nightDosage": "doses.evening"}
    for name, _ in SLOTS:
        held = proposal.get(name)
        if isinstance(held, dict) and not {slots.get(name, ""), "doses"} & doubtful:
            typed[name] = str(held.get("amount") or "")
            if held.get("beforeMeal"):
                typed["meal"] = "BEFORE"
    for held in proposal.get("customTimes") or ():
        if str(held.get("time", "")).startswith(BEDTIME[:2]) and "doses.night" not in doubtful:
            typed["bedtime"] = str(held.get("amount") or "")
    if "days" in typed:
        typed["course"] = "DAYS"
    elif "quantity" in typed:
        typed["course"] = "QUANTITY"
    return typed


def by_period(app: Any, medicines: list[Body]) -> dict[str, list[str]]:
    """The plan by times of day, in explicit words."""
    from patient.core import regimen
    from patient.core.models import both_names, with_strength

    found: dict[str, list[str]] = {}
    for medicine in medicines:
        latin = with_strength(medicine.get("medicineName"), medicine.get("strength"))
        first, _ = both_names(latin, medicine.get("medicineNameKhmer"), app.t.language)
        for slot in regimen.slots(medicine, app.t):
            found.setdefault(slot.period, []).append(f"{first}: {khmer.strip_breaks(slot.text)}")
    return {period: found[period] for period in words.PERIOD if period in found}
