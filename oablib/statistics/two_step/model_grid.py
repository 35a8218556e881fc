"""A grid of models x imputations x bootstrap samples, in processes here or on a cluster.

A cell is one model on one completed data set: both steps, and the draws of schools. It is kept by
content, so that a grid that was stopped, or gets one more model, computes what is new. Results do
not depend on how many workers there are or which of them is first.
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
from oablib.statistics.two_step import analysis, resampling, sums
from oablib.workers import installed, modules, processes

UPPER = 0.975  # of an interval of 95 %
FEWEST_DRAWS = 2  # below, there is no variance

Cells: TypeAlias = dict[tuple[str, int], "Cell"]
"""By variant and number of the data set."""


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
    see processes.each. keep: folder for finished cells, which are read from it first.
    Columns: variant, effect, est, se (Rubin's rules, two_step within), se_bootstrap (the same,
    variance of the draws within: "MI Boot" of Schomaker & Heumann, 2018, Stat. Med. 37:2252) and
    its interval ci_lower, ci_upper with Barnard and Rubin's degrees of freedom, aic, bic (means),
    draws, failed (draws that could not be estimated, see resampling.Draws). Raises EstimationError
    as two_step.fit does, and when fewer than two draws of a cell could be estimated.
    """
    needed = list(dict.fromkeys(name for model in models.values() for name in model.columns))
    work = _Work([frame[needed] for frame in frames], models, table, samples, seed)
    paths = _paths(work, keep) if keep else {}
    cells: Cells = {}
    for key, path in paths.items():
        # A damaged file counts as absent.
        with suppress(OSError, ValueError, KeyError, EOFError, BadZipFile):
            cells[key] = _read(path)
    # A task reads its data set once for all models that are still to do.
    left = [(i, tuple(n for n in models if (n, i) not in cells)) for i in range(len(frames))]
    tasks = [(i, names) for i, names in left if names]
    for _, results in processes.each(partial(_cells, work=work), tasks, workers=workers):
        cells |= results
        for key in results.keys() & paths.keys():
            _keep(results[key], paths[key])
    pooled = [_pooled(name, [cells[name, i] for i in range(len(frames))]) for name in models]
    return pd.concat(pooled, ignore_index=True)


def cell(
    frame: pd.DataFrame, *, model: Model, table: Table, samples: int, seed: Sequence[int]
) -> Cell:
    """One model on one completed data set; the same seed draws the same schools."""
    steps = analysis.fit(frame, model=model, table=table)
    rows = model.direct_rows(steps.counted.parameters)
    products = sums.products(frame, model=model, table=table)
    draws = resampling.draw(products, samples=samples, seed=seed)
    estimated = len(draws.effects)
    if estimated < FEWEST_DRAWS:
        raise EstimationError(
            f"Model {model.name}: {estimated} of {samples} draws of schools could be "
            f"estimated; expected {FEWEST_DRAWS} or more. In the others a category had too few "
            "children: merge categories in the codebook, or draw more often."
        )
    return Cell(
        names=model.direct,
        est=rows["est"].to_numpy(),
        variance=rows["se"].to_numpy() ** 2,
        draws=draws.effects.to_numpy(dtype=np.float64),
        failed=draws.failed,
        aic=steps.fit.aic,
        bic=steps.fit.bic,
        n_clusters=products.n_schools,
    )


def _cells(task: tuple[int, tuple[str, ...]], *, work: _Work) -> Cells:
    i, names = task
    one = partial(cell, table=work.table, samples=work.samples, seed=(work.seed, i))
    return {(name, i): one(work.frames[i], model=work.models[name]) for name in names}


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


def _paths(work: _Work, keep: Path) -> dict[tuple[str, int], Path]:
    """File of each cell, named by a fingerprint of all that decides its content."""
    code = dict(modules.of(__name__))
    shared = [code, installed.machine(), asdict(work.table), work.samples, work.seed]
    start = json.dumps(shared, sort_keys=True, default=str)
    paths = {}
    for i, frame in enumerate(work.frames):
        content = pd.util.hash_pandas_object(frame).to_numpy().tobytes()
        for name, model in work.models.items():
            text = start + json.dumps(asdict(model), sort_keys=True, default=str)
            whole = f"{text}{' '.join(frame.columns)}{i}".encode() + content
            paths[name, i] = keep / f"{hashlib.sha256(whole).hexdigest()[:40]}.npz"
    return paths


def _keep(cell: Cell, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in asdict(cell).items()}
    with files.at(path) as part, part.open("wb") as stream:
        np.savez(stream, **arrays)


def _read(path: Path) -> Cell:
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in ("est", "variance", "draws")}
        numbers = {name: stored[name].item() for name in ("failed", "aic", "bic", "n_clusters")}
        return Cell(names=tuple(stored["names"].tolist()), **arrays, **numbers)
