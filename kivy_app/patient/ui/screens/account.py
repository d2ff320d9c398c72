"""The account: profile, password, devices, messages, who saw my data, leaving for good."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from patient.core import words
from patient.core.clock import unwire
from patient.core.online import Seen
from patient.core.store import Body
from patient.ui.screens.welcome import phone_of
from patient.ui.widgets import (
    Empty,
    Fact,
    Field,
    FilledPage,
    Meter,
    Note,
    OnlinePage,
    Sheet,
    Text,
    Toast,
    WarnButton,
)
from patient.ui.widgets.fields import required
from patient.ui.widgets.lines import card, choices, line, main, quiet, toggle

_GIGABYTE = 1024**3


class ProfilePage(OnlinePage):
    """Names, contacts, what is stored."""

    back_to = StringProperty("settings")

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("My profile"))

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]]:
        """The own profile, with figures."""
        return "users/me", {}

    def more(self, app: Any) -> object:
        """The profile of the feed."""
        return app.session.repo.profile()

    def before(self, app: Any) -> Iterable[Widget]:
        """What the phone knows without network."""
        t, held = app.t, app.session.repo.profile()
        rows = [
            Fact(text=t("Name"), detail=str(held.get("fullName") or app.session.user.name)),
            Fact(text=t("E-mail address"), detail=str(held.get("email") or "–")),
            Fact(text=t("Phone number"), detail=str(held.get("phoneNumber") or "–")),
        ]
        if held.get("dateOfBirth"):
            rows.append(Fact(text=t("Date of birth"), detail=str(held["dateOfBirth"])))
        yield card(*rows, quiet(t("Change my name"), lambda: self.ask_name(app, held), icon="edit"))

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """Storage."""
        used, quota = int(seen.data.get("storageUsed") or 0), int(seen.data.get("storageQuota") or 0)
        if quota:
            said = app.t("{used} of {all} GB", used=f"{used / _GIGABYTE:.1f}", all=f"{quota / _GIGABYTE:.0f}")
            yield card(Fact(text=app.t("Storage"), detail=said), Meter(share=used / quota))

    def after(self, app: Any) -> Iterable[Widget]:
        """Further."""
        t = app.t
        yield card(
            line(t("Change the password"), lambda: self.ask_password(app), icon="lock"),
            line(t("Where I am signed in"), lambda: app.go("sessions"), icon="device"),
        )
        yield card(
            line(t("All my data as a file"), lambda: self.export(app), icon="download"),
            line(t("Delete my account"), lambda: self.ask_delete(app), icon="delete", tone="danger"),
        )

    def ask_name(self, app: Any, held: Body) -> None:
        """First name, last name, phone."""
        t, online = app.t, app.session.online
        sheet = Sheet(heading=t("Change my name"))
        fields = {
            name: Field(label=t(label), text=str(held.get(name) or ""))
            for name, label in (("lastName", words.NAME["last"]), ("firstName", words.NAME["first"]))
        }
        phone = Field(label=t("Phone number"), text=str(held.get("phoneNumber") or ""), input_type="tel")

        def keep() -> None:
            fine = [required(field, t("Please fill this in.")) for field in fields.values()]  # each says its own
            if all(fine):
                body = {name: field.text.strip() for name, field in fields.items()}
                if phone.text.strip() and phone_of(phone.text) != held.get("phoneNumber"):
                    body["phoneNumber"] = phone_of(phone.text)
                sheet.dismiss()
                self.send(lambda: online.change("PATCH", "users/me", body), t("Kept"))

        sheet.fill(*fields.values(), phone, main(t("Keep it"), keep, icon="save"))
        sheet.open()

    def ask_password(self, app: Any) -> None:
        """The old one, the new one; other devices are signed out by it."""
        t, session = app.t, app.session
        sheet = Sheet(heading=t("Change the password"))
        old, new = Field(label=t("Password now"), secret=True), Field(label=t("New password"), secret=True)

        def keep() -> None:
            fine = [
                required(old, t("Please write your password.")),
                required(new, t("At least {n} characters.", n=8), holds=lambda text: len(text) >= 8),
            ]
            if all(fine):
                sheet.dismiss()
                self.send(lambda: session.change_password(old.text, new.text), t("The password was changed."))

        sheet.fill(
            old, new, Note(text=t("Other devices are signed out.")), main(t("Change the password"), keep, icon="lock")
        )
        sheet.open()

    def export(self, app: Any) -> None:
        """Everything owned, as one file of the server."""
        online, folder = app.session.online, Path(app.user_data_dir)

        def fetch() -> Path:
            content = online.download("users/me/export")
            path = folder / "das-tern-my-data.zip"
            path.write_bytes(content)
            return path

        self.send(fetch, lambda path: app.platform.device.share_file(path, "application/zip"))

    def ask_delete(self, app: Any) -> None:
        """Proven by the password; thirty days to change one's mind."""
        t, session = app.t, app.session
        sheet = Sheet(heading=t("Delete my account?"))
        field = Field(label=t("Password"), secret=True)

        def gone(_: object) -> None:
            app.state.refresh()
            app.go(app.home)
            Toast.show(t("Your account will be deleted in 30 days. Signing in before keeps it."))

        def delete() -> None:
            if required(field, t("Please write your password.")):
                sheet.dismiss()
                self.send(lambda: session.delete_account(field.text), gone)

        sheet.fill(
            Text(
                text=t(
                    "Reminders end at once and everybody's access ends. After 30 days everything of yours is erased."
                )
            ),
            field,
            WarnButton(text=t("Delete my account"), icon="delete", on_release=lambda _: delete()),
            quiet(t("Keep it"), sheet.dismiss),
        )
        sheet.open()


