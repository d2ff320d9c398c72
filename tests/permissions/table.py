"""One row an operation: what it is asked, and what each kind of caller gets.

Callers that a row does not name get ``others`` (anonymous: 401, unless the row is ``public``). A 2xx in ``others``
means an operation on one's own things: everybody may, and gets only the own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.permissions.world import World

Body = Callable[[World], dict[str, Any]] | dict[str, Any]
OWNER = {"owner": 200}
# Whoever sees the course that SELECTED and the author's link name, and whoever sees everything.
VIEWERS = {"owner": 200, "selected": 200, "allowed": 200, "author": 200}


@dataclass(frozen=True, slots=True)
class Row:
    """``path`` may hold {names} of the world's ids; ``operation`` is the path as the OpenAPI writes it."""

    method: str
    path: str
    operation: str
    others: int
    named: Mapping[str, int] = field(default_factory=dict)
    body: Body | None = None
    public: bool = False

    def expected(self, caller: str) -> int:
        """The status for this caller."""
        if caller in self.named:
            return self.named[caller]
        if caller == "anonymous" and not self.public:
            return 401
        return self.others


def _row(method: str, path: str, others: int, named: Mapping[str, int] | None = None, **rest: Any) -> Row:
    operation = path.partition("?")[0]
    for name, parameter in _PARAMETERS.items():
        operation = operation.replace(f"{{{name}}}", f"{{{parameter}}}")
    return Row(method, path, operation, others, named or {}, **rest)


# What a path parameter of the OpenAPI is called where the world has several ids for it.
_PARAMETERS = {
    "seated": "member_id", "payment": "md5",
    "active": "id", "draft": "id", "changed": "id", "own": "id", "dose": "id", "medication": "id",
    "own_medication": "id", "note": "id", "session": "id", "code": "id", "author": "id", "link_pending": "id",
    "link_allowed": "id", "link_request": "id", "asked": "rid", "batch": "id", "batch_medicine": "medication",
    "link_asked": "id", "link_author": "id", "doctor_note": "id",
    "scan": "id", "scan_asked": "id", "scan_answered": "id",
}  # fmt: skip
_MEDICINE = {
    "medicineName": "Aspirin", "strength": "100 mg", "unit": "TABLET", "frequencyType": "DAILY", "duration": 5,
    "nightDosage": {"amount": "1", "beforeMeal": False},
}  # fmt: skip
_BATCH_MEDICINE = {"medicineName": "Iron", "unit": "TABLET", "dosageAmount": "1", "durationDays": 5}
_BATCH = {"name": "Morning", "scheduledTime": "07:00", "medicines": [_BATCH_MEDICINE]}
_DOCTORS = {"author": 200, "doctor": 200}
_THEIRS = {"author": 200, "doctor": 404}
_PATIENTS_ONLY = {"owner": 200, "stranger": 200}
# Caregivers who see it and may not change it.
_SEEN_NOT_CHANGED = {"selected": 403, "allowed": 403}
# Accepted links of the lowest levels: calls for help are for them too.
_LINKED = {"not_allowed": 200, "request": 200}
_PERSON = {"firstName": "Maly", "lastName": "Keo", "email": "maly@example.com", "password": "Sabay-2026-new"}


def _today(world: World) -> str:
    from dastern.core import clock
    from dastern.core.localtime import local_date

    return local_date(clock.now(), "Asia/Phnom_Penh").isoformat()


def _confirm(world: World) -> dict[str, Any]:
    medicine = _MEDICINE | {"confirmedByUser": True}
    return {"scanId": world.ids["scan"], "startDate": _today(world), "title": "Paper", "medications": [medicine]}


def _draft_for(world: World) -> dict[str, Any]:
    return {"patientId": world.ids["patient"], "diagnosis": "Cough", "medications": [_MEDICINE]}


def _push(world: World) -> dict[str, Any]:
    from dastern.core import clock
    from dastern.core.localtime import iso

    moment = iso(clock.now())
    act = {
        "localId": "11111111-1111-4111-8111-111111111111", "kind": "dose.taken", "patientId": world.ids["patient"],
        "objectId": world.ids["dose"], "at": moment, "recordedAt": moment, "data": {},
    }  # fmt: skip
    return {"deviceId": "phone-1", "sentAt": moment, "acts": [act]}


