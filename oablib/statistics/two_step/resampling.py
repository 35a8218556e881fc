"""Schools drawn with replacement, and both steps done anew on each draw.

Estimates are those of two_step.fit on the drawn children (Davison & Hinkley, 1997, Bootstrap
Methods and their Application, section 3.8: whole clusters are drawn).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.statistics.two_step import from_sums
from oablib.statistics.two_step.sums import Products


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Draws:
    """Direct effects of the draws.

    effects: one row a draw that could be estimated, columns model.direct. failed: draws that
    could not, because a category had fewer than 5 children or columns depended on each other.
    """

    effects: pd.DataFrame
    failed: int


def draw(products: Products, *, samples: int, seed: Sequence[int]) -> Draws:
    """Estimate `samples` draws of as many schools as there are; the same seed, the same schools.

    Two models of the same children get the same schools, so that they can be compared draw by draw.
    """
    return estimate(products, times=picked(products.n_schools, samples=samples, seed=seed))


def picked(n_schools: int, *, samples: int, seed: Sequence[int]) -> NDArray:
    """How often each school occurs in each draw of as many schools as there are: (b, G)."""
    chosen = np.random.default_rng(list(seed)).integers(n_schools, size=(samples, n_schools))
    return np.stack([np.bincount(each, minlength=n_schools) for each in chosen]).astype(np.float64)


def estimate(products: Products, *, times: NDArray) -> Draws:
    """Estimate draws in which each school occurs so many times; times: (b, G)."""
    model, drawn = products.model, from_sums.moments(products, times=times)
    direct = [model.paths.index((model.outcome, name)) for name in model.direct]
    paths = from_sums.paths(model, drawn)[:, direct]
    effects = pd.DataFrame(paths, columns=list(model.direct)).dropna()
    return Draws(effects, len(times) - len(effects))
