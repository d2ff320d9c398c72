"""The world of the permission matrix: Sokha, one row of everything that is hers, and every kind of caller."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.authentication.models import RefreshToken
from apps.batch_medication.api.serializers import BatchMedicineInput, retimed
from apps.batch_medication.services import batch_create
from apps.connections.choices import ConnectionStatus, PermissionLevel
from apps.connections.services import access_request_create, code_generate, connection_request
from apps.connections.services.nudges import nudge_create
from apps.doctor_dashboard.services import note_create
from apps.doses.models import DoseEvent
from apps.health_monitoring.models import Allergy, Condition, EmergencyContact
from apps.health_monitoring.services import (
    allergy_add,
    condition_add,
    contact_add,
    emergency_raise,
    threshold_propose,
    vital_record,
)
from apps.medications.api.serializers import MedicationInput
from apps.medications.models import Medication
from apps.notifications.models import Notification
from apps.payments.models import PaymentRef
from apps.prescriptions import services
from apps.subscriptions.models import Subscription
from apps.subscriptions.services import seat_offer, subscription_ensure
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.ids import uuid7
from dastern.core.localtime import local_date
from tests.support.ocr import read_scan
from tests.support.people import Api, actor, link, make_user

# Who calls. Caregivers stand in every state and level a link can have; "author" is the doctor who wrote the
# prescription (level SELECTED with that prescription), "doctor" another verified doctor without a link.
CALLERS = (
    "anonymous", "stranger", "pending", "revoked", "not_allowed", "request", "selected", "allowed", "author",
    "doctor", "staff", "owner",
)  # fmt: skip
# What a denied request may write: the audit row that tells of it, nothing else.
_UNWATCHED = {"audit_auditlog", "django_session", "django_migrations", "sync_feed"}


@dataclass(slots=True)
class World:
    """People by caller name, and the ids that paths and bodies name."""

    people: dict[str, User | None] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)

    def api(self, caller: str) -> Api:
        """A client of this caller."""
        return Api(self.people[caller])


def _rows(*names: str) -> list[dict[str, Any]]:
    """Validated medicines, once a day in the morning for ten days."""
    parsed = MedicationInput(
        data=[
            {
                "medicineName": name, "strength": "500 mg", "unit": "TABLET", "frequencyType": "DAILY", "duration": 10,
                "morningDosage": {"amount": "1", "beforeMeal": False},
            }
            for name in names
        ],
        many=True,
    )  # fmt: skip
    parsed.is_valid(raise_exception=True)
    return list(parsed.validated_data)


def _batch_rows() -> list[dict[str, Any]]:
    parsed = BatchMedicineInput(
        data=[{"medicineName": "Zinc", "unit": "TABLET", "dosageAmount": "1", "durationDays": 10}], many=True
    )
    parsed.is_valid(raise_exception=True)
    return list(parsed.validated_data)


def build() -> World:
    """Everything once; call inside a test's transaction."""
    moment = clock.now()
    today = local_date(moment, "Asia/Phnom_Penh")
    sokha, author = make_user("Sokha"), make_user("Dr Lim", Role.DOCTOR)
    lim, me = actor(author), actor(sokha)
    plan = subscription_ensure(user_id=sokha.id, now=moment)
    Subscription.objects.filter(pk=plan.pk).update(  # so that no limit stands in for a right
        tier="FAMILY_PREMIUM", expires_at=moment + timedelta(days=20)
    )
    doctor_link = link(sokha, author, PermissionLevel.ALLOWED)
    header = {"diagnosis": "Hypertension", "start_date": today}
    active = services.prescription_create(
        actor=lim, patient_id=sokha.id, header=header, rows=_rows("Amlodipine")
    ).prescription_id
    services.prescription_confirm(actor=me, prescription_id=active)
    draft = services.prescription_create(
        actor=lim, patient_id=sokha.id, header=header, rows=_rows("Metformin")
    ).prescription_id
    changed = services.prescription_create(
        actor=lim, patient_id=sokha.id, header=header, rows=_rows("Losartan")
    ).prescription_id
    services.prescription_confirm(actor=me, prescription_id=changed)
    services.prescription_change(actor=lim, prescription_id=changed, header={}, rows=_rows("Losartan", "Aspirin"))
    own = services.prescription_create_by_patient(
        actor=me, header={"title": "Vitamins", "start_date": today}, rows=_rows("Vitamin C")
    ).prescription_id
    batch = batch_create(
        actor=me, name="Evening", scheduled_time=time(20), rows=[retimed(row, time(20)) for row in _batch_rows()]
    )[0]
    scope = {"prescriptionIds": [str(active)], "adherence": True, "vitals": True}
    proposal = threshold_propose(
        actor=lim, patient_id=sokha.id, vital_type="GLUCOSE", bounds={"max_value": Decimal(160)}
    )["id"]  # fmt: skip
    doctor_link.permission_level, doctor_link.scope = PermissionLevel.SELECTED, scope
    doctor_link.save()
    people: dict[str, User | None] = {"anonymous": None, "owner": sokha, "stranger": make_user("Vanna")}
    levels: dict[str, tuple[PermissionLevel, ConnectionStatus]] = {
        "pending": (PermissionLevel.ALLOWED, ConnectionStatus.PENDING),
        "revoked": (PermissionLevel.ALLOWED, ConnectionStatus.REVOKED),
        "not_allowed": (PermissionLevel.NOT_ALLOWED, ConnectionStatus.ACCEPTED),
        "request": (PermissionLevel.REQUEST, ConnectionStatus.ACCEPTED),
        "selected": (PermissionLevel.SELECTED, ConnectionStatus.ACCEPTED),
        "allowed": (PermissionLevel.ALLOWED, ConnectionStatus.ACCEPTED),
    }
    links = {"author": doctor_link}
    for name, (level, status) in levels.items():
        person = people[name] = make_user(f"Carer {name}", Role.FAMILY_MEMBER)
        links[name] = link(sokha, person, level, status=status, scope=scope if name == "selected" else None)
    people |= {
        "author": author,
        "doctor": make_user("Dr Other", Role.DOCTOR),
        "staff": make_user("Staff", Role.FAMILY_MEMBER, is_staff=True),
    }
    stranger, new_person = people["stranger"], make_user("Newly Met")
    assert stranger is not None
    seat = seat_offer(actor=me, member_id=stranger.pk)
    PaymentRef.objects.create(
        user=sokha, plan_type="FAMILY_PREMIUM", kind="RENEWAL", amount="1.00", currency="USD", days=30,
        created_at=moment, md5="a" * 32, bill_number="DT-1-A", qr_expires_at=moment + timedelta(minutes=10),
    )  # fmt: skip
    asker = people["request"]
    carer = people["allowed"]
    assert asker is not None
    assert carer is not None
    asked = access_request_create(actor=actor(asker), link_id=links["request"].id, scope=scope, reason="For the visit")
    code = code_generate(actor=me, level=PermissionLevel.SELECTED, scope=scope)
    dose = DoseEvent.objects.filter(prescription_id=active).order_by("scheduled_time")[0]
    DoseEvent.objects.filter(pk=dose.pk).update(
        scheduled_time=moment, overdue_at=moment + timedelta(minutes=30), local_date=today
    )
    nudge_create(links["allowed"], dose.pk, moment)
    bopha = make_user("Bopha")
    requested = connection_request(actor=actor(bopha), target_id=author.id, level=PermissionLevel.ALLOWED)
    remark = note_create(actor=lim, patient_id=sokha.id, content="Drinks coffee")
    note = Notification.objects.create(
        recipient=sokha, type="SYSTEM", title="Hello", message="Hello", created_at=moment
    )
    session = RefreshToken.objects.create(
        user=sokha, family_id=uuid7(), issued_at=moment, expires_at=moment + timedelta(days=7)
    )
    reading = vital_record(actor=me, vital_type="GLUCOSE", value=Decimal(300))
    call = emergency_raise(actor=me, message="I fell")
    allergy_add(actor=me, substance="Penicillin")
    condition_add(actor=me, name="Hypertension")
    contact_add(actor=me, name="Dara", phone_number="+85512345678")
    assert reading.alert is not None
    scan, scan_asked = read_scan(sokha), read_scan(sokha, requested_by=author)
    scan_answered = read_scan(sokha, prescription_id=active)
    return World(
        people,
        {
            "payment": "a" * 32, "seat": seat.pk, "seated": stranger.pk, "new_person": new_person.pk,
            "patient": sokha.id, "active": active, "draft": draft, "changed": changed, "own": own, "dose": dose.pk,
            "medication": dose.medication_id, "own_medication": Medication.objects.get(prescription_id=own).pk,
            "note": note.pk, "batch": batch, "batch_medicine": Medication.objects.get(batch_id=batch).pk,
            "batch_holder": Medication.objects.get(batch_id=batch).prescription_id,
            "session": session.family_id, "asked": asked.pk, "code": code.pk, "token": code.token,
            "vital": reading.vital.pk, "alert": reading.alert.pk, "call": call.alert.pk, "proposal": proposal,
            "allergy": Allergy.objects.get(patient=sokha).pk, "condition": Condition.objects.get(patient=sokha).pk,
            "contact": EmergencyContact.objects.get(patient=sokha).pk,
            "carer": carer.pk, "author": author.pk, **{f"link_{name}": made.pk for name, made in links.items()},
            "link_asked": requested.pk, "doctor_note": remark.pk,
            "scan": scan.pk, "scan_asked": scan_asked.pk, "scan_answered": scan_answered.pk,
        },
    )  # fmt: skip


def digest() -> dict[str, str]:
    """A fingerprint of every table that a denied request must leave alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [name for (name,) in cursor.fetchall() if name not in _UNWATCHED]
        parts = [
            f"SELECT '{name}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t"
            for name in tables
        ]
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())
