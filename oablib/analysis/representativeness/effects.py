"""Direct effects of a sample that is weighted to its population, beside those without weights.

Both are estimated on the same children, so that the difference has an error of its own, which is
smaller than that of either: what each school adds to both estimates is subtracted before it is
squared. That effects differ says that weights matter (DuMouchel & Duncan 1983, J. Amer. Statist.
Assoc. 78:535): that the model is not the same for all, or leaves something out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from oablib.analysis.representativeness.settings import Rules
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import pooling, two_step, weighting
from oablib.statistics.two_step import TwoStep
from oablib.statistics.weighting import Raked
from oablib.workers.threads import single_thread

COLUMNS = [
    "name", "unweighted", "se_unweighted", "weighted", "se_weighted",
    "difference", "se_difference", "p", "change",
]  # fmt: skip


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WeightedEffects:
    """Direct effects with and without weights, pooled over m data sets.

    effects: name, unweighted, weighted and their se (points of the outcome per unit; both steps
    counted, paths not corrected by the jackknife), difference (weighted less unweighted) with its
    se and p, and change, the difference in standard errors of the unweighted effect.
    margins: columns that the weights are raked to. largest: weight, its mean being 1.
    design_effect: Kish's factor, mean over data sets. absent: categories that no child has.
    """

    effects: pd.DataFrame
    margins: tuple[str, ...]
    largest: float
    design_effect: float
    absent: tuple[tuple[str, int], ...]


@single_thread()
def weighted(
    frames: Sequence[pd.DataFrame],
    *,
    population: pd.DataFrame,
    model: Model,
    table: Table,
    rules: Rules,
) -> WeightedEffects:
    """Fit both steps to each completed data set, with raked weights and without.

    population: variable, code, n, share; each variable is a margin. The margins are taken as known.
    Raises WeightingError as weighting.rake, EstimationError as two_step.fit.
    """
    margins = {
        str(name): dict(zip(part["code"], part["share"], strict=True))
        for name, part in population.groupby("variable", sort=False)
    }
    rake = partial(
        weighting.rake,
        margins=margins,
        tolerance=rules.raking.tolerance,
        most_rounds=rules.raking.most_rounds,
    )
    fit = partial(two_step.fit, model=model, table=table)
    raked = [rake(frame) for frame in frames]
    plain = [fit(frame) for frame in frames]
    heavy = [fit(frame, weights=each.weights) for frame, each in zip(frames, raked, strict=True)]
    return WeightedEffects(
        effects=_effects(plain, heavy, model=model),
        margins=tuple(margins),
        largest=max(float(each.weights.max()) for each in raked),
        design_effect=float(np.mean([each.design_effect for each in raked])),
        absent=_absent(raked),
    )


def _effects(plain: Sequence[TwoStep], heavy: Sequence[TwoStep], *, model: Model) -> pd.DataFrame:
    rows = _positions(plain[0], model=model)
    schools = len(plain[0].influence)
    pairs = list(zip(plain, heavy, strict=True))
    estimates = [_estimates(b, rows) - _estimates(a, rows) for a, b in pairs]
    moved = [b.influence[:, rows] - a.influence[:, rows] for a, b in pairs]
    variances = [schools / (schools - 1) * (each**2).sum(axis=0) for each in moved]
    found = pooling.rubin(estimates, variances, df_complete=schools - 1)
    alone, beside = (
        model.direct_rows(pooling.pool([step.counted for step in steps]).parameters)
        for steps in (plain, heavy)
    )
    frame = pd.DataFrame(
        {
            "unweighted": alone["est"],
            "se_unweighted": alone["se"],
            "weighted": beside["est"],
            "se_weighted": beside["se"],
            "difference": found.est,
            "se_difference": found.se,
            "p": 2 * stdtr(found.df, -np.abs(found.est / found.se)),
            "change": found.est / alone["se"],
        }
    )
    return frame.rename_axis("name").reset_index()[COLUMNS]


def _positions(step: TwoStep, *, model: Model) -> list[int]:
    """Rows of the direct effects among the parameters, in the model's order."""
    parameters = step.fit.parameters.reset_index(drop=True)
    paths = parameters[(parameters["lhs"] == model.outcome) & (parameters["op"] == "~")]
    by_name = dict(zip(paths["rhs"], paths.index, strict=True))
    return [int(by_name[name]) for name in model.direct]


def _estimates(step: TwoStep, rows: list[int]) -> NDArray:
    return step.fit.parameters["est"].to_numpy(dtype=np.float64)[rows]


def _absent(raked: Sequence[Raked]) -> tuple[tuple[str, int], ...]:
    return tuple(dict.fromkeys(pair for each in raked for pair in each.absent))
