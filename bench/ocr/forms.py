"""Draws a case on clean paper: headers, tables of several families, lists, stamps, signatures."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import pairwise
from typing import Any

from PIL import Image, ImageDraw

from bench.ocr import words
from bench.ocr.cases import SLOTS, Case
from bench.ocr.text import HAND, KHMER, LATIN, LATIN_WITH_KHMER, MOUL, Face, Pen, font

WIDTH, HEIGHT = 1240, 1754
KHMER_DIGITS = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")
FRACTIONS = {0.25: "¼", 0.5: "½", 0.75: "¾"}
BLUE_INK = (38, 52, 130)

HEADS = {
    "no": ["ល.រ", "លរ", "ល.រ"], "name": ["ឈ្មោះឱសថ", "ឈ្មោះថ្នាំ", "មុខឱសថ"], "qty": ["ចំនួន", "ចំនួន", "បរិមាណ"],
    "route": ["វិធីប្រើ", "វិធីប្រើ", "របៀបប្រើ"], "morning": ["ព្រឹក"], "noon": ["ថ្ងៃត្រង់", "ថ្ងៃ"], "evening": ["ល្ងាច"],
    "night": ["យប់"], "usage": ["ការប្រើប្រាស់", "របៀបប្រើ"], "remark": ["សម្គាល់", "កំណត់សម្គាល់"], "strength": ["កម្រិត"],
}  # fmt: skip
HEADS_LATIN = {
    "en": {"no": "No", "name": "Medicine", "strength": "Strength", "qty": "Qty", "morning": "Morning", "noon": "Noon", "evening": "Evening", "night": "Bedtime", "remark": "Note"},
    "fr": {"no": "N°", "name": "Médicament", "strength": "Dosage", "qty": "Qté", "morning": "Matin", "noon": "Midi", "evening": "Soir", "night": "Coucher", "remark": "Remarque"},
}  # fmt: skip
HOURS = {
    "morning": ["(6-8)", "(06-08)", "(7-8)"],
    "noon": ["(11-12)"],
    "evening": ["(05-06)", "(5-6)"],
    "night": ["(08-10)", "(8-10)"],
}
COLUMNS = {
    "heqip8": [("no", 0.06), ("name", 0.27), ("qty", 0.18), ("route", 0.08), ("morning", 0.1), ("noon", 0.1), ("evening", 0.1), ("night", 0.11)],
    "heqip7": [("no", 0.06), ("name", 0.3), ("qty", 0.16), ("morning", 0.09), ("noon", 0.1), ("evening", 0.09), ("usage", 0.2)],
    "clinic8": [("no", 0.06), ("name", 0.27), ("morning", 0.09), ("noon", 0.08), ("evening", 0.09), ("night", 0.08), ("remark", 0.21), ("qty", 0.12)],
    "cabinet_fr": [("no", 0.05), ("name", 0.2), ("strength", 0.12), ("qty", 0.1), ("morning", 0.1), ("noon", 0.09), ("evening", 0.1), ("night", 0.11), ("remark", 0.13)],
    "handwritten": [("no", 0.06), ("name", 0.34), ("morning", 0.12), ("noon", 0.12), ("evening", 0.12), ("night", 0.12), ("qty", 0.12)],
}  # fmt: skip
MEAL = {
    "km": {"after": ["ក្រោយបាយ", "ក្រោយអាហារ"], "before": ["មុនបាយ", "មុនអាហារ"]},
    "en": {"after": ["after meal"], "before": ["before meal"]},
    "fr": {"after": ["après repas"], "before": ["avant repas"]},
}


@dataclass
class Sheet:
    """The paper being drawn on, its pen, its dice and what was decided for the page as a whole."""

    case: Case
    rng: random.Random
    image: Image.Image
    pen: Pen
    size: int
    accent: tuple[int, int, int]
    language: str
    khmer_digits: bool
    half: str
    blank_zero: bool
    title_font: Any
    space_strength: bool
    upper: bool
    unit_in_cell: bool

    def number(self, value: float, *, dose: bool = False) -> str:
        """``value`` as this page writes numbers."""
        whole = int(value)
        rest = value - whole
        if rest and dose and self.half != "decimal":
            sign = FRACTIONS[rest] if self.half == "sign" else {0.25: "1/4", 0.5: "1/2", 0.75: "3/4"}[rest]
            text = f"{whole}{'' if self.half == 'sign' else ' '}{sign}" if whole else sign
        else:
            text = f"{value:g}"
        return text.translate(KHMER_DIGITS) if self.khmer_digits and not set(text) - set("0123456789") else text

    def strength(self, row: dict[str, Any]) -> str:
        """The strength with or without a space before its unit."""
        text = str(row["strength"])
        if self.space_strength:
            for unit in ("mcg", "mg", "g", "ml", "%"):
                head = text.removesuffix(unit)
                if head != text and head[-1:].isdigit():
                    return f"{head} {unit}"
        return text

    def meal(self, row: dict[str, Any]) -> str:
        """The words about the meal, or nothing."""
        return "" if row["meal"] is None else MEAL[self.language][row["meal"]][0 if self.case.seed % 2 else -1]


def draw(case: Case, extra_khmer: list[Any] | None = None) -> Image.Image:
    """The clean page of ``case``."""
    rng = random.Random(case.seed)
    khmer = rng.choice(KHMER[case.split] + (extra_khmer or []))
    latin = rng.choice(LATIN[case.split]) if case.layout == "cabinet_fr" else rng.choice(LATIN_WITH_KHMER[case.split])
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    shade = rng.randint(0, 45)
    pen = Pen(image, Face(khmer[0], latin[0], khmer[1], latin[1]), (shade, shade, shade + 5))
    language = rng.choice(["en", "fr"]) if case.layout == "cabinet_fr" else "km"
    sheet = Sheet(
        case=case, rng=rng, image=image, pen=pen, size=rng.choice([25, 27, 28, 30]),
        accent=rng.choice([(25, 125, 105), (170, 50, 60), (35, 60, 140), (20, 20, 25), (110, 60, 130)]), language=language,
        khmer_digits=case.layout in ("list_km", "shuffled") and rng.random() < 0.4, half=rng.choice(["sign", "slash", "decimal"]),
        blank_zero=rng.random() < 0.35, title_font=rng.choice([MOUL, None]), space_strength=rng.random() < 0.35,
        upper=rng.random() < 0.15 and not case.look_alike, unit_in_cell=rng.random() < 0.3,
    )  # fmt: skip
    y = HEADERS[case.layout](sheet)
    y = _list(sheet, y) if case.layout == "list_km" else _table(sheet, y)
    _foot(sheet, y)
    return image


# --- what stands above the table ---


def _title(sheet: Sheet, y: int, text: str) -> None:
    sheet.pen.write(WIDTH / 2, y, text, sheet.size + 11, bold=True, align="center", khmer=sheet.title_font)


def _head_heqip(sheet: Sheet) -> int:
    truth, pen, size, rng = sheet.case.truth, sheet.pen, sheet.size, sheet.rng
    _logo(sheet, 150, 130, 46)
    pen.write(215, 120, truth["header"]["facility_km"], size + 2, bold=True, khmer=sheet.title_font)
    if truth["header"]["facility_en"]:
        pen.write(215, 158, truth["header"]["facility_en"], size - 2, bold=True)
    _qr(sheet, 1050, 320, truth["header"]["code"])
    y, left = 290, 90
    sex = "ស្រី" if truth["patient"]["sex"] == "F" else "ប្រុស"
    pen.write(left, y, f"លេខកូដ: {truth['header']['code']}", size)
    pen.write(left + 400, y, f"ឈ្មោះអ្នកជំងឺ: {truth['patient']['name']}", size)
    pen.write(1160, y, f"អាយុ: {truth['patient']['age']} ឆ្នាំ ភេទ: {sex}", size, align="right")
    y += 62
    fund = rng.choice(["មូលនិធិសមធម៌", "ប.ស.ស.", "បង់ផ្ទាល់"])
    pen.write(left, y, f"ប្រភេទបង់ប្រាក់ : {fund} / {rng.randrange(10**7, 10**8)}-{rng.randrange(1000, 9999)}", size)
    y += 76
    lines = truth["diagnosis"]
    shown = [f"{n}. {text}" for n, text in enumerate(lines, 1)] if len(lines) > 1 else lines
    label = "រោគវិនិច្ឆ័យ : "
    pen.write(left, y, label + shown[0], size)
    for text in shown[1:]:
        y += 44
        pen.write(left + pen.width(label, size), y, text, size)
    y += 66
    pen.write(left, y, f"ផ្នែក : {rng.choice(['ពិគ្រោះជំងឺក្រៅ', 'កុមារ', 'ជំងឺទូទៅ'])} - បន្ទប់លេខ {rng.randint(1, 20)}", size)
    y += 80
    _title(sheet, y, "វេជ្ជបញ្ជា")
    return y + 45


def _head_clinic(sheet: Sheet) -> int:
    truth, pen, size, rng = sheet.case.truth, sheet.pen, sheet.size, sheet.rng
    _logo(sheet, 250, 130, 60)
    pen.write(
        WIDTH / 2 + 40,
        105,
        truth["header"]["facility_km"],
        size + 10,
        bold=True,
        align="center",
        ink=sheet.accent,
        khmer=sheet.title_font,
    )
    pen.write(
        WIDTH / 2 + 40, 150, truth["header"]["facility_en"], size + 4, bold=True, align="center", ink=sheet.accent
    )
    pen.write(
        WIDTH / 2 + 40,
        188,
        f"ផ្ទះលេខ {rng.randint(1, 300)} ផ្លូវ {rng.randint(1, 2010)} រាជធានីភ្នំពេញ",
        size - 6,
        align="center",
        ink=sheet.accent,
    )
    pen.write(
        WIDTH / 2 + 40,
        222,
        f"ទូរស័ព្ទ: 0{rng.randint(10, 99)} {rng.randint(100, 999)} {rng.randint(100, 999)}",
        size - 6,
        align="center",
        ink=sheet.accent,
    )
    y = 310
    _title(sheet, y, "វេជ្ជបញ្ជា")
    y += 75
    sex = "ស្រី" if truth["patient"]["sex"] == "F" else "ប្រុស"
    x = 90.0
    x += pen.write(x, y, "ឈ្មោះ: ", size)
    x += pen.write(x, y, truth["patient"]["name"], size, bold=True) + 30
    x += pen.write(x, y, f"ភេទ: {sex}", size) + 30
    pen.write(x, y, f"អាយុ: {truth['patient']['age']} ឆ្នាំ", size)
    pen.write(1040, y, f"កាលបរិច្ឆេទ: {_date(sheet)}", size, align="right")
    y += 45
    pen.write(90, y, f"អាសយដ្ឋាន: {rng.choice(['សង្កាត់បឹងកក់', 'ឃុំព្រែកព្នៅ', 'សង្កាត់ផ្សារថ្មី'])}", size)
    pen.write(1040, y, f"លេខកូដអ្នកជំងឺ: {truth['header']['code']}", size, align="right")
    _qr(sheet, 1065, y - 70, truth["header"]["code"])
    y += 45
    pen.write(90, y, "រោគវិនិច្ឆ័យ: " + " + ".join(truth["diagnosis"]), size)
    return y + 45


def _head_cabinet(sheet: Sheet) -> int:
    truth, pen, size, rng = sheet.case.truth, sheet.pen, sheet.size, sheet.rng
    fr = sheet.language == "fr"
    pen.write(110, 110, truth["header"]["facility_en"], size + 10, bold=True, ink=sheet.accent)
    pen.write(
        110, 152, f"{'N°' if fr else 'No'} {rng.randint(1, 400)}, Street {rng.randint(1, 600)}, Phnom Penh", size - 4
    )
    pen.write(110, 186, f"Tel: 0{rng.randint(10, 99)} {rng.randint(100, 999)} {rng.randint(100, 999)}", size - 4)
    pen.draw.line([(110, 210), (1130, 210)], fill=sheet.accent, width=3)
    words_of = (
        ("Nom", "Âge", "ans", "Sexe", ("Féminin", "Masculin"), "Date", "N° dossier", "Diagnostic", "ORDONNANCE")
        if fr else ("Name", "Age", "years", "Sex", ("Female", "Male"), "Date", "File No", "Diagnosis", "PRESCRIPTION")
    )  # fmt: skip
    name, age, years, sex, sexes, day, file_no, diagnosis, title = words_of
    y = 280
    pen.write(110, y, f"{name}: {truth['patient']['name']}", size)
    pen.write(1120, y, f"{day}: {_date(sheet)}", size, align="right")
    y += 46
    pen.write(
        110, y, f"{age}: {truth['patient']['age']} {years}     {sex}: {sexes[truth['patient']['sex'] == 'M']}", size
    )
    pen.write(1120, y, f"{file_no}: {truth['header']['code']}", size, align="right")
    y += 46
    pen.write(110, y, f"{diagnosis}: " + ", ".join(truth["diagnosis"]), size)
    y += 95
    _title(sheet, y, title)
    return y + 50


def _head_list(sheet: Sheet) -> int:
    truth, pen, size = sheet.case.truth, sheet.pen, sheet.size
    pen.write(860, 110, "ព្រះរាជាណាចក្រកម្ពុជា", size + 2, bold=True, align="center", khmer=sheet.title_font)
    pen.write(860, 158, "ជាតិ សាសនា ព្រះមហាក្សត្រ", size + 2, bold=True, align="center", khmer=sheet.title_font)
    pen.write(80, 165, truth["header"]["facility_km"], size, bold=True, khmer=sheet.title_font)
    pen.write(80, 212, f"លេខកូដ: {truth['header']['code']}", size)
    _title(sheet, 300, "វេជ្ជបញ្ជា")
    y, age = 385, sheet.number(truth["patient"]["age"])
    sex = "ស្រី" if truth["patient"]["sex"] == "F" else "ប្រុស"
    pen.write(80, y, f"ឈ្មោះអ្នកជំងឺ: {truth['patient']['name']}", size)
    pen.write(660, y, f"អាយុ: {age} ឆ្នាំ", size)
    pen.write(940, y, f"ភេទ: {sex}", size)
    y += 48
    pen.write(80, y, "រោគវិនិច្ឆ័យ: " + ", ".join(truth["diagnosis"]), size)
    return y + 40


HEADERS: dict[str, Callable[[Sheet], int]] = {
    "heqip8": _head_heqip, "heqip7": _head_heqip, "clinic8": _head_clinic, "handwritten": _head_clinic,
    "cabinet_fr": _head_cabinet, "list_km": _head_list, "shuffled": _head_list,
}  # fmt: skip


# --- the medicines ---


def _columns(sheet: Sheet) -> list[tuple[str, float]]:
    """The columns of the page's family; ``shuffled`` deals the H-EQIP columns anew (the number stays first)."""
    layout, rng = sheet.case.layout, sheet.rng
    if layout != "shuffled":
        columns = COLUMNS[layout]
        return [(role, share * rng.uniform(0.93, 1.07)) for role, share in columns]
    name, quantity, remark = ("name", rng.uniform(0.24, 0.3)), ("qty", 0.15), ("remark", 0.17)
    slots = [(slot, 0.09) for slot in SLOTS]
    groups: list[list[tuple[str, float]]] = [[name], slots, [quantity], [remark]]
    first, *rest = groups
    rng.shuffle(rest)
    if rng.random() < 0.25:  # the name after the quantity
        rest.insert(1, first)
    else:
        rest.insert(0, first)
    return [("no", 0.055), *(column for group in rest for column in group)]


