"""The section on the country of docs/benchmarks.md, out of the runs that are stored beside it."""

import json
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from tests.places import ROOT

from .benchmark_page import Run, markdown, shown, slopes, times
from .country_benchmark_core import REPEATS
from .country_benchmark_data import TENFOLD, TENTH, WHOLE
from .country_benchmark_parts import M

STORED = ROOT / "docs" / "country_benchmark.json"
PARTS = "country_benchmark_parts"
DRAWING, CHAIN, LATE = (f"{PARTS}.{part}" for part in ("drawing", "chain", "late"))
CORE = "country_benchmark_core.core"
SIZES = (TENTH, WHOLE, TENFOLD)
STEPS = (
    "reading children", "averaging draws", "scores", "schools", "municipalities", "comparison",
    "causes",
)  # fmt: skip
PLAIN, PASS = ("plain numpy",), ("core pass",)
# Promises for the whole population on two cores: seconds and GiB of the chain, seconds of drawing,
# and the core pass in times of plain numpy.
CHAIN_SECONDS, CHAIN_GIB, DRAWING_SECONDS, CORE_RATIO = 30.0, 4.0, 300.0, 5.0
HEADING = "## The country"

SECTION = """{heading}

`python -m tests.measured.country_benchmark` measured this section; its runs are kept in
`docs/country_benchmark.json`. A synthetic country of {children:,} pupils and toddlers ({share}),
education drawn {m} times, both indicators, of 2019 and 2021. A figure with a range is the median of
{rounds} processes, one without is of a single one. Memory is the most that a process held, packages
included.

{machine}

{promises}

The chain, from the files to the last table of the comparison:

{laps}

- *scores*: compute, choose donors, asylum seekers; by both indicators, as all that follows.
- *comparison*: schools and municipalities standardised; crosstable, classes, bands; differences and
  density of children's scores; what schools that change most have in common; late registrations.
- *causes* (`comparison.decompose`): each school's change over coefficients, scale values, donors
  and boundary. It makes the scores of both sides anew, and a table of schools for each of the 16
  sets of causes that may have changed.

Drawing education, {m} times in two processes (*memory*: of all processes together):

{drawing}

Late averaging (`average: school`), each of {m} draws scored, matched and allocated on its own, one
indicator: {late} s.

### Growth

Size is {sizes} times the population. The tenfold one is the country written ten times over, with
other children and schools; its education is that of the country, drawn once.

{growth}

The core pass: from one draw's columns on disk (five of codes, school and home, `.npy`) to the table
of schools: every score computed, the boundary found, A, B and achterstandsscore of each school.
*plain numpy* loads the same columns and adds each of the five up per school (`np.bincount`). Both
take turns in one process; of each the median of {repeats} after a first one, the files in memory.

{core}
"""

Runs = Mapping[tuple[str, int], Sequence[Run]]


def section(stored: Mapping[str, Any]) -> str:
    """The section; stored: rounds, share, machine and runs, as country_benchmark keeps."""
    runs = by_task(stored["runs"])
    return SECTION.format(
        heading=HEADING,
        share="the whole population" if stored["share"] == 1 else f"share {stored['share']:g}",
        children=_children(runs[CHAIN, WHOLE]),
        m=M,
        rounds=stored["rounds"],
        machine=markdown(("machine", ""), list(stored["machine"].items())),
        promises=_promises(runs),
        laps=_laps(runs[CHAIN, WHOLE]),
        drawing=_drawing(runs),
        late=_shown(times(runs[LATE, WHOLE], ("late averaging",))),
        sizes=", ".join(f"{tenths / WHOLE:g}" for tenths in SIZES),
        growth=_growth(runs),
        repeats=REPEATS,
        core=_core(runs),
    )


def stored_section() -> str:
    """The section out of the runs that are stored."""
    return section(json.loads(STORED.read_text(encoding="utf-8")))


def with_section(page: str, text: str) -> str:
    """A page with another section on the country, which is its last."""
    kept = page.partition(f"\n{HEADING}\n")[0].rstrip("\n")
    return f"{kept}\n\n{text}"


