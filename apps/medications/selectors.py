"""Reading medicines: own ones, those of a granted patient, and the catalogue."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.connections.access import access_denied, access_grant, access_seen
from apps.connections.choices import Ability
from apps.connections.rules import Side, may
from apps.medications.models import CatalogueMedicine, Medication
from apps.medications.rules import safety, slots
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import NotFound

RESOURCE = "medication"
MOST_FOUND = 20
_DAYS = {"DAILY": 7, "EVERY_N_DAYS": 7, "PRN": 0}


def medication_of(viewer: Actor, medication_id: UUID, *, own_only: bool = False) -> Medication:
    """A medicine that the viewer may see: the patient's own, or one inside a grant and not private.

    Raises NotFound, also for one that is there but hidden; a denial is audited. ``own_only``: for the patient alone.
    """
    found = Medication.objects.select_related("catalogue").filter(
        pk=medication_id, prescription__deleted_at=None
    ).first()  # fmt: skip
    if found is None:
        raise NotFound
    now = clock.now()
    grant = access_grant(viewer.user_id, found.patient_id, now=now)
    if grant.side is Side.SELF:
        return found
    visible = may(grant, Ability.VIEW_PRESCRIPTIONS, prescription_id=found.prescription_id) and not found.private
    if own_only or not visible:
        access_denied(
            viewer,
            found.patient_id,
            resource_type=RESOURCE,
            resource_id=found.pk,
            ability=Ability.VIEW_PRESCRIPTIONS,
        )
        raise NotFound
    access_seen(
        viewer,
        found.patient_id,
        resource_type=RESOURCE,
        resource_id=found.pk,
        ability=Ability.VIEW_PRESCRIPTIONS,
        now=now,
    )
    return found


def medications_archived(patient: Actor) -> QuerySet[Medication]:
    """The patient's medicines of ended prescriptions, newest first."""
    return Medication.objects.filter(
        patient_id=patient.user_id, prescription__status="INACTIVE", prescription__deleted_at=None
    ).order_by("-created_at", "row_number")


def catalogue_found(query: str, limit: int = MOST_FOUND) -> list[CatalogueMedicine]:
    """Catalogue medicines whose Latin or Khmer name, brand or substance holds ``query``; names that begin so first."""
    words = query.strip()
    if not words:
        return []
    rows = CatalogueMedicine.objects.filter(
        Q(name_en__icontains=words)
        | Q(name_km__icontains=words)
        | Q(brands__icontains=words)
        | Q(substances__icontains=words)
    )
    found = list(rows.order_by("name_en")[: limit * 5])
    begins = words.casefold()
    found.sort(
        key=lambda row: (not row.name_en.casefold().startswith(begins) and not row.name_km.startswith(words),
                         row.name_en)
    )  # fmt: skip
    return found[:limit]


def catalogue_ids_named(names: Iterable[str]) -> dict[str, str]:
    """Name in small letters → id of the catalogue medicine that is called so, in Latin or Khmer, or by a brand."""
    return {name: str(row.pk) for name, row in catalogue_named(names).items()}


def catalogue_named(names: Iterable[str]) -> dict[str, CatalogueMedicine]:
    """Name in small letters → the catalogue medicine that is called exactly so, in one query; none asks nothing."""
    typed = {name.strip() for name in names}
    wanted = {name.casefold() for name in typed}
    if not wanted:
        return {}
    called_so = Q(brands__overlap=sorted(typed))
    for name in typed:
        called_so |= Q(name_en__iexact=name) | Q(name_km__iexact=name)
    found: dict[str, CatalogueMedicine] = {}
    for row in CatalogueMedicine.objects.filter(called_so).order_by("name_en"):
        for called in (row.name_en, row.name_km, *row.brands):
            if called.casefold() in wanted:
                found.setdefault(called.casefold(), row)
    return found


def own_found(patient: Actor, query: str, limit: int = MOST_FOUND) -> list[Medication]:
    """Medicines that this person had before and whose name in either script holds ``query``, each name once."""
    words = query.strip()
    rows = Medication.objects.filter(patient_id=patient.user_id, prescription__deleted_at=None).filter(
        Q(medicine_name__icontains=words) | Q(medicine_name_khmer__icontains=words)
    )
    once: dict[tuple[str, str], Medication] = {}
    for row in rows.order_by("-created_at")[: limit * 5]:
        once.setdefault((row.medicine_name.casefold(), row.strength), row)
    return list(once.values())[:limit]


def medicine_files(user_id: UUID) -> list[str]:
    """The names of the stored pictures of a person's medicines, each once."""
    rows = Medication.objects.filter(patient_id=user_id).exclude(image="")
    return list(rows.values_list("image", flat=True).distinct())


def checked_of(medications: Sequence[Medication]) -> list[safety.Checked]:
    """What the safety check needs of these medicines (``catalogue`` already joined or null).

    A medicine that nobody picked from the catalogue is known by its exact name, so that a typed allergen is found too.
    """
    by_name = catalogue_named(medicine.medicine_name for medicine in medications if medicine.catalogue is None)
    found = []
    for medicine in medications:
        intakes = slots(medicine.morning_dosage, medicine.daytime_dosage, medicine.night_dosage, medicine.custom_times)
        days = len(medicine.weekdays) if medicine.frequency_type == "WEEKDAYS" else _DAYS[medicine.frequency_type]
        if medicine.frequency_type == "EVERY_N_DAYS":
            days = -(-7 // (medicine.interval_days or 1))
        known = medicine.catalogue or by_name.get(medicine.medicine_name.strip().casefold())
        found.append(
            safety.Checked(
                key=str(medicine.pk),
                name=medicine.medicine_name,
                substances=frozenset(substance.casefold() for substance in known.substances) if known else None,
                atc=known.atc if known else "",
                flags=frozenset(known.flags) if known else frozenset(),
                unit=medicine.unit,
                slot_amounts=tuple(
                    [Decimal(intake.amount) for intake in intakes]
                    or ([Decimal(medicine.dosage_amount)] if medicine.dosage_amount else [])
                ),
                intakes_a_week=days * len(intakes),
                is_prn=medicine.is_prn,
            )
        )
    return found


def allergen_named(name: str) -> safety.Allergen:
    """What an allergy means: a substance, a catalogue name in either script, a brand, or a class of medicines.

    Unknown to the catalogue: an allergen with which nothing can be compared.
    """
    called = " ".join(name.split())
    small = called.casefold()
    rows = CatalogueMedicine.objects.filter(
        Q(name_en__iexact=called)
        | Q(name_km__iexact=called)
        | Q(brands__icontains=called)
        | Q(substances__icontains=called)
    )
    found: set[str] = set()
    for row in rows:
        substances = {substance.casefold() for substance in row.substances}
        named = {row.name_en.casefold(), row.name_km.casefold(), *(brand.casefold() for brand in row.brands)}
        if small in substances:
            found.add(small)
        elif small in named:
            found |= substances
    return safety.Allergen(called, frozenset(found), safety.ALLERGY_CLASSES.get(small, ()))


def allergens_offered() -> list[str]:
    """What an allergy can be compared with: every substance of the catalogue, and the classes that people name."""
    rows = CatalogueMedicine.objects.values_list("substances", flat=True)
    return sorted({*safety.ALLERGY_CLASSES, *(substance.casefold() for row in rows for substance in row)})