def _label(sheet: Sheet, role: str) -> list[str]:
    if sheet.language != "km":
        return [HEADS_LATIN[sheet.language][role]]
    options = HEADS[role]
    lines = [options[sheet.case.seed % len(options)]]
    if role in HOURS and sheet.case.layout.startswith("heqip"):
        lines.append(HOURS[role][sheet.case.seed % len(HOURS[role])])
    return lines


def _cell(sheet: Sheet, role: str, row: dict[str, Any], width: float) -> list[tuple[str, bool]]:
    """The lines of one cell, each with whether it is printed faint."""
    pen, size, case = sheet.pen, sheet.size, sheet.case
    if role == "no":
        text = sheet.number(row["no"]) + ("." if case.layout == "clinic8" else "")
        return [(text, False)]
    if role == "name":
        name = row["name"].upper() if sheet.upper else row["name"]
        text = name if case.layout == "cabinet_fr" else f"{name} {sheet.strength(row)}"
        return [(line, False) for line in pen.wrap(text, size, width - 18, bold=case.layout == "clinic8")]
    if role == "strength":
        return [(sheet.strength(row), False)]
    if role == "qty":
        return (
            []
            if row["quantity"] is None
            else [(f"{sheet.number(row['quantity'])} {row['unit']}", case.layout == "clinic8")]
        )
    if role == "route":
        return [(row["route"], False)] if row["route"] else []
    if role in ("usage", "remark"):
        return [
            (" ".join(part for part in (row["route"] if role == "usage" else None, sheet.meal(row)) if part), False)
        ]
    return _dose(sheet, row, row["doses"][role])


