"""Parents' education of all children: what is known, and what is drawn where it is not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from oablib.analysis.prediction import register, settings
from oablib.base.errors import ImputationError, InputError
from oablib.base.shown import showable
from oablib.indicator.pupil_scores.children import UNKNOWN, Children, numbers_of
from oablib.indicator.pupil_scores.settings import EducationRule
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import imputation
from oablib.workers import processes

KEY = "key"
MOST_CODES = 16  # of a variable that is drawn
BLOCKS = 1  # purpose of the random numbers that put schools into blocks


@showable(private=("rows", "counts"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Education:
    """Drawn education of the children whose education is unknown.

    m: draws behind it. rows: variable -> (u,) rows of Children. counts: variable -> (u, k) how
    many of the m draws gave each code 0..k-1; whatever m, as large as one draw.
    """

    m: int
    rows: Mapping[str, NDArray[np.int64]]
    counts: Mapping[str, NDArray[np.uint16]]

    def values(
        self,
        name: str,
        *,
        codes: NDArray[np.uint8],
        points: NDArray,
        out: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Mean over the draws of `points` (256,) by code, (n,); NaN where nothing is drawn.

        out: (n,) array to put them in; a new one costs more time than filling it.
        """
        # "clip": no code is beyond the table, and to look for one takes as long as all the rest.
        found = points.take(codes, out=out, mode="clip")
        if name in self.rows:
            counts = self.counts[name]
            total = np.zeros(len(counts))
            # Level by level, so that sums come in the same order wherever they are taken.
            for code in np.flatnonzero(counts.any(axis=0)):
                total += counts[:, code] * points[code]
            found[self.rows[name]] = total / self.m
        return found


class _Block(NamedTuple):
    frame: pd.DataFrame
    key: NDArray[np.uint64]
    seed: int


def draw(
    children: Children,
    *,
    model: Model,
    table: Table,
    rule: EducationRule,
    m: int,
    seed: int,
    workers: int = 1,
) -> pd.DataFrame:
    """Draw unknown education m times for children whose score can be computed.

    Whole schools, toddlers of one postcode area for a school, are put into blocks at random, and
    each block is imputed as a cohort without tests (prediction.register), so that memory does not
    grow with the country. Returns key and <variable>_1..m (codes; 255 where it was known), one row
    a child of whom something was unknown. Neither the order of rows nor `workers` matters.
    Raises ImputationError as imputation.impute.
    """
    blind = _blind(model, children)
    blocks = list(_blocks(children, model=blind, rule=rule, seed=seed))
    task = partial(_filled, model=blind, table=table, m=m, iterations=rule.iterations)
    done = sorted(processes.each(task, blocks, workers=workers), key=itemgetter(0))
    found = pd.concat([each for _, each in done], ignore_index=True)
    _fail_if_all_are_the_same(found, model=blind, m=m)
    return found.sort_values(KEY, ignore_index=True)


def averaged(path: Path, children: Children) -> Education:
    """All draws of a file that `draw` made, counted by code; one column at a time in memory."""
    file, of_child = _opened(path, children)
    variables = _variables(file)
    parts = {name: _counted(file, columns, of_child) for name, columns in variables.items()}
    return _education(parts, m=len(next(iter(variables.values()))))


def rounds(path: Path, children: Children) -> Iterator[Education]:
    """Each draw of such a file on its own, one at a time in memory."""
    file, of_child = _opened(path, children)
    variables = _variables(file)
    for columns in zip(*variables.values(), strict=True):
        pairs = zip(variables, columns, strict=True)
        yield _education({name: _counted(file, [own], of_child) for name, own in pairs}, m=1)


