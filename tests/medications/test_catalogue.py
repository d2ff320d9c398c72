"""The shipped catalogue: complete, flagged, loaded twice alike, found by every name, and it stops what is unsafe."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.medications.management.commands.load_catalogue import FILE
from apps.medications.models import CatalogueMedicine
from apps.medications.rules.catalogue import COLUMNS, LONGEST, CatalogueError, CatalogueRow, catalogue_rows
from apps.prescriptions.models import Prescription
from apps.users.models import User
from tests.support.people import Api, make_user

HEADER = ",".join(COLUMNS)
GOOD = "Metformin,មេតហ្វមីន,Glucophage,metformin,A10BA02,TABLET,500 mg|850 mg,,test"


@pytest.fixture(scope="module")
def shipped() -> dict[str, CatalogueRow]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        return {row.name_en: row for row in catalogue_rows(lines)}


@pytest.fixture
def loaded(db: None) -> None:
    call_command("load_catalogue", verbosity=0)


def state() -> list[dict[str, Any]]:
    return list(CatalogueMedicine.objects.order_by("name_en").values())


def test_the_shipped_file_has_three_hundred_medicines_with_substances_and_a_source(
    shipped: dict[str, CatalogueRow],
) -> None:
    assert len(shipped) >= 300
    assert all(row.substances and row.source and row.name_km for row in shipped.values())
    assert all(any("\u1780" <= letter <= "\u17ff" for letter in row.name_km) for row in shipped.values())


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("Methotrexate", {"weeklyOnly"}),
        ("Alendronate", {"weeklyOnly"}),
        ("Risedronate weekly", {"weeklyOnly"}),
        ("Insulin glargine", {"highAlert", "timeCritical"}),
        ("Warfarin", {"highAlert", "timeCritical"}),
        ("Rivaroxaban", {"highAlert", "timeCritical"}),
        ("Morphine", {"highAlert"}),
        ("Paracetamol + tramadol", {"highAlert"}),
        ("Digoxin", {"highAlert"}),
        ("Lithium carbonate", {"highAlert"}),
        ("Valproate", {"timeCritical"}),
        ("Levodopa + carbidopa", {"timeCritical"}),
        ("Tenofovir disoproxil + lamivudine + dolutegravir", {"timeCritical"}),
        ("Rifampicin + isoniazid", {"timeCritical"}),
        ("Amlodipine", set()),
    ],
)
def test_dangerous_medicines_are_flagged(shipped: dict[str, CatalogueRow], name: str, flags: set[str]) -> None:
    assert set(shipped[name].flags) == flags


@pytest.mark.parametrize(
    ("prefix", "flag"),
    [
        ("A10A", "highAlert"), ("A10A", "timeCritical"), ("B01AA", "highAlert"), ("B01AA", "timeCritical"),
        ("N02A", "highAlert"), ("N03A", "timeCritical"), ("J04A", "timeCritical"), ("J05AR", "timeCritical"),
    ],
)  # fmt: skip
def test_no_medicine_of_a_dangerous_class_was_forgotten(
    shipped: dict[str, CatalogueRow], prefix: str, flag: str
) -> None:
    assert [row.name_en for row in shipped.values() if row.atc.startswith(prefix) and flag not in row.flags] == []


@pytest.mark.parametrize("names", [("Prednisolone", "Prednisone"), ("Omeprazole", "Esomeprazole")])
def test_look_alikes_stay_two_medicines(shipped: dict[str, CatalogueRow], names: tuple[str, str]) -> None:
    one, other = (shipped[name] for name in names)
    assert one.name_km != other.name_km
    assert not set(one.substances) & set(other.substances)


def test_the_limits_of_the_file_are_those_of_the_table() -> None:
    fields = {column: CatalogueMedicine._meta.get_field(column) for column in LONGEST}
    assert {column: getattr(field, "base_field", field).max_length for column, field in fields.items()} == LONGEST


@pytest.mark.parametrize(
    ("lines", "line", "column"),
    [
        ([], 1, "name_en"),
        ([HEADER], 2, "name_en"),
        (["name_en,brands"], 1, "name_km"),
        ([HEADER + ",price", GOOD + ",1"], 1, "price"),
        ([HEADER, GOOD, GOOD], 3, "name_en"),
        ([HEADER, GOOD, GOOD.replace("Metformin,មេត", "Diamet,មេត")], 3, "name_km"),
        ([HEADER, GOOD, GOOD.replace("Metformin,មេត", "Diamet,ដ្យាមេត")], 3, "brands"),
        ([HEADER, GOOD.replace(",metformin,", ",,")], 2, "substances"),
        ([HEADER, GOOD.replace(",metformin,", ",Metformin,")], 2, "substances"),
        ([HEADER, GOOD.replace("A10BA02", "10BA")], 2, "atc"),
        ([HEADER, GOOD.replace("TABLET", "PILL")], 2, "forms"),
        ([HEADER, GOOD.replace("500 mg|", "500 mg||")], 2, "strengths"),
        ([HEADER, GOOD.replace("500 mg|", "850 mg|")], 2, "strengths"),
        ([HEADER, GOOD.replace("500 mg", "5" * 41)], 2, "strengths"),
        ([HEADER, GOOD.replace(",,test", ",weekly,test")], 2, "flags"),
        ([HEADER, GOOD.removesuffix("test")], 2, "source"),
        ([HEADER, GOOD.removesuffix(",test")], 2, "source"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named_by_line_and_column(lines: list[str], line: int, column: str) -> None:
    with pytest.raises(CatalogueError, match=f"line {line}, column {column}: "):
        catalogue_rows(lines)


def test_loading_twice_changes_nothing(loaded: None) -> None:
    before = state()
    call_command("load_catalogue", verbosity=0)
    assert len(before) >= 300
    assert state() == before


def test_loading_updates_by_name_deletes_nothing_and_keeps_what_a_pharmacist_checked(loaded: None) -> None:
    own = CatalogueMedicine.objects.create(name_en="Sokha's syrup", substances=["honey"], source="test")
    CatalogueMedicine.objects.filter(name_en="Metformin").update(flags=["highAlert"])
    CatalogueMedicine.objects.filter(name_en="Amlodipine").update(flags=["highAlert"], source_checked=True)
    call_command("load_catalogue", verbosity=0)
    assert CatalogueMedicine.objects.get(name_en="Metformin").flags == []
    assert CatalogueMedicine.objects.get(name_en="Amlodipine").flags == ["highAlert"]
    assert CatalogueMedicine.objects.filter(pk=own.pk).exists()


@pytest.mark.django_db
def test_a_missing_or_bad_file_fails_loudly_and_loads_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("load_catalogue", file=tmp_path / "none.csv")
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join([HEADER, GOOD, GOOD.replace("TABLET", "PILL")]), encoding="utf-8")
    with pytest.raises(CommandError, match="line 3, column forms"):
        call_command("load_catalogue", file=bad)
    bad.write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(CommandError, match="utf-8"):
        call_command("load_catalogue", file=bad)
    assert state() == []


@pytest.mark.parametrize("query", ["មេតហ្វមីន", "glucoph", "Metform"])
def test_a_medicine_is_found_by_khmer_name_brand_and_latin_name(loaded: None, sokha: User, query: str) -> None:
    found = Api(sokha).get("medications/search", q=query).json()["data"]["catalogue"]
    assert found[0]["nameEn"] == "Metformin"


def test_methotrexate_every_day_is_stopped_and_once_a_week_is_not(loaded: None, sokha: User) -> None:
    known = Api(sokha).get("medications/search", q="methotrexate").json()["data"]["catalogue"][0]
    medicine = {
        "medicineName": "Methotrexate", "strength": "2.5 mg", "unit": "TABLET", "duration": 28,
        "morningDosage": {"amount": "1", "beforeMeal": False}, "catalogueId": known["id"],
    }  # fmt: skip
    body = {"title": "From the pharmacy", "startDate": "2026-11-24"}
    daily = Api(sokha).post(
        "prescriptions/patient", body | {"medications": [medicine | {"frequencyType": "DAILY"}]}
    )  # fmt: skip
    assert (daily.status_code, daily.json()["code"]) == (400, "SAFETY_STOP")
    assert daily.json()["warnings"][0]["code"] == "WEEKLY_ONLY"
    assert not Prescription.objects.exists()
    weekly = Api(sokha).post(
        "prescriptions/patient", body | {"medications": [medicine | {"frequencyType": "WEEKDAYS", "weekdays": [1]}]}
    )
    assert weekly.status_code == 201, weekly.content


@pytest.mark.parametrize("query", ["ប៉ារ៉ាសេតាមុល", "Panadol"])
def test_staff_search_the_catalogue_in_both_scripts_and_change_nothing(loaded: None, client: Any, query: str) -> None:
    client.force_login(make_user("Staff", is_staff=True))
    page = client.get("/admin/medications/cataloguemedicine/", {"q": query})
    assert page.status_code == 200
    assert "Paracetamol" in page.content.decode()
    row = CatalogueMedicine.objects.get(name_en="Paracetamol")
    detail = f"/admin/medications/cataloguemedicine/{row.pk}/change/"
    assert client.get(detail).status_code == 200
    assert client.post(detail, {"name_en": "Other"}).status_code == 403
