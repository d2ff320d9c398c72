"""The endpoints of doses: shapes, visibility, refusals, statement counts."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.connections.models import Nudge
from apps.doses.models import DoseEvent, PrnIntake
from apps.notifications.models import Notification
from apps.prescriptions.models import Prescription
from apps.users.choices import Role
from apps.users.models import User
from dastern.core.localtime import iso
from tests.doses.conftest import local
from tests.support.courses import course_of, lay_out, medicine
from tests.support.people import Api, link, make_user

pytestmark = pytest.mark.django_db
At = Callable[..., Any]
Body = dict[str, Any]


def data(answer: Any, status: int = 200) -> Body:
    assert answer.status_code == status, answer.content
    found: Body = answer.json()["data"]
    return found


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_today_in_one_statement(api: type[Api], sokha: User, doses: list[DoseEvent], at: At) -> None:
    with at("13:00"):
        data(api(sokha).post(f"doses/{doses[0].id}/taken", {"takenAt": iso(local("07:04"))}))
        with CaptureQueriesContext(connection) as queries:
            today = data(api(sokha).get("doses/today"))
    assert len(queries) == 1
    assert {name: today[name] for name in today if name != "doses"} == {
        "date": "2026-11-24", "dailyProgress": 33, "total": 3, "taken": 1, "onTime": 1, "missed": 0, "skipped": 0,
        "due": 2, "lastIntakeAt": None, "lastSyncAt": None,
    }  # fmt: skip
    first = today["doses"][0]
    assert {name: first[name] for name in (
        "id", "medicationName", "dosage", "strength", "scheduledTime", "timePeriod", "reminderTime", "graceMinutes",
        "deadline", "halfIntervalMinutes", "status", "takenAt", "imageUrl",
    )} == {
        "id": str(doses[0].id), "medicationName": "Amoxicillin", "dosage": "1\N{NO-BREAK SPACE}capsule",
        "strength": "500 mg", "scheduledTime": "2026-11-24T00:00:00.000Z", "timePeriod": "MORNING",
        "reminderTime": "07:00", "graceMinutes": 30, "deadline": "2026-11-24T00:30:00.000Z",
        "halfIntervalMinutes": 150, "status": "TAKEN_ON_TIME", "takenAt": "2026-11-24T00:04:00.000Z",
        "imageUrl": None,
    }  # fmt: skip


def test_a_caregiver_sees_the_last_intake_and_the_last_sync(
    api: type[Api], sokha: User, dara: User, doses: list[DoseEvent], at: At
) -> None:
    link(sokha, dara)
    with at("07:04"):
        data(api(sokha).post(f"doses/{doses[0].id}/taken"))
        cursor = data(api(sokha).get("sync/pull"))["cursor"]
    with at("07:06"):
        data(api(sokha).get("sync/pull", cursor=cursor))
    with at("12:00"):
        today = data(api(dara).get("doses/today", patientId=sokha.id))
    assert (today["lastIntakeAt"], today["lastSyncAt"]) == (iso(local("07:04")), iso(local("07:06")))


def test_a_day_without_doses(api: type[Api], sokha: User, at: At) -> None:
    with at("13:00"):
        assert data(api(sokha).get("doses/today"))["doses"] == []
        day = data(api(sokha).get("doses/schedule", date="2026-12-31"))
    assert (day["date"], day["dailyProgress"]) == ("2026-12-31", 0)
    assert [(group["period"], group["color"], group["doses"]) for group in day["groups"]] == [
        ("MORNING", "#FFC107", []), ("NOON", "#2D5BFF", []), ("EVENING", "#6B4AA3", []), ("NIGHT", "#6B4AA3", []),
    ]  # fmt: skip


def test_s050_early_morning_belongs_to_its_local_day(api: type[Api], sokha: User, at: At) -> None:
    course = course_of(sokha)
    medicine(course, custom_times=[{"time": "06:30", "amount": "1"}], duration=2)
    lay_out(course, local("00:00"))
    for clock in ("00:10", "06:40", "23:50"):
        with at(clock):
            assert [dose["localDate"] for dose in data(api(sokha).get("doses/today"))["doses"]] == ["2026-11-24"]
    with at("12:00"):
        day = data(api(sokha).get("doses/schedule", date="2026-11-25", groupBy="TIME_PERIOD"))
    assert [dose["scheduledTime"] for dose in day["groups"][0]["doses"]] == ["2026-11-24T23:30:00.000Z"]


@pytest.mark.parametrize(
    "query",
    [{"date": "31.12.2026"}, {"groupBy": "HOUR"}, {"patientId": "sokha"}, {"colour": "red"}],
)
def test_bad_queries_are_named(api: type[Api], sokha: User, query: dict[str, str]) -> None:
    answer = api(sokha).get("doses/schedule", **query)
    assert code(answer) == (400, "VALIDATION_ERROR")
    assert answer.json()["errors"][0].startswith(next(iter(query)))


def test_upcoming(api: type[Api], sokha: User, doses: list[DoseEvent], at: At) -> None:
    with at("12:00"):
        assert [dose["id"] for dose in data(api(sokha).get("doses/upcoming", limit=2))["items"]] == [
            str(doses[1].id), str(doses[2].id),
        ]  # fmt: skip
        assert api(sokha).get("doses/upcoming", limit=101).status_code == 400


def test_history_pages_and_percentage(api: type[Api], sokha: User, doses: list[DoseEvent], at: At) -> None:
    statuses = ["TAKEN_ON_TIME", "TAKEN_LATE", "MISSED", "SKIPPED"]
    for dose, status in zip(doses, statuses, strict=False):
        DoseEvent.objects.filter(pk=dose.pk).update(
            status=status, taken_at=dose.scheduled_time if "TAKEN" in status else None, skip_reason="FASTING"
        )
    with at("23:00", 26):
        page = data(api(sokha).get("doses/history", limit=4))
        missed = data(api(sokha).get("doses/history", status="MISSED", start="2026-11-24", end="2026-11-24"))
        nothing = data(api(sokha).get("doses/history", medicationId=uuid4()))
    assert (page["total"], page["totalPages"], page["start"], page["end"]) == (9, 3, "2026-10-28", "2026-11-26")
    assert [dose["scheduledTime"] for dose in page["items"]] == sorted(
        (dose["scheduledTime"] for dose in page["items"]), reverse=True
    )
    assert page["adherencePercentage"] == 67  # the excused skip is left out
    assert ([dose["status"] for dose in missed["items"]], missed["total"]) == (["MISSED"], 1)
    assert (nothing["items"], nothing["adherencePercentage"]) == ([], None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start": "2026-11-25", "end": "2026-11-24"}, "end"),
        ({"start": "2025-11-24", "end": "2026-11-25"}, "start"),
        ({"status": "EATEN"}, "status"),
    ],
)
def test_history_refuses(api: type[Api], sokha: User, query: dict[str, str], field: str) -> None:
    answer = api(sokha).get("doses/history", **query)
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, field)


def test_lists_cost_the_same_for_one_dose_and_for_twenty(api: type[Api], sokha: User, at: At) -> None:
    course = course_of(sokha)
    pills = medicine(course, duration=1)
    lay_out(course, local("00:00"))
    paths = [
        "doses/today", "doses/schedule", "doses/upcoming?limit=50", "doses/history",
        f"medications/{pills.id}/doses",
    ]  # fmt: skip

    def counts() -> list[int]:
        found = []
        for path in paths:
            with at("06:00"), CaptureQueriesContext(connection) as queries:
                assert api(sokha).get(path).status_code == 200
            found.append(len(queries))
        return found

    few = counts()
    for row in range(2, 9):
        medicine(course, f"Medicine {row}", row_number=row, duration=5)
    lay_out(course, local("00:00"))
    assert counts() == few
    assert few[:3] == [1, 1, 1]


def test_marks_over_http(api: type[Api], sokha: User, doses: list[DoseEvent], at: At) -> None:
    noon = f"doses/{doses[1].id}"
    with at("11:00"):
        early = api(sokha).post(f"{noon}/taken")
        assert (code(early), early.json()["confirmable"]) == ((409, "TOO_EARLY"), True)
    with at("12:10"):
        assert data(api(sokha).post(f"{noon}/snooze", {"minutes": 10}))["dose"]["snoozeCount"] == 1
        answer = data(api(sokha).post(f"{noon}/taken", {"amount": "០.៥"}))
        assert (answer["dose"]["amountTaken"], answer["dailyProgress"], answer["warning"]) == ("0.5", 33, None)
        assert data(api(sokha).post(f"{noon}/undo"))["dose"]["status"] == "DUE"
        assert code(api(sokha).post(f"{noon}/undo")) == (409, "NOT_RECORDED")
        skipped = data(api(sokha).post(f"{noon}/skip", {"reason": "OTHER", "text": "away"}))
        assert skipped["dose"]["skipText"] == "away"
        assert code(api(sokha).post(f"{noon}/snooze", {"minutes": 5})) == (409, "ALREADY_RECORDED")
        corrected = api(sokha).post(
            f"{noon}/correct", {"to": "TAKEN", "takenAt": iso(local("12:05")), "reason": "I did"}
        )
        assert data(corrected)["dose"]["status"] == "TAKEN_ON_TIME"
        late = api(sokha).post(f"{noon}/taken", {"takenAt": "2026-11-24T09:00:00Z"})
        assert code(late) == (400, "FUTURE")


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("taken", {"amount": "0"}, "amount"),
        ("taken", {"takenAt": "noon"}, "takenAt"),
        ("taken", {"status": "TAKEN"}, "status"),
        ("skip", {}, "reason"),
        ("skip", {"reason": "BORED"}, "reason"),
        ("snooze", {"minutes": 7}, "minutes"),
        ("correct", {"to": "NOT_TAKEN"}, "reason"),
        ("correct", {"to": "TAKEN", "reason": "x"}, "takenAt"),
        ("double", {"answer": "THREE"}, "answer"),
    ],
)
def test_bad_bodies_name_the_field(
    api: type[Api], sokha: User, doses: list[DoseEvent], action: str, body: Body, field: str
) -> None:
    answer = api(sokha).post(f"doses/{doses[0].id}/{action}", body)
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, field)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_absurd_times_are_refused(api: type[Api], sokha: User, doses: list[DoseEvent], at: At, moment: str) -> None:
    needed = medicine(doses[0].prescription, "Ibuprofen", row_number=2, is_prn=True)
    with at("12:00"):
        for path, body in (
            (f"doses/{doses[1].id}/taken", {}),
            (f"doses/{doses[1].id}/taken", {"confirmEarly": True}),
            ("doses/prn", {"medicationId": needed.id}),
        ):
            assert api(sokha).post(path, body | {"takenAt": moment}).status_code in {400, 409}
        day = moment[:10]
        assert api(sokha).get("doses/history", end=day).status_code in {200, 400}
        assert api(sokha).get("doses/schedule", date=day).status_code == 200


def test_a_group_over_http(api: type[Api], sokha: User, dara: User, doses: list[DoseEvent], at: At) -> None:
    with at("12:10"):
        answer = data(api(sokha).post("doses/group/taken", {"doseIds": [doses[1].id, uuid4()]}))
        assert [(one["outcome"], one["code"]) for one in answer["results"]] == [
            ("APPLIED", None), ("REJECTED", "NOT_FOUND"),
        ]  # fmt: skip
        mixed = api(sokha).post("doses/group/taken", {"doseIds": [doses[1].id, doses[2].id]})
        assert code(mixed) == (400, "NOT_ONE_SLOT")
        assert code(api(sokha).post("doses/group/taken", {"doseIds": [uuid4()]})) == (404, "NOT_FOUND")
        assert api(dara).post("doses/group/taken", {"doseIds": [doses[1].id]}).status_code == 403


def test_s039_intakes_when_needed(api: type[Api], sokha: User, course: Prescription, at: At) -> None:
    needed = medicine(
        course, "Ibuprofen", row_number=2, is_prn=True, prn_max_per_day="2", prn_min_interval_hours="4",
        dosage_amount="1",
    )  # fmt: skip
    warnings = []
    for clock in ("08:00", "13:00", "18:00"):
        with at(clock):
            answer = data(api(sokha).post("doses/prn", {"medicationId": needed.id, "reason": "headache"}), 201)
            warnings.append(answer["warning"])
    assert warnings == [None, None, "OVER_LIMIT"]
    assert answer["intake"]["overLimit"]
    assert list(PrnIntake.objects.order_by("taken_at").values_list("over_limit", flat=True)) == [False, False, True]
    with at("18:30"):
        before = data(api(sokha).get("doses/prn", medicationId=needed.id))
        assert code(api(sokha).post("doses/prn", {"medicationId": uuid4()})) == (404, "NOT_FOUND")
    assert before == {
        "medicationId": str(needed.id), "lastTaken": iso(local("18:00")), "nextPossible": iso(local("13:00", 25)),
        "amountIn24Hours": "3", "maxPerDay": "2", "minIntervalHours": "4",
    }  # fmt: skip


def test_the_older_sync_of_the_specification(api: type[Api], sokha: User, doses: list[DoseEvent], at: At) -> None:
    def event(dose: DoseEvent | UUID, status: str, **fields: Any) -> Body:
        dose_id = dose.id if isinstance(dose, DoseEvent) else dose
        return {"localId": str(uuid4()), "doseId": str(dose_id), "status": status,
                "deviceTimestamp": iso(local("12:01"))} | fields  # fmt: skip

    events = [
        event(doses[0], "TAKEN", takenAt=iso(local("07:05"))),
        event(doses[1], "SKIPPED", skipReason="FASTING"),
        event(uuid4(), "TAKEN"),
        event(doses[2], "EATEN"),
        {"localId": "7"},
        "nonsense",
    ]
    with at("13:00"):
        answer = data(api(sokha).post("doses/sync", {"events": events}))
        assert data(api(sokha).post("doses/sync", {"events": events})) == answer
        assert api(sokha).post("doses/sync", {"events": events * 20}).status_code == 400
    assert (answer["synced"], answer["failed"]) == (2, 4)
    assert [(one["resolution"], one["reason"]) for one in answer["results"]] == [
        ("APPLIED", None), ("APPLIED", None), ("REJECTED", "NOT_FOUND"), ("REJECTED", "INVALID"),
        ("REJECTED", "INVALID"), ("REJECTED", "INVALID"),
    ]  # fmt: skip
    assert answer["results"][0]["dose"]["takenAt"] == iso(local("07:05"))


def test_who_sees_which_doses(
    api: type[Api], sokha: User, dara: User, dr_lim: User, vanna: User, rith: User, course: Prescription, at: At
) -> None:
    mine = course_of(sokha, doctor=dr_lim)
    medicine(mine, "Secret", row_number=1, duration=1, private=True)
    lay_out(mine, local("00:00"))
    link(sokha, dara)
    link(sokha, dr_lim, PermissionLevel.SELECTED, scope={"prescriptionIds": [str(mine.id)]})
    asked = make_user("Bopha", Role.FAMILY_MEMBER)
    link(sokha, asked, PermissionLevel.REQUEST)
    reads = ("doses/today", "doses/schedule", "doses/upcoming", "doses/history")
    with at("06:00"):
        for path in reads:
            for viewer in (vanna, rith, asked):
                assert code(api(viewer).get(path, patientId=sokha.id)) == (404, "NOT_FOUND")
            assert api().get(path).status_code == 401
        names = {
            viewer.full_name: {
                dose["medicationName"] for dose in data(api(viewer).get("doses/today", patientId=sokha.id))["doses"]
            }
            for viewer in (sokha, dara, dr_lim)
        }
    assert names == {"Sokha": {"Amoxicillin", "Secret"}, "Dara": {"Amoxicillin"}, "Dr Lim": {"Secret"}}
    seen = AuditLog.objects.filter(action_type="DATA_ACCESS", patient_id=sokha.id)
    assert set(seen.filter(outcome="ALLOWED").values_list("actor_id", flat=True)) == {dara.id, dr_lim.id}
    assert set(seen.filter(outcome="DENIED").values_list("actor_id", flat=True)) == {vanna.id, rith.id, asked.id}


def test_the_doses_of_a_medicine(
    api: type[Api], sokha: User, dara: User, vanna: User, doses: list[DoseEvent], at: At
) -> None:
    path = f"medications/{doses[0].medication_id}/doses"
    link(sokha, dara)
    with at("12:00"):
        page = data(api(dara).get(path, limit=5, page=2))
        assert (len(page["items"]), page["total"], page["totalPages"]) == (4, 9, 2)
        assert api(vanna).get(path).status_code == 404
        assert api(sokha).get(f"medications/{uuid4()}/doses").status_code == 404


def test_s027_nudges(api: type[Api], sokha: User, dara: User, doses: list[DoseEvent], at: At) -> None:
    link(sokha, dara)
    bopha = make_user("Bopha", Role.FAMILY_MEMBER)
    link(sokha, bopha, PermissionLevel.SELECTED, scope={"prescriptionIds": [str(doses[0].prescription_id)]})
    body = {"patientId": sokha.id, "doseId": doses[1].id}
    with at("11:59:59"):
        assert code(api(dara).post("connections/nudge", body)) == (409, "DOSE_NOT_OPEN")
    with at("12:40"):
        assert data(api(dara).post("connections/nudge", body)) == {"remainingNudges": 1}
        assert data(api(dara).post("connections/nudge", body)) == {"remainingNudges": 0}
        assert code(api(dara).post("connections/nudge", body)) == (429, "NUDGE_LIMIT")
        assert data(api(bopha).post("connections/nudge", body)) == {"remainingNudges": 1}
        told = Notification.objects.filter(recipient=sokha, type="FAMILY_ALERT")
        assert sorted(note.data["caregiverId"] for note in told) == sorted([str(dara.id)] * 2 + [str(bopha.id)])
        data(api(sokha).post(f"doses/{doses[1].id}/taken"))
        assert code(api(bopha).post("connections/nudge", body)) == (409, "DOSE_NOT_OPEN")


def test_nudging_needs_the_level(
    api: type[Api], sokha: User, dara: User, dr_lim: User, vanna: User, doses: list[DoseEvent], at: At
) -> None:
    link(sokha, dara, PermissionLevel.REQUEST)
    link(sokha, dr_lim)
    body = {"patientId": sokha.id, "doseId": doses[1].id}
    with at("12:40"):
        assert code(api(dara).post("connections/nudge", body)) == (403, "FORBIDDEN")
        assert code(api(dr_lim).post("connections/nudge", body)) == (403, "FORBIDDEN")
        for who in (vanna, sokha):
            assert code(api(who).post("connections/nudge", body)) == (404, "NOT_FOUND")
    assert (Nudge.objects.count(), Notification.objects.count()) == (0, 0)
    assert AuditLog.objects.filter(outcome="DENIED").count() == 4


def test_s028_only_a_nudge_can_be_answered(
    api: type[Api], sokha: User, dara: User, vanna: User, doses: list[DoseEvent], at: At
) -> None:
    link(sokha, dara)
    with at("12:40"):
        data(api(dara).post("connections/nudge", {"patientId": sokha.id, "doseId": doses[1].id}))
        answer = {"caregiverId": dara.id, "doseId": doses[1].id, "response": "I took it"}
        assert code(api(sokha).post("connections/nudge/respond", answer | {"caregiverId": vanna.id})) == (
            403, "NO_SUCH_NUDGE",
        )  # fmt: skip
        assert api(sokha).post("connections/nudge/respond", answer).status_code == 204
        assert api(dara).post("connections/nudge/respond", answer).status_code == 403
    assert Nudge.objects.get().response == "I took it"


def test_one_dose_or_two(api: type[Api], sokha: User, dara: User, vanna: User, doses: list[DoseEvent], at: At) -> None:
    link(sokha, dara)
    path = f"doses/{doses[1].id}"
    with at("12:05"):
        data(api(sokha).post(f"{path}/taken"))
        assert code(api(sokha).post(f"{path}/double", {"answer": "TWO"})) == (409, "NOT_RECORDED")
    with at("12:20"):
        assert data(api(dara).post(f"{path}/taken"))["dose"]["possibleDouble"]
        assert api(vanna).post(f"{path}/double", {"answer": "TWO"}).status_code == 404
        told = data(api(sokha).post(f"{path}/double", {"answer": "TWO"}))
    assert (told["dose"]["possibleDouble"], told["dose"]["takenAt"]) == (False, iso(local("12:05")))
    extra = PrnIntake.objects.get()
    assert (extra.taken_at, str(extra.amount), extra.reason) == (local("12:20"), "1.000", "SECOND_DOSE")
