"""Scanning, polling, confirming and forgetting through the API (domain.md §2.14, acceptance scenarios 84–86)."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.doses.models import DoseEvent
from apps.ocr import services
from apps.ocr.choices import ScanState
from apps.ocr.models import Scan
from apps.ocr.pipeline import engines
from apps.ocr.pipeline.types import Notice, WarningCode
from apps.prescriptions.models import Prescription
from apps.subscriptions.models import Subscription
from apps.users import registry
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.localtime import local_date
from tests.ocr.conftest import premium
from tests.support.ocr import jpeg, page, read_scan, row, unclear_row
from tests.support.people import Api, link, make_user

pytestmark = pytest.mark.django_db


def confirmed(scan: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The body of confirm as the review screen sends it: each proposal, compared with the paper."""
    rows = [row["proposal"] | {"confirmedByUser": True} for row in scan["review"]["rows"]]
    today = local_date(clock.now(), "Asia/Phnom_Penh").isoformat()
    return {"scanId": scan["scanId"], "title": "Paper", "startDate": today, "medications": rows} | changes


def test_a_photo_is_read_within_the_request_and_nothing_else_comes_of_it(
    payer: User, send: Callable[..., Any], api: Callable[..., Api]
) -> None:
    photo, truth = page()
    answer = send(payer, photo)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"success", "data", "extraction_summary", "scanId", "message", "timestamp"}
    assert set(body["data"]) == {"header", "patient", "diagnosis", "medications", "footer"}
    assert set(body["data"]["patient"]["name"]) >= {"value", "confidence", "bbox"}
    assert body["extraction_summary"]["engines_used"]
    assert truth["medications"]
    # scanning alone creates nothing
    assert not Prescription.objects.exists()
    assert not DoseEvent.objects.exists()
    shown = api(payer).get(f"ocr/scans/{body['scanId']}").json()["data"]
    assert (shown["state"], shown["progress"], shown["stage"]) == ("DONE", 100, None)
    assert shown["result"] == body["data"]
    assert shown["page"]["width"] > 0


@pytest.mark.parametrize("schema", ["universal", "static"])
def test_extract_answers_in_the_long_shapes(
    payer: User, send: Callable[..., Any], api: Callable[..., Api], schema: str
) -> None:
    answer = send(payer, page()[0], path="ocr/extract", schema=schema)
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert (data["schema"], bool(data["universal"]), bool(data["static"])) == (
        schema,
        schema == "universal",
        schema == "static",
    )
    assert data["blocks"]
    again = api(payer).get(f"ocr/scans/{answer.json()['scanId']}/extract", schema=schema)
    assert again.json()["data"] == data
    assert send(payer, page()[0], path="ocr/extract", schema="odd").json()["errors"][0].startswith("schema: ")
    waiting = read_scan(payer)
    Scan.objects.filter(pk=waiting.pk).update(state=ScanState.QUEUED)
    assert api(payer).get(f"ocr/scans/{waiting.pk}/extract").json()["code"] == "SCAN_NOT_READ"


