"""Plans and paying by KHQR: the code on this screen, or the bank's app by its deep link; then wait for the bank's word.

The app never decides that something was paid: it shows what the server says, and asks again while the code lives. A
payment that was begun is remembered, so that it is found again after the app was closed (domain.md §3.8 G).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kivy.clock import Clock
from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from patient.core import words
from patient.core.clock import unwire
from patient.core.online import Seen
from patient.core.store import Body
from patient.ui.widgets import (
    Band,
    Dialog,
    Empty,
    Fact,
    Field,
    FilledPage,
    Heading,
    Note,
    OnlinePage,
    QrCode,
    Sheet,
    Text,
    Toast,
)
from patient.ui.widgets.fields import required
from patient.ui.widgets.lines import card, line, main, quiet, segments

PAYING = "paying"  # remembered under this name while a payment is open
_ASK_EVERY = 4.0


class PlansPage(OnlinePage):
    """What each plan gives and costs, and which one stands."""

    back_to = StringProperty("settings")
    currency = StringProperty("USD")

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Plans"))

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]]:
        """The plans and their prices."""
        return "subscriptions/plans", {}

    def more(self, app: Any) -> object:
        """The plan that stands, and the currency."""
        return app.session.repo.subscription(), self.currency, app.session.open_payment()

    def before(self, app: Any) -> Iterable[Widget]:
        """The plan that stands; a payment under way."""
        t, held = app.t, app.session.repo.subscription()
        tier = str(held.get("effectiveTier") or "FREEMIUM")
        facts = [Fact(text=t("My plan"), detail=t(words.TIER[tier]))]
        if held.get("expiresAt"):
            facts.append(Fact(text=t("Valid until"), detail=app.date_text(unwire(str(held["expiresAt"])))))
        if held.get("status") == "GRACE":
            facts.append(Note(text=t("It has ended. For three days everything stays as it is.")))
        yield card(*facts)
        if app.session.open_payment():
            yield main(t("To the open payment"), lambda: app.go("pay", payment=app.session.open_payment()), icon="pay")
        yield segments([("USD", "USD $"), ("KHR", "KHR ៛")], self.currency, self._choose)

    def _choose(self, currency: str) -> None:
        self.currency = currency
        self.changed()

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """A card each."""
        t = app.t
        stands = str(app.session.repo.subscription().get("effectiveTier") or "FREEMIUM")
        for plan in seen.data.get("plans") or ():
            tier = str(plan.get("tier"))
            price = str((plan.get("prices") or {}).get(self.currency) or "0")
            free = tier == "FREEMIUM"
            cost = t("free") if free else t("{price} for 30 days", price=f"{price} {self.currency}")
            parts: list[Widget] = [
                Text(text=t(words.TIER.get(tier, words.TIER["PREMIUM"])), bold=True, size_name="heading"),
                Text(text=cost, tone="primary"),
            ]
            parts += [line(said, None, icon="check", tone="ok") for said in offers(app, plan)]
            if not free:
                said = t("Renew for 30 days") if tier == stands else t("Choose this plan")
                parts.append(main(said, lambda p=tier: self.pay(app, p), icon="pay", disabled=self.busy))
            yield card(*parts, edge=app.look.primary if tier == stands else (0, 0, 0, 0))
        yield Note(text=t("Reminders, marking doses, SOS and what your doctor prescribes are free for ever."))
        yield card(
            line(t("Family seats"), lambda: app.go("seats"), icon="people"),
            line(t("What I paid"), lambda: app.go("payments"), icon="history"),
        )

    def pay(self, app: Any, tier: str) -> None:
        """Ask for a code; an open payment for the same comes back instead of a second one."""
        online, currency = app.session.online, self.currency

        def made(payment: Body) -> None:
            app.session.remember_payment(payment)
            app.go("pay", payment=payment)

        self.send(
            lambda: online.ask(
                "POST", "payments/create", {"planType": tier, "currency": currency, "appName": "Das Tern"}
            ),
            made,
        )


def offers(app: Any, plan: Body) -> list[str]:
    """What a plan gives, in words; −1 is without limit."""
    t, limits, features = app.t, plan.get("limits") or {}, plan.get("features") or {}

    def many(name: str, one: str, all_: str) -> str:
        count = int(limits.get(name) or 0)
        return str(t(all_) if count < 0 else t(one, n=app.number(count)))

    said = [
        many("prescriptions", words.OFFER["prescriptions"], words.OFFER["prescriptions_all"]),
        many("caregivers", words.OFFER["caregivers"], words.OFFER["caregivers_all"]),
    ]
    said += [t(words.FEATURE[name]) for name in words.FEATURE if features.get(name)]
    return said


class PayPage(FilledPage):
    """One code: its picture, how long it lives, and what the bank says."""

    back_to = StringProperty("plans")
    payment: Body | None = ObjectProperty(None, allownone=True)
    state = StringProperty("PENDING")
    left = NumericProperty(0)
    answer: Body | None = ObjectProperty(None, allownone=True)
    _timer: Any = None
    _asked = 0.0

    def opened(self) -> None:
        """Begin to ask."""
        super().opened()
        self.state, self.answer, self._asked = "PENDING", None, 0.0
        if self._timer is None:
            self._timer = Clock.schedule_interval(self._tick, 1.0)
        self._tick(0)
        self.changed()

    def on_leave(self) -> None:
        """Nobody looks: stop asking. The server goes on by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def said(self, app: Any) -> object:
        """The code and its state; the seconds change by themselves."""
        return self.payment, self.state, self.answer

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Pay with KHQR"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """While it waits: code, countdown, bank's app. Then: how it ended."""
        payment = self.payment or {}
        if self.state == "PENDING":
            yield from self._waiting(app, payment)
        else:
            yield from self._ended(app)

    def _waiting(self, app: Any, payment: Body) -> Iterable[Widget]:
        t = app.t
        yield Text(
            text=t(words.TIER.get(str(payment.get("planType")), words.TIER["PREMIUM"])), halign="center", bold=True
        )
        yield Text(
            text=f"{payment.get('amount')} {payment.get('currency')}", halign="center", bold=True, size_name="title"
        )
        yield QrCode(content=str(payment.get("qrCode") or ""))
        self._clock = Text(text=self._left_text(app), halign="center", tone="muted")
        yield self._clock
        if payment.get("deepLink"):
            yield main(t("Open my bank's app"), lambda: self.open_bank(app), icon="bank")
        yield Text(
            text=t("Scan it with Bakong or any bank's app: ABA, ACLEDA, Wing, LOLC, Canadia, Chip Mong…"), tone="muted"
        )
        if self.answer and self.answer.get("underReview"):
            yield Band(
                icon="info", tone="warning", soft="warning_soft", text=t("The payment is being checked by our people.")
            )
        yield quiet(t("I have paid"), lambda: self.ask(app, now=True), icon="syncing")
        yield quiet(t("Cancel"), lambda: self.cancel(app), icon="close", tone="danger")

    def _ended(self, app: Any) -> Iterable[Widget]:
        t = app.t
        if self.state == "COMPLETED":
            plan = (self.answer or {}).get("subscription") or {}
            until = app.date_text(unwire(str(plan["expiresAt"]))) if plan.get("expiresAt") else ""
            yield Empty(icon="taken", text=t("Paid. Thank you."))
            if until:
                yield Text(text=t("Your plan is valid until {date}.", date=until), halign="center", bold=True)
        else:
            yield Empty(icon="skipped", text=t(words.PAYMENT.get(self.state, words.PAYMENT["FAILED"])))
        yield main(t("Back to my plan"), lambda: app.go("plans"), icon="plan")

    def _left_text(self, app: Any) -> str:
        minutes, seconds = divmod(max(0, int(self.left)), 60)
        if self.left <= 0:
            return str(app.t("The code has run out. If you paid, it is found all the same."))
        return str(app.t("Valid for {time}", time=app.figures(f"{minutes}:{seconds:02d}")))

    def _tick(self, _: float) -> None:
        from kivy.app import App

        app = App.get_running_app()
        if app is None or self.payment is None:
            return
        ends: datetime = unwire(str(self.payment["expiresAt"]))
        self.left = (ends - app.session.now()).total_seconds()
        if self.state == "PENDING" and getattr(self, "_clock", None) is not None:
            self._clock.text = self._left_text(app)
        self._asked += 1.0
        if self.state == "PENDING" and self._asked >= _ASK_EVERY:
            self.ask(app)

    def ask(self, app: Any, *, now: bool = False) -> None:
        """How does it stand? ``now``: the person says that it is paid, so the bank is asked."""
        self._asked = 0.0
        if self.payment is None:
            return
        online, md5 = app.session.online, self.payment["md5Hash"]
        method, path = ("POST", f"payments/{md5}/check") if now else ("GET", f"payments/status/{md5}")
        app.state.work(lambda: online.ask(method, path), done=self._told, failed=lambda _: None)

    def _told(self, answer: Body) -> None:
        from kivy.app import App

        app = App.get_running_app()
        self.answer, self.state = answer, str(answer.get("status") or "PENDING")
        if self.state != "PENDING":
            app.session.remember_payment(None)
            app.state.sync()
        self.changed()

    def open_bank(self, app: Any) -> None:
        """By the deep link; where no bank's app answers, the code stays."""
        if self.payment is None or not app.platform.device.open_url(str(self.payment["deepLink"])):
            Toast.show(app.t("No bank's app was found on this device. Please scan the code."))

    def cancel(self, app: Any) -> None:
        """Give it up, after being asked."""
        online, md5 = app.session.online, (self.payment or {}).get("md5Hash")

        def cancel() -> None:
            self.send(lambda: online.ask("POST", f"payments/{md5}/cancel"), self._told)

        Dialog.ask(
            app.t("Cancel the payment?"),
            app.t("If you have paid already, do not cancel."),
            ((app.t("Keep it"), None), (app.t("Cancel"), cancel)),
        )


