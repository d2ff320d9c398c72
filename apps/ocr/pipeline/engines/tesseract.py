"""Tesseract 5 with Khmer and English: the second opinion, and the fallback where the Khmer model cannot be loaded."""

import shutil
from collections.abc import Sequence

import cv2
import numpy as np

from apps.ocr.pipeline.engines.base import EngineUnavailable, Image, Reading

LANGUAGES = "khm+eng"
HEIGHT = 72
LIMIT = 5  # seconds for one line


class TesseractRecogniser:
    """Reads lines in Khmer and English, one process a line."""

    name = "tesseract"

    def __init__(self, languages: str = LANGUAGES) -> None:
        """Look for the program and its languages; raises EngineUnavailable."""
        self._languages = languages
        if shutil.which("tesseract") is None:
            raise EngineUnavailable("tesseract: the program is not installed")
        try:
            import pytesseract

            missing = set(languages.split("+")) - set(pytesseract.get_languages())
        except Exception as error:
            raise EngineUnavailable(f"tesseract: {error}") from error
        if missing:
            raise EngineUnavailable(f"tesseract: no language {', '.join(sorted(missing))}")

    def read(self, lines: Sequence[Image]) -> list[Reading]:
        """One reading for each line."""
        return [self._line(line) for line in lines]

    def _line(self, line: Image) -> Reading:
        import pytesseract

        grey = line if line.ndim == 2 else np.asarray(cv2.cvtColor(line, cv2.COLOR_BGR2GRAY), np.uint8)
        scale = HEIGHT / max(1, grey.shape[0])
        grey = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
        grey = np.asarray(cv2.copyMakeBorder(grey, 12, 12, 16, 16, cv2.BORDER_REPLICATE), np.uint8)
        try:
            found = pytesseract.image_to_data(
                grey,
                lang=self._languages,
                config="--oem 1 --psm 7",
                timeout=LIMIT,
                output_type=pytesseract.Output.DICT,
            )
        except RuntimeError:  # the limit of a line: it stays unread
            return Reading(engine=self.name)
        except Exception as error:
            raise EngineUnavailable(f"tesseract: {error}") from error
        words = [
            (text, float(score)) for text, score in zip(found["text"], found["conf"], strict=True) if float(score) >= 0
        ]
        if not words:
            return Reading(engine=self.name)
        score = sum(score for _, score in words) / len(words) / 100
        return Reading(" ".join(text for text, _ in words).strip(), score, self.name)
