"""Tables between notebooks: private ones as Parquet, results without persons as CSV.

A private table holds rows of children and never leaves the work folder, which only its owner can
read. A results table holds aggregates; its bytes depend on its values alone.
"""

import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from oablib import params
from oablib.errors import EnvironmentFault, InputError, ParameterError

FLOAT_FORMAT = "%.10g"  # enough to compare results, coarse enough to hide a library's last bits
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

    def read_result(self, name: str) -> pd.DataFrame:
        """Read a results table. Raises InputError when no stage has written it."""
        path = _existing(self.results / f"{_checked(name)}.csv", run=self.run)
        return pd.read_csv(path, keep_default_na=False, na_values=[""])

    def write_result(self, name: str, frame: pd.DataFrame) -> None:
        """Write aggregates as CSV; equal values give equal bytes; the index is dropped."""
        path = self.results / f"{_checked(name)}.csv"
        self.results.mkdir(parents=True, exist_ok=True)

        def fill(part: Path) -> None:
            frame.to_csv(
                part, index=False, float_format=FLOAT_FORMAT, lineterminator="\n", encoding="utf-8"
            )

        _replace(path, fill)


def open(run: str) -> Store:  # noqa: A001 - read as store.open
    """Open the tables of a run.

    A run in progress points OAB_PRIVATE and OAB_RESULTS at its temporary folder; a notebook
    opened by hand works on the run's last finished state.
    Raises ParameterError when the run's name is unfit to be a folder.
    """
    params.fail_if_name_is_unfit(run)
    private, results = os.environ.get("OAB_PRIVATE"), os.environ.get("OAB_RESULTS")
    return Store(
        run=run,
        private=Path(private) if private else params.root() / ".work" / run,
        results=Path(results) if results else params.root() / "reports" / run / "tables",
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
            f"Run {run!r} has no table {path.name} yet. Make its tables with `oab run {run}`."
        )
    return path


def _replace(path: Path, fill: Callable[[Path], None]) -> None:
    """Fill a file beside `path`, then rename it, so that no half table bears the name."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        fill(part)
        part.replace(path)
    except OSError as error:
        raise EnvironmentFault(
            f"Table {path.name} could not be written: {error.strerror or 'input/output error'}."
        ) from None
    finally:
        part.unlink(missing_ok=True)
