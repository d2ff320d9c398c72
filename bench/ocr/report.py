"""The tables of bench/results.md from judged pages, each figure beside its target."""

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.ocr.score import Tally

RESULTS = Path(__file__).resolve().parents[1] / "results.md"
START, END = "<!-- recognition -->", "<!-- /recognition -->"

Getter = Callable[[Tally], float | None]


def _share(what: str) -> Getter:
    return lambda tally: tally.share(what)


# name, how to get it, target, whether more is better
FIGURES: list[tuple[str, Getter, float | None, bool]] = [
    ("F1", Tally.f1, 0.95, True), ("row_correct", _share("row_correct"), 0.92, True), ("dose_all4", _share("dose_all4"), 0.95, True),
    ("name_exact", _share("name_exact"), 0.95, True), ("strength", _share("strength"), 0.97, True), ("quantity", _share("quantity"), 0.97, True),
    ("extra rows", Tally.extra, 0.01, False), ("date", _share("date"), 0.97, True), ("code", _share("code"), 0.95, True),
    ("patient name", _share("patient"), 0.90, True), ("diagnosis", _share("diagnosis"), 0.93, True), ("doctor", _share("doctor"), 0.85, True),
    ("age", _share("age"), None, True), ("sex", _share("sex"), None, True), ("facility", _share("facility"), None, True),
    ("silent_error_rate", Tally.silent, 0.02, False),
]  # fmt: skip
RULED = ("heqip8", "heqip7", "clinic8", "shuffled")


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


class Groups:
    """Tallies by layout and level, by degradation, and of the whole."""

    def __init__(self) -> None:
        self.whole = Tally()
        self.layouts: dict[tuple[str, str], Tally] = defaultdict(Tally)
        self.degradations: dict[str, Tally] = defaultdict(Tally)
        self.look_alike, self.printed = Tally(), Tally()

    def add(self, truth: dict[str, object], tally: Tally) -> None:
        """File one page under everything it is."""
        self.whole.merge(tally)
        layout, level = str(truth["layout"]), str(truth["level"])
        self.layouts[layout, level].merge(tally)
        self.layouts[layout, "all"].merge(tally)
        happened = truth.get("degradations")
        for name in happened if isinstance(happened, list) and happened else ["none"]:
            self.degradations[str(name)].merge(tally)
        if truth.get("look_alike"):
            self.look_alike.merge(tally)
        if not truth.get("handwritten"):
            self.printed.merge(tally)

    def ruled(self, *levels: str) -> Tally:
        """All ruled, printed layouts at these levels."""
        total = Tally()
        for (layout, level), tally in self.layouts.items():
            if layout in RULED and level in levels:
                total.merge(tally)
        return total


def table(groups: Groups) -> str:
    """Markdown: the figures with their targets, then by layout and level, then by degradation."""
    lines = [_line(["figure", "reached", "target", ""]), "|---|---|---|---|"]
    rows = [(name, get(groups.printed), target, more) for name, get, target, more in FIGURES]
    rows[2:2] = [
        ("row_correct, ruled, easy and medium", groups.ruled("easy", "medium").share("row_correct"), 0.95, True),
        ("row_correct, ruled, hard", groups.ruled("hard").share("row_correct"), 0.85, True),
    ]
    for name, value, target, more in rows:
        met = (
            ""
            if target is None or value is None
            else "✓"
            if (value >= target if more else value <= target)
            else "**missed**"
        )
        aim = "–" if target is None else f"{'≥' if more else '≤'} {target:g}"
        lines.append(_line([name, _cell(value), aim, met]))
    wrong = groups.look_alike.counts["substituted_look_alike"]
    lines.append(
        _line(
            [
                "wrong-drug substitutions, look-alike pages",
                f"{wrong} in {groups.look_alike.counts['rows']} rows",
                "0",
                "✓" if not wrong else "**missed**",
            ]
        )
    )
    lines.append(
        _line(
            [
                "wrong-drug substitutions, all pages",
                f"{groups.whole.counts['substituted']} in {groups.whole.counts['rows']} rows",
                "–",
                "",
            ]
        )
    )
    guessed, asked = groups.whole.counts["handwritten_guess"], groups.whole.counts["handwritten_guess/n"]
    lines.append(
        _line(["handwritten doses guessed", f"{guessed} in {asked} rows", "0", "✓" if not guessed else "**missed**"])
    )
    lines.append(_line(["patient name, ≥ 90 % alike", _cell(groups.printed.share("patient_near")), "–", ""]))
    if groups.whole.times:
        lines.append(_line(["a page, median", f"{median(groups.whole.times) / 1000:.2f} s", "≤ 4 s on idle cores", ""]))
    short = [figure for figure in FIGURES if figure[0] not in ("age", "sex", "facility")]
    head = ["pages", *(name for name, *_ in short)]
    for title, named in (
        ("layout", {f"{layout}, {level}": tally for (layout, level), tally in sorted(groups.layouts.items())}),
        ("degradation", dict(sorted(groups.degradations.items()))),
    ):
        lines += ["", _line([title, *head]), "|" + "---|" * (len(head) + 1)]
        lines += [
            _line([name, str(tally.pages), *(_cell(get(tally)) for _, get, _, _ in short)])
            for name, tally in named.items()
        ]
    return "\n".join(lines)


def keep(text: str, title: str) -> None:
    """Put ``text`` into the recognition section of bench/results.md; the other figures stay."""
    whole = RESULTS.read_text()
    section = f"{START}\n\n## Recognition\n\n{title}\n\n{text}\n\n{END}\n"
    if START in whole:
        whole = re.sub(re.escape(START) + r".*?" + re.escape(END) + r"\n?", lambda _: section, whole, flags=re.DOTALL)
    else:
        whole = f"{whole.rstrip()}\n\n{section}"
    RESULTS.write_text(whole)
