"""Tables between notebooks, as Parquet: private ones, and results without persons.

A private table holds rows of children and never leaves the work folder, which only its owner can
read. A results table holds aggregates, to ten significant digits, so that equal results are equal
bytes; a report publishes it, with a copy as CSV. A notebook that is opened by hand writes its
tables beside those of the run, and never over them.
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

BY_HAND = "by_hand"
MADE = "made.json"
"""In a run's private folder: when its tables were made, with which options, from which files."""
_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True, kw_only=True)
class Store:
    """The tables of one run: `private` for rows of persons, `results` for aggregates.

    by_hand: folder for what a notebook writes that is opened by hand; None in a run.
    """

    run: str
    private: Path
    results: Path
    by_hand: Path | None = None

    def read(self, name: str) -> pd.DataFrame:
        """Read a private table. Raises InputError when no stage has written it."""
        return pd.read_parquet(self.path(name))

    def read_result(self, name: str) -> pd.DataFrame:
        """Read a results table. Raises InputError when no stage has written it."""
        return pd.read_parquet(_existing(self._readable(self.results, name), run=self.run))

    def path(self, name: str) -> Path:
        """The file of a private table, to read it in parts. Raises InputError as `read`."""
        return _existing(self._readable(self.private, name), run=self.run)

    def has_result(self, name: str) -> bool:
        """Whether a results table is there: some are of some runs only."""
        return self._readable(self.results, name).is_file()

    def write(self, name: str, frame: pd.DataFrame) -> None:
        """Write a private table that only the owner can read; the index is dropped."""
        self._write(self.private, name, frame, mode=files.PRIVATE)

    def write_result(self, name: str, frame: pd.DataFrame) -> None:
        """Write aggregates, rounded; equal values give equal bytes; the index is dropped."""
        mode = files.PRIVATE if self.by_hand else None
        self._write(self.results, name, rounded(frame).reset_index(drop=True), mode=mode)

    def made_by_hand(self) -> list[str]:
        """Names of the tables that are read in place of the run's, sorted."""
        paths = self.by_hand.glob("*/*.parquet") if self.by_hand else ()
        return sorted(path.stem for path in paths if self._is_newer(path))

    def _readable(self, folder: Path, name: str) -> Path:
        """The run's table, or a newer one that a notebook opened by hand has made."""
        path = folder / f"{_checked(name)}.parquet"
        if self.by_hand is not None:
            own = self.by_hand / folder.name / path.name
            if own.is_file() and self._is_newer(own):
                print(f"Table {name}: the one that was made by hand, not that of run {self.run}.")
                return own
        return path

    def _is_newer(self, path: Path) -> bool:
        made = self.private.parent / MADE
        return not made.is_file() or path.stat().st_mtime_ns > made.stat().st_mtime_ns

    def _write(self, folder: Path, name: str, frame: pd.DataFrame, *, mode: int | None) -> None:
        target = self.by_hand / folder.name if self.by_hand else folder
        if mode is None:
            target.mkdir(exist_ok=True)
        else:
            files.private_folder(target)

        def fill(part: Path) -> None:
            part.touch(mode=mode or 0o666)
            frame.to_parquet(part, index=False)

        _replace(target / f"{_checked(name)}.parquet", fill)


def of_run(run: str) -> Store:
    """The tables of a run in progress, which points OAB_PRIVATE and OAB_RESULTS at its folder."""
    folders = (Path(os.environ[name]) for name in ("OAB_PRIVATE", "OAB_RESULTS"))
    private, results = folders
    return Store(run=run, private=private, results=results)


def beside_run(run: str) -> Store:
    """The tables of a run as it was last made, for a notebook that is opened by hand.

    Raises ParameterError when the run's name is unfit to be a folder.
    """
    params.fail_if_name_is_unfit(run)
    work = params.root() / params.WORK / run
    return Store(
        run=run, private=work / "private", results=work / "results", by_hand=work / BY_HAND
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
