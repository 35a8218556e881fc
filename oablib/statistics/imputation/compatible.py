"""A number that stands in products or curves, drawn so that the model's own equations hold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import ImputationError
from oablib.statistics.imputation.pmm import coefficients, nearest
from oablib.statistics.imputation.predictors import View
from oablib.statistics.imputation.products import Formed
from oablib.statistics.imputation.variables import Variable

CANDIDATES = 20  # per unknown value
# All values, imputed ones as well, say how the number depends on the others: that settles slowly.
ROUNDS = 15


@dataclass(frozen=True, slots=True, eq=False)
class _Equation:
    """An equation with parameters that were drawn.

    left: (n,), its outcome less all that other values of the number do not change. slopes: of what
    they do change. variance: of its error.
    """

    left: NDArray
    slopes: dict[str, float]
    variance: float

    def fit(self, columns: dict[str, NDArray], *, rows: NDArray) -> NDArray:
        """Log-likelihood of these columns in some rows, less a constant, (r,)."""
        error = self.left[rows] - sum(slope * columns[name] for name, slope in self.slopes.items())
        return np.asarray(-(error**2) / (2 * self.variance))


class Compatible:
    """Substantive-model-compatible imputation of a number (Bartlett et al., 2015).

    Given outcome and mediator a number with a square in their equations is no linear function of
    them, so that matching on a linear prediction flattens the curve. Here candidates come from the
    regression of the number on all but the two tests, with residuals that occur; one is drawn with
    the likelihood that it gives to both tests, and the nearest known value takes its place.
    Source: Bartlett, Seaman, White & Carpenter (2015, Stat. Methods Med. Res. 24:462), by
    sampling-importance-resampling instead of rejection.
    """

    name = "compatible"

    def __init__(self, variable: Variable) -> None:
        self._variable = variable

    def draw(self, view: View, values: NDArray, *, rng: np.random.Generator) -> NDArray:
        """New values of the unknown cells."""
        unknown, formed = self._variable.unknown, view.setting.formed
        if formed is None:
            raise ImputationError(f"{self._variable.name} stands in no product or spline.")
        x, known, values = view.background().matrix, values[~unknown], values.copy()
        for _ in range(ROUNDS):
            numbers = formed.numbers(view.outer() | {self._variable.name: values})
            drawn = self._drawn(x, values, formed=formed, numbers=numbers, rng=rng)
            values[unknown] = known[nearest(known, drawn, donors=1, rng=rng)]
        return values[unknown]

    def _drawn(
        self,
        x: NDArray,
        values: NDArray,
        *,
        formed: Formed,
        numbers: dict[str, NDArray],
        rng: np.random.Generator,
    ) -> NDArray:
        """Of several candidates of each unknown cell one, by what both equations say of it."""
        name, unknown = self._variable.name, self._variable.unknown
        equations = _drawn_equations(formed, numbers, target=name, rng=rng)
        others = {other: column[unknown] for other, column in numbers.items()}
        estimate, drawn = coefficients(x, values, rng=rng)
        residuals, middle = values - x @ estimate, x[unknown] @ drawn
        best, chosen = np.full(len(middle), -np.inf), middle
        for _ in range(CANDIDATES):
            candidate = middle + rng.choice(residuals, len(middle))
            columns = formed.changed(candidate, target=name, numbers=others)
            fit = sum(equation.fit(columns, rows=unknown) for equation in equations)
            # The largest sum of logarithms and Gumbel noise is a draw by the likelihoods.
            score = fit + rng.gumbel(size=len(middle))
            chosen, best = np.where(score > best, candidate, chosen), np.maximum(score, best)
        return chosen


def _drawn_equations(
    formed: Formed, numbers: dict[str, NDArray], *, target: str, rng: np.random.Generator
) -> list[_Equation]:
    """Both equations, drawn from their posterior under flat priors; numbers: all columns, (n,).

    School means of the number stay what they are.
    """
    result = []
    for lhs, rhs in formed.sides():
        columns, y = np.column_stack([numbers[name] for name in rhs]), numbers[lhs]
        columns, y = columns - columns.mean(axis=0), y - y.mean()
        estimate, drawn = coefficients(columns, y, rng=rng)
        left = y - columns @ estimate
        means = formed.model.school_means
        moving = [name for name in rhs if formed.moves(name, target) and name not in means]
        slopes = {name: float(drawn[rhs.index(name)]) for name in moving}
        rest = y - columns @ drawn
        for name, slope in slopes.items():
            rest = rest + slope * numbers[name]
        variance = float(left @ left / rng.chisquare(len(y) - len(rhs) - 1))
        result.append(_Equation(rest, slopes, variance))
    return result
