"""Speed and memory of the whole country, and how they grow; a section of docs/benchmarks.md.

    python -m tests.measured.country_benchmark [--rounds 3] [--share 1]

Every measured repetition is a process of its own; two of drawing, elsewhere one with one thread.
Countries are kept in .work/country_benchmark: remove it to make them anew. Runs go to
docs/country_benchmark.json, out of which this study and `nox -s bench` write the section.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from . import benchmark_process, benchmarks, country_benchmark_data
from .benchmark_page import Task
from .country_benchmark_data import TENFOLD, TENTH, WHOLE
from .country_benchmark_page import CHAIN, CORE, DRAWING, LATE, PARTS, STORED, section, with_section

WARMING: tuple[Task, ...] = ((f"{PARTS}.", 0),)
DRAWN: tuple[Task, ...] = ((DRAWING, TENTH), (DRAWING, WHOLE))
TASKS: tuple[Task, ...] = (
    *((CHAIN, TENTH), (CHAIN, WHOLE), (CORE, TENTH), (CORE, WHOLE), (CORE, TENFOLD)),
    (LATE, WHOLE),
)
ONCE: tuple[Task, ...] = ((CHAIN, TENFOLD),)


def measure(folder: Path, *, rounds: int) -> list[dict[str, Any]]:
    """Rows: part, tenths, seconds, facts. The countries of a tenth and the whole are in folder."""
    rows = _rows(folder, DRAWN, rounds=1)
    for tenths in (TENTH, WHOLE):
        country_benchmark_data.write_columns(folder, tenths=tenths)
    source, target = (folder / str(tenths) for tenths in (WHOLE, TENFOLD))
    country_benchmark_data.repeat(source, target, times=TENFOLD // WHOLE)
    country_benchmark_data.write_columns(folder, tenths=TENFOLD)
    return rows + _rows(folder, TASKS, rounds=rounds) + _rows(folder, ONCE, rounds=1)


def main() -> None:
    """Make the countries, measure, keep the runs and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0, help="of the country")
    parser.add_argument("--folder", type=Path, default=Path(".work/country_benchmark"))
    parser.add_argument("--out", type=Path, default=STORED)
    parser.add_argument("--page", type=Path, default=benchmarks.ROOT / "docs" / "benchmarks.md")
    arguments = parser.parse_args()
    machine = benchmarks.machine() | benchmark_process.versions()
    folder = arguments.folder.resolve()
    country_benchmark_data.deliver(folder, share=arguments.share)
    rows = measure(folder, rounds=arguments.rounds)
    stored = {
        "rounds": arguments.rounds,
        "share": arguments.share,
        "machine": machine,
        "runs": rows,
    }
    arguments.out.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    page = arguments.page.read_text(encoding="utf-8") if arguments.page.exists() else "# Speed\n"
    arguments.page.write_text(with_section(page, section(stored)), encoding="utf-8")


def _rows(folder: Path, tasks: tuple[Task, ...], *, rounds: int) -> list[dict[str, Any]]:
    runs = benchmarks.measure(folder, rounds=rounds, tasks=tasks, warming=WARMING)
    return [
        {"part": part, "tenths": tenths, "seconds": run["seconds"], "facts": run["facts"]}
        for (part, tenths), own in runs.items()
        for run in own
    ]


if __name__ == "__main__":
    main()