ROWS = [
    # --- figures
    _row("GET", "adherence/today?patientId={patient}", 404, VIEWERS),
    _row("GET", "adherence/daily?patientId={patient}", 404, VIEWERS),
    _row("GET", "adherence/weekly?patientId={patient}", 404, VIEWERS),
    _row("GET", "adherence/monthly?patientId={patient}", 404, VIEWERS),
    _row("GET", "adherence/trends?patientId={patient}&days=7", 404, VIEWERS),
    _row("GET", "adherence/calendar?patientId={patient}", 404, VIEWERS),
    _row("GET", "adherence/medications?patientId={patient}&days=7", 404, VIEWERS),
    _row("GET", "adherence/streak?patientId={patient}", 404, VIEWERS),
    _row("GET", "adherence/prescription/{active}", 404, VIEWERS),
    _row("GET", "adherence/medication/{medication}", 404, VIEWERS),
    # --- audit
    _row("GET", "audit", 200),
    _row("GET", "audit/all", 403, {"staff": 200}),
    _row("GET", "audit/my-data", 403, _PATIENTS_ONLY),
    _row("GET", "audit/my-data/export?format=csv", 403, _PATIENTS_ONLY),
    # --- recognition: a photo is refused last, so an empty one shows who may send one
    _row("POST", "ocr/scan", 403, {"owner": 400, "author": 400, "doctor": 400}),
    _row("POST", "ocr/extract", 403, {"owner": 400, "author": 400, "doctor": 400}),
    _row("GET", "ocr/scans/{scan}/extract", 404, OWNER),
    _row("GET", "ocr/scans", 200),
    _row("GET", "ocr/scans/{scan}", 404, OWNER),
    _row("GET", "ocr/scans/{scan_asked}", 404, {"owner": 200, "author": 200}),
    _row("GET", "ocr/scans/{scan_answered}", 404, VIEWERS),
    _row("GET", "ocr/scans/{scan_answered}/crop?field=medications[0]", 404, VIEWERS),
    _row("DELETE", "ocr/scans/{scan}", 404, {"owner": 204}),
    _row("POST", "ocr/confirm", 404, {"owner": 201}, body=_confirm),
    _row("GET", "ocr/health", 200),
    # --- signing in: open to anybody, with nothing but what one brings along
    _row(
        "POST",
        "auth/register/patient",
        201,
        public=True,
        body=_PERSON | {"gender": "FEMALE", "dateOfBirth": "1990-01-01"},
    ),
    _row(
        "POST",
        "auth/register/doctor",
        201,
        public=True,
        body={
            "fullName": "Dr Keo",
            "email": "keo@example.com",
            "password": "Sabay-2026-new",
            "licenseNumber": "KH-NEW",
        },
    ),
    _row("POST", "auth/register/caregiver", 201, public=True, body=_PERSON),
    _row("POST", "auth/otp/send", 200, public=True, body={"identifier": "sokha@example.com"}),
    _row("POST", "auth/otp/verify", 400, public=True, body={"identifier": "sokha@example.com", "otp": "123456"}),
    _row(
        "POST", "auth/login", 401, public=True, body={"identifier": "sokha@example.com", "password": "not-the-password"}
    ),
    _row("POST", "auth/google", 401, public=True, body={"idToken": "forged"}),
    _row("POST", "auth/refresh", 401, public=True, body={"refreshToken": "forged"}),
    _row("POST", "auth/forgot-password", 200, public=True, body={"identifier": "sokha@example.com"}),
    _row("POST", "auth/reset-password", 400, public=True, body={"token": "forged", "newPassword": "Sabay-2026-new"}),
    _row(
        "POST",
        "auth/reset-password-otp",
        400,
        public=True,
        body={"identifier": "sokha@example.com", "otp": "123456", "newPassword": "Sabay-2026-new"},
    ),
    _row(
        "POST",
        "auth/deletion/cancel",
        401,
        public=True,
        body={"identifier": "sokha@example.com", "password": "not-the-password"},
    ),
    _row("GET", "auth/me", 200),
    _row("GET", "auth/sessions", 200),
    _row("DELETE", "auth/sessions/{session}", 404, {"owner": 204}),
    _row("POST", "auth/logout", 204),
    _row(
        "POST",
        "auth/change-password",
        401,
        body={"currentPassword": "not-the-password", "newPassword": "Sabay-2026-new"},
    ),
    _row("POST", "auth/contact", 200, body={"email": "new@example.com"}),
    _row("POST", "auth/contact/confirm", 400, body={"otp": "123456"}),
    # --- groups of medicines
    _row("GET", "batch-medication?patientId={patient}", 404, VIEWERS),
    _row("POST", "batch-medication", 403, {"owner": 201, "stranger": 201}, body=_BATCH),
    _row("GET", "batch-medication/{batch}", 404, {"owner": 200, "allowed": 200}),
    _row("PATCH", "batch-medication/{batch}", 404, {"owner": 200, "allowed": 403}, body={"scheduledTime": "21:00"}),
    _row("DELETE", "batch-medication/{batch}", 404, {"owner": 204, "allowed": 403}),
    _row("POST", "batch-medication/{batch}/medicines", 404, {"owner": 201, "allowed": 403}, body=_BATCH_MEDICINE),
    _row("DELETE", "batch-medication/{batch}/medicines/{batch_medicine}", 404, {"owner": 204, "allowed": 403}),
    _row("POST", "batch-medication/{batch}/taken", 404, {"owner": 409, "allowed": 403}),
    # --- the doctor's dashboard: verified doctors, and of patients only what the link shows
    _row("GET", "doctor-dashboard", 403, _DOCTORS),
    _row("GET", "doctor-dashboard/patients", 403, _DOCTORS),
    _row("GET", "doctor-dashboard/patients/{patient}/details", 403, _THEIRS),
    _row("GET", "doctor-dashboard/patients/{patient}/adherence", 403, _THEIRS),
    _row("GET", "doctor-dashboard/connections/pending", 403, _DOCTORS),
    _row("POST", "doctor-dashboard/connections/{link_asked}/accept", 403, _THEIRS),
    _row("POST", "doctor-dashboard/connections/{link_asked}/reject", 403, _THEIRS, body={"reason": "Not my field"}),
    _row("POST", "doctor-dashboard/connections/{link_author}/disconnect", 403, _THEIRS, body={"reason": "I move"}),
    _row("GET", "doctor-dashboard/notes", 403, _DOCTORS),
    _row(
        "POST",
        "doctor-dashboard/notes",
        403,
        {"author": 201},
        body=lambda w: {"patientId": w.ids["patient"], "content": "Less salt"},
    ),
    _row("PATCH", "doctor-dashboard/notes/{doctor_note}", 403, _THEIRS, body={"content": "More water"}),
    _row("DELETE", "doctor-dashboard/notes/{doctor_note}", 403, {"author": 204, "doctor": 404}),
    _row("GET", "doctor-dashboard/prescriptions", 403, _DOCTORS),
    _row("GET", "doctor-dashboard/prescriptions/{active}", 403, _THEIRS),
    # --- links
    _row("GET", "connections", 200),
    _row(
        "POST",
        "connections",
        409,
        {"owner": 400, "stranger": 201, "revoked": 201, "doctor": 201, "staff": 201},
        body=lambda w: {"targetUserId": w.ids["patient"]},
    ),
    _row("GET", "connections/caregivers", 200),
    _row("GET", "connections/patients", 200),
    _row("GET", "connections/doctors", 200),
    _row("GET", "connections/family", 200),
    _row("GET", "connections/history", 200),
    _row("GET", "connections/caregiver-limit", 403, _PATIENTS_ONLY),
    _row("GET", "connections/doctors/search?query=Lim", 403, _PATIENTS_ONLY),
    _row(
        "POST",
        "connections/nudge",
        404,
        {"allowed": 200, "selected": 200, "not_allowed": 403, "request": 403, "author": 403},
        body=lambda w: {"patientId": w.ids["patient"], "doseId": w.ids["dose"]},
    ),
    _row(
        "POST",
        "connections/nudge/respond",
        403,
        {"owner": 204},
        body=lambda w: {"caregiverId": w.ids["carer"], "doseId": w.ids["dose"], "response": "Now"},
    ),
    _row(
        "POST",
        "connections/tokens/generate",
        403,
        {"owner": 201, "stranger": 201},
        body={"permissionLevel": "SELECTED"},
    ),
    _row("GET", "connections/tokens/active", 403, _PATIENTS_ONLY),
    _row("POST", "connections/tokens/validate", 200, body=lambda w: {"token": w.ids["token"]}),
    _row(
        "POST",
        "connections/tokens/consume",
        409,
        {"owner": 400, "stranger": 201, "revoked": 201, "staff": 201, "doctor": 201},
        body=lambda w: {"token": w.ids["token"]},
    ),
    _row("DELETE", "connections/tokens/{code}", 403, {"owner": 204, "stranger": 404}),
    _row("PATCH", "connections/{link_pending}/accept", 404, {"owner": 200, "pending": 403}),
    _row("PATCH", "connections/{link_pending}/reject", 404, {"owner": 200, "pending": 403}),
    _row("PATCH", "connections/{link_allowed}/revoke", 404, {"owner": 200, "allowed": 200}),
    _row(
        "PATCH",
        "connections/{link_allowed}/permission",
        404,
        {"owner": 200, "allowed": 403},
        body={"permissionLevel": "ALLOWED"},
    ),
    _row("PATCH", "connections/{link_allowed}/alerts", 404, {"owner": 200, "allowed": 200}, body={"enabled": False}),
    _row("GET", "connections/{link_request}/access-requests", 404, {"owner": 200, "request": 200}),
    _row(
        "POST",
        "connections/{link_request}/access-requests",
        404,
        {"owner": 403, "request": 409},
        body={"scope": {}, "reason": "Again"},
    ),
    _row("PATCH", "connections/{link_request}/access-requests/{asked}/approve", 404, {"owner": 200, "request": 403}),
    _row("PATCH", "connections/{link_request}/access-requests/{asked}/deny", 404, {"owner": 200, "request": 403}),
    # --- doses
    _row("GET", "doses/today?patientId={patient}", 404, VIEWERS),
    _row("GET", "doses/schedule?patientId={patient}", 404, VIEWERS),
    _row("GET", "doses/upcoming?patientId={patient}", 404, VIEWERS),
    _row("GET", "doses/history?patientId={patient}", 404, VIEWERS),
    _row("GET", "doses/prn?medicationId={medication}&patientId={patient}", 404, {"owner": 200, "allowed": 200}),
    _row(
        "POST",
        "doses/prn",
        404,
        {"owner": 201, "allowed": 201},
        body=lambda w: {"medicationId": w.ids["medication"], "patientId": w.ids["patient"]},
    ),
    _row("POST", "doses/{dose}/taken", 404, {"owner": 200, "allowed": 200}),
    _row("POST", "doses/{dose}/skip", 404, {"owner": 200, "allowed": 200}, body={"reason": "FASTING"}),
    _row("POST", "doses/{dose}/snooze", 404, {"owner": 200}, body={"minutes": 10}),
    _row("POST", "doses/{dose}/undo", 404, {"owner": 409, "allowed": 409}),
    _row(
        "POST",
        "doses/{dose}/correct",
        404,
        {"owner": 409, "allowed": 403},
        body={"to": "NOT_TAKEN", "reason": "By mistake"},
    ),
    _row("POST", "doses/{dose}/double", 404, {"owner": 409, "allowed": 409}, body={"answer": "ONE"}),
    _row(
        "POST", "doses/group/taken", 403, {"owner": 200, "stranger": 404}, body=lambda w: {"doseIds": [w.ids["dose"]]}
    ),
    _row("POST", "doses/sync", 403, {"owner": 200, "stranger": 200}, body={"events": []}),
    # --- vital signs, alerts, the health profile
    _row("GET", "health-monitoring/vitals?patientId={patient}", 404, VIEWERS),
    _row(
        "POST",
        "health-monitoring/vitals",
        404,
        {"owner": 201, "allowed": 201},
        body=lambda w: {"patientId": w.ids["patient"], "vitalType": "HEART_RATE", "value": "72"},
    ),
    _row("GET", "health-monitoring/vitals/latest?patientId={patient}", 404, VIEWERS),
    _row("GET", "health-monitoring/vitals/{vital}", 404, VIEWERS),
    _row("DELETE", "health-monitoring/vitals/{vital}", 404, _SEEN_NOT_CHANGED | {"owner": 204, "author": 403}),
    _row("GET", "health-monitoring/trends?vitalType=GLUCOSE&patientId={patient}", 404, VIEWERS),
    _row("GET", "health-monitoring/trends/{patient}?vitalType=GLUCOSE", 404, VIEWERS),
    _row("GET", "health-monitoring/patients/{patient}/vitals", 404, VIEWERS),
    _row("GET", "health-monitoring/thresholds?patientId={patient}", 404, VIEWERS),
    _row("PUT", "health-monitoring/thresholds", 403, _PATIENTS_ONLY, body={"vitalType": "GLUCOSE", "maxValue": "160"}),
    _row(
        "PUT",
        "health-monitoring/thresholds",
        404,
        _SEEN_NOT_CHANGED | {"owner": 200, "author": 403},
        body=lambda w: {"patientId": w.ids["patient"], "vitalType": "GLUCOSE", "maxValue": "160"},
    ),
    _row("POST", "health-monitoring/thresholds/proposals/{proposal}/accept", 403, {"owner": 200, "stranger": 404}),
    _row("POST", "health-monitoring/thresholds/proposals/{proposal}/decline", 403, {"owner": 200, "stranger": 404}),
    _row("GET", "health-monitoring/alerts?patientId={patient}", 404, VIEWERS),
    _row("GET", "health-monitoring/alerts/{alert}", 404, VIEWERS),
    _row("GET", "health-monitoring/alerts/{call}", 404, VIEWERS | _LINKED),
    _row("PATCH", "health-monitoring/alerts/{alert}/acknowledge", 404, VIEWERS),
    _row("PATCH", "health-monitoring/alerts/{call}/acknowledge", 404, VIEWERS | _LINKED),
    _row("PATCH", "health-monitoring/alerts/{alert}/resolve", 404, _SEEN_NOT_CHANGED | {"owner": 200, "author": 200}),
    _row(
        "PATCH",
        "health-monitoring/alerts/{call}/resolve",
        404,
        _SEEN_NOT_CHANGED | {"owner": 200, "author": 403, "not_allowed": 403, "request": 403},
    ),
    _row("POST", "health-monitoring/emergency", 403, {"owner": 201, "stranger": 201}, body={"message": "Help"}),
    _row("GET", "health-monitoring/profile?patientId={patient}", 404, VIEWERS),
    _row(
        "PATCH",
        "health-monitoring/profile",
        404,
        {"owner": 200, "allowed": 200, "author": 200, "selected": 403},
        body=lambda w: {"patientId": w.ids["patient"], "bloodType": "O_POS"},
    ),
    _row(
        "POST",
        "health-monitoring/profile/allergies",
        404,
        {"owner": 201, "allowed": 201, "author": 201, "selected": 403},
        body=lambda w: {"patientId": w.ids["patient"], "substance": "Aspirin"},
    ),
    _row(
        "POST",
        "health-monitoring/profile/conditions",
        404,
        {"owner": 201, "allowed": 201, "author": 201, "selected": 403},
        body=lambda w: {"patientId": w.ids["patient"], "name": "Asthma"},
    ),
    _row(
        "POST",
        "health-monitoring/profile/contacts",
        404,
        {"owner": 201, "allowed": 201, "author": 403, "selected": 403},
        body=lambda w: {"patientId": w.ids["patient"], "name": "Rith", "phoneNumber": "012345678"},
    ),
    *(
        _row("DELETE", f"health-monitoring/profile/{part}", 404, _SEEN_NOT_CHANGED | {"owner": 204, "author": 403})
        for part in ("allergies/{allergy}", "conditions/{condition}", "contacts/{contact}")
    ),
    # --- medicines
    _row("GET", "medications/archived", 403, _PATIENTS_ONLY),
    _row("GET", "medications/search?q=amlo", 200),
    _row("GET", "medications/{medication}", 404, VIEWERS),
    _row("GET", "medications/{medication}/doses", 404, VIEWERS),
    _row(
        "PATCH",
        "medications/{own_medication}",
        404,
        {"owner": 200, "allowed": 403},
        body={"instructions": "With water"},
    ),
    _row("DELETE", "medications/{own_medication}", 404, {"owner": 204, "allowed": 403}),
    _row("PUT", "medications/{medication}/reminder", 403, {"owner": 200, "stranger": 404}, body={"enabled": False}),
    _row("POST", "medications/{medication}/photo", 403, {"owner": 400, "stranger": 404}),
    # --- notifications
    _row("GET", "notifications", 200),
    _row("GET", "notifications/unread-count", 200),
    _row("GET", "notifications/stream", 307, public=True),
    _row("PATCH", "notifications/{note}/read", 404, OWNER),
    _row("POST", "notifications/read-all", 200),
    _row("DELETE", "notifications/{note}", 404, {"owner": 204}),
    _row("POST", "notifications/devices", 201, body={"pushToken": "token-1", "platform": "android"}),
    _row("DELETE", "notifications/devices", 204, body={"pushToken": "token-1"}),
    # --- prescriptions
    _row("GET", "prescriptions", 200),
    _row("POST", "prescriptions", 403, {"author": 201}, body=_draft_for),
    _row(
        "POST",
        "prescriptions/patient",
        403,
        {"owner": 201, "stranger": 201},
        body=lambda w: {"title": "Vitamins", "startDate": _today(w), "medications": [_MEDICINE]},
    ),
    _row(
        "POST",
        "prescriptions/check",
        404,
        {"owner": 200, "author": 200, "allowed": 200},
        body=lambda w: {"patientId": w.ids["patient"], "medications": [_MEDICINE]},
    ),
    _row("GET", "prescriptions/{active}/pdf", 404, {"owner": 200, "author": 200}),
    _row("POST", "prescriptions/{active}/share", 404, {"owner": 200, "author": 200}),
    Row("GET", "prescriptions/shared/nonsense", "prescriptions/shared/{token}", 404, public=True),
    _row("GET", "prescriptions/{active}", 404, VIEWERS),
    _row(
        "PATCH",
        "prescriptions/{active}",
        404,
        {"owner": 403, "author": 200, "allowed": 403, "selected": 403, "doctor": 403},
        body={"clinicalNote": "Come again", "changeReason": "Note"},
    ),
    _row("DELETE", "prescriptions/{own}", 404, {"owner": 204, "allowed": 403}),
    _row("GET", "prescriptions/{active}/medications", 404, VIEWERS),
    _row(
        "POST",
        "prescriptions/{own}/medications",
        404,
        {"owner": 201, "allowed": 201, "author": 403, "doctor": 403},
        body=_MEDICINE,
    ),
    _row("POST", "prescriptions/{draft}/confirm", 404, {"owner": 200, "author": 403, "allowed": 403}),
    _row("POST", "prescriptions/{draft}/activate", 404, {"owner": 200, "author": 403, "allowed": 403}),
    _row(
        "POST",
        "prescriptions/{draft}/retake",
        404,
        {"owner": 200, "author": 403, "allowed": 403},
        body={"reason": "Too much"},
    ),
    _row("POST", "prescriptions/{draft}/reject", 404, {"owner": 200, "author": 403, "allowed": 403}),
    _row(
        "POST",
        "prescriptions/{active}/pause",
        404,
        {"owner": 200, "author": 200, "allowed": 403, "selected": 403},
        body={"reason": "Tests"},
    ),
    _row("POST", "prescriptions/{active}/resume", 404, {"owner": 409, "author": 403, "allowed": 403, "selected": 403}),
    _row(
        "POST",
        "prescriptions/{active}/stop",
        404,
        {"owner": 200, "author": 200, "allowed": 403, "selected": 403},
        body={"reason": "Done"},
    ),
    _row(
        "POST",
        "prescriptions/{active}/urgent-update",
        403,
        {"author": 200},
        body={"urgentReason": "Too high", "medications": [_MEDICINE]},
    ),
    _row(
        "POST",
        "prescriptions/{active}/urgent/acknowledge",
        404,
        {"owner": 409, "author": 403, "allowed": 403, "selected": 403},
    ),
    _row("GET", "prescriptions/{active}/versions", 404, VIEWERS),
    _row("GET", "prescriptions/{active}/versions/diff?from=1&to=1", 404, VIEWERS),
    _row("GET", "prescriptions/{active}/versions/1", 404, VIEWERS),
    _row("POST", "prescriptions/{changed}/versions/2/accept", 404, {"owner": 200, "author": 403, "allowed": 403}),
    _row("POST", "prescriptions/{changed}/versions/2/decline", 404, {"owner": 200, "author": 403, "allowed": 403}),
    # --- plans, sync, people
    _row("GET", "subscriptions/plans", 200, public=True),
    _row("GET", "subscriptions/me", 200),
    _row("GET", "subscriptions/limits", 200),
    _row("GET", "subscriptions/features", 200),
    # paying: with no payment node configured here, who may is told that it is not possible now (503)
    _row("GET", "payments/plans", 200, public=True),
    _row("POST", "payments/create", 503, body={"planType": "PREMIUM"}),
    _row("POST", "subscriptions/upgrade", 503, body={"tier": "FAMILY_PREMIUM"}),
    _row("GET", "payments/status/{payment}", 404, OWNER),
    _row("POST", "payments/{payment}/check", 404, {"owner": 503}),
    _row("POST", "payments/{payment}/cancel", 404, {"owner": 503}),
    _row("GET", "payments/history", 200),
    _row("POST", "payments/webhook", 401, public=True, body={"event": "PAYMENT_COMPLETED"}),
    _row("POST", "subscriptions/downgrade", 409, OWNER, body={"tier": "PREMIUM"}),
    _row("POST", "subscriptions/cancel", 409, OWNER),
    _row("GET", "subscriptions/family", 200),
    _row("POST", "subscriptions/family/add", 403, {"owner": 201}, body=lambda w: {"memberId": w.ids["new_person"]}),
    _row("POST", "subscriptions/family/accept", 404, {"stranger": 200}, body=lambda w: {"invitationId": w.ids["seat"]}),
    _row(
        "POST", "subscriptions/family/decline", 404, {"stranger": 200}, body=lambda w: {"invitationId": w.ids["seat"]}
    ),
    _row("DELETE", "subscriptions/family/{seated}", 404, {"owner": 204}),
    _row("GET", "sync/pull", 200),
    _row("POST", "sync/push", 200, body=_push),
    _row("GET", "users/me", 200),
    _row("PATCH", "users/me", 200, body={"theme": "DARK"}),
    _row("DELETE", "users/me", 401, body={"password": "not-the-password"}),
    _row("GET", "users/me/export", 200),
    _row("GET", "users/me/identity", 200),
    _row("PATCH", "users/me/identity", 200, body={"villageCode": "12010101"}),
    _row("GET", "users/places?within=12", 200),
    _row("POST", "users/me/photo", 400),
    _row("PATCH", "users/me/grace-period", 403, _PATIENTS_ONLY, body={"minutes": 60}),
    _row("GET", "users/settings/meal-times", 403, _PATIENTS_ONLY),
    _row(
        "PATCH",
        "users/settings/meal-times",
        403,
        _PATIENTS_ONLY,
        body={"morningMeal": "06:00", "afternoonMeal": "12:00", "nightMeal": "18:00"},
    ),
    _row("GET", "users/settings/notifications", 200),
    _row("PATCH", "users/settings/notifications", 200, body={"sound": False}),
    _row("GET", "users/storage", 200),
    _row("GET", "users/{author}", 404, {"owner": 200, "author": 200}),
]
