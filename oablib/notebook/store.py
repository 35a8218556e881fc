"""Tables between notebooks, as Parquet: private ones, and results without persons.

A private table holds rows of children and never leaves the work folder, which only its owner can
read. A results table holds aggregates, to ten significant digits, so that equal results are equal
bytes; a report publishes it, with a copy as CSV.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from oablib import params
from oablib.base import files
from oablib.base.errors import EnvironmentFault, InputError, ParameterError
from oablib.base.rounding import rounded

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Store:
    """The tables of one run: `private` for rows of persons, `results` for aggregates."""

    run: str
    private: Path
    results: Path

    def read(self, name: str) -> pd.DataFrame:
        """Read a private table. Raises InputError when no stage has written it."""
        return pd.read_parquet(_existing(self.private / f"{_checked(name)}.parquet", run=self.run))

    def write(self, name: str, frame: pd.DataFrame) -> None:
        """Write a private table that only the owner can read; the index is dropped."""
        path = self.private / f"{_checked(name)}.parquet"
        self.private.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        self.private.chmod(PRIVATE_FOLDER)

        def fill(part: Path) -> None:
            part.touch(mode=PRIVATE_FILE)
            frame.to_parquet(part, index=False)

        _replace(path, fill)

    def path(self, name: str) -> Path:
        """The file of a private table, for who reads it in parts. Raises InputError as `read`."""
        return _existing(self.private / f"{_checked(name)}.parquet", run=self.run)

    def has_result(self, name: str) -> bool:
        """Whether a results table is there: some are of some runs only."""
        return (self.results / f"{_checked(name)}.parquet").is_file()

    def read_result(self, name: str) -> pd.DataFrame:
        """Read a results table. Raises InputError when no stage has written it."""
        return pd.read_parquet(_existing(self.results / f"{_checked(name)}.parquet", run=self.run))

    def write_result(self, name: str, frame: pd.DataFrame) -> None:
        """Write aggregates, rounded; equal values give equal bytes; the index is dropped."""
        path = self.results / f"{_checked(name)}.parquet"
        self.results.mkdir(parents=True, exist_ok=True)
        table = rounded(frame).reset_index(drop=True)
        _replace(path, lambda part: table.to_parquet(part, index=False))


def open(run: str) -> Store:  # noqa: A001 - read as store.open
    """Open the tables of a run.

    A run in progress points OAB_PRIVATE and OAB_RESULTS at its temporary folder; a notebook
    opened by hand works on the run's last finished state, and never on a report.
    Raises ParameterError when the run's name is unfit to be a folder.
    """
    params.fail_if_name_is_unfit(run)
    private, results = os.environ.get("OAB_PRIVATE"), os.environ.get("OAB_RESULTS")
    work = params.root() / params.WORK / run
    return Store(
        run=run,
        private=Path(private) if private else work / "private",
        results=Path(results) if results else work / "results",
    )


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ParameterError(
            f"A table cannot be called {name[:80]!r}; expected small letters, digits and _."
        )
    return name


def _existing(path: Path, *, run: str) -> Path:
    if not path.is_file():
        raise InputError(
            f"Run {run!r} has no table {path.name} yet. Make its tables with `oab run {run}`; a "
            "stage sees the tables that its notebook's metadata (oab.reads) name, and no others."
        )
    return path


def _replace(path: Path, fill: Callable[[Path], None]) -> None:
    """Fill a table whole or not at all."""
    try:
        with files.at(path) as part:
            fill(part)
    except OSError as error:
        raise EnvironmentFault(
            f"Table {path.name} could not be written: {error.strerror or 'input/output error'}."
        ) from None