def _counted(
    file: pq.ParquetFile, columns: list[str], of_child: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
    """Rows of Children with drawn values, and how often each code was drawn."""
    first = file.read([columns[0]])[columns[0]].to_numpy()
    places = np.flatnonzero(first != UNKNOWN)
    counts = np.zeros((len(places), MOST_CODES), dtype=np.uint16)
    for column in columns:
        drawn = file.read([column])[column].to_numpy()[places]
        counts[np.arange(len(places)), drawn] += 1
    return of_child[places], counts


def _education(
    parts: Mapping[str, tuple[NDArray[np.int64], NDArray[np.uint16]]], *, m: int
) -> Education:
    rows = {name: own for name, (own, _) in parts.items()}
    return Education(m, rows, {name: counts for name, (_, counts) in parts.items()})


def _blind(model: Model, children: Children) -> Model:
    """The model as registers can impute it: no tests, and the auxiliary columns that they have."""
    blind = register.without_tests(model, rules=settings.rules())
    held = {*children.codes, *children.numbers}
    kept = [name for name in blind.auxiliary if name in held]
    return replace(blind, auxiliary=tuple(kept), wave="")


def _blocks(
    children: Children, *, model: Model, rule: EducationRule, seed: int
) -> Iterator[_Block]:
    """Children whose score can be computed, as frames that `imputation.impute` takes."""
    rows = np.flatnonzero(children.computable)
    school = _schools(children, rows)
    places, school = np.unique(school, return_inverse=True)
    lot = numbers_of(places.astype(np.uint64), seed=seed, purpose=BLOCKS)
    count = max(1, round(len(rows) / rule.block))
    block = (np.argsort(np.argsort(lot)) * count // len(places))[school]
    names = [name for name in (*model.columns, *model.auxiliary) if name != model.cluster]
    for number in range(count):
        own = rows[block == number]
        columns = {name: _column(children, name, own) for name in dict.fromkeys(names)}
        frame = pd.DataFrame(columns | {model.cluster: school[block == number]})
        own_seed = int(np.random.SeedSequence(seed, spawn_key=(8, number)).generate_state(1)[0])
        yield _Block(frame.assign(child=np.arange(len(own))), children.key[own], own_seed)


def _schools(children: Children, rows: NDArray) -> NDArray[np.int64]:
    """A number for each child's school; toddlers of a postcode area go for one."""
    area = np.nan_to_num(children.numbers["postcode4"][rows]).astype(np.int64)
    return np.where(children.site[rows] >= 0, children.site[rows], len(children.sites) + area)


def _column(children: Children, name: str, rows: NDArray) -> NDArray:
    if name in children.numbers:
        return children.numbers[name][rows].astype(np.float64)
    codes = children.codes[name][rows]
    return np.where(codes == UNKNOWN, np.nan, codes.astype(np.float64))


def _filled(block: _Block, *, model: Model, table: Table, m: int, iterations: int) -> pd.DataFrame:
    """Drawn codes of one block: key and <variable>_1..m."""
    imputed = imputation.impute(
        block.frame,
        model=model,
        table=table,
        rule=imputation.rule(),
        m=m,
        iterations=iterations,
        seed=block.seed,
    )
    cells = imputed.cells
    drawn = np.full((len(block.key), len(model.imputed), m), UNKNOWN, dtype=np.uint8)
    for place, name in enumerate(model.imputed):
        own = cells[cells["variable"] == name]
        child, number = own["child"].to_numpy(np.int64), own["imputation"].to_numpy(np.int64)
        drawn[child, place, number - 1] = own["value"].to_numpy(np.float64)
    wanted = (drawn[:, :, 0] != UNKNOWN).any(axis=1)
    columns = {
        f"{name}_{number + 1}": drawn[wanted, place, number]
        for place, name in enumerate(model.imputed)
        for number in range(m)
    }
    return pd.DataFrame({KEY: block.key[wanted], **columns})


def _fail_if_all_are_the_same(found: pd.DataFrame, *, model: Model, m: int) -> None:
    columns = [[f"{name}_{i}" for name in model.imputed] for i in range(1, m + 1)]
    first = found[columns[0]].to_numpy()
    if (
        m > 1
        and len(found) > 1
        and all((found[each].to_numpy() == first).all() for each in columns)
    ):
        raise ImputationError(
            f"All {m} draws gave {len(found):,} children the same education; there is nothing to "
            "average. Check the seed and the engine in params/rules/imputation.yaml."
        )


def _opened(path: Path, children: Children) -> tuple[pq.ParquetFile, NDArray[np.int64]]:
    """The file, and the row of Children of each of its rows.

    Raises InputError when some of its children are not there.
    """
    file = pq.ParquetFile(path)
    keys = file.read([KEY])[KEY].to_numpy()
    rows = np.minimum(np.searchsorted(children.key, keys), len(children) - 1)
    strange = int((children.key[rows] != keys).sum())
    if strange:
        raise InputError(
            f"Education was drawn for {strange:,} children who are not among the "
            f"{len(children):,} of {children.year}; draw it anew for this reference date."
        )
    return file, np.asarray(rows)


def _variables(file: pq.ParquetFile) -> dict[str, list[str]]:
    """Variable -> its columns, one a draw."""
    found: dict[str, list[str]] = {}
    for column in file.schema_arrow.names:
        if column != KEY:
            found.setdefault(column.rpartition("_")[0], []).append(column)
    return found
