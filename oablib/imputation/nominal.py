"""Levels without order, drawn from a multinomial logit whose coefficients are drawn as well."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oablib.imputation.multinomial import Fit, Levels, chances, follow, maximise
from oablib.imputation.variables import Variable
from oablib.imputation.view import View

STEPS = 4  # of the k-step bootstrap


class Nominal:
    """Multinomial logit with coefficients from a Bayesian bootstrap of schools.

    Every draw weighs the schools anew, by exponential weights, and maximises the weighted
    posterior: a draw of the coefficients that is proper in Rubin's sense and counts that children
    of one school are alike (Rubin, 1981, Ann. Stat. 9:130; 1987, section 4.4). The log-odds of
    levels are linear in an outcome that is normal given the level; so no order is imposed on
    levels, and their scale values need not rise with the code.
    prior_sd: of a coefficient, per unit of a dummy and per two standard deviations of a number
    (Gelman et al., 2008, Ann. Appl. Stat. 2:1360); it keeps empty cells finite.
    """

    name = "nominal"

    def __init__(self, variable: Variable, *, prior_sd: float) -> None:
        self._variable, self._prior_sd = variable, prior_sd
        self._last: Fit | None = None

    def draw(self, view: View, values: NDArray, *, rng: np.random.Generator) -> NDArray:
        """New levels (0..K-1) of the unknown cells."""
        unknown, columns = self._variable.unknown, view.columns()
        prior_sd = np.where(columns.binary, self._prior_sd, self._prior_sd / 2)
        prior_sd[0] = np.inf  # the constant
        levels = Levels.of(values[~unknown], count=len(self._variable.scores))
        known = columns.matrix[~unknown]
        told: dict[str, Any] = {"prior_sd": prior_sd}
        self._last = maximise(known, levels, start=self._last, weights=np.ones(len(known)), **told)
        weights = rng.exponential(size=view.school.max() + 1)[view.school[~unknown]]
        weights *= len(weights) / weights.sum()
        drawn = follow(known, levels, start=self._last, weights=weights, steps=STEPS, **told)
        share = chances(columns.matrix[unknown], drawn, reference=levels.reference)
        return (rng.random((len(share), 1)) > np.cumsum(share, axis=1)[:, :-1]).sum(axis=1)