def test_no_engine_at_all_offers_to_type(
    payer: User, send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    none = engines.Engines(missing={"paddle": "no models", "khmer": "no model", "tesseract": "not installed"})
    monkeypatch.setattr(engines, "_loaded", none)
    answer = send(payer, jpeg())
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert answer.json()["manualEntry"] is True
    assert Scan.objects.get().state == ScanState.FAILED


def test_s086_a_missing_tesseract_costs_a_warning_and_nothing_is_saved(
    payer: User, send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_loaded", None)
    monkeypatch.setenv("PATH", "/nowhere")
    answer = send(payer, page()[0])
    assert answer.status_code == 200
    summary = answer.json()["extraction_summary"]
    assert "ENGINE_UNAVAILABLE" in {warning["code"] for warning in summary["warnings"]}
    assert "tesseract" not in summary["engines_used"]
    assert not Prescription.objects.exists()


def test_a_run_that_fails_answers_extraction_failed(payer: User, media: Path) -> None:
    scan = read_scan(payer)
    assert media.exists()
    Scan.objects.filter(pk=scan.pk).update(state=ScanState.QUEUED, attempts=0)
    scan.image.storage.delete(scan.image.name)  # the disk lost it
    services.scan_read(scan_id=scan.pk)
    shown = Api(payer).get(f"ocr/scans/{scan.pk}").json()["data"]
    assert (shown["state"], shown["error"]["code"]) == ("FAILED", "EXTRACTION_FAILED")


def test_the_watch_reads_again_what_a_dead_worker_left_and_gives_up_after_twice(payer: User) -> None:
    scan = read_scan(payer)
    long_ago = clock.now() - timedelta(minutes=3)
    Scan.objects.filter(pk=scan.pk).update(state=ScanState.RUNNING, attempts=1, beat_at=long_ago)
    assert services.scans_watch() == 1
    scan.refresh_from_db()
    assert (scan.state, scan.attempts) == (ScanState.DONE, 2)
    Scan.objects.filter(pk=scan.pk).update(state=ScanState.RUNNING, beat_at=long_ago)
    assert services.scans_watch() == 0
    scan.refresh_from_db()
    assert (scan.state, scan.error) == (ScanState.FAILED, "EXTRACTION_FAILED")
    # a photo that no worker took for a quarter of an hour
    stuck = read_scan(payer)
    Scan.objects.filter(pk=stuck.pk).update(state=ScanState.QUEUED, created_at=clock.now() - timedelta(minutes=16))
    services.scans_watch()
    stuck.refresh_from_db()
    assert stuck.error == "SERVICE_UNAVAILABLE"


def test_a_scan_that_is_not_ready_is_polled(payer: User, send: Callable[..., Any], settings: Any) -> None:
    settings.OCR_WAIT_SECONDS = 0.3
    from celery import current_app

    current_app.conf.task_always_eager = False  # nobody listens on the memory broker
    try:
        answer = send(payer, jpeg())
    finally:
        current_app.conf.task_always_eager = True
    assert answer.status_code == 202
    told = answer.json()["data"]
    assert (told["state"], told["progress"], told["error"]) == ("QUEUED", 0, None)
    services.scan_read(scan_id=told["scanId"])
    assert Api(payer).get(f"ocr/scans/{told['scanId']}").json()["data"]["state"] == "DONE"


def test_nobody_waits_behind_another_scan(payer: User) -> None:
    first, second = read_scan(payer), read_scan(payer)
    Scan.objects.update(state=ScanState.QUEUED)
    assert not services.scan_wait(Scan.objects.get(pk=second.pk))
    Scan.objects.filter(pk=first.pk).update(state=ScanState.DONE)
    Scan.objects.filter(pk=second.pk).update(state=ScanState.DONE)
    assert services.scan_wait(second)


def test_the_free_plan_and_people_without_a_patient_cannot_scan(
    sokha: User, dara: User, dr_lim: User, send: Callable[..., Any]
) -> None:
    assert send(sokha, jpeg()).json()["code"] == "FEATURE_LOCKED"
    assert send(dara, jpeg()).status_code == 403
    assert send(dr_lim, jpeg()).json()["errors"][0].startswith("patientId")
    assert not Scan.objects.exists()


@pytest.mark.parametrize(
    ("level", "status"),
    [(PermissionLevel.SELECTED, 200), (PermissionLevel.ALLOWED, 200), (PermissionLevel.REQUEST, 404)],
)
def test_a_doctor_scans_for_a_patient_who_allows_it(
    sokha: User, dr_lim: User, send: Callable[..., Any], level: PermissionLevel, status: int
) -> None:
    link(sokha, dr_lim, level)
    answer = send(dr_lim, jpeg(), patientId=str(sokha.id))
    assert answer.status_code == status
    assert Scan.objects.filter(patient=sokha, requested_by=dr_lim).count() == (status == 200)
    stranger = make_user("Dr Other", Role.DOCTOR)
    assert send(stranger, jpeg(), patientId=str(sokha.id)).status_code == 404
    assert AuditLog.objects.filter(actor_id=stranger.id, outcome="DENIED", resource_type="scan").exists()


def test_a_caregiver_with_everything_scans_on_the_patients_plan(
    sokha: User, dara: User, send: Callable[..., Any]
) -> None:
    link(sokha, dara, PermissionLevel.ALLOWED)
    assert send(dara, jpeg(), patientId=str(sokha.id)).json()["code"] == "FEATURE_LOCKED"
    premium(sokha)
    assert send(dara, jpeg(), patientId=str(sokha.id)).status_code == 200


def test_ten_scans_an_hour(payer: User, send: Callable[..., Any], settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"scan": "2/3600"}
    assert [send(payer, b"").status_code for _ in range(3)] == [400, 400, 429]


def test_confirming_makes_a_prescription_whose_four_times_are_7_12_18_and_21(
    payer: User, api: Callable[..., Api]
) -> None:
    scan = read_scan(payer)
    shown = api(payer).get(f"ocr/scans/{scan.pk}").json()["data"]
    answer = api(payer).post("ocr/confirm", confirmed(shown, medicinesOnPaper=1))
    assert answer.status_code == 201, answer.content
    made = answer.json()["data"]
    assert (made["source"], made["status"], made["title"]) == ("OCR", "ACTIVE", "Paper")
    times = set(DoseEvent.objects.filter(prescription_id=made["id"]).values_list("reminder_time", flat=True))
    assert {f"{clock_time:%H:%M}" for clock_time in times} == {"07:00", "12:00", "18:00", "21:00"}
    scan.refresh_from_db()
    assert str(scan.prescription_id) == made["id"]
    assert scan.expires_at is None
    # raw reading and image stay with it
    assert scan.shown["flat"]["medications"][0]["name"]["value"] == "Amoxicillin"
    assert scan.image.storage.exists(scan.image.name)
    assert Subscription.objects.get(user=payer).storage_used == scan.image.size + scan.page.size
    again = api(payer).post("ocr/confirm", confirmed(shown))
    assert (again.status_code, again.json()["code"], again.json()["prescriptionId"]) == (
        409,
        "SCAN_ANSWERED",
        made["id"],
    )
    assert api(payer).delete(f"ocr/scans/{scan.pk}").status_code == 409
    assert Prescription.objects.count() == 1


def test_a_row_that_nobody_confirmed_is_refused(payer: User, api: Callable[..., Api]) -> None:
    scan = read_scan(payer, row(), row("Paracetamol", (1, 0, 1, 0)))
    shown = api(payer).get(f"ocr/scans/{scan.pk}").json()["data"]
    body = confirmed(shown)
    body["medications"][1].pop("confirmedByUser")
    answer = api(payer).post("ocr/confirm", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "ROW_NOT_CONFIRMED")
    assert answer.json()["errors"][0].startswith("medications[1].confirmedByUser: ")
    answer = api(payer).post("ocr/confirm", confirmed(shown, medicinesOnPaper=3))
    assert (answer.status_code, answer.json()["code"]) == (400, "COUNT_DIFFERS")
    assert not Prescription.objects.exists()
    assert Scan.objects.get().prescription_id is None


def test_what_was_not_read_has_to_be_completed(payer: User, api: Callable[..., Api]) -> None:
    scan = read_scan(payer, unclear_row())
    shown = api(payer).get(f"ocr/scans/{scan.pk}").json()["data"]
    [reviewed] = shown["review"]["rows"]
    assert [match["name"] for match in reviewed["matches"]] == ["Prednisone", "Prednisolone"]
    assert shown["result"]["medications"][0]["name"]["value"] is None  # nothing is chosen
    assert {"field": "medications[0].name", "level": "RETYPE", "warnings": []} in shown["review"]["flags"]
    no_unit = confirmed(shown)
    no_unit["medications"][0].pop("unit")
    answer = api(payer).post("ocr/confirm", no_unit)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith("medications[0].unit")


def test_the_image_may_be_declined(
    payer: User, api: Callable[..., Api], django_capture_on_commit_callbacks: Any
) -> None:
    scan = read_scan(payer)
    shown = api(payer).get(f"ocr/scans/{scan.pk}").json()["data"]
    with django_capture_on_commit_callbacks(execute=True):
        assert api(payer).post("ocr/confirm", confirmed(shown, attachImage=False)).status_code == 201
    kept = Scan.objects.get()
    assert (kept.image.name, kept.page.name) == ("", "")
    assert kept.shown["flat"]["medications"]
    assert not scan.image.storage.exists(scan.image.name)
    assert Subscription.objects.get(user=payer).storage_used == 0


def test_a_doctors_scan_becomes_a_draft_for_the_patient(sokha: User, dr_lim: User, api: Callable[..., Api]) -> None:
    link(sokha, dr_lim, PermissionLevel.SELECTED)
    scan = read_scan(sokha, requested_by=dr_lim)
    shown = api(dr_lim).get(f"ocr/scans/{scan.pk}").json()["data"]
    body = confirmed(shown, diagnosis="Bronchitis", patientId=str(sokha.id))
    answer = api(dr_lim).post("ocr/confirm", body)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["data"]["status"], answer.json()["data"]["doctorId"]) == ("DRAFT", str(dr_lim.id))
    assert not DoseEvent.objects.exists()
    assert api(dr_lim).post("ocr/confirm", body | {"patientId": str(dr_lim.id)}).status_code == 404


def test_revoked_means_that_the_paper_is_gone_too(sokha: User, dr_lim: User, api: Callable[..., Api]) -> None:
    made = link(sokha, dr_lim, PermissionLevel.SELECTED)
    scan = read_scan(sokha, requested_by=dr_lim)
    assert api(dr_lim).get(f"ocr/scans/{scan.pk}").status_code == 200
    made.permission_level = PermissionLevel.NOT_ALLOWED
    made.save()
    assert api(dr_lim).get(f"ocr/scans/{scan.pk}").status_code == 404
    assert api(sokha).get(f"ocr/scans/{scan.pk}").status_code == 200


def test_crops_show_a_field_or_a_row(payer: User, api: Callable[..., Api]) -> None:
    scan = read_scan(payer)
    field = api(payer).get(f"ocr/scans/{scan.pk}/crop", field="medications[0].name")
    assert field["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(field.content)).size == (216, 46)
    whole = api(payer).get(f"ocr/scans/{scan.pk}/crop", field="medications[0]")
    assert Image.open(io.BytesIO(whole.content)).size == (306, 46)
    assert api(payer).get(f"ocr/scans/{scan.pk}/crop", field="medications[0].doses.night").status_code == 404
    assert api(payer).get(f"ocr/scans/{scan.pk}/crop").status_code == 400


def test_the_list_holds_what_waits_and_asks_no_more_for_more_rows(payer: User, api: Callable[..., Api]) -> None:
    read_scan(payer)
    with CaptureQueriesContext(connection) as one:
        assert len(api(payer).get("ocr/scans").json()["data"]["items"]) == 1
    for _ in range(6):
        read_scan(payer, row(), unclear_row())
    with CaptureQueriesContext(connection) as many:
        assert len(api(payer).get("ocr/scans").json()["data"]["items"]) == 7
    assert len(one) == len(many)
    single, double = read_scan(payer), read_scan(payer, *[row(name) for name in ("Aspirin", "Amoxicillin", "Zinc")])
    with CaptureQueriesContext(connection) as short:
        api(payer).get(f"ocr/scans/{single.pk}")
    with CaptureQueriesContext(connection) as long:
        api(payer).get(f"ocr/scans/{double.pk}")
    assert len(short) == len(long)


def test_throwing_away_deletes_the_pictures(
    payer: User, api: Callable[..., Api], django_capture_on_commit_callbacks: Any
) -> None:
    scan = read_scan(payer)
    with django_capture_on_commit_callbacks(execute=True):
        assert api(payer).delete(f"ocr/scans/{scan.pk}").status_code == 204
    assert not Scan.objects.exists()
    assert not scan.image.storage.exists(scan.image.name)
    assert not scan.page.storage.exists(scan.page.name)


def test_unanswered_scans_are_forgotten_after_a_day_and_answered_ones_never(
    payer: User, api: Callable[..., Api]
) -> None:
    left, answered = read_scan(payer), read_scan(payer)
    shown = api(payer).get(f"ocr/scans/{answered.pk}").json()["data"]
    assert api(payer).post("ocr/confirm", confirmed(shown)).status_code == 201
    assert services.scans_forget() == 0
    Scan.objects.filter(pk=left.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    assert api(payer).get(f"ocr/scans/{left.pk}").status_code == 404  # gone even before the job ran
    assert services.scans_forget() == 1
    assert list(Scan.objects.values_list("pk", flat=True)) == [answered.pk]
    assert not left.image.storage.exists(left.image.name)
    assert answered.image.storage.exists(answered.image.name)


def test_the_account_takes_pictures_and_readings_along(payer: User) -> None:
    scan = read_scan(payer)
    assert {scan.image.name, scan.page.name} <= set(registry.files_of(payer.id))
    [told] = registry.exports()["scans"](payer.id)
    assert told["result"]["medications"][0]["name"]["value"] == "Amoxicillin"


def test_warnings_of_fields_reach_the_review(payer: User, api: Callable[..., Api]) -> None:
    warned = (Notice(WarningCode.QUANTITY_MISMATCH, "medications[0].quantity"), Notice(WarningCode.BLURRY))
    scan = read_scan(payer, warnings=warned)
    shown = api(payer).get(f"ocr/scans/{scan.pk}").json()["data"]
    assert {"field": "medications[0].quantity", "level": "CHECK", "warnings": ["QUANTITY_MISMATCH"]} in shown["review"][
        "flags"
    ]
    assert shown["extraction_summary"]["needs_review"] is True


def test_the_log_tells_of_the_scan_without_its_content(
    payer: User, send: Callable[..., Any], api: Callable[..., Api]
) -> None:
    send(payer, jpeg())
    entry = AuditLog.objects.get(action_type=AuditAction.OCR_SCAN)
    assert (entry.patient_id, entry.details) == (payer.id, {})


def test_health_says_which_engines_read(payer: User, api: Callable[..., Api]) -> None:
    silent = api(payer).get("ocr/health").json()["data"]
    assert (silent["ready"], silent["engines"], silent["manualEntry"]) == (False, [], True)
    services.engines_tell()
    told = api(payer).get("ocr/health").json()["data"]
    assert told["ready"]
    assert {"paddle", "khmer"} <= set(told["engines"])
    assert told["languages"] == ["en", "km"]