class SessionsPage(OnlinePage):
    """Devices on which the account is open."""

    back_to = StringProperty("profile")

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Where I am signed in"))

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]]:
        """The sessions."""
        return "auth/sessions", {}

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """A card each; the others may be ended."""
        for one in seen.items:
            here = bool(one.get("current"))
            used = app.moment_text(unwire(str(one.get("lastUsedAt") or one["startedAt"])))
            name = str(one.get("deviceName") or one.get("userAgent") or app.t("A device"))
            said = app.t("this phone") if here else app.t("last used {time}", time=used)
            parts: list[Widget] = [line(name, None, icon="device", detail=said, tone="primary" if here else "muted")]
            if not here:
                parts.append(
                    quiet(app.t("Sign this device out"), lambda o=one: self.end(app, o), icon="sign_out", tone="danger")
                )
            yield card(*parts)

    def end(self, app: Any, one: Body) -> None:
        """End it."""
        online = app.session.online

        def ended(_: object) -> None:
            self.ask()
            Toast.show(app.t("Signed out"))

        self.send(lambda: online.ask("DELETE", f"auth/sessions/{one['id']}"), ended)


class MyDataPage(OnlinePage):
    """Who touched this person's data, when, and whether it was allowed."""

    back_to = StringProperty("settings")

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Who saw my data"))

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]]:
        """The newest entries."""
        return "audit/my-data", {"limit": 50}

    def before(self, app: Any) -> Iterable[Widget]:
        """What this is."""
        yield Text(
            text=app.t("Every look at your data by somebody else is noted here, also when it was refused."),
            tone="muted",
        )

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """Who, what, when."""
        rows = []
        for one in seen.items:
            refused = one.get("outcome") == "DENIED"
            when = app.moment_text(unwire(str(one["at"])))
            said = " · ".join(filter(None, (str(one.get("what") or ""), app.t("refused") if refused else "", when)))
            rows.append(
                line(
                    str(one.get("who") or ""),
                    None,
                    icon="lock" if refused else "show",
                    detail=said,
                    tone="danger" if refused else "muted",
                )
            )
        if rows:
            yield card(*rows)
        else:
            yield Empty(icon="show", text=app.t("Nobody looked at your data yet."))


class NotificationSettingsPage(FilledPage):
    """What the person wants to be told, and when not. Alarms of doses are never held back by quiet hours."""

    back_to = StringProperty("settings")

    def said(self, app: Any) -> object:
        """What stands."""
        return self._held(app)

    def _held(self, app: Any) -> Body:
        settings = app.session.repo.settings()
        held = settings.body.get("notifications") if settings else None
        return dict(held) if isinstance(held, dict) else {}

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Messages to me"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Channels, quiet hours, when family is told, kinds."""
        t, held = app.t, self._held(app)
        yield card(
            toggle(t("On this phone"), held.get("pushEnabled", True) is not False, self._setter(app, "pushEnabled")),
            toggle(t("By e-mail"), held.get("emailEnabled", True) is not False, self._setter(app, "emailEnabled")),
        )
        quiet_now = bool(held.get("quietFrom"))

        def quiet_hours(on: bool) -> None:
            self._set(app, {"quietFrom": "22:00" if on else None, "quietUntil": "06:00" if on else None})

        yield card(
            toggle(t("Quiet at night, from 22:00 to 06:00"), quiet_now, quiet_hours),
            Note(text=t("Alarms of your doses, urgent changes and calls for help come all the same.")),
        )
        if app.session.user.role == "PATIENT":
            now = str(held.get("familyAlertMinutes") or 60)
            options = [(str(minutes), t("after {n} minutes", n=app.number(minutes))) for minutes in (30, 60, 120, 240)]
            yield card(
                Text(text=t("When family is told of a dose that is not recorded"), bold=True),
                *choices(options, now, lambda value: self._set(app, {"familyAlertMinutes": int(value)})),
            )
        muted = set(held.get("mutedTypes") or ())

        def mute(kind: str, on: bool) -> None:
            self._set(app, {"mutedTypes": sorted(muted - {kind} if on else muted | {kind})})

        yield card(
            *(
                toggle(t(said), kind not in muted, lambda on, k=kind: mute(k, on))
                for kind, said in words.MUTABLE.items()
            )
        )

    def _setter(self, app: Any, name: str) -> Callable[[bool], None]:
        return lambda on: self._set(app, {name: on})

    def _set(self, app: Any, changes: Body) -> None:
        app.session.change_settings(notifications=changes)
        app.state.acted()
        self.changed()
