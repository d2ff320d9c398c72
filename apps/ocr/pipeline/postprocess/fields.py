"""Everything around the medicines: whose prescription, of which house, when, by whom."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from rapidfuzz import fuzz

from apps.ocr.pipeline.engines import Engines
from apps.ocr.pipeline.engines.base import Reading
from apps.ocr.pipeline.layout.lines import Line, in_rows, joined, read_again, read_latin, trusted
from apps.ocr.pipeline.postprocess.dates import read_date, read_time
from apps.ocr.pipeline.postprocess.labels import find_labels
from apps.ocr.pipeline.postprocess.numbers import ascii_digits
from apps.ocr.pipeline.postprocess.people import after_title, known_words, likely_diagnosis, likely_name, without_title
from apps.ocr.pipeline.postprocess.words import find_sex
from apps.ocr.pipeline.types import Box, Field, Footer, Header, Patient

_CODE = re.compile(r"[A-Z]{1,6}\s?-?\d{4,}|\d{2,6}\s*[-/]\s*\d{2,7}|\d{5,}")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ÿ]{3,}")
MOTTO = ("ព្រះរាជាណាចក្រកម្ពុជា", "ជាតិ សាសនា ព្រះមហាក្សត្រ")
READ_TWICE = ("name", "doctor", "sex", "diagnosis")
FACILITY_EN = re.compile(
    r"hospital|clinic|cent(er|re)|cabinet|polyclini|medical|pharmac|maternity|laborator|doctor|h[oô]pital",
    re.IGNORECASE,
)
FACILITY_KM = (
    "មន្ទីរពេទ្យ",
    "មណ្ឌលសុខភាព",
    "មន្ទីរសម្រាកព្យាបាល",
    "គ្លីនិក",
    "មន្ទីរពហុព្យាបាល",
    "បន្ទប់ពិគ្រោះ",
    "មជ្ឈមណ្ឌល",
    "ឱសថស្ថាន",
)


@dataclass(slots=True)
class Piece:
    """A label and what stands behind it, cut out and read again on its own."""

    key: str
    score: float
    khmer: str
    line: Line | None
    label_line: Line
    value: Line | None = None
    rest: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Around:
    """The fields outside the table."""

    header: Header
    patient: Patient
    diagnosis: tuple[Field[str], ...]
    footer: Footer


def find_pieces(lines: list[Line]) -> list[Piece]:
    """Every label of the page with the text behind it: in the same line, or in the next one to its right."""
    pieces: list[Piece] = []
    for row in in_rows(lines):
        for index, line in enumerate(row):
            text, places = _text(line)
            found = find_labels(text)
            for i, label in enumerate(found):
                until = found[i + 1].start if i + 1 < len(found) else len(text)
                value = text[label.end : until]
                behind = value.strip(" :.-–ៈ")
                piece = Piece(label.key, label.score, behind, None, line)
                if behind:
                    piece.value = _cut(line, text, places, label.end, until)
                elif i + 1 == len(found) and index + 1 < len(row):
                    following = row[index + 1]
                    if not any(one.start == 0 for one in find_labels(_text(following)[0])):
                        piece.value = following
                        piece.khmer = following.khmer.text
                pieces.append(piece)
    return pieces


def _text(line: Line) -> tuple[str, tuple[float, ...]]:
    """The reading in which labels are looked for, and the places of its letters where they are known."""
    if trusted(line.latin) and find_labels(line.latin.text):
        return line.latin.text, ()
    if line.khmer.text:
        return line.khmer.text, line.khmer.places
    return line.latin.text, ()


def _cut(line: Line, text: str, places: tuple[float, ...], start: int, end: int) -> Line | None:
    """The part of a line's picture that shows some of its letters."""
    while start < end and text[start] in " :.-–ៈ":
        start += 1
    width = line.crop.shape[1]
    if places:
        a = places[start] if start < len(places) else 1.0
        before = places[start - 1] if start else 0.0
        b = places[end] if end < len(places) else 1.0
        left, right = (0.35 * before + 0.65 * a) * width, b * width
    else:
        left, right = width * start / max(1, len(text)), width * end / max(1, len(text))
        left = _white_before(line, left)
    left_at, right_at = max(0, int(left) - 2), min(width, int(right) + (2 if end >= len(text) else -1))
    if right_at - left_at < 8:
        return None
    crop = line.crop[:, left_at:right_at]
    share = line.box.width / width
    box = Box(int(line.box.x + left_at * share), line.box.y, max(1, int((right_at - left_at) * share)), line.box.height)
    cut = Line(box, crop)
    if not places:
        cut.latin = Reading(text[start:end].strip(), line.latin.score, line.latin.engine)
    return cut


