"""The prescription form of the portal: what is typed becomes the input of the API, checked by the same serializer."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from apps.doctor_dashboard.choices import WarningReason
from apps.doctor_dashboard.models import NOTE_LENGTH, Patient
from apps.medications.api.serializers import MedicationInput
from apps.medications.choices import FrequencyType, MedicineUnit
from apps.medications.models import Medication
from apps.medications.rules.formatting import number_text
from apps.medications.rules.regimen import timing_text
from apps.medications.selectors import catalogue_ids_named
from apps.medications.wire import medication_wire
from dastern.core.api.serializers import KHMER_TO_ASCII
from dastern.core.errors import DomainError

# "11/2" is refused, never guessed: a whole number stands apart from a fraction with a stroke
_FRACTION = re.compile(r"(?:(?P<whole>\d+)\s*)?(?P<sign>[¼½¾])|(?:(?P<many>\d+)\s+)?(?P<stroke>1/2|1/4|3/4)")
_COMMA = re.compile(r"(\d+),(\d{1,2})")
_FRACTIONS = {
    "¼": Decimal("0.25"), "½": Decimal("0.5"), "¾": Decimal("0.75"), "1/4": Decimal("0.25"), "1/2": Decimal("0.5"),
    "3/4": Decimal("0.75"),
}  # fmt: skip
BEDTIME = "21:00"
MOST_ROWS = 50
_UNCHOSEN = [("", _("Choose"))]
_SLOTS = {"morning": "morningDosage", "noon": "daytimeDosage", "evening": "nightDosage"}
# Where an error of the API's input is shown in the form.
_FIELD_OF = {
    "medicineName": "medicine_name", "medicineNameKhmer": "medicine_name_khmer", "strength": "strength",
    "unit": "unit", "instructions": "instructions", "frequencyType": "frequency_type", "weekdays": "weekdays",
    "intervalDays": "interval_days", "duration": "duration", "ongoing": "ongoing", "morningDosage": "morning",
    "daytimeDosage": "noon", "nightDosage": "evening", "customTimes": "bedtime", "isPRN": "frequency_type",
    "prnMaxPerDay": "prn_max_per_day", "prnMinIntervalHours": "prn_min_interval_hours", "quantity": "quantity",
}  # fmt: skip
_HEADER_FIELD_OF = {
    "symptoms": "symptoms", "diagnosis": "diagnosis", "clinicalNote": "clinical_note", "startDate": "start_date",
    "endDate": "end_date", "followUpDate": "follow_up_date", "urgentReason": "urgent_reason",
}  # fmt: skip


def _date() -> forms.DateField:
    # the browser's own date field speaks ISO, whatever the language of the page
    return forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), input_formats=["%Y-%m-%d"]
    )


class PortalForm(forms.Form):
    """A form of the portal: labels stand above their fields, without a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class HeaderForm(PortalForm):
    """What stands above the medicines. ``safety_stopped``: the service asks for a reason to pass a safety stop."""

    safety_stopped = False

    diagnosis = forms.CharField(label=_("Diagnosis"), max_length=1000, required=False)
    symptoms = forms.CharField(label=_("Symptoms"), max_length=1000, required=False)
    clinical_note = forms.CharField(
        label=_("Note for the patient"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    start_date = _date()
    end_date = _date()
    follow_up_date = _date()
    is_urgent = forms.BooleanField(label=_("Urgent: holds at once, without the patient's answer"), required=False)
    urgent_reason = forms.CharField(label=_("Reason of the urgency"), max_length=500, required=False)
    safety_reason = forms.CharField(label=_("Reason for passing a safety stop"), max_length=500, required=False)
    warn_reason = forms.ChoiceField(
        label=_("Why do you go on?"), choices=WarningReason.choices, required=False, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["start_date"].label = _("Start")
        self.fields["end_date"].label = _("Last day, if fixed")
        self.fields["follow_up_date"].label = _("Follow-up visit")

    def clean(self) -> dict[str, Any]:
        """An urgent change says why."""
        data = super().clean() or {}
        if data.get("is_urgent") and not data.get("urgent_reason", "").strip():
            self.add_error("urgent_reason", _("Please give a reason."))
        return data

    @property
    def header(self) -> dict[str, Any]:
        """The header as the services take it; an empty start is left to them."""
        names = ("diagnosis", "symptoms", "clinical_note", "start_date", "end_date", "follow_up_date")
        return {
            name: self.cleaned_data[name]
            for name in names
            if name != "start_date" or self.cleaned_data["start_date"] is not None
        }


class NewForm(HeaderForm):
    """The header of a new prescription: for whom."""

    patient = forms.ModelChoiceField(Patient.objects.none(), label=_("Patient"), empty_label=_("Choose"))
    field_order = ("patient",)

    def __init__(self, *args: Any, patients: Any, chosen: Patient | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["patient"].queryset = patients  # type: ignore[attr-defined]
        if chosen is not None:
            self.fields["patient"].widget = forms.HiddenInput()


class ChangeForm(HeaderForm):
    """The header of a change: why, and what was read when it began."""

    change_reason = forms.CharField(label=_("Reason of the change"), max_length=500, required=False)
    updated_at = forms.CharField(widget=forms.HiddenInput)

    def clean_updated_at(self) -> datetime:
        """The instant that the page was made from."""
        try:
            return datetime.fromisoformat(self.cleaned_data["updated_at"])
        except ValueError as error:
            raise forms.ValidationError(_("Please reload the page.")) from error


class NoteForm(PortalForm):
    """A private note."""

    content = forms.CharField(label=_("Private note"), max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 3}))


class AllergyForm(PortalForm):
    """What the patient must not be given."""

    substance = forms.CharField(
        label=_("Allergic to"), max_length=120, required=False,
        widget=forms.TextInput({"list": "substances", "autocomplete": "off"}),
    )  # fmt: skip
    reaction = forms.CharField(label=_("What happened"), max_length=200, required=False)


class RangeForm(PortalForm):
    """What a doctor proposes as the usual range of a vital sign."""

    min_value = forms.DecimalField(label=_("At least"), max_digits=7, decimal_places=2, required=False)
    max_value = forms.DecimalField(label=_("At most"), max_digits=7, decimal_places=2, required=False)
    min_secondary = forms.DecimalField(label=_("Lower value at least"), max_digits=7, decimal_places=2, required=False)
    max_secondary = forms.DecimalField(label=_("Lower value at most"), max_digits=7, decimal_places=2, required=False)
    reason = forms.CharField(label=_("Reason for the patient"), max_length=500, required=False)
    bounds = ("min_value", "max_value", "min_secondary", "max_secondary")


class TemplateForm(PortalForm):
    """Under which name a prescription is kept as a template."""

    name = forms.CharField(label=_("Keep as a template called"), max_length=200)


class ReasonForm(PortalForm):
    """A step that needs a reason."""

    reason = forms.CharField(label=_("Reason, which the patient will read"), max_length=500)


def _amount(label: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "data-amount": ""})
    return AmountField(label=label, max_length=12, required=False, widget=widget)


class AmountField(forms.CharField):
    """An amount as people write it: ½, 1½ and 1/2 are read; what is kept is a decimal."""

    def clean(self, value: Any) -> Any:
        """The text with fractions as decimals; anything else is left to the serializer."""
        typed = str(super().clean(value) or "").translate(KHMER_TO_ASCII).strip()
        match = _FRACTION.fullmatch(typed)
        if not match:
            return _COMMA.sub(r"\1.\2", typed) if _COMMA.fullmatch(typed) else typed
        whole = Decimal(match["whole"] or match["many"] or 0)
        return number_text(whole + _FRACTIONS[match["sign"] or match["stroke"]])


class MedicineForm(PortalForm):
    """One medicine. Amounts are texts: Khmer digits are read too, by the serializer."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    medicine_name = forms.CharField(
        label=_("Medicine, as on the box"),
        max_length=255,
        widget=forms.TextInput({"list": "catalogue", "autocomplete": "off"}),
    )
    medicine_name_khmer = forms.CharField(label=_("Khmer name"), max_length=255, required=False)
    strength = forms.CharField(label=_("Strength"), max_length=60, widget=forms.TextInput({"placeholder": "500 mg"}))
    unit = forms.ChoiceField(label=_("Unit"), choices=[*_UNCHOSEN, *MedicineUnit.choices])
    frequency_type = forms.ChoiceField(label=_("Days"), choices=[*_UNCHOSEN, *FrequencyType.choices])
    interval_days = forms.CharField(label=_("Every … days"), max_length=3, required=False)
    weekdays = forms.MultipleChoiceField(
        label=_("Weekdays"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("1", _("Mon")), ("2", _("Tue")), ("3", _("Wed")), ("4", _("Thu")), ("5", _("Fri")), ("6", _("Sat")),
            ("7", _("Sun")),
        ],
    )  # fmt: skip
    morning = _amount(_("Morning"))
    noon = _amount(_("Noon"))
    evening = _amount(_("Evening"))
    bedtime = _amount(_("Bedtime"))
    meal = forms.ChoiceField(
        label=_("Meal"),
        required=False,
        choices=[("", _("Does not matter")), ("before", _("Before the meal")), ("after", _("After the meal"))],
    )
    prn_max_per_day = _amount(_("At most a day"))
    prn_min_interval_hours = _amount(_("Hours between"))
    duration = forms.CharField(
        label=_("For … days"), max_length=3, required=False, widget=forms.TextInput({"inputmode": "numeric"})
    )
    quantity = _amount(_("Quantity given"))
    ongoing = forms.BooleanField(label=_("Long-term, without an end"), required=False)
    instructions = forms.CharField(label=_("Instructions"), max_length=500, required=False)

    row: dict[str, Any]

    def as_input(self, present: Mapping[str, Any] | None, catalogue_id: str | None) -> dict[str, Any]:
        """The API's input for this medicine; what the form does not show is kept from ``present``."""
        typed = self.cleaned_data
        before = typed["meal"] == "before"
        body: dict[str, Any] = {} if present is None else _input_of(present)
        texts = ("medicine_name", "medicine_name_khmer", "strength", "unit", "frequency_type", "instructions")
        body |= {_wire_of(name): typed[name] for name in texts}
        body["catalogueId"] = catalogue_id
        body["isPRN"] = typed["frequency_type"] == FrequencyType.PRN
        body["timing"] = str(dict(self.fields["meal"].choices)["after"]) if typed["meal"] == "after" else ""  # type: ignore[attr-defined]
        for name, slot in _SLOTS.items():
            kept = (present or {}).get(slot) or {}
            body[slot] = {**kept, "amount": typed[name], "beforeMeal": before} if typed[name] else None
        others = [time for time in (present or {}).get("customTimes", []) if time["time"] != BEDTIME]
        night = [{"time": BEDTIME, "amount": typed["bedtime"], "beforeMeal": False}] if typed["bedtime"] else []
        body["customTimes"] = [*others, *night]
        body["weekdays"] = typed["weekdays"] if typed["frequency_type"] == FrequencyType.WEEKDAYS else []
        every = typed["frequency_type"] == FrequencyType.EVERY_N_DAYS
        body["intervalDays"] = (typed["interval_days"] or None) if every else None
        body["duration"] = typed["duration"] or None
        body["quantity"] = typed["quantity"] or None
        body["ongoing"] = typed["ongoing"]
        for name in ("prn_max_per_day", "prn_min_interval_hours"):
            body[_wire_of(name)] = (typed[name] or None) if body["isPRN"] else None
        return body

    def say(self, wire_name: str, reason: str) -> None:
        """Show an error of the input at its field, or above the medicine."""
        self.add_error(_FIELD_OF.get(wire_name), reason)


def _wire_of(name: str) -> str:
    return next(wire for wire, field in _FIELD_OF.items() if field == name and wire != "isPRN")


def _input_of(present: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a shown medicine that may be sent back; texts that follow from the slots are made anew."""
    names = set(MedicationInput().fields) - {"frequency", "timing", "beforeMeal"}
    return {name: value for name, value in present.items() if name in names and value is not None}


if TYPE_CHECKING:
    _Base = forms.BaseFormSet[MedicineForm]
else:
    _Base = forms.BaseFormSet


class MedicineForms(_Base):
    """The medicines of a prescription, checked together."""

    present: Mapping[str, Mapping[str, Any]] = {}

    @property
    def in_order(self) -> list[MedicineForm]:
        """The forms that say something and are not marked for removal, in the order of the page."""
        return [
            form
            for form in self.forms
            if (form.initial or form.has_changed()) and not getattr(form, "cleaned_data", {}).get("DELETE")
        ]

    def clean(self) -> None:
        """Turn every medicine into validated input, or show what is wrong with it at its fields."""
        if any(form.errors for form in self.in_order):
            return
        if not self.in_order:
            raise forms.ValidationError(_("A prescription needs at least one medicine."))
        known = catalogue_ids_named(form.cleaned_data["medicine_name"] for form in self.in_order)
        for form in self.in_order:
            name = form.cleaned_data["medicine_name"].strip().casefold()
            present = self.present.get(str(form.cleaned_data.get("id") or ""))
            checked = MedicationInput(data=form.as_input(present, known.get(name)))
            if checked.is_valid():
                form.row = dict(checked.validated_data)
                continue
            for wire_name, detail in checked.errors.items():
                for reason in _sentences(detail):
                    form.say(wire_name, reason)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Validated input of every medicine, in the order of the page."""
        return [form.row for form in self.in_order]

    def all_valid(self) -> bool:
        """Whether nothing is wrong, counting what ``clean`` found at single medicines."""
        return self.is_valid() and not any(form.errors for form in self.in_order)


def _sentences(detail: Any) -> Iterable[str]:
    if isinstance(detail, Mapping):
        for inner in detail.values():
            yield from _sentences(inner)
    elif isinstance(detail, list | tuple):
        for inner in detail:
            yield from _sentences(inner)
    else:
        yield str(detail)


_FormSet = forms.formset_factory(
    MedicineForm, formset=MedicineForms, extra=1, can_delete=True, max_num=MOST_ROWS, validate_max=True
)


def medicine_forms(
    typed: Any, medicines: Sequence[Medication] = (), copies: Sequence[Mapping[str, Any]] = ()
) -> MedicineForms:
    """The forms of what was ``typed`` (None: nothing yet), beginning with the present ``medicines``.

    ``copies`` are medicines of the wire that a new prescription begins with: rows of their own once it is saved.
    """
    present = {str(medicine.pk): medication_wire(medicine) for medicine in medicines}
    initial = [_initial(medicine) for medicine in present.values()]
    if typed is None:
        initial += [_initial({**medicine, "id": ""}) for medicine in copies]
    forms_of = cast("MedicineForms", _FormSet(typed, prefix="medicines", initial=initial))
    forms_of.present = present
    forms_of.extra = 0 if initial else 1
    return forms_of


def _after_words() -> set[str]:
    """What "after the meal" is called in a stored text, in either language."""
    words = {timing_text(before_meal=False)}
    for language in ("km", "en"):
        with override(language):
            words.add(gettext("After the meal"))
    return words


def _initial(medicine: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "medicine_name", "medicine_name_khmer", "strength", "unit", "frequency_type", "instructions",
        "interval_days", "duration", "ongoing", "prn_max_per_day", "prn_min_interval_hours", "quantity",
    )  # fmt: skip
    initial = {name: medicine[_wire_of(name)] for name in names}
    slots = {name: medicine[slot] for name, slot in _SLOTS.items()}
    bedtime = next((time for time in medicine["customTimes"] if time["time"] == BEDTIME), None)
    before = any(slot and slot["beforeMeal"] for slot in slots.values())
    meal = "before" if before else "after" if medicine["timing"] in _after_words() else ""
    return {
        **{name: "" if value is None else value for name, value in initial.items()},
        **{name: slot["amount"] if slot else "" for name, slot in slots.items()},
        "id": medicine.get("id", ""),
        "bedtime": bedtime["amount"] if bedtime else "",
        "weekdays": [str(day) for day in medicine["weekdays"]],
        "meal": meal,
    }


def errors_show(error: DomainError, header: HeaderForm, medicines: MedicineForms) -> None:
    """Show a refusal of the service where it belongs: at a field, at a medicine, or above the form."""
    shown = False
    for path, reason in error.errors:
        place, _dot, name = path.rpartition(".")
        if place.startswith("medications["):
            position = int(place.removeprefix("medications[").removesuffix("]"))
            medicines.in_order[position].say(name, str(reason))
        else:
            header.add_error(_HEADER_FIELD_OF.get(path), str(reason))
        shown = True
    header.safety_stopped = error.code == "SAFETY_STOP"
    if not shown or header.safety_stopped:
        header.add_error(None, error.localised())
