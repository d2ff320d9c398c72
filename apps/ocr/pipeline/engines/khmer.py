"""The Khmer recogniser: an encoder with a CTC head in 8-bit ONNX, committed beside this file (see NOTICE)."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.ocr.pipeline.engines.base import EngineUnavailable, Image, Reading

HEIGHT, WIDTH, MARGIN = 48, 640, 96
STRIDE = 4  # columns of the picture to one step of the output
CANVAS = 128
BATCH = 8
FOLDER = Path(__file__).parent / "khmer_model"


class KhmerRecogniser:
    """Reads printed Khmer lines (and the numbers in them)."""

    name = "khmer"

    def __init__(self, folder: Path = FOLDER, threads: int = 2) -> None:
        """Load the model; raises EngineUnavailable."""
        try:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            options.enable_cpu_mem_arena = False
            options.log_severity_level = 3
            self._session = onnxruntime.InferenceSession(
                str(folder / "khmer.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self.characters: list[str] = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        except Exception as error:
            raise EngineUnavailable(f"khmer: {error}") from error

    def read(self, lines: Sequence[Image]) -> list[Reading]:
        """One reading for each line; a line too long for the model is read in two parts."""
        return self._read(lines, MARGIN)

    def read_carefully(self, lines: Sequence[Image]) -> list[Reading]:
        """The same on the full canvas that the model was trained on: better on poor print, three times slower."""
        return self._read(lines, WIDTH)

    def _read(self, lines: Sequence[Image], margin: int) -> list[Reading]:
        pieces: list[tuple[int, NDArray[np.uint8]]] = []
        for index, line in enumerate(lines):
            pieces.extend((index, part) for part in _parts(_grey(line)))
        texts: list[list[Reading]] = [[] for _ in lines]
        order = sorted(range(len(pieces)), key=lambda i: pieces[i][1].shape[1])
        found: dict[int, Reading] = {}
        for start in range(0, len(order), BATCH):
            chunk = order[start : start + BATCH]
            width = min(max(pieces[i][1].shape[1] for i in chunk) + margin, WIDTH)
            batch = np.full((len(chunk), 1, HEIGHT, width), CANVAS, np.float32)
            for row, i in enumerate(chunk):
                part = pieces[i][1]
                batch[row, 0, :, : part.shape[1]] = part
            try:
                output = self._session.run(None, {"line": (batch / 255 - 0.5) / 0.5})[0]
            except Exception as error:
                raise EngineUnavailable(f"khmer: {error}") from error
            for row, i in enumerate(chunk):
                found[i] = self._decode(output[row], pieces[i][1].shape[1])
        sizes: list[list[int]] = [[] for _ in lines]
        for i, (index, part) in enumerate(pieces):
            texts[index].append(found[i])
            sizes[index].append(part.shape[1])
        return [_join(parts, widths) for parts, widths in zip(texts, sizes, strict=True)]

    def _decode(self, probabilities: NDArray[np.float32], width: int) -> Reading:
        best = probabilities.argmax(axis=1)
        certain = probabilities.max(axis=1)
        text: list[str] = []
        scores: list[float] = []
        places: list[float] = []
        last = -1
        # the edge between paper and canvas looks like a letter: what lies past the line is not read
        for step in range(min(len(best), round(width / STRIDE))):
            label, score = int(best[step]), float(certain[step])
            if label != last and label > 1:
                text.append(self.characters[label])
                scores.append(score)
                places.append(step * STRIDE / width)
            elif label == last and label > 1:
                scores[-1] = max(scores[-1], score)
            last = label
        while text and text[-1].isspace():
            text.pop(), scores.pop(), places.pop()
        return Reading("".join(text), float(np.mean(scores)) if scores else 0.0, self.name, tuple(places))


def _grey(line: Image) -> Image:
    return line if line.ndim == 2 else np.asarray(cv2.cvtColor(line, cv2.COLOR_BGR2GRAY), np.uint8)


def _parts(line: Image) -> list[NDArray[np.uint8]]:
    """The line at the height of the model, cut at its whitest place while it is too wide."""
    height, width = line.shape
    if height < 2 or width < 2:
        return [np.full((HEIGHT, 2), CANVAS, np.uint8)]
    scaled = max(2, round(width * HEIGHT / height))
    how = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_CUBIC
    whole = np.asarray(cv2.resize(line, (scaled, HEIGHT), interpolation=how), np.uint8)
    parts = [whole]
    while parts[-1].shape[1] > WIDTH:
        long = parts.pop()
        low, high = long.shape[1] // 3, min(long.shape[1] * 2 // 3, WIDTH)
        brightness = cv2.blur(long, (9, HEIGHT))[HEIGHT // 2, low:high]
        cut = low + int(np.argmax(brightness))
        parts += [long[:, :cut], long[:, cut:]]
    return parts


def _join(parts: list[Reading], widths: list[int]) -> Reading:
    if len(parts) == 1:
        return parts[0]
    total, offset = sum(widths), 0
    text: list[str] = []
    places: list[float] = []
    for part, width in zip(parts, widths, strict=True):
        if part.text and text:
            text.append(" ")
            places.append(offset / total)
        text += part.text
        places += [(offset + place * width) / total for place in part.places]
        offset += width
    return Reading("".join(text), min(part.score for part in parts), parts[0].engine, tuple(places))
