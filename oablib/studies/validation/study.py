"""Run the study in parallel, keep what is done, and put all rows into one table.

Each finished replication of a method is a file of its own, written in one step: a study that was
interrupted resumes there, and gives the rows that it would have given uninterrupted.
"""

import lzma
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pandas as pd
from tqdm import tqdm

from oablib.base import files
from oablib.base.errors import IncompleteRunError
from oablib.studies.validation import methods, replication
from oablib.studies.validation.performance import CELL
from oablib.studies.validation.settings import Settings, Task
from oablib.workers import processes

# Five digits: a hundredth of the smallest Monte Carlo error that is shown.
DIGITS = "%.5g"
Folders: TypeAlias = Mapping[tuple[str, int, str], Path]
ROWS, SECONDS = "rows.csv.xz", "seconds.csv"
TYPES = dict.fromkeys(("world", "method", "kind", "name", "detail"), "str")


def run(settings: Settings, *, folder: Path, workers: int = 0, progress: bool = True) -> None:
    """Compute what is not yet in `folder`; workers: processes, 0 for one a processor.

    mice's replications are left out where R or mice is absent. An interruption loses the
    replications that are under way, no others. Workers hand rows back and this process writes
    them, so that they may be on other machines (see processes.each).
    """
    folders = _folders(settings, folder)
    todo = list(_missing(settings, folders))
    total = sum(len(task.methods) for task in todo)
    with tqdm(total=total, disable=not progress, unit="replication", smoothing=0.01) as bar:
        results = _results(todo, settings=settings, workers=workers or os.cpu_count() or 1)
        for task, method, rows in results:
            _keep(rows, _path(folders[task.world, task.n, method], task.replication))
            bar.update()


def collect(settings: Settings, *, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of what is done, and seconds: world, n, method, replications, median, failed.

    Rows are in the order of batches, methods and replications, whatever the order in which
    they were computed. Raises IncompleteRunError when nothing is done.
    """
    folders = _folders(settings, folder)
    paths = [
        _path(folders[batch.world, batch.n, name], number)
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


def _folders(settings: Settings, folder: Path) -> Folders:
    """Folder of each method's replications; made once, for it reads the rules of all of them."""
    return {
        (batch.world, batch.n, name): folder
        / settings.key(world=batch.world, n=batch.n, method=name)
        for batch in settings.batches
        for name in batch.methods
    }


def _path(folder: Path, replication: int) -> Path:
    return folder / f"{replication:05d}.csv"


def _missing(settings: Settings, folders: Folders) -> Iterator[Task]:
    """Tasks with the methods that are not yet done and can be done on this machine."""
    absent = {name for name, method in settings.methods.items() if method.kind == "mice"}
    skipped = set() if methods.version() else absent
    for task in settings.tasks():
        left = [
            name
            for name in task.methods
            if name not in skipped
            and not _path(folders[task.world, task.n, name], task.replication).exists()
        ]
        if left:
            yield replace(task, methods=tuple(left))


def _results(
    todo: Sequence[Task], *, settings: Settings, workers: int
) -> Iterator[tuple[Task, str, pd.DataFrame]]:
    """Task, method and rows, as they get ready: in this process each method by itself."""
    if processes.is_alone(workers):
        for task in todo:
            for method, rows in replication.rows_of(task, settings=settings):
                yield task, method, rows
        return
    work = partial(_rows_of, settings=settings, version=methods.version())
    for number, parts in processes.each(work, todo, workers=workers):
        for method, rows in parts:
            yield todo[number], method, rows


def _rows_of(task: Task, *, settings: Settings, version: str) -> list[tuple[str, pd.DataFrame]]:
    """Rows of each method; a worker with another mice, or without, leaves mice's out."""
    kinds = {name: settings.methods[name].kind for name in task.methods}
    left = [name for name in task.methods if kinds[name] != "mice" or methods.version() == version]
    return list(replication.rows_of(replace(task, methods=tuple(left)), settings=settings))


def _keep(rows: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.at(path) as part:
        rows.to_csv(part, index=False, float_format=DIGITS, lineterminator="\n")


def _seconds(rows: pd.DataFrame) -> pd.DataFrame:
    seconds = rows[rows["kind"] == "seconds"].groupby(CELL, sort=False)["est"]
    failed = (rows["kind"] == "failed").groupby([rows[name] for name in CELL], sort=False).sum()
    table = seconds.agg(replications="size", median="median").assign(failed=failed)
    return table.reset_index()
