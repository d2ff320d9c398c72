"""The committed Khmer model is the one of the NOTICE, and reads the Khmer of a sample as well as is said there."""

import hashlib
import re
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from apps.ocr.pipeline.engines import load_engines
from apps.ocr.pipeline.engines.khmer import FOLDER
from apps.ocr.pipeline.intake import open_image
from apps.ocr.pipeline.layout.lines import cut
from apps.ocr.pipeline.preprocess import flatten

ROOT = Path(__file__).resolve().parents[2]
NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
PRINTED = (
    "មន្ទីរពេទ្យបង្អែកស្រុកថ្មគោល",
    "ឈ្មោះអ្នកជំងឺ: ស៊ិន វុទ្ធី",
    "អាយុ: 29 ឆ្នាំ ភេទ: ប្រុស",
    "ប្រភេទបង់ប្រាក់ : មូលនិធិសមធម៌ / 20280059-8598",
    "ផ្នែក : ពិគ្រោះជំងឺក្រៅ - បន្ទប់លេខ 13",
    "ខេត្តបាត់ដំបង,ថ្ងៃទី 07/07/2025 16:27",
    "សូមយកវេជ្ជបញ្ជាមកវិញ ពេលពិនិត្យលើកក្រោយ",
    "វេជ្ជបណ្ឌិត យឹម ចាន់ណា",
)


def bare(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text.replace("ៈ", ":"))


def test_the_model_is_the_one_of_the_notice() -> None:
    for name in ("khmer.onnx", "vocab.json"):
        digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
        assert f"{name} sha256 {digest}" in NOTICE


def test_it_reads_a_sample_as_well_as_the_notice_says() -> None:
    claimed = re.search(r"character error rate at most ([\d.]+) %", NOTICE)
    assert claimed is not None
    engines = load_engines()
    assert engines.detector is not None
    page = flatten(open_image((ROOT / "tests/golden/ocr/01_heqip8_easy.jpg").read_bytes()))
    lines = [cut(page.grey, corners) for corners in engines.detector.find(page.colour)]
    read = [bare(reading.text) for reading in engines.read_carefully([line.crop for line in lines])]
    wrong = sum(min(Levenshtein.distance(bare(text), other) for other in read) for text in PRINTED)
    assert wrong / sum(len(bare(text)) for text in PRINTED) <= float(claimed[1]) / 100
