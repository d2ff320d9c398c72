"""``manage.py ocr_scan IMAGE...``: read photos of prescriptions and print one JSON object a line."""

import json
import sys
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from apps.ocr.pipeline import formatter, schemas
from apps.ocr.pipeline.debug import shown_in
from apps.ocr.pipeline.orchestrator import scan
from apps.ocr.pipeline.types import EnginesUnavailable, ImageRefused, ScanResult, Stage
from dastern.core import clock


class Command(BaseCommand):
    """Reads, prints, and stores nothing."""

    help = "Read photos of prescriptions; one JSON object a line on stdout, progress on stderr. Nothing is stored."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The photos and the shape of the answer."""
        parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
        shape = parser.add_mutually_exclusive_group()
        shape.add_argument("--flat", dest="shape", action="store_const", const="flat", help="values by name (default)")
        shape.add_argument("--universal", dest="shape", action="store_const", const="universal", help="schema v2.0")
        shape.add_argument("--static", dest="shape", action="store_const", const="static", help="schema v1")
        parser.set_defaults(shape="flat")
        parser.add_argument(
            "--debug", type=Path, metavar="DIR", help="write a picture of every stage into DIR/<image>/"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Scan one after the other. What cannot be read gives ``data: null`` and its code; CommandError at the end."""
        images: list[Path] = options["images"]
        refused = 0
        quiet = options["verbosity"] == 0
        with tqdm(total=len(images), unit=" pages", file=sys.stderr, disable=quiet) as bar:
            for path in images:
                answer = self._scan(path, bar, options)
                refused += answer["data"] is None
                self.stdout.write(json.dumps(answer, ensure_ascii=False))
                bar.update()
        if refused:
            raise CommandError(f"{refused} of {len(images)} could not be read")

    def _scan(self, path: Path, bar: Any, options: dict[str, Any]) -> dict[str, Any]:
        def tell(stage: Stage, _share: float) -> None:
            bar.set_postfix_str(f"{path.name}: {stage}")

        try:
            folder = options["debug"]
            with shown_in(folder / path.stem) if folder else nullcontext():
                result = scan(path.read_bytes(), progress=tell)
        except OSError as error:
            return {"image": str(path), "data": None, "error": error.strerror}
        except ImageRefused as error:
            return {"image": str(path), "data": None, "error": str(error)}
        except EnginesUnavailable as error:
            return {"image": str(path), "data": None, "error": f"SERVICE_UNAVAILABLE: {error}"}
        return {
            "image": str(path),
            "data": _shaped(result, options["shape"]),
            "extraction_summary": formatter.summary(result),
        }


def _shaped(result: ScanResult, shape: str) -> dict[str, Any]:
    if shape == "universal":
        return schemas.universal(result, at=clock.now())
    return schemas.static(result) if shape == "static" else formatter.flat(result)