class PaymentsPage(OnlinePage):
    """What was paid."""

    back_to = StringProperty("plans")

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("What I paid"))

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]]:
        """The payments."""
        return "payments/history", {}

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """A line each."""
        rows = []
        for one in seen.items:
            when = app.moment_text(unwire(str(one.get("paidAt") or one["createdAt"])))
            said = app.t(words.PAYMENT.get(str(one.get("status")), words.PAYMENT["FAILED"]))
            rows.append(line(f"{one.get('amount')} {one.get('currency')}", None, icon="pay", detail=f"{said} · {when}"))
        if rows:
            yield card(*rows)
        else:
            yield Empty(icon="pay", text=app.t("Nothing was paid yet."))


class SeatsPage(OnlinePage):
    """The seats of a family plan, and invitations to one."""

    back_to = StringProperty("plans")

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Family seats"))

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]]:
        """Seats, members, invitations."""
        return "subscriptions/family", {}

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """Invitations first."""
        t, online = app.t, app.session.online

        def change(method: str, path: str, body: Body | None, said: str) -> None:
            def done(_: object) -> None:
                self.ask()
                Toast.show(said)

            self.send(lambda: online.change(method, path, body), done)

        for one in seen.data.get("invitations") or ():
            body = {"invitationId": one["invitationId"]}
            yield card(
                Text(text=t("{name} offers you a seat", name=one.get("from") or ""), bold=True),
                main(
                    t("Accept"),
                    lambda b=body: change("POST", "subscriptions/family/accept", b, t("Accepted")),
                    icon="taken",
                ),
                quiet(t("Decline"), lambda b=body: change("POST", "subscriptions/family/decline", b, t("Declined"))),
            )
        seats = seen.data.get("seats") or {}
        if seats.get("total"):
            yield Heading(
                text=t(
                    "{n} of {all} seats taken", n=app.number(seats.get("taken") or 0), all=app.number(seats["total"])
                )
            )
            for one in seen.data.get("members") or ():
                path = f"subscriptions/family/{one['memberId']}"
                yield card(
                    line(
                        str(one.get("name") or ""),
                        None,
                        icon="person",
                        detail=t(words.SEAT.get(str(one.get("status")), words.SEAT["ACTIVE"])),
                    ),
                    quiet(t("Free this seat"), lambda p=path: change("DELETE", p, None, t("Removed")), tone="danger"),
                )
            yield main(t("Invite somebody"), lambda: self.invite(app, change), icon="person_add")
        elif not seen.data.get("invitations"):
            yield Empty(icon="people", text=t("Seats belong to the family plan."))

    def invite(self, app: Any, change: Any) -> None:
        """By e-mail address; they have to say yes."""
        sheet = Sheet(heading=app.t("Invite somebody"))
        field = Field(label=app.t("E-mail address"), input_type="mail")

        def send() -> None:
            if required(field, app.t("Please write your e-mail address."), holds=lambda text: "@" in text):
                sheet.dismiss()
                change("POST", "subscriptions/family/add", {"email": field.text.strip()}, app.t("Invited"))

        sheet.fill(field, main(app.t("Invite"), send, icon="person_add"))
        sheet.open()