def by_task(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], list[Run]]:
    """Stored rows by part and size."""
    runs: dict[tuple[str, int], list[Run]] = {}
    for row in rows:
        runs.setdefault((row["part"], row["tenths"]), []).append(dict(row))
    return runs


def targets(runs: Runs) -> list[tuple[str, float, float]]:
    """What is promised, the bound, and what was measured."""
    chain, gib = runs[CHAIN, WHOLE], 2**10
    drawing = median(times(runs[DRAWING, WHOLE], ("drawing",)))
    return [
        ("the chain, s", CHAIN_SECONDS, median(times(chain, STEPS))),
        ("memory of the chain, GiB", CHAIN_GIB, median(_facts(chain, "peak")) / gib),
        (f"education drawn {M} times, two processes, s", DRAWING_SECONDS, drawing),
        ("the core pass, times plain numpy", CORE_RATIO, median(_ratios(runs[CORE, WHOLE]))),
    ]


def _promises(runs: Runs) -> str:
    body = [
        (what, f"at most {limit:g}", f"{found:.3g}", "yes" if found <= limit else "no")
        for what, limit, found in targets(runs)
    ]
    return markdown(("promise for the whole population", "bound", "measured", "met"), body)


def _laps(runs: Sequence[Run]) -> str:
    body = [(step, _shown(times(runs, (step,)))) for step in STEPS]
    sums = {"**chain**": STEPS, "whole process, packages imported": ("whole process",)}
    body += [(name, _shown(times(runs, steps))) for name, steps in sums.items()]
    return markdown(("step", "seconds"), body)


def _drawing(runs: Runs) -> str:
    body = []
    for tenths in (TENTH, WHOLE):
        own = runs[DRAWING, tenths]
        seconds, cells = times(own, ("drawing",)), int(_facts(own, "cells")[0])
        memory = f"{median(_facts(own, 'together')):.0f}"
        body.append((f"{_children(own):,}", f"{cells:,}", _shown(seconds), memory))
    return markdown(("children", "unknown cells", "seconds", "memory, MiB"), body)


def _growth(runs: Runs) -> str:
    sizes = [_children(runs[CHAIN, tenths]) for tenths in SIZES]
    seconds = [times(runs[CHAIN, tenths], STEPS) for tenths in SIZES]
    gaps = ["", *(f"{each:.2f}" for each in slopes(sizes, [median(each) for each in seconds]))]
    body = [
        (
            f"{n:,}",
            _shown(each),
            f"{median(each) / n * 1e6:.3g}",
            slope,
            f"{median(_facts(runs[CHAIN, tenths], 'peak')):.0f}",
        )
        for tenths, n, each, slope in zip(SIZES, sizes, seconds, gaps, strict=True)
    ]
    head = ("children", "chain, s", "s per million children", "slope", "peak, MiB")
    return markdown(head, body)


def _core(runs: Runs) -> str:
    body = []
    for tenths in SIZES:
        own = runs[CORE, tenths]
        n, taken = _children(own), times(own, PASS)
        cells = [f"{n:,}", _shown(taken), f"{median(taken) / n * 1e6:.3g}"]
        cells += [_shown(times(own, PLAIN)), _shown(_ratios(own))]
        body.append([*cells, f"{median(_facts(own, 'peak')):.0f}"])
    head = ("children", "core pass, s", "s per million children", "plain numpy, s", "ratio")
    return markdown((*head, "peak, MiB"), body)


def _ratios(runs: Sequence[Run]) -> list[float]:
    pairs = zip(times(runs, PASS), times(runs, PLAIN), strict=True)
    return [own / plain for own, plain in pairs]


def _children(runs: Sequence[Run]) -> int:
    return int(runs[0]["facts"]["children"])


def _facts(runs: Sequence[Run], name: str) -> list[float]:
    return [run["facts"][name] for run in runs]


def _shown(values: Sequence[float]) -> str:
    """Median and range; of a single value itself."""
    return shown(values) if len(values) > 1 else f"{values[0]:.3g}"
