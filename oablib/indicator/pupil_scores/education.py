"""Parents' education of all children: what is known, and what is drawn where it is not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from oablib.protocol.roles import HasRoles
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
        values = points.take(codes, out=out, mode="clip")
        if name in self.rows:
            counts = self.counts[name]
            total = np.zeros(len(counts))
            # Level by level, so that sums come in the same order wherever they are taken.
            for code in np.flatnonzero(counts.any(axis=0)):
                total += counts[:, code] * points[code]
            values[self.rows[name]] = total / self.m
        return values


class _Block(NamedTuple):
    frame: pd.DataFrame
    key: NDArray[np.uint64]
    seed: int


def draw(
    children: Children,
    *,
    roles: HasRoles,
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
    blind = _of_registers(roles, children, rule=rule)
    blocks = list(_blocks(children, model=blind, rule=rule, seed=seed))
    task = partial(_filled, model=blind, table=table, m=m, iterations=rule.iterations)
    results = sorted(processes.each(task, blocks, workers=workers), key=itemgetter(0))
    drawn = pd.concat([frame for _, frame in results], ignore_index=True)
    _fail_if_all_are_the_same(drawn, model=blind, m=m)
    return drawn.sort_values(KEY, ignore_index=True)


def averaged(path: Path, children: Children) -> Education:
    """All draws of a file that `draw` made, counted by code; one column at a time in memory.

    Raises InputError when some of its children are not in `children`.
    """
    file, rows, columns = _opened(path, children)
    return _counted(file, rows, columns)


def rounds(path: Path, children: Children) -> Iterator[Education]:
    """Each draw of such a file on its own, one at a time in memory; raises as `averaged`."""
    file, rows, columns = _opened(path, children)
    for names in zip(*columns.values(), strict=True):
        pairs = zip(columns, names, strict=True)
        yield _counted(file, rows, {variable: [name] for variable, name in pairs})


def drawn_codes(
    path: Path, children: Children
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """All draws of such a file: variable -> rows of Children (u,) and codes (u, m); raises so."""
    file, rows, columns = _opened(path, children)
    result = {}
    for variable, names in columns.items():
        codes = np.column_stack([file.read([name])[name].to_numpy() for name in names])
        unknown = codes[:, 0] != UNKNOWN
        result[variable] = rows[unknown], codes[unknown]
    return result


def _counted(
    file: pq.ParquetFile, rows: NDArray[np.int64], columns: Mapping[str, list[str]]
) -> Education:
    """Draws in these columns, by variable; rows: row of Children of each row of the file."""
    drawn, counts = {}, {}
    for variable, names in columns.items():
        unknown = np.flatnonzero(file.read([names[0]])[names[0]].to_numpy() != UNKNOWN)
        counts[variable] = np.zeros((len(unknown), MOST_CODES), dtype=np.uint16)
        for name in names:
            codes = file.read([name])[name].to_numpy()[unknown]
            counts[variable][np.arange(len(unknown)), codes] += 1
        drawn[variable] = rows[unknown]
    return Education(len(names), drawn, counts)


def _of_registers(roles: HasRoles, children: Children, *, rule: EducationRule) -> Model:
    """What registers know of children, as a model without paths: no tests, columns they have."""
    known = {*children.codes, *children.numbers}
    model = Model(
        name="registers",
        title="",
        source="",
        codebook="",
        outcome=roles.outcome,
        mediator=roles.mediator,
        cluster=roles.cluster,
        wave="",
        imputed=tuple(name for name in roles.imputed if name in children.codes),
        scaled=dict.fromkeys(rule.school_shares, 1),
        dummies={},
        numeric=tuple(name for name in rule.background if name not in rule.school_shares),
        school_means={},
        direct=(),
        indirect=(),
        auxiliary=tuple(name for name in roles.auxiliary if name in known),
    )
    return register.without_tests(model, rules=settings.rules())


def _blocks(
    children: Children, *, model: Model, rule: EducationRule, seed: int
) -> Iterator[_Block]:
    """Children whose score can be computed, as frames that `imputation.impute` takes."""
    rows = np.flatnonzero(children.computable)
    numbers, school = np.unique(_schools(children, rows), return_inverse=True)
    lot = numbers_of(numbers.astype(np.uint64), seed=seed, purpose=BLOCKS)
    count = max(1, round(len(rows) / rule.block))
    block = (np.argsort(np.argsort(lot)) * count // len(numbers))[school]
    names = [name for name in (*model.columns, *model.auxiliary) if name != model.cluster]
    for number in range(count):
        inside = rows[block == number]
        columns = {name: children.values(name, inside) for name in dict.fromkeys(names)}
        frame = pd.DataFrame(columns | {model.cluster: school[block == number]})
        state = np.random.SeedSequence(seed, spawn_key=(8, number)).generate_state(1)
        yield _Block(
            frame.assign(child=np.arange(len(inside))), children.key[inside], int(state[0])
        )


def _schools(children: Children, rows: NDArray) -> NDArray[np.int64]:
    """A number for each child's school; toddlers of a postcode area count as one school."""
    area = np.nan_to_num(children.numbers["postcode4"][rows]).astype(np.int64)
    return np.where(children.site[rows] >= 0, children.site[rows], len(children.sites) + area)


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
    for index, name in enumerate(model.imputed):
        filled = cells[cells["variable"] == name]
        child, number = (filled[key].to_numpy(np.int64) for key in ("child", "imputation"))
        drawn[child, index, number - 1] = filled["value"].to_numpy(np.float64)
    wanted = (drawn[:, :, 0] != UNKNOWN).any(axis=1)
    columns = {
        f"{name}_{number + 1}": drawn[wanted, index, number]
        for index, name in enumerate(model.imputed)
        for number in range(m)
    }
    return pd.DataFrame({KEY: block.key[wanted], **columns})


def _fail_if_all_are_the_same(drawn: pd.DataFrame, *, model: Model, m: int) -> None:
    draws = [drawn[[f"{name}_{i}" for name in model.imputed]].to_numpy() for i in range(1, m + 1)]
    if m > 1 and len(drawn) > 1 and all((draw == draws[0]).all() for draw in draws):
        raise ImputationError(
            f"All {m} draws gave {len(drawn):,} children the same education; there is nothing to "
            "average. Check the seed and the engine in params/rules/imputation.yaml."
        )


def _opened(
    path: Path, children: Children
) -> tuple[pq.ParquetFile, NDArray[np.int64], dict[str, list[str]]]:
    """The file, the row of Children of each of its rows, and the columns of each variable."""
    file = pq.ParquetFile(path)
    keys = file.read([KEY])[KEY].to_numpy()
    rows = np.minimum(np.searchsorted(children.key, keys), len(children) - 1)
    absent = int((children.key[rows] != keys).sum())
    if absent:
        raise InputError(
            f"Education was drawn for {absent:,} children who are not among the "
            f"{len(children):,} of {children.year}; draw it anew for this reference date."
        )
    columns: dict[str, list[str]] = {}
    for column in file.schema_arrow.names:
        if column != KEY:
            columns.setdefault(column.rpartition("_")[0], []).append(column)
    return file, np.asarray(rows), columns