def _white_before(line: Line, at: float) -> float:
    """The nearest white column to a place that was only estimated."""
    ink = (line.crop < 160).sum(axis=0)
    low, high = max(0, int(at) - 14), min(len(ink), int(at) + 14)
    span = ink[low:high]
    return low + float(np.argmin(span)) if len(span) else at


def read_pieces(pieces: list[Piece], engines: Engines) -> None:
    """Read the values once more, each on its own, by both engines."""
    again = [piece.value for piece in pieces if piece.value is not None]
    read_latin([line for line in again if not line.latin.text], engines)
    wanted = [
        piece.value
        for piece in pieces
        if piece.value is not None and not piece.value.khmer.text and piece.key in READ_TWICE
    ]
    read_again([line for line in wanted if not trusted(line.latin)], engines)


def around(lines: list[Line], pieces: list[Piece], table: Box | None, qr: tuple[str, ...], height: int) -> Around:
    """The fields outside the table from the labels, with the rest of the lines for what carries none."""
    top = table.y if table else height * 0.45
    low = table.bottom if table else height * 0.3
    return Around(
        Header(*_facility(lines, top), _code(lines, pieces, qr)),
        Patient(
            _person(_first(pieces, "name", lambda p: p.label_line.middle < low)), _age(pieces), _sex(lines, pieces, top)
        ),
        _diagnosis(lines, pieces),
        Footer(_date(lines, pieces), _time(lines, pieces), _doctor(lines, pieces, top)),
    )


def _first(pieces: list[Piece], key: str, wanted: Callable[[Piece], bool] = lambda _piece: True) -> Piece | None:
    found = [piece for piece in pieces if piece.key == key and (piece.khmer or piece.value) and wanted(piece)]
    return max(found, key=lambda piece: (piece.score, -piece.label_line.middle)) if found else None


def _code(lines: list[Line], pieces: list[Piece], qr: tuple[str, ...]) -> Field[str]:
    piece = _first(pieces, "code")
    candidates: list[tuple[str, float, Line]] = []
    if piece is not None and piece.value is not None:
        candidates.append((piece.value.latin.text, piece.value.latin.score, piece.value))
        candidates.append((piece.khmer, 0.6, piece.value))
    if piece is not None:
        # the Latin engine often reads only the code out of a Khmer line
        candidates.append((piece.label_line.latin.text, piece.label_line.latin.score - 0.02, piece.label_line))
    for text, score, line in candidates:
        if found := _CODE.search(ascii_digits(text)):
            value = re.sub(r"\s+", "", found[0])
            if any(value == code for code in qr):
                return Field(value, 0.995, text, line.box, "qr")
            near = next((code for code in qr if _alike(code, value)), None)
            if near is not None:
                return Field(near, 0.97, text, line.box, "qr")
            return Field(value, 0.94 if score >= 0.95 else 0.7, text, line.box, "paddle")
    for code in qr:
        if _CODE.fullmatch(code):
            return Field(code, 0.9, code, None, "qr")
    for line in lines:
        found = re.search(r"\b[A-Z]{1,5}\d{6,}\b", line.latin.text)
        if found and line.latin.score > 0.9:
            return Field(found[0], 0.7, line.latin.text, line.box, "paddle")
    return Field()


