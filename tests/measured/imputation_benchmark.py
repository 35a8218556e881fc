"""The section on imputation alone, for a trial: `nox -s bench` writes it into docs/benchmarks.md.

    python -m tests.measured.imputation_benchmark --children 2000 --rounds 1

It prints the targets and the section.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from . import benchmarks, imputation_benchmark_page
from .benchmark_page import markdown, ratio_row
from .imputation_benchmark_data import write_incomplete


def main() -> None:
    """Make the data, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--children", type=int, default=benchmarks.CHILDREN)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    tasks, warming = imputation_benchmark_page.TASKS, imputation_benchmark_page.WARMING
    with TemporaryDirectory() as name:
        write_incomplete(Path(name), n=arguments.children)
        runs = benchmarks.measure(Path(name), rounds=arguments.rounds, tasks=tasks, warming=warming)
    rows = [ratio_row(*target) for target in imputation_benchmark_page.targets(runs)]
    print(markdown(("target", "bound", "measured", "met"), rows), end="\n\n")
    print(imputation_benchmark_page.section(runs, n=arguments.children), end="")


if __name__ == "__main__":
    main()
