"""A small clinic with something on every page: Dr Lim, her patients, their weeks."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from apps.connections.choices import PermissionLevel
from apps.doctor_dashboard.models import WorklistMark
from apps.doctor_dashboard.services import note_create, template_keep
from apps.doses.models import DoseEvent
from apps.health_monitoring.services.profile import allergy_add
from apps.health_monitoring.services.recording import vital_record
from apps.prescriptions import services
from apps.prescriptions.models import Prescription
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import DEFAULT_ZONE, local_date
from tests.doctor_dashboard.test_api import days_of
from tests.permissions.world import _rows
from tests.support.courses import course_of
from tests.support.people import Api, actor, link, make_user


@dataclass(slots=True)
class Clinic:
    """The people and rows that addresses name."""

    doctor: User
    patient: User
    staff: User
    prescription: Prescription
    note: Any


def build() -> Clinic:
    """Everything once."""
    doctor = make_user("Lim Sothea", Role.DOCTOR, full_name="វេជ្ជ. លឹម សុធា", hospital_clinic="មន្ទីរពេទ្យបង្អែកតាកែវ")
    today = local_date(clock.now(), DEFAULT_ZONE)
    sokha = make_user("Chea Sokha", full_name="ជា សុខា", phone_number="+85512345678")
    link(sokha, doctor)
    days_of(sokha, doctor, *["TTT", "TLT", "TMT", "TTS", "MMM", "TTT", "LTT"] * 8, "TTT", "TMM")
    DoseEvent.objects.filter(patient=sokha, status="TAKEN_LATE").update(source="CAREGIVER", recorded_by_id=doctor.pk)
    Prescription.objects.filter(patient=sokha).update(
        diagnosis="លើសសម្ពាធឈាម និងជំងឺទឹកនោមផ្អែមប្រភេទទី២", title="", last_day=today + timedelta(days=4)
    )
    written = services.prescription_create(
        actor=actor(doctor),
        patient_id=sokha.pk,
        header={"diagnosis": "Hypertension", "start_date": today},
        rows=_rows("Amlodipine", "Losartan"),
    )
    services.prescription_confirm(actor=actor(sokha), prescription_id=written.prescription_id)
    services.prescription_change(
        actor=actor(doctor), prescription_id=written.prescription_id, header={}, rows=_rows("Amlodipine", "Aspirin"),
        reason="សម្ពាធនៅតែខ្ពស់",
    )  # fmt: skip
    people = (("Keo Bopha", "កែវ បុប្ផា", ["TMM", "MMT"]), ("Heng Dara", "ហេង ដារ៉ា", ["MMM"] * 6),
              ("Nhem Vibol", "ញ៉ែម វិបុល", ["TTT"] * 5), ("Ouk Rithy", "អ៊ុក រិទ្ធី", ["TTM", "TMT", "MTT"]))  # fmt: skip
    for latin, khmer, days in people:
        patient = make_user(latin, full_name=khmer, phone_number=f"+8551{abs(hash(latin)) % 10**7:07d}")
        link(patient, doctor, PermissionLevel.ALLOWED)
        days_of(patient, doctor, *days)
    course_of(User.objects.get(email="nhem.vibol@example.com"), doctor=doctor, status="DRAFT", title="",
              diagnosis="ហឺត", retake_reason="ឈ្មោះថ្នាំមិនត្រូវ")  # fmt: skip
    Api(make_user("Pich Sreyneang", full_name="ពេជ្រ ស្រីនាង")).post(
        "connections", {"targetUserId": doctor.pk, "permissionLevel": "ALLOWED", "message": "សូមតាមដានជំងឺរបស់ខ្ញុំ"}
    )
    note = note_create(actor=actor(doctor), patient_id=sokha.pk, content="ផឹកកាហ្វេច្រើន។ ណាត់ម្តងទៀតខែក្រោយ។")
    WorklistMark.objects.create(
        doctor=doctor, patient=sokha, kind="ENDING", key="old", state="DONE", marked_by=doctor, marked_at=clock.now()
    )
    for number in range(20):
        at = clock.now() - timedelta(days=20 - number)
        vital_record(
            actor=actor(sokha), vital_type="BLOOD_PRESSURE", value=Decimal(128 + number * 7 % 40),
            value_secondary=Decimal(78 + number % 9), unit="mmHg", measured_at=at,
        )  # fmt: skip
    allergy_add(actor=actor(doctor), patient_id=sokha.pk, substance="penicillin", reaction="កន្ទួល")
    template_keep(actor=actor(doctor), prescription_id=written.prescription_id, name="លើសសម្ពាធឈាម")
    staff = make_user("Seng Bopha", Role.FAMILY_MEMBER, is_staff=True, is_superuser=True)
    prescription = Prescription.objects.get(pk=written.prescription_id)
    return Clinic(doctor, sokha, staff, prescription, note)