def _alike(a: str, b: str) -> bool:
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) <= 2


def _age(pieces: list[Piece]) -> Field[int]:
    piece = _first(pieces, "age")
    if piece is None or piece.value is None:
        return Field()
    latin, khmer = piece.value.latin, piece.khmer
    own = re.search(r"\d{1,3}", ascii_digits(khmer))
    other = re.search(r"\d{1,3}", latin.text)
    if "ខែ" in khmer or "month" in latin.text.lower():
        return Field(None, 0.0, khmer or latin.text, piece.value.box, "khmer")
    if re.search("[០-៩]", khmer) and own:
        return Field(_years(own[0]), 0.9, khmer, piece.value.box, "khmer")
    alone = own is not None and not ascii_digits(khmer)[own.end() : own.end() + 1].strip()
    if own and alone and other and len(other[0]) > max(2, len(own[0])) and other[0].startswith(own[0]):
        # the Latin engine takes the Khmer word for years as one more digit
        return Field(_years(own[0]), 0.85, khmer, piece.value.box, "khmer")
    if own and alone and other and own[0] != other[0] and piece.label_line.khmer.score >= 0.97:
        return Field(_years(own[0]), 0.8, khmer, piece.value.box, "khmer")
    if own and other:
        value = int(other[0])
        return Field(
            _years(other[0]), 0.97 if int(own[0]) == value > 0 else 0.75, latin.text, piece.value.box, "paddle"
        )
    if other:
        return Field(_years(other[0]), 0.9 if latin.score > 0.9 else 0.7, latin.text, piece.value.box, "paddle")
    return Field(_years(own[0]) if own else None, 0.7 if own else 0.0, khmer, piece.value.box, "khmer")


def _years(text: str) -> int | None:
    return int(text) if int(text) <= 120 else None


def _sex(lines: list[Line], pieces: list[Piece], top: float) -> Field[str]:
    piece = _first(pieces, "sex")
    if piece is None:
        return _sex_alone(lines, top)
    latin = piece.value.latin.text if piece.value else ""
    own = piece.value.khmer.text if piece.value else ""
    found = find_sex(f"{piece.khmer}", latin) or find_sex(own, "")
    if found is None:
        return Field(None, 0.0, piece.khmer, piece.label_line.box, "khmer")
    return Field(found[0], 0.97 if found[1] >= 85 else 0.8, piece.khmer, piece.label_line.box, "khmer")


def _sex_alone(lines: list[Line], top: float) -> Field[str]:
    """The word for the sex where its label was not read: a word of its own above the table."""
    for line in lines:
        if line.middle > top:
            continue
        for word in re.split(r"[\s:.,]+", line.khmer.text or line.latin.text):
            for wanted, sex in (("ប្រុស", "M"), ("ស្រី", "F"), ("male", "M"), ("female", "F")):
                if len(word) >= 3 and fuzz.ratio(wanted, word.lower()) >= 85:
                    return Field(sex, 0.75, word, line.box, "khmer")
    return Field()


def _person(piece: Piece | None) -> Field[str]:
    """A person's name: Latin letters by the Latin engine, Khmer ones by the Khmer engine."""
    if piece is None:
        return Field()
    line = piece.value
    latin = line.latin if line else Reading()
    if trusted(latin) and len(_LATIN_WORD.findall(latin.text)) >= 1:
        text = re.sub(r"^[^A-Za-zÀ-ÿ]+|[^A-Za-zÀ-ÿ.]+$", "", latin.text)
        return Field(text, 0.9 if latin.score > 0.98 else 0.8, latin.text, line.box if line else None, "paddle")
    own = line.khmer if line else Reading()
    text, again = (without_title(likely_name(tidy_khmer(one))) for one in (piece.khmer, own.text))
    if again and known_words(again) > known_words(text):
        text, again = again, text
    place = line.box if line else piece.label_line.box
    if not any("\u1780" <= letter <= "\u17ff" for letter in text):
        return Field(None, 0.0, piece.khmer or latin.text, place, "khmer")
    same = text.replace(" ", "") == again.replace(" ", "")
    score = piece.label_line.khmer.score
    sure = 0.9 if same and score > 0.97 else 0.8 if same else 0.65
    return Field(text, sure, piece.khmer, place, "khmer")


