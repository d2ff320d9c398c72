"""``python -m bench.ocr make|run|score|plot``: make pages, let recognition read them, judge what it read.

make   write the pages of a split into a folder
score  judge a file of answers (one JSON object a line, as ``manage.py ocr_scan --flat`` prints) against a folder
run    all of it: make what is missing, read, judge, and with --keep write the figures into bench/results.md
plot   write docs/recognition-calibration.svg from the answers of the last run
"""

import argparse
import json
import resource
import sys
from pathlib import Path
from typing import Any

from bench.ocr import pages, plot, report, words
from bench.ocr.score import Page, judge, name_key

ROOT = Path(__file__).resolve().parents[2]


def lexicon() -> frozenset[str]:
    """Every name of the catalogue and of the look-alike pairs, for telling a substitution from a misreading."""
    names = {drug.name for split in ("dev", "held") for drug in words.drugs(split)}
    names |= {name for pair in words.LOOK_ALIKES for name in (pair[0], pair[2])}
    return frozenset(name_key(name) for name in names)


def read_answers(path: Path) -> dict[str, dict[str, Any]]:
    """The answers of a file by the name of their image."""
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]
    return {Path(line["image"]).name: line for line in lines}


def judged(folder: Path, answers: dict[str, dict[str, Any]]) -> tuple[report.Groups, list[tuple[str, Page]]]:
    """Every page of ``folder`` judged."""
    groups, seen, names = report.Groups(), [], lexicon()
    for path in sorted(folder.glob("*.json")):
        truth = json.loads(path.read_text())
        if "medications" not in truth or (image := path.with_suffix(".jpg").name) not in answers:
            continue
        answer = answers[image]
        page = judge(truth, answer.get("data"), names)
        took = (answer.get("extraction_summary") or {}).get("processing_time_ms")
        page.tally.times += [took] if took else []
        groups.add(truth, page.tally)
        seen.append((image, page))
    return groups, seen


def read(folder: Path, out: Path) -> int:
    """Let recognition read every photo of ``folder``, as the worker does, with a confidence on every leaf.

    Gives the peak memory of this process in MB.
    """
    from apps.ocr.pipeline import formatter
    from apps.ocr.pipeline.orchestrator import scan

    paths = sorted(folder.glob("*.jpg"))
    with out.open("w") as file:
        for number, path in enumerate(paths, 1):
            result = scan(path.read_bytes())
            answer = {
                "image": path.name,
                "data": formatter.flat(result),
                "extraction_summary": formatter.summary(result),
            }
            file.write(json.dumps(answer, ensure_ascii=False) + "\n")
            file.flush()
            sys.stderr.write(f"\r{number} of {len(paths)}")
    sys.stderr.write("\n")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def worst(seen: list[tuple[str, Page]], count: int) -> str:
    """The pages with most faults, in words."""
    ranked = sorted(seen, key=lambda one: -len(one[1].faults))
    return "\n".join(
        f"{name}\n" + "".join(f"    {fault}\n" for fault in page.faults) for name, page in ranked[:count] if page.faults
    )


def main() -> int:
    """Do what the first word asks."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.ocr", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["make", "score", "run", "plot"])
    parser.add_argument("--split", choices=sorted(pages.SIZES), default="dev")
    parser.add_argument("--count", type=int, default=0, help="the first so many pages instead of all")
    parser.add_argument("--folder", type=Path, help="where the pages are (default var/ocr/<split>)")
    parser.add_argument("--answers", type=Path, help="the file of answers (default <folder>/answers.jsonl)")
    parser.add_argument("--extra-fonts", action="store_true", help="also Khmer fonts of this machine")
    parser.add_argument("--worst", type=int, default=0, help="show the worst pages")
    parser.add_argument("--keep", action="store_true", help="write the figures into bench/results.md")
    options = parser.parse_args()
    folder = options.folder or ROOT / "var" / "ocr" / options.split
    answers = options.answers or folder / "answers.jsonl"
    if options.what == "make" or (options.what == "run" and not list(folder.glob("*.jpg"))):
        sys.stdout.write(
            f"{pages.write(options.split, folder, options.count, extra_fonts=options.extra_fonts)} pages in {folder}\n"
        )
    if options.what == "make":
        return 0
    peak = 0
    if options.what == "run":
        peak = read(folder, answers)
        sys.stdout.write(f"peak memory of the reading process: {peak} MB\n")
    groups, seen = judged(folder, read_answers(answers))
    if options.what == "plot":
        plot.TARGET.write_text(plot.svg(groups.whole.claims, f"Recognition, {len(seen)} pages ({options.split})"))
        sys.stdout.write(f"{plot.TARGET.relative_to(ROOT)} written\n")
        return 0
    text = report.table(groups)
    sys.stdout.write(f"{len(seen)} pages\n{text}\n{worst(seen, options.worst)}\n")
    if options.keep:
        report.keep(text + (f"\n\nPeak memory of the reading process: {peak} MB." if peak else ""), f"`python -m bench.ocr run --split {options.split}`: {len(seen)} synthetic pages that nothing was tuned on."
                    if options.split == "held" else f"`python -m bench.ocr run`: {len(seen)} development pages.")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
