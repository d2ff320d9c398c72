"""What the stages of recognition hand to each other and, at the end, to the caller.

Everything here is plain data over numpy arrays: no Django, no engine, no file. A field that was not read is ``None``
with confidence 0; nothing in the pipeline fills a gap with a likely value.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Stage(StrEnum):
    """The five rooms, in order, as progress names them."""

    PREPROCESS = "preprocess"
    LAYOUT = "layout"
    RECOGNITION = "recognition"
    POSTPROCESS = "postprocess"
    FORMAT = "format"


class WarningCode(StrEnum):
    """What a person should know about a scan or one of its fields."""

    BLURRY = "BLURRY"
    DARK = "DARK"
    GLARE = "GLARE"
    LOW_DPI = "LOW_DPI"
    SKEWED = "SKEWED"
    ROTATED = "ROTATED"
    NO_TABLE = "NO_TABLE"
    COLUMN_GUESSED = "COLUMN_GUESSED"
    UNKNOWN_MEDICINE = "UNKNOWN_MEDICINE"
    DOSE_UNCLEAR = "DOSE_UNCLEAR"
    DOSE_SUSPICIOUS = "DOSE_SUSPICIOUS"
    DURATION_MISSING = "DURATION_MISSING"
    DUPLICATE_ROW = "DUPLICATE_ROW"
    QUANTITY_MISMATCH = "QUANTITY_MISMATCH"
    ENGINE_UNAVAILABLE = "ENGINE_UNAVAILABLE"
    HANDWRITTEN = "HANDWRITTEN"
    MULTIPLE_FORMS = "MULTIPLE_FORMS"
    STAGE_FAILED = "STAGE_FAILED"


class Refusal(StrEnum):
    """Why an image is not looked at; the codes of the API."""

    EMPTY_FILE = "EMPTY_FILE"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    UNSUPPORTED_FORMAT = "UNSUPPORTED_FORMAT"
    INVALID_IMAGE = "INVALID_IMAGE"


class ImageRefused(Exception):
    """The bytes are no photo that can be looked at; ``refusal`` says why."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(f"{refusal}: {detail}" if detail else str(refusal))
        self.refusal = refusal


class EnginesUnavailable(Exception):
    """Not one engine can be loaded here: the medicines have to be typed."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of ``ScanResult.page``, the straightened page."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column past the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row past the box."""
        return self.y + self.height

    def as_list(self) -> list[int]:
        """``[x, y, width, height]``."""
        return [self.x, self.y, self.width, self.height]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name of the lexicon that a reading may stand for. ``score`` is 0 to 100."""

    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """One value read from the paper.

    ``raw`` is the text as the engine gave it, ``engine`` who read it, ``confidence`` the calibrated chance (0 to 1)
    that the value is right. ``candidates`` are at most three names of the catalogue, best first; none is chosen yet.
    """

    value: T | None = None
    confidence: float = 0.0
    raw: str = ""
    box: Box | None = None
    engine: str = ""
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """One warning; ``where`` is the field (``medications[0].doses.morning``), or empty for the whole page."""

    code: WarningCode
    where: str = ""
    detail: str = ""

    def __str__(self) -> str:
        """``CODE`` or, for a failed stage, ``STAGE_FAILED:<stage>``."""
        return f"{self.code}:{self.detail}" if self.code is WarningCode.STAGE_FAILED else str(self.code)


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of text as it was found on the page."""

    text: str
    confidence: float
    box: Box
    engine: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The top of the form."""

    facility_km: Field[str] = field(default_factory=Field)
    facility_en: Field[str] = field(default_factory=Field)
    code: Field[str] = field(default_factory=Field)


@dataclass(frozen=True, slots=True)
class Patient:
    """Whose prescription it is. ``sex`` is F or M."""

    name: Field[str] = field(default_factory=Field)
    age: Field[int] = field(default_factory=Field)
    sex: Field[str] = field(default_factory=Field)


@dataclass(frozen=True, slots=True)
class Doses:
    """The amount of each time of day: 0 for a dash or a blank cell, ``None`` if it is not printed or was not read."""

    morning: Field[float] = field(default_factory=Field)
    noon: Field[float] = field(default_factory=Field)
    evening: Field[float] = field(default_factory=Field)
    night: Field[float] = field(default_factory=Field)


@dataclass(frozen=True, slots=True)
class Medication:
    """One row of the paper. ``meal`` is after, before, with or None; ``box`` is the whole row."""

    no: Field[int] = field(default_factory=Field)
    name: Field[str] = field(default_factory=Field)
    strength: Field[str] = field(default_factory=Field)
    quantity: Field[float] = field(default_factory=Field)
    unit: Field[str] = field(default_factory=Field)
    unit_code: Field[str] = field(default_factory=Field)
    route: Field[str] = field(default_factory=Field)
    doses: Doses = field(default_factory=Doses)
    dose_unit: Field[str] = field(default_factory=Field)
    meal: Field[str] = field(default_factory=Field)
    duration_days: Field[int] = field(default_factory=Field)
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Footer:
    """The bottom of the form: ``date`` is YYYY-MM-DD, ``time`` HH:MM."""

    date: Field[str] = field(default_factory=Field)
    time: Field[str] = field(default_factory=Field)
    doctor: Field[str] = field(default_factory=Field)


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured on the photo before reading it."""

    width: int = 0
    height: int = 0
    dpi: int = 0
    sharpness: float = 0.0
    brightness: float = 0.0
    skew_degrees: float = 0.0
    rotated_degrees: int = 0


@dataclass(frozen=True, slots=True)
class ScanResult:
    """Everything a scan found; a proposal that a person confirms, never a prescription.

    ``page`` is the straightened page as JPEG, in whose pixels every box is given; ``layout`` names the kind of form
    (``ruled``, ``unruled``, ``list`` or ``none``).
    """

    header: Header = field(default_factory=Header)
    patient: Patient = field(default_factory=Patient)
    diagnosis: tuple[Field[str], ...] = ()
    medications: tuple[Medication, ...] = ()
    footer: Footer = field(default_factory=Footer)
    blocks: tuple[Block, ...] = ()
    quality: Quality = field(default_factory=Quality)
    warnings: tuple[Notice, ...] = ()
    engines: tuple[str, ...] = ()
    layout: str = "none"
    qr: tuple[str, ...] = ()
    took_ms: int = 0
    page: bytes = b""


# called as each stage begins, with the share of the work that is done (0 to 1)
Progress = Callable[[Stage, float], None]
