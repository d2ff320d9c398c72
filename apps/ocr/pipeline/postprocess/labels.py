"""The printed words of the forms: labels and headings of columns, found although some letters are misread."""

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz import fuzz

LABELS: dict[str, tuple[str, ...]] = {
    "code": (
        "លេខកូដអ្នកជំងឺ",
        "លេខកូដ",
        "លេខសំណុំរឿង",
        "File No",
        "Patient ID",
        "Patient code",
        "Code",
        "N° dossier",
        "Dossier N°",
        "Dossier",
        "Ref",
    ),
    "name": (
        "ឈ្មោះអ្នកជំងឺ",
        "នាមនិងគោត្តនាម",
        "ឈ្មោះ",
        "Patient name",
        "Full name",
        "Nom et prénom",
        "Name",
        "Nom",
        "Patient",
    ),
    "age": ("អាយុ", "Age", "Âge"),
    "sex": ("ភេទ", "Sex", "Sexe", "Gender"),
    "diagnosis": ("រោគវិនិច្ឆ័យ", "Diagnosis", "Diagnostic", "Diagnose", "Dx"),
    "date": ("កាលបរិច្ឆេទ", "ថ្ងៃទី", "Date"),
    "doctor": ("វេជ្ជបណ្ឌិត", "វេជ្ជ.", "Dr.", "Dr", "Docteur"),
    "address": ("អាសយដ្ឋាន", "អាស័យដ្ឋាន", "Address", "Adresse"),
    "phone": ("ទូរស័ព្ទ", "Tel", "Phone", "Tél"),
    "payment": ("ប្រភេទបង់ប្រាក់", "Payment", "Insurance"),
    "department": ("ផ្នែក", "Department", "Service", "Ward"),
    "symptom": ("រោគសញ្ញា", "Symptoms", "Symptômes", "Symptom"),
    "weight": ("ទម្ងន់", "Weight", "Poids"),
    "followup": ("ថ្ងៃណាត់", "Next visit", "Rendez-vous"),
    "signer": ("គ្រូពេទ្យព្យាបាល", "Prescribing doctor", "Médecin traitant", "Médecin prescripteur"),
}

TITLE = "វេជ្ជបញ្ជា"

ROLES: dict[str, tuple[str, ...]] = {
    "no": ("ល.រ", "លរ", "លេខរៀង", "No", "N°", "Nº", "#"),
    "name": (
        "ឈ្មោះឱសថ",
        "ឈ្មោះថ្នាំ",
        "ឱសថ",
        "មុខឱសថ",
        "ឈ្មោះ ឱសថ និងកម្រិត",
        "Medicine",
        "Medication",
        "Drug",
        "Médicament",
        "Médicaments",
        "Désignation",
    ),
    "strength": ("កម្រិត", "កំរិត", "កម្លាំង", "Strength", "Dose", "Dosage"),
    "quantity": ("ចំនួន", "ចំនួនសរុប", "បរិមាណ", "Qty", "Quantity", "Quantité", "Qté", "Total"),
    "route": ("វិធីប្រើ", "របៀបប្រើ", "Route", "Voie"),
    "usage": ("ការប្រើប្រាស់", "ការប្រើ", "Usage", "Instructions", "Posologie"),
    "morning": ("ព្រឹក", "ពេលព្រឹក", "(6-8)", "(06-08)", "Morning", "Matin"),
    "noon": ("ថ្ងៃត្រង់", "ថ្ងៃ", "ពេលថ្ងៃ", "(11-12)", "Noon", "Midi", "Midday"),
    "evening": ("ល្ងាច", "ពេលល្ងាច", "(05-06)", "(5-6)", "Evening", "Soir", "Afternoon"),
    "night": ("យប់", "ពេលយប់", "មុនចូលគេង", "(08-10)", "(8-10)", "Bedtime", "Night", "Coucher", "Nuit"),
    "note": ("សម្គាល់", "កំណត់សម្គាល់", "ផ្សេងៗ", "Note", "Notes", "Remark", "Remarks", "Remarque", "Meal", "Repas"),
    "duration": ("រយៈពេល", "ចំនួនថ្ងៃ", "Duration", "Days", "Durée", "Jours"),
}

# a reading goes into every comparison in this shape
_DROP = re.compile(r"[\u200b\u200c\u200d\s]+")


