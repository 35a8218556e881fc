"""Twelve models x 20 imputations x 50 draws of schools, on one and on two workers of a cluster.

`python3 nox.py -s grid` starts a scheduler and workers by command on this machine, runs the grid of
19,247 children on one worker and on two, checks that both give the same table, and writes the
seconds into docs/grid.md.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pandas as pd

from oablib import intake, synthetic
from oablib.protocol import codebook, models
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.two_step import model_grid
from oablib.workers import processes
from tests import cluster_tasks
from tests.measured import replications
from tests.places import ROOT

PAGE = ROOT / "docs" / "grid.md"
N, SEED, IMPUTATIONS, SAMPLES, REPEATS = 19_247, 13, 20, 50, 3
OPTIONAL = ("residence_0_5_years", "residence_5_10_years", "debt_restructuring", "origin")


def variants(base: Model) -> dict[str, Model]:
    """The base model with one or two predictors less, and with paths to intelligence more."""
    found = {"base": base}
    for left_out in [*combinations(OPTIONAL, 1), *combinations(OPTIONAL[:3], 2)]:
        kept = tuple(name for name in base.direct if name not in left_out)
        found["without " + ", ".join(left_out)] = replace(base, direct=kept)
    for added in OPTIONAL:
        found[f"{added} to intelligence"] = replace(base, indirect=(*base.indirect, added))
    return found


def completed(model: Model, table: Table) -> list[pd.DataFrame]:
    """The cohort of herijking-2021, imputed twenty times."""
    frame = intake.in_memory(synthetic.draw(n=N, seed=SEED).children, table=table)
    return replications.completed(
        frame, model=model, table=table, m=IMPUTATIONS, iterations=5, seed=SEED
    )


@contextmanager
def cluster(workers: int) -> Iterator[None]:
    """So many workers of one thread, warmed up by a task of their own."""
    with (
        tempfile.TemporaryDirectory() as name,
        cluster_tasks.started(Path(name), workers=workers) as here,
        processes.at(here.address),
    ):
        list(processes.each(cluster_tasks.square, range(4 * workers), workers=workers))
        yield


def timed(frames: list[pd.DataFrame], **options: object) -> tuple[float, pd.DataFrame]:
    start = time.perf_counter()
    found = model_grid.grid(frames, **options)
    return time.perf_counter() - start, found


def measure(frames: list[pd.DataFrame], **options: object) -> dict[int, list[float]]:
    """Seconds on one and on two workers, several times; the tables must be equal."""
    seconds: dict[int, list[float]] = {}
    tables = []
    for workers in (1, 2):
        with cluster(workers):
            runs = [timed(frames, **options) for _ in range(REPEATS)]
        seconds[workers] = [spent for spent, _ in runs]
        tables += [table for _, table in runs]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0], check_exact=True)
    return seconds


def page(seconds: dict[int, list[float]], *, count: int) -> str:
    one, two = (statistics.median(each) for each in seconds.values())
    rows = "\n".join(
        f"| {workers} | {statistics.median(each):.1f} | {', '.join(f'{s:.1f}' for s in each)} |"
        for workers, each in seconds.items()
    )
    return f"""# A grid of models on a cluster

Made by `python3 nox.py -s grid`: {count} model variants x {IMPUTATIONS} imputations x {SAMPLES}
draws of schools, {N:,} children, {count * IMPUTATIONS * SAMPLES:,} analyses of both steps and
{count * IMPUTATIONS} fits with all errors. A Dask scheduler and workers with one thread each on one
machine ({os.cpu_count()} processors, Python {platform.python_version()}), {REPEATS} runs each; data
and models travel to the workers within the time measured. Every run gave the same table.

| workers | seconds (median) | all runs |
|---|---|---|
{rows}

Two workers are **{one / two:.2f} times** as fast as one.
"""


def main() -> None:
    """Measure and write the page."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    base, table = models.load("base"), codebook.load().table("cohort")
    chosen = variants(base)
    frames = completed(base, table)
    seconds = measure(frames, models=chosen, table=table, samples=SAMPLES, seed=SEED)
    PAGE.write_text(page(seconds, count=len(chosen)), encoding="utf-8", newline="\n")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
