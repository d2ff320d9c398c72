"""PaddleOCR 3.7 (PP-OCRv6 small) on onnxruntime: finds every line of the page, Khmer too, and reads Latin and numbers.

It cannot read Khmer: its dictionary holds no Khmer character, and PaddleOCR publishes no Khmer model.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.ocr.pipeline.engines.base import EngineUnavailable, Image, Reading

MODEL = "PP-OCRv6_small"
SIDE = 1280
BATCH = 8


def models_folder() -> Path:
    """Where ``make env`` put the models; OCR_MODELS_DIR names another place."""
    named = os.environ.get("OCR_MODELS_DIR")
    return Path(named) if named else Path(sys.prefix) / "share" / "dastern" / "ocr"


def _model(kind: str, threads: int) -> Any:
    folder = models_folder() / kind
    if not (folder / "inference.onnx").is_file():
        raise EngineUnavailable(f"paddle: no model in {folder}")
    # PaddleX asks model hubs and writes into the home folder unless told otherwise
    os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
    os.environ.setdefault("PADDLE_PDX_CACHE_HOME", str(Path(tempfile.gettempdir()) / f"dastern-paddlex-{os.getuid()}"))
    try:
        import paddleocr

        maker = paddleocr.TextDetection if kind == "det" else paddleocr.TextRecognition
        return maker(
            model_name=f"{MODEL}_{kind}",
            model_dir=str(folder),
            engine="onnxruntime",
            device="cpu",
            # the arena never gives memory back, and every page has its own size
            engine_config={"intra_op_num_threads": threads, "enable_cpu_mem_arena": False},
        )
    except Exception as error:
        raise EngineUnavailable(f"paddle: {error}") from error


class PaddleDetector:
    """Finds the lines of a page."""

    name = "paddle"

    def __init__(self, threads: int = 2) -> None:
        """Load the model; raises EngineUnavailable."""
        self._model = _model("det", threads)

    def find(self, page: Image) -> list[NDArray[np.float32]]:
        """The four corners of each line, in pixels."""
        try:
            found = self._model.predict(page, limit_side_len=SIDE, limit_type="max")[0]
        except Exception as error:
            raise EngineUnavailable(f"paddle: {error}") from error
        return [np.asarray(corners, np.float32) for corners in found["dt_polys"]]


class PaddleRecogniser:
    """Reads Latin text and numbers."""

    name = "paddle"

    def __init__(self, threads: int = 2) -> None:
        """Load the model; raises EngineUnavailable."""
        self._model = _model("rec", threads)

    def read(self, lines: Sequence[Image]) -> list[Reading]:
        """One reading for each line."""
        if not lines:
            return []
        # lines of like width share a batch, so that little of it is padding
        order = sorted(range(len(lines)), key=lambda i: lines[i].shape[1] / max(1, lines[i].shape[0]))
        try:
            found = self._model.predict([_colour(lines[i]) for i in order], batch_size=BATCH)
        except Exception as error:
            raise EngineUnavailable(f"paddle: {error}") from error
        readings = [Reading(engine=self.name)] * len(lines)
        for i, line in zip(order, found, strict=True):
            readings[i] = Reading(str(line["rec_text"]).strip(), float(line["rec_score"]), self.name)
        return readings


def _colour(line: Image) -> Image:
    return np.ascontiguousarray(np.repeat(line[:, :, None], 3, axis=2) if line.ndim == 2 else line)
