"""Who a person is to Cambodia's health system: codes that exist, numbers that are possible, nobody else's business."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from apps.audit.models import AuditLog
from apps.connections.choices import PermissionLevel
from apps.users.models import Identity, User
from apps.users.places import address_of, place_of, places_in
from tests.support.people import Api, link

pytestmark = pytest.mark.django_db
PATH = "users/me/identity"


def test_a_village_names_its_ancestors_in_both_languages(sokha: User) -> None:
    User.objects.filter(pk=sokha.pk).update(last_name="Keo", first_name="Sokha")
    body = {"villageCode": "១២០១០១០១", "idPoorNumber": "ec 123-456a", "nssfNumber": "123 456-789"}
    told = Api(sokha).patch(PATH, body).json()["data"]
    assert (told["familyName"], told["givenName"]) == ("Keo", "Sokha")
    assert [told[f"{level}Code"] for level in ("province", "district", "commune", "village")] == [
        "12", "1201", "120101", "12010101",
    ]  # fmt: skip
    assert [place["code"] for place in told["address"]] == ["12010101", "120101", "1201", "12"]
    assert told["address"][-1] == {"code": "12", "nameKm": "រាជធានីភ្នំពេញ", "nameEn": "Phnom Penh"}
    assert (told["idPoorNumber"], told["nssfNumber"]) == ("EC123-456A", "123456789")
    assert Api(sokha).get(PATH).json()["data"] == told
    row = AuditLog.objects.get(action_type="PROFILE_UPDATE")
    assert row.details == {"fields": ["idpoor_number", "nssf_number", "place_code"]}


def test_everything_is_optional_and_can_be_forgotten(sokha: User) -> None:
    nothing = Api(sokha).get(PATH).json()["data"]
    assert nothing["address"] == []
    assert nothing["idPoorNumber"] is None
    Api(sokha).patch(PATH, {"communeCode": "120101", "nssfNumber": "123456"})
    told = Api(sokha).patch(PATH, {"communeCode": None, "nssfNumber": ""}).json()["data"]
    assert (told["address"], told["nssfNumber"]) == ([], None)
    assert Api(sokha).patch(PATH, {}).status_code == 200


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"provinceCode": "99"}, "provinceCode"),
        ({"villageCode": "12019999"}, "villageCode"),
        ({"villageCode": "1201"}, "villageCode"),
        ({"districtCode": "12a1"}, "districtCode"),
        ({"provinceCode": "12", "districtCode": "0102"}, "provinceCode"),
        ({"idPoorNumber": "?!"}, "idPoorNumber"),
        ({"idPoorNumber": "A" * 21}, "idPoorNumber"),
        ({"nssfNumber": "12345"}, "nssfNumber"),
        ({"nssfNumber": "ABCDEFG"}, "nssfNumber"),
        ({"spid": "1"}, "spid"),
    ],
)
def test_what_cannot_be_is_refused_by_name(sokha: User, body: dict[str, Any], path: str) -> None:
    answer = Api(sokha).patch(PATH, body)
    assert (answer.status_code, answer.json()["errors"][0].split(":")[0]) == (400, path)
    assert not Identity.objects.exists()


@pytest.mark.parametrize("field", [{"place_code": "121"}, {"nssf_number": "x"}, {"idpoor_number": "lower"}])
def test_the_database_refuses_it_too(sokha: User, field: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Identity.objects.create(user=sokha, **field)


def test_places_open_level_by_level(sokha: User) -> None:
    provinces = Api(sokha).get("users/places").json()["data"]["items"]
    assert len(provinces) == 25
    for parent, expected in (("12", "1201"), ("1201", "120101"), ("120101", "12010101")):
        codes = [row["code"] for row in Api(sokha).get("users/places", within=parent).json()["data"]["items"]]
        assert expected in codes
    assert Api(sokha).get("users/places", within="12010101").json()["data"]["items"] == []
    assert Api(sokha).get("users/places", within="99").status_code == 404


def test_every_code_holds_its_ancestors() -> None:
    for province in places_in("") or []:
        for district in places_in(province.code) or []:
            assert [place.code for place in address_of(district.code)] == [district.code, province.code]
    assert place_of("") is None


def test_numbers_reach_the_owner_alone(sokha: User, dara: User, operations: Client) -> None:
    Api(sokha).patch(PATH, {"villageCode": "12010101", "idPoorNumber": "EC1234567", "nssfNumber": "987654321"})
    link(sokha, dara, PermissionLevel.ALLOWED)
    for path in (f"users/{sokha.id}", "connections/patients", "users/me/export", "sync/pull"):
        answer = Api(dara).get(path)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"EC1234567" not in content
        assert b"987654321" not in content
    assert b"EC1234567" in b"".join(Api(sokha).get("users/me/export").streaming_content)
    card = operations.get(f"/admin/users/user/{sokha.pk}/change/").content.decode()
    assert "567" in card
    assert "EC1234567" not in card
    assert "Phnom Penh" in card
    assert AuditLog.objects.filter(action_type="DATA_ACCESS", patient_id=sokha.id, resource_type="user").exists()
