"""Run the study in parallel, keep what is done, and put all rows into one table.

Each finished replication of a method is a file of its own, written in one step: a study that was
interrupted goes on where it was, and gives the rows that it would have given uninterrupted.
"""

import lzma
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import as_completed
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pandas as pd
from tqdm import tqdm

from oablib import processes
from oablib.errors import IncompleteRunError
from oablib.validation import mice, replication
from oablib.validation.settings import Settings, Task

# Five digits: a hundredth of the smallest Monte Carlo error that is shown.
DIGITS = "%.5g"
Places: TypeAlias = Mapping[tuple[str, int, str], Path]
ROWS, SECONDS = "rows.csv.xz", "seconds.csv"
TYPES = dict.fromkeys(("world", "method", "kind", "name", "detail"), "str")


def run(settings: Settings, *, folder: Path, workers: int = 0, progress: bool = True) -> None:
    """Compute what is not yet in `folder`; workers: processes, 0 for one a processor.

    mice's replications are left out where R or mice is absent. An interruption loses the
    replications that are under way, no others.
    """
    places = _places(settings, folder)
    todo = list(_missing(settings, places))
    work = partial(_keep, settings=settings, places=places)
    total = sum(len(task.methods) for task in todo)
    with tqdm(total=total, disable=not progress, unit="replication", smoothing=0.01) as bar:
        for done in _each(work, todo, workers=workers or os.cpu_count() or 1):
            bar.update(done)


def collect(settings: Settings, *, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of what is done, and seconds: world, n, method, replications, median, failed.

    Rows stand in the order of batches, methods and replications, whatever the order in which
    they were computed. Raises IncompleteRunError when nothing is done.
    """
    places = _places(settings, folder)
    paths = [
        _path(places[batch.world, batch.n, name], number)
        for batch in settings.batches
        for name in batch.methods
        for number in range(batch.replications)
    ]
    done = [path for path in paths if path.exists()]
    if not done:
        raise IncompleteRunError(f"No replication is in {folder}; start with `oab validate`.")
    rows = pd.concat([pd.read_csv(path, dtype=TYPES) for path in done], ignore_index=True)
    return rows[rows["kind"] != "seconds"].reset_index(drop=True), _seconds(rows)


def write(settings: Settings, *, folder: Path, out: Path) -> list[Path]:
    """Write rows.csv.xz (the same bytes for the same rows) and seconds.csv into `out`."""
    rows, seconds = collect(settings, folder=folder)
    text = rows.to_csv(index=False, float_format=DIGITS, lineterminator="\n")
    out.mkdir(parents=True, exist_ok=True)
    (out / ROWS).write_bytes(lzma.compress(text.encode()))
    seconds.to_csv(out / SECONDS, index=False, float_format="%.3g", lineterminator="\n")
    return [out / ROWS, out / SECONDS]


def read(path: Path) -> pd.DataFrame:
    """Rows as `write` stored them, with replication.COLUMNS."""
    return pd.read_csv(path, dtype=TYPES)


def read_seconds(path: Path) -> pd.DataFrame:
    """Seconds, as `collect` gives them, stored beside the rows at `path`."""
    return pd.read_csv(path.with_name(SECONDS))


def _places(settings: Settings, folder: Path) -> Places:
    """Folder of each method's replications; made once, for it reads the rules of all of them."""
    return {
        (batch.world, batch.n, name): folder
        / settings.key(world=batch.world, n=batch.n, method=name)
        for batch in settings.batches
        for name in batch.methods
    }


def _path(place: Path, replication: int) -> Path:
    return place / f"{replication:05d}.csv"


def _missing(settings: Settings, places: Places) -> Iterator[Task]:
    """Tasks with the methods that are not yet done and can be done on this machine."""
    absent = {name for name, method in settings.methods.items() if method.kind == "mice"}
    skipped = set() if mice.version() else absent
    for task in settings.tasks():
        left = [
            name
            for name in task.methods
            if name not in skipped
            and not _path(places[task.world, task.n, name], task.replication).exists()
        ]
        if left:
            yield replace(task, methods=tuple(left))


def _keep(task: Task, *, settings: Settings, places: Places) -> int:
    """Compute a task and keep each method's rows; number of methods."""
    for name, rows in replication.rows_of(task, settings=settings):
        path = _path(places[task.world, task.n, name], task.replication)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        rows.to_csv(unfinished, index=False, float_format=DIGITS, lineterminator="\n")
        unfinished.replace(path)
    return len(task.methods)


def _each(work: "partial[int]", todo: Iterable[Task], *, workers: int) -> Iterator[int]:
    if workers == 1:
        yield from map(work, todo)
        return
    with processes.pool(workers) as pool:
        for future in as_completed([pool.submit(work, task) for task in todo]):
            yield future.result()


def _seconds(rows: pd.DataFrame) -> pd.DataFrame:
    groups = rows.groupby(["world", "n", "method"], sort=False)
    spent = rows[rows["kind"] == "seconds"].groupby(["world", "n", "method"], sort=False)["est"]
    failed = groups["kind"].agg(lambda kinds: (kinds == "failed").sum())
    table = spent.agg(replications="size", median="median").assign(failed=failed)
    return table.reset_index()
