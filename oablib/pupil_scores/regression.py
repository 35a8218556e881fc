"""Regressions of donors' scores on what is known of them and of recipients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oablib.errors import ImputationError

# Predictions are fixed to a millionth of a point: last bits, which differ between processors,
# must not choose a donor.
GRAIN = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """What is known of who has a score to lend. rows: (p,); score: (p,); columns: name -> (p,)."""

    rows: NDArray[np.int64]
    score: NDArray[np.float64]
    columns: Mapping[str, NDArray[np.float64]]

    def having(self, names: Sequence[str]) -> "Pool":
        """Those of whom all named columns are known, and these columns."""
        columns = {name: self.columns[name] for name in names}
        unknown = np.zeros(len(self.rows), dtype=bool)
        for each in columns.values():
            unknown |= np.isnan(each)
        if not unknown.any():
            return Pool(self.rows, self.score, columns)
        kept = {name: each[~unknown] for name, each in columns.items()}
        return Pool(self.rows[~unknown], self.score[~unknown], kept)


def predictions(
    pool: Pool, columns: Mapping[str, NDArray[np.float64]], *, n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Donors who have these columns; least-squares predictions in grains, theirs and recipients'.

    columns: of n recipients. Sums are numpy's own, not BLAS': they come out the same whatever the
    number of threads.
    """
    usable = pool.having(list(columns))
    if not len(usable.rows):
        raise ImputationError(
            f"Of {len(pool.rows):,} children with a score none has all {len(columns)} donor "
            "variables; take one out of `predictors` in params/rules/pupil_scores.yaml."
        )
    y = usable.score - usable.score.mean()
    centres = {name: float(each.mean()) for name, each in usable.columns.items()}
    x = [each - centres[name] for name, each in usable.columns.items()]
    products = np.zeros((len(x), len(x)))
    for i, a in enumerate(x):
        for j in range(i + 1):
            products[i, j] = products[j, i] = np.sum(a * x[j])
    right = np.array([np.sum(each * y) for each in x])
    slopes = np.linalg.lstsq(products, right, rcond=1e-12)[0]
    own = [each - centres[name] for name, each in columns.items()]
    at_pool = _grains(slopes, x, n=len(usable.rows))
    return usable.rows, at_pool, _grains(slopes, own, n=n)


def _grains(
    slopes: NDArray[np.float64], columns: Sequence[NDArray[np.float64]], *, n: int
) -> NDArray[np.int64]:
    predicted = np.zeros(n)
    for slope, each in zip(slopes, columns, strict=True):
        predicted += slope * each
    return np.rint(predicted * GRAIN).astype(np.int64)