def tidy_khmer(text: str) -> str:
    """A Khmer name without what does not belong to it: digits, Latin letters, marks at its ends."""
    text = re.sub(r"[^\u1780-\u17d3\u17dc ]+", " ", text.replace("\u17c8", " "))
    words = [word for word in text.split() if len(word) > 1]
    return " ".join(words)


def _diagnosis(lines: list[Line], pieces: list[Piece]) -> tuple[Field[str], ...]:
    piece = _first(pieces, "diagnosis")
    if piece is None:
        return ()
    parts = [piece.value] if piece.value else []
    # numbered ones go on below, in lines that carry no label
    base = piece.label_line
    start = piece.value.box.x if piece.value else base.box.right
    last = base
    for line in sorted(lines, key=lambda one: one.middle):
        step = line.middle - last.middle
        if not 0.5 * last.box.height < step < 2.0 * max(last.box.height, 20):
            continue
        if (
            abs(line.box.x - start) < 60
            and not find_labels(_text(line)[0])
            and re.match(r"^\s*\d\s*[.)]", line.best.text)
        ):
            parts.append(line)
            last = line
    fields: list[Field[str]] = []
    for index, part in enumerate(parts):
        khmer = piece.khmer if index == 0 else part.khmer.text
        latin = part.latin
        latin_words = _LATIN_WORD.findall(latin.text)
        own = sum("\u1780" <= letter <= "\u17ff" for letter in khmer)
        use_latin = trusted(latin) or (latin_words and own < 0.3 * max(1, len(khmer)))
        text = latin.text if use_latin or not khmer else khmer
        sure = (0.9 if latin.score >= 0.98 else 0.75) if use_latin else 0.75
        for single in re.split(r"\s*(?:[+;]|,(?!\d)|\s/\s|(?:^|\s)\d\s*[.)]\s*)\s*", text):
            cleaned = single.strip(" .,:;-–")
            if len(cleaned) >= 2:
                shown = cleaned if use_latin else likely_diagnosis(cleaned)
                fields.append(Field(shown, sure, text, part.box, "paddle" if use_latin else "khmer"))
    return tuple(fields)


def _date(lines: list[Line], pieces: list[Piece]) -> Field[str]:
    found: list[tuple[float, Field[str]]] = []
    for piece in pieces:
        if piece.key != "date":
            continue
        for text, sure, who in _readings(piece.value, piece.khmer, piece.label_line):
            if value := read_date(text):
                found.append((sure, Field(value, sure, text, piece.label_line.box, who)))
    if not found:
        for line in lines:
            for reading, least in ((line.latin, 0.8), (line.khmer, 0.85)):
                if reading.score >= least and (value := read_date(reading.text)):
                    found.append((reading.score - 0.2, Field(value, 0.75, reading.text, line.box, reading.engine)))
    if not found:
        return Field()
    best = max(found, key=lambda pair: pair[0])[1]
    agree = sum(one.value == best.value for _, one in found)
    differ = any(one.value != best.value for _, one in found)
    if agree >= 2 and not differ:
        return replace(best, confidence=0.97)
    return replace(best, confidence=min(best.confidence, 0.8)) if differ else best


def _readings(value: Line | None, khmer: str, label: Line) -> list[tuple[str, float, str]]:
    """The readings that may hold a field, with how far each is to be believed."""
    readings: list[tuple[str, float, str]] = []
    if value is not None:
        readings.append((value.latin.text, 0.92 if value.latin.score >= 0.95 else 0.8, "paddle"))
    readings.append((khmer, 0.84, "khmer"))
    readings.append((label.latin.text, 0.86 if label.latin.score > 0.9 else 0.78, "paddle"))
    readings.append((label.khmer.text, 0.83, "khmer"))
    return readings