def _dose(sheet: Sheet, row: dict[str, Any], value: float | None) -> list[tuple[str, bool]]:
    if value is None:
        return []
    if not value:
        return [] if sheet.blank_zero else [("-", False)]
    text = sheet.number(value, dose=row["dose_unit"] is None)
    if row["dose_unit"]:
        return [(f"{text} {row['dose_unit']}", False)]
    if sheet.unit_in_cell and sheet.language == "km":
        if sheet.case.layout == "heqip8" and row["meal"]:
            return [(text, False), (f"{row['unit']} {sheet.meal(row)}", False)]
        return [(f"{text} {row['unit']}", False)] if sheet.case.layout == "clinic8" else [(text, False)]
    return [(text, False)]


def _table(sheet: Sheet, top: int) -> int:
    pen, rng, case = sheet.pen, sheet.rng, sheet.case
    left, right = rng.randint(60, 95), WIDTH - rng.randint(60, 95)
    size = sheet.size - (4 if case.layout == "cabinet_fr" else 1)
    columns = _columns(sheet)
    total = sum(share for _, share in columns)
    edges = [float(left)]
    for _, share in columns:
        edges.append(edges[-1] + (right - left) * share / total)
    ruling = rng.choice(["full", "full", "horizontal", "none"]) if case.layout == "cabinet_fr" else "full"
    case.truth["ruling"] = ruling
    small = size - 6
    head = [_label(sheet, role) for role, _ in columns]
    y, line = float(top), size + 15
    rows: list[tuple[float, float]] = []
    head_height = 26 + line * max(len(lines) for lines in head)
    if ruling != "full" or case.layout == "handwritten" or rng.random() < 0.2:
        pen.draw.rectangle([left, y, right, y + head_height], fill=tuple(min(255, 215 + c // 6) for c in sheet.accent))
    for (left_edge, right_edge), lines in zip(pairwise(edges), head, strict=True):
        for n, text in enumerate(lines):
            fit = size if pen.width(text, size, bold=True) < right_edge - left_edge - 6 else small
            pen.write(
                (left_edge + right_edge) / 2,
                y + 18 + line * (n + 0.75 + (head_height - 26 - line * len(lines)) / line / 2),
                text,
                fit,
                bold=True,
                align="center",
            )
    rows.append((y, y + head_height))
    y += head_height
    for row in case.truth["medications"]:
        cells = [_cell(sheet, role, row, edges[n + 1] - edges[n]) for n, (role, _) in enumerate(columns)]
        height = 24 + line * max(1, *(len(lines) for lines in cells))
        for n, (role, _) in enumerate(columns):
            middle, start = (edges[n] + edges[n + 1]) / 2, y + 12 + (height - 24 - line * len(cells[n])) / 2
            for k, (text, faint) in enumerate(cells[n]):
                baseline = start + line * (k + 0.74)
                wide = pen.width(text, size) > edges[n + 1] - edges[n] - 8
                shown = max(small - 3, 13) if wide and role != "name" else size
                ink = (130, 130, 132) if faint and " " in text else None
                if role == "name":
                    pen.write(edges[n] + 10, baseline, text, shown, bold=case.layout == "clinic8")
                elif ink and role == "qty":
                    number, unit = text.split(" ", 1)
                    wide_number = pen.width(f"{number} ", shown)
                    x = middle - pen.width(text, shown) / 2
                    pen.write(x, baseline, number, shown)
                    pen.write(x + wide_number, baseline, unit, shown, ink=ink)
                else:
                    pen.write(middle, baseline, text, shown, align="center")
            if case.handwritten and role in (*SLOTS, "qty"):
                _by_hand(sheet, middle, y + height / 2, rng.choice(["1", "2", "1/2", "—", "1", "x", "30"]))
        rows.append((y, y + height))
        y += height
    _rules(sheet, ruling, edges, rows)
    if rng.random() < 0.15 and len(rows) > 1:
        top_row, bottom_row = rows[rng.randrange(1, len(rows))]
        pen.draw.ellipse([edges[0] - 4, top_row + 2, edges[1] + 6, bottom_row - 2], outline=BLUE_INK, width=2)
    return int(y) + 30


def _rules(sheet: Sheet, ruling: str, edges: list[float], rows: list[tuple[float, float]]) -> None:
    draw, ink = sheet.pen.draw, sheet.pen.ink
    width = sheet.rng.choice([1, 2, 2, 3])
    levels = [rows[0][0], *(bottom for _, bottom in rows)]
    if sheet.case.layout == "handwritten":
        for y in levels:
            for x in range(int(edges[0]), int(edges[-1]), 16):
                draw.line([(x, y), (x + 9, y)], fill=ink, width=2)
        for x in edges:
            for y in range(int(levels[0]), int(levels[-1]), 16):
                draw.line([(x, y), (x, y + 9)], fill=ink, width=2)
        return
    if ruling in ("full", "horizontal"):
        for y in levels:
            draw.line([(edges[0], y), (edges[-1], y)], fill=ink, width=width)
    if ruling == "full":
        for x in edges:
            draw.line([(x, levels[0]), (x, levels[-1])], fill=ink, width=width)


def _list(sheet: Sheet, y: int) -> int:
    pen, size, truth = sheet.pen, sheet.size, sheet.case.truth
    names = dict(zip(SLOTS, ("ព្រឹក", "ថ្ងៃត្រង់" if sheet.case.seed % 2 else "ថ្ងៃ", "ល្ងាច", "យប់"), strict=True))
    for row in truth["medications"]:
        name = row["name"].upper() if sheet.upper else row["name"]
        y += size + 26
        pen.write(80, y, f"{sheet.number(row['no'])}. {name} {sheet.strength(row)}", size, bold=True)
        pen.write(1130, y, f"{sheet.number(row['quantity'])} {row['unit']}", size, align="right")
        y += size + 18
        unit = f" {row['dose_unit']}" if row["dose_unit"] else ""
        taken = " - ".join(
            f"{names[slot]} {sheet.number(n, dose=not unit)}{unit}" for slot, n in row["doses"].items() if n
        )
        meal = sheet.meal(row)
        pen.write(125, y, taken + (f" ({meal})" if meal else ""), size)
    return y + 30


# --- what stands below, and what people add ---


def _date(sheet: Sheet) -> str:
    day = date.fromisoformat(sheet.case.truth["footer"]["date"])
    style = sheet.case.date_style
    if style == "month":
        return f"{day.day:02} {words.MONTHS_EN[day.month - 1]} {day.year}"
    return day.strftime({"dash": "%d-%m-%Y", "dot": "%d.%m.%Y"}.get(style, "%d/%m/%Y"))


def _foot(sheet: Sheet, y: int) -> None:
    truth, pen, size, rng, case = sheet.case.truth, sheet.pen, sheet.size, sheet.rng, sheet.case
    day = date.fromisoformat(truth["footer"]["date"])
    right = rng.randint(850, 930)
    if case.layout in ("clinic8", "handwritten"):
        if rng.random() < 0.7:
            signs = [
                f"- TA:{rng.randint(10, 17)}0/{rng.randint(6, 9)}5 mmHg,",
                f"- P:{rng.randint(60, 110)} /min",
                f"- T°: {rng.randint(36, 39)},{rng.randint(0, 9)}°C",
            ]
            for n, text in enumerate(signs):
                pen.write(110, y + 40 + n * 36, text, size - 4)
            y += 150
        doctor = f"{rng.choice(['វេជ្ជ.', 'វេជ្ជបណ្ឌិត'])} {truth['footer']['doctor']}"
    elif case.layout == "cabinet_fr":
        doctor = f"Dr. {truth['footer']['doctor']}"
        pen.write(
            right,
            y + 50,
            "Médecin traitant" if sheet.language == "fr" else "Prescribing doctor",
            size - 3,
            align="center",
        )
    else:
        doctor = f"វេជ្ជបណ្ឌិត {truth['footer']['doctor']}"
        y += 40
        pen.write(
            1150,
            y,
            f"{rng.choice(words.PROVINCES)}, {_khmer_date(case.date_style, day, truth['footer']['time'])}",
            size,
            align="right",
        )
    if case.layout != "cabinet_fr":
        pen.write(right, y + 50, "គ្រូពេទ្យព្យាបាល", size, align="center")
    if rng.random() < 0.8:
        _scribble(sheet, right, y + 95, rng.choice([BLUE_INK, (20, 20, 25)]))
    if rng.random() < 0.4:
        _stamp(sheet, right - rng.randint(20, 90), y + 85)
    pen.write(right, y + rng.choice([165, 185]), doctor, size, align="center", bold=case.layout == "cabinet_fr")
    if case.layout != "cabinet_fr":
        pen.write(90, min(y + 240, HEIGHT - 60), "សូមយកវេជ្ជបញ្ជាមកវិញ ពេលពិនិត្យលើកក្រោយ", size - 2)
    if case.layout.startswith("heqip") and rng.random() < 0.5:
        tilted = Image.new("RGBA", (330, 110), (0, 0, 0, 0))
        ImageDraw.Draw(tilted).text(
            (10, 85), "H-EQIP", font=font(LATIN["dev"][0][1], 74), fill=(*BLUE_INK, 190), anchor="ls"
        )
        turned = tilted.rotate(rng.uniform(-9, -2), expand=True)
        sheet.image.paste(turned, (820, 70), turned)


def _khmer_date(style: str, day: date, time: str | None) -> str:
    month = words.MONTHS_KM[day.month - 1]
    if style == "khmer":
        return f"ថ្ងៃទី {day.day:02} ខែ {month} ឆ្នាំ {day.year}"
    if style == "khmer_be":
        return f"ថ្ងៃទី {day.day:02} ខែ {month} ព.ស. {day.year + 543}"
    if style == "khmer_digits":
        return f"ថ្ងៃទី{day.day} ខែ{month} ឆ្នាំ{day.year}".translate(KHMER_DIGITS)
    return f"ថ្ងៃទី {day:%d/%m/%Y}" + (f" {time}" if time else "")


def _logo(sheet: Sheet, x: int, y: int, radius: int) -> None:
    draw, ink = sheet.pen.draw, sheet.accent
    if sheet.rng.random() < 0.6:
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=ink, width=4)
    arm, half = radius * 0.7, radius * 0.22
    draw.rectangle([x - arm, y - half, x + arm, y + half], fill=ink)
    draw.rectangle([x - half, y - arm, x + half, y + arm], fill=ink)


def _qr(sheet: Sheet, x: int, y: int, text: str) -> None:
    import segno

    code = segno.make_qr(text, error="m")
    for row, line in enumerate(code.matrix_iter(scale=3, border=1)):
        for column, dark in enumerate(line):
            if dark:
                sheet.image.putpixel((x + column, y + row), (15, 15, 18))


def _scribble(sheet: Sheet, x: float, y: float, ink: tuple[int, int, int]) -> None:
    rng = sheet.rng
    points = [(x - 70 + 14 * n, y + 26 * math.sin(n * rng.uniform(0.7, 1.6)) + rng.uniform(-8, 8)) for n in range(11)]
    sheet.pen.draw.line(points, fill=ink, width=3, joint="curve")


def _stamp(sheet: Sheet, x: float, y: float) -> None:
    layer = Image.new("RGBA", (190, 190), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    ink = (*sheet.rng.choice([(90, 60, 150), (50, 70, 160), (170, 40, 60)]), 120)
    draw.ellipse([8, 8, 182, 182], outline=ink, width=5)
    draw.ellipse([34, 34, 156, 156], outline=ink, width=2)
    draw.text((95, 95), "ឱសថស្ថាន", font=font(KHMER["dev"][0][1], 26), fill=ink, anchor="mm")
    turned = layer.rotate(sheet.rng.uniform(-30, 30))
    sheet.image.paste(turned, (int(x - 95), int(y - 95)), turned)


def _by_hand(sheet: Sheet, x: float, y: float, text: str) -> None:
    rng = sheet.rng
    write = partial(sheet.pen.draw.text, font=font(HAND, rng.randint(38, 52)), fill=BLUE_INK, anchor="mm")
    write((x + rng.uniform(-12, 12), y + rng.uniform(-8, 8)), text)
