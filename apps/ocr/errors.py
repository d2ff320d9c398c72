"""Refusals of this app, with the codes of domain.md §2.14."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.ocr.choices import ScanError
from dastern.core.errors import Conflict, DomainError, Text


class EmptyFile(DomainError):
    """400: no picture, or one without a byte."""

    status = 400
    code = "EMPTY_FILE"
    message = ScanError.EMPTY_FILE.label


class FileTooLarge(DomainError):
    """413."""

    status = 413
    code = "FILE_TOO_LARGE"
    message = ScanError.FILE_TOO_LARGE.label


class UnsupportedFormat(DomainError):
    """415: a file of another kind."""

    status = 415
    code = "UNSUPPORTED_FORMAT"
    message = ScanError.UNSUPPORTED_FORMAT.label


class InvalidPhoto(DomainError):
    """422: it says that it is a picture and is none, or a damaged or enormous one."""

    status = 422
    code = "INVALID_IMAGE"
    message = ScanError.INVALID_IMAGE.label


class ExtractionFailed(DomainError):
    """500: reading failed twice. The medicines can be typed."""

    status = 500
    code = "EXTRACTION_FAILED"
    message = ScanError.EXTRACTION_FAILED.label


class ReadingUnavailable(DomainError):
    """503: nothing here can read now. The medicines can be typed."""

    status = 503
    code = "SERVICE_UNAVAILABLE"
    message = ScanError.SERVICE_UNAVAILABLE.label


class NotRead(Conflict):
    """409: the scan is not finished, or failed."""

    code = "SCAN_NOT_READ"
    message = _("This scan has not been read.")


class Answered(Conflict):
    """409: a prescription was made of this scan already; carries ``prescriptionId``."""

    code = "SCAN_ANSWERED"
    message = _("A prescription was already made from this scan.")


_BY_CODE: Final[dict[str, type[DomainError]]] = {
    kind.code: kind
    for kind in (EmptyFile, FileTooLarge, UnsupportedFormat, InvalidPhoto, ExtractionFailed, ReadingUnavailable)
}
_TYPE_INSTEAD: Final = frozenset({ExtractionFailed.code, ReadingUnavailable.code})


def failure(code: str) -> DomainError:
    """The refusal that says what a failed scan met; it offers manual entry where another photo does not help."""
    return _BY_CODE[code](extra={"manualEntry": True} if code in _TYPE_INSTEAD else None)


def failure_text(code: str) -> Text:
    """The sentence of ``code``."""
    return ScanError(code).label
