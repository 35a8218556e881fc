"""A grid of models x imputations x bootstrap samples, in processes here or on a cluster.

A cell is one model on one completed data set: the fit with errors of two_step, and the draws of
schools. It is kept by content, so that a grid that was stopped, or gets one more model, computes
what is new. Results do not depend on how many workers there are or which of them is first.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from oablib.base import files
from oablib.base.errors import EstimationError
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import pooling
from oablib.statistics.two_step import both, resampling
from oablib.statistics.two_step.resampling import Draws
from oablib.workers import installed, modules, processes

UPPER = 0.975  # of an interval of 95 %
FEWEST_DRAWS = 2  # below, there is no variance

Cells: TypeAlias = dict[str, "Cell"]


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Cell:
    """One model on one completed data set.

    names: predictors with a direct effect, in the order of all arrays. est, variance: (k,), with
    scale values counted as estimated. draws: (samples less failed, k). n_clusters: schools.
    """

    names: tuple[str, ...]
    est: NDArray
    variance: NDArray
    draws: NDArray
    failed: int
    aic: float
    bic: float
    n_clusters: int


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """What all tasks of a grid share."""

    frames: Sequence[pd.DataFrame]
    models: Mapping[str, Model]
    table: Table
    samples: int
    seed: int


def grid(
    frames: Sequence[pd.DataFrame],
    *,
    models: Mapping[str, Model],
    table: Table,
    samples: int,
    seed: int,
    workers: int = 1,
    keep: Path | None = None,
) -> pd.DataFrame:
    """Direct effects of every model, pooled over imputations, with errors of two kinds.

    frames: completed data sets of the same children. models: by the name of the variant. workers:
    see processes.each. keep: folder for finished cells, looked into first.
    Columns: variant, effect, est, se (Rubin's rules, two_step within), se_bootstrap (the same,
    variance of the draws within: "MI Boot" of Schomaker & Heumann, 2018, Stat. Med. 37:2252) and
    its interval ci_lower, ci_upper with Barnard and Rubin's degrees of freedom, aic, bic (means),
    draws, failed (draws that could not be estimated, see resampling.Draws). Raises EstimationError
    as two_step.fit does, and when fewer than two draws of a cell could be estimated.
    """
    needed = list(dict.fromkeys(name for each in models.values() for name in each.columns))
    work = _Work([frame[needed] for frame in frames], models, table, samples, seed)
    keys = _keys(work) if keep else {}
    cells = _found(keys, keep) if keep else {}
    tasks = _tasks(work, done=cells)
    for _, found in processes.each(partial(_cells, work=work), tasks, workers=workers):
        cells |= found
        if keep:
            for place, cell in found.items():
                _keep(cell, keep / keys[place])
    variants = {name: [cells[_place(name, i)] for i in range(len(frames))] for name in models}
    return pd.concat([_pooled(name, own) for name, own in variants.items()], ignore_index=True)


def cell(
    frame: pd.DataFrame, *, model: Model, table: Table, samples: int, seed: Sequence[int]
) -> Cell:
    """One model on one completed data set; the same seed draws the same schools."""
    steps = both.fit(frame, model=model, table=table)
    rows = model.direct_rows(steps.counted.parameters)
    read = resampling.products(frame, model=model, table=table)
    draws = resampling.draw(read, samples=samples, seed=seed)
    _fail_if_draws_are_few(draws, model=model)
    return Cell(
        names=model.direct,
        est=rows["est"].to_numpy(),
        variance=rows["se"].to_numpy() ** 2,
        draws=draws.effects.to_numpy(dtype=np.float64),
        failed=draws.failed,
        aic=steps.fit.aic,
        bic=steps.fit.bic,
        n_clusters=read.n_schools,
    )


def _fail_if_draws_are_few(draws: Draws, *, model: Model) -> None:
    found = len(draws.effects)
    if found < FEWEST_DRAWS:
        raise EstimationError(
            f"Model {model.name}: {found} of {found + draws.failed} draws of schools could be "
            f"estimated; expected {FEWEST_DRAWS} or more. In the others a category had too few "
            "children: merge categories in the codebook, or draw more often."
        )


def _place(variant: str, imputation: int) -> str:
    return f"{variant}/{imputation}"


def _tasks(work: _Work, *, done: Cells) -> list[tuple[int, tuple[str, ...]]]:
    """Imputation and variants still to do: a task reads its data set once for all of them."""
    found = []
    for i in range(len(work.frames)):
        left = tuple(name for name in work.models if _place(name, i) not in done)
        if left:
            found.append((i, left))
    return found


def _cells(task: tuple[int, tuple[str, ...]], *, work: _Work) -> Cells:
    i, names = task
    one = partial(cell, table=work.table, samples=work.samples, seed=(work.seed, i))
    return {_place(name, i): one(work.frames[i], model=work.models[name]) for name in names}


def _pooled(variant: str, cells: Sequence[Cell]) -> pd.DataFrame:
    est = np.stack([each.est for each in cells])
    df_complete = cells[0].n_clusters - 1
    known = pooling.rubin(est, np.stack([each.variance for each in cells]), df_complete=df_complete)
    within = np.stack([each.draws.var(axis=0, ddof=1) for each in cells])
    drawn = pooling.rubin(est, within, df_complete=df_complete)
    width = stdtrit(drawn.df, UPPER) * drawn.se
    return pd.DataFrame(
        {
            "variant": variant,
            "effect": cells[0].names,
            "est": known.est,
            "se": known.se,
            "se_bootstrap": drawn.se,
            "ci_lower": drawn.est - width,
            "ci_upper": drawn.est + width,
            "aic": np.mean([each.aic for each in cells]),
            "bic": np.mean([each.bic for each in cells]),
            "draws": sum(len(each.draws) for each in cells),
            "failed": sum(each.failed for each in cells),
        }
    )


def _keys(work: _Work) -> dict[str, str]:
    """Name of each cell's file: a fingerprint of all that decides its content."""
    code = dict(modules.of(__name__))
    shared = [code, installed.machine(), asdict(work.table), work.samples, work.seed]
    start = json.dumps(shared, sort_keys=True, default=str)
    data = [pd.util.hash_pandas_object(frame).to_numpy().tobytes() for frame in work.frames]
    keys = {}
    for name, model in work.models.items():
        text = start + json.dumps(asdict(model), sort_keys=True, default=str)
        for i, content in enumerate(data):
            columns = " ".join(work.frames[i].columns)
            whole = f"{text}{columns}{i}".encode() + content
            keys[_place(name, i)] = f"{hashlib.sha256(whole).hexdigest()[:40]}.npz"
    return keys


def _found(keys: Mapping[str, str], keep: Path) -> Cells:
    """Cells that were kept; a damaged file counts as absent."""
    found = {}
    for place, name in keys.items():
        with suppress(OSError, ValueError, KeyError, EOFError, BadZipFile):
            found[place] = _read(keep / name)
    return found


def _keep(cell: Cell, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in asdict(cell).items()}
    with files.at(path) as part, part.open("wb") as stream:
        np.savez(stream, **arrays)


def _read(path: Path) -> Cell:
    with np.load(path, allow_pickle=False) as told:
        arrays = {name: told[name] for name in ("est", "variance", "draws")}
        numbers = {name: told[name].item() for name in ("failed", "aic", "bic", "n_clusters")}
        return Cell(names=tuple(told["names"].tolist()), **arrays, **numbers)
