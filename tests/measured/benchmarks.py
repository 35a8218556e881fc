"""Speed of oablib: pooled analyses beside semTools, imputation beside mice, growth.

    python3 nox.py -s bench [-- --rounds 5]

Every measured repetition is a process of its own with one thread; all kinds take turns. The page
goes to docs/benchmarks.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.places import ROOT

from . import (
    benchmark_data,
    benchmark_page,
    country_benchmark_page,
    imputation_benchmark_data,
    imputation_benchmark_page,
)
from .benchmark_page import CORRECTED, GRID, IMPUTED, INVENTED, PUBLISHED, SEMTOOLS, Run, Runs, Task
from .imputation_benchmark_page import MICE_ITERATIONS, THEIRS

R_SCRIPT = Path(__file__).parent / "r" / "pooled_analysis.R"
MICE_SCRIPT = R_SCRIPT.with_name("imputation_benchmark.R")
TASKS = (IMPUTED, SEMTOOLS, PUBLISHED, CORRECTED, GRID, *imputation_benchmark_page.TASKS, *INVENTED)
# Before the first round: byte code is compiled, packages are read from the disk.
WARMING = (SEMTOOLS, ("", 0), *imputation_benchmark_page.WARMING)
CHILDREN = 19_247  # of the published cohort
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def write_data(folder: Path) -> None:
    """All files that the parts read."""
    tall = [(n, benchmark_page.NINE) for n in (*benchmark_page.ROWS, CHILDREN)]
    wide = [(CHILDREN, p) for p in benchmark_page.VARIABLES]
    benchmark_data.write_imputed(folder, n=CHILDREN, m=GRID[1], csv=IMPUTED[1])
    benchmark_data.write_invented(folder, sizes=[*tall, *wide])
    imputation_benchmark_data.write_incomplete(folder, n=CHILDREN)


def measure(
    folder: Path, *, rounds: int, tasks: Sequence[Task] = TASKS, warming: Sequence[Task] = WARMING
) -> Runs:
    """Runs of every part and size, one of each in every round: all meet the same hours."""
    for task in warming:
        _run(task, folder=folder)
    runs: Runs = {}
    for number in range(1, rounds + 1):
        for task in tasks:
            runs.setdefault(task, []).append(_run(task, folder=folder))
        print(f"round {number} of {rounds}", flush=True)
    return runs


def _run(task: Task, *, folder: Path) -> Run:
    """What a process of its own prints in its last line, and its wall time."""
    command = [*_program(task[0]), str(folder), str(task[1])]
    environment = {**os.environ, **dict.fromkeys(ONE_THREAD, "1")}
    # Byte code is kept, as that of R's packages is, but not beside the packages.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    whole = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    result = json.loads(done.stdout.splitlines()[-1])
    result["seconds"]["whole process"] = whole
    return result


def _program(part: str) -> Sequence[str]:
    if part == SEMTOOLS[0]:
        return ("Rscript", "--vanilla", str(R_SCRIPT))
    program, _, method = part.partition(".")
    if program == THEIRS:
        return ("Rscript", "--vanilla", str(MICE_SCRIPT), method, str(MICE_ITERATIONS[method]))
    return (sys.executable, "-m", f"{__package__}.benchmark_process", part)


def machine() -> dict[str, str]:
    """Processor, and how many processes were busy before the first run (Linux)."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    cpu = next(named, platform.machine())
    return {
        "processor": f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB",
        "busy processes before the first run": f"{os.getloadavg()[0]:.1f}",
    }


def main() -> None:
    """Make the data, measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    found = machine()
    with TemporaryDirectory() as name:
        write_data(Path(name))
        runs = measure(Path(name), rounds=arguments.rounds)
    text = benchmark_page.page(
        runs,
        rounds=arguments.rounds,
        n=CHILDREN,
        machine=found,
        further=imputation_benchmark_page.section(runs, n=CHILDREN),
        targets=imputation_benchmark_page.targets(runs),
    )
    # The country is measured apart, by country_benchmark; its section follows from stored runs.
    text = country_benchmark_page.with_section(text, country_benchmark_page.stored_section())
    arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