def plain(text: str) -> str:
    """Lower case without accents, spaces and zero-width characters; the colon of Khmer is the ASCII one."""
    text = text.replace("ៈ", ":")
    latin = "".join(letter for letter in unicodedata.normalize("NFD", text) if not ("\u0300" <= letter <= "\u036f"))
    return _DROP.sub("", latin).lower()


@dataclass(frozen=True, slots=True)
class Found:
    """A label in a text: from where to where, which, and how like it (0 to 100)."""

    start: int
    end: int
    key: str
    score: float


def find_labels(text: str) -> list[Found]:
    """The labels in a reading, from left to right, without overlaps."""
    hits: list[Found] = []
    lowered = _softened(text)
    for key, variants in LABELS.items():
        for variant in variants:
            hits += _hits(lowered, _softened(variant), key)
    hits.sort(key=lambda hit: -(hit.score - 60) * (hit.end - hit.start))
    chosen: list[Found] = []
    for hit in hits:
        if all(hit.end <= other.start or hit.start >= other.end for other in chosen):
            chosen.append(hit)
    return sorted(chosen, key=lambda hit: hit.start)


def _softened(text: str) -> str:
    """As long as the text itself, so that places stay true: lower case, the Khmer colon as ASCII, no accents."""
    out = []
    for letter in text:
        bare = unicodedata.normalize("NFD", letter)[0] if letter.isalpha() else letter
        out.append(":" if letter == "ៈ" else bare.lower()[:1] or letter)
    return "".join(out)


def _hits(text: str, variant: str, key: str) -> list[Found]:
    short = len(variant) <= 5
    if short:
        found = []
        for match in re.finditer(re.escape(variant), text):
            before = text[match.start() - 1] if match.start() else " "
            after = text[match.end() : match.end() + 2].strip()[:1]
            starts = not before.isalnum() and not _khmer(before)
            if key == "doctor" and _khmer(variant[0]) and (match.start() > 3 or text[match.end() :].startswith("បញ")):
                continue
            ends = after in (":", ".", "") or (key == "doctor" and not after.isdigit())
            if starts and (ends or _khmer(variant[0])):
                found.append(Found(match.start(), match.end(), key, 100.0))
        if found or not _khmer(variant[0]):
            return found
    cutoff = 62.0 if len(variant) >= 9 else 74.0 if len(variant) >= 7 else 79.0
    aligned = fuzz.partial_ratio_alignment(variant, text, score_cutoff=cutoff)
    if aligned is None or len(text) < 0.6 * len(variant):
        return []
    start, end = aligned.dest_start, _snapped(text, aligned.dest_end, aligned.dest_start + len(variant))
    if key == "doctor" and (
        start > 3 or fuzz.ratio(text, TITLE) >= 75 or text[end : end + 3].startswith(("បញ្", "ប\u1789"))
    ):
        return []
    if start > 0 and text[start - 1].isascii() and text[start - 1].isalnum() and text[start].isascii():
        return []
    if short and ":" not in text[end - 1 : end + 3]:
        return []
    if aligned.score < 74 and (start > 2 or ":" not in text[end - 1 : end + 3]):
        return []
    return [Found(start, end, key, aligned.score)]


def _snapped(text: str, end: int, usual: int) -> int:
    """A label ends at a colon or a space: when one is near, letters up to it are misread letters of the label."""
    for step in (0, 1, -1, 2, -2, 3, -3):
        at = end + step
        if 0 < at <= len(text) and (at == len(text) or text[at] in " :."):
            return at
    return usual if abs(usual - end) <= 3 and usual <= len(text) else end


def _khmer(letter: str) -> bool:
    return "\u1780" <= letter <= "\u17ff"


def role_scores(khmer: str, latin: str) -> dict[str, float]:
    """How like each heading of a column the two readings of a cell are (0 to 100)."""
    readings = [reading for reading in (plain(khmer), plain(latin)) if reading]
    scores: dict[str, float] = {}
    for role, variants in ROLES.items():
        best = 0.0
        for variant in variants:
            wanted = plain(variant)
            for reading in readings:
                score = fuzz.ratio(wanted, reading)
                if len(wanted) >= 4 and len(reading) > len(wanted):
                    score = max(score, 0.96 * fuzz.partial_ratio(wanted, reading))
                best = max(best, score)
        scores[role] = best
    return scores
