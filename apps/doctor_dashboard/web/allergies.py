"""What a patient must not be given: read and noted in the health profile by doctors who may prescribe."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from apps.doctor_dashboard.forms import AllergyForm
from apps.doctor_dashboard.models import Patient
from apps.doctor_dashboard.sites import page_actor
from apps.doctor_dashboard.web.page import page, uuid_of
from apps.health_monitoring.selectors.profile import profile_of
from apps.health_monitoring.services.profile import allergy_add, allergy_remove, profile_change
from apps.medications.selectors import allergens_offered
from dastern.core.errors import DomainError


def allergies_view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The list, a form for one more, "asked, none known", and taking back what one noted."""
    actor = page_actor(request)
    profile = profile_of(actor, patient_id=pk)
    form = AllergyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if "remove" in request.POST:
                allergy_remove(actor=actor, allergy_id=uuid_of(request.POST["remove"]))
            elif "none" in request.POST:
                profile_change(actor=actor, changes={"no_known_allergies": True}, patient_id=pk)
            elif substance := form.cleaned_data["substance"].strip():
                allergy_add(actor=actor, substance=substance, reaction=form.cleaned_data["reaction"], patient_id=pk)
            else:
                form.add_error("substance", _("Name what the patient is allergic to."))
        except DomainError as error:
            form.add_error(None, error.localised())
        if not form.errors:
            messages.success(request, _("Noted."))
            return HttpResponseRedirect(request.path)
    patient = Patient.objects.get(pk=pk)
    return page(
        request,
        "doctor/allergies.html",
        title=_("%(name)s: allergies") % {"name": patient.full_name},
        menu="patients",
        patient=patient,
        form=form,
        profile=profile,
        me=str(actor.user_id),
        known=allergens_offered(),
    )