def _time(lines: list[Line], pieces: list[Piece]) -> Field[str]:
    for piece in pieces:
        if piece.key == "date":
            for text, sure, who in _readings(piece.value, piece.khmer, piece.label_line):
                if read_date(text) and (value := read_time(text)):
                    return Field(value, sure, text, piece.label_line.box, who)
    return Field()


def _doctor(lines: list[Line], pieces: list[Piece], below: float) -> Field[str]:
    piece = _first(pieces, "doctor", lambda one: one.label_line.middle > below)
    if piece is not None:
        return _person(piece)
    # the name alone, below the words for the prescriber
    signer = next((one for one in pieces if one.key == "signer"), None)
    if signer is None:
        return _doctor_by_name(lines, below)
    under = [
        line
        for line in lines
        if signer.label_line.box.bottom < line.middle < signer.label_line.box.bottom + 260
        and line.box.x < signer.label_line.box.right
        and line.box.right > signer.label_line.box.x
    ]
    for line in sorted(under, key=lambda one: one.middle):
        if trusted(line.latin) and len(_LATIN_WORD.findall(line.latin.text)) >= 2:
            return Field(line.latin.text, 0.7, line.latin.text, line.box, "paddle")
        if line.khmer.score > 0.8 and len(tidy_khmer(line.khmer.text)) >= 8:
            text = likely_name(after_title(tidy_khmer(line.khmer.text)))
            return Field(text, 0.6, line.khmer.text, line.box, "khmer")
    return _doctor_by_name(lines, below)


def _doctor_by_name(lines: list[Line], below: float) -> Field[str]:
    """A line under the table that ends in two common names of people: the prescriber, his title misread."""
    for line in lines:
        words = likely_name(tidy_khmer(line.khmer.text)).split()
        if line.middle > below and 2 <= len(words) <= 4 and known_words(" ".join(words[-2:])) == 2:
            return Field(" ".join(words[-2:]), 0.6, line.khmer.text, line.box, "khmer")
    return Field()


def _facility(lines: list[Line], top: float) -> tuple[Field[str], Field[str]]:
    khmer: Field[str] = Field()
    latin: Field[str] = Field()
    above = [line for line in sorted(lines, key=lambda one: one.middle) if line.middle < 0.6 * top]
    for line in above:
        own, other = line.khmer, line.latin
        if latin.value is None and FACILITY_EN.search(other.text) and other.score > 0.8:
            latin = Field(other.text, 0.92 if other.score > 0.97 else 0.78, other.text, line.box, "paddle")
        if khmer.value is None and _begins_facility(own.text):
            khmer = Field(own.text.strip(), 0.8 if own.score > 0.97 else 0.65, own.text, line.box, "khmer")
    if khmer.value is None:
        khmer = _first_khmer(above, top)
    return khmer, latin


def _first_khmer(lines: list[Line], top: float) -> Field[str]:
    """The topmost Khmer line that is neither a label nor the motto of the kingdom."""
    for line in lines:
        text = line.khmer.text.strip()
        own = sum("\u1780" <= letter <= "\u17ff" for letter in text)
        if line.middle > 0.35 * top or own < 8 or line.khmer.score < 0.85 or find_labels(text):
            continue
        if max(fuzz.ratio(text, one) for one in MOTTO) < 60:
            return Field(text, 0.55, text, line.box, "khmer")
    return Field()


def _begins_facility(text: str) -> bool:
    text = text.strip()
    return len(text) > 8 and any(fuzz.ratio(word, text[: len(word) + 1]) >= 60 for word in FACILITY_KM)


__all__ = ["Around", "Piece", "around", "find_pieces", "joined", "read_pieces", "tidy_khmer"]
