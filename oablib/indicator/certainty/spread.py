"""Draws as they come made into draws of what is true: wider, and without what noise adds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oablib.indicator.certainty.draws import DrawnPlaces

Points = NDArray[np.float64]
GRID = 200  # points at which a smooth curve over thousands of places is computed
NORMAL = 1.06  # of Silverman's bandwidth (1986, Density Estimation, equation 3.28)
QUARTILES = 1.34  # between the quartiles of a normal distribution, in standard deviations


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Draws of everything, of education and of estimates alone, of nothing, and whole ones."""

    drawn: DrawnPlaces
    education: DrawnPlaces
    estimates: DrawnPlaces
    held: DrawnPlaces
    whole: DrawnPlaces

    def sites(self, there: NDArray[np.bool_], *, children: NDArray) -> tuple[Points, Points]:
        """A - B of the sites that are `there`, (draws, places), of these children and beyond."""
        drawn = (self.drawn.sites[:, there], self.drawn.sampled_sites[:, there])
        others = (self.education, self.estimates, self.held, self.whole)
        return _made(drawn, *(each.sites[:, there] for each in others), children=children)

    def municipalities(
        self, there: NDArray[np.bool_], *, children: NDArray
    ) -> tuple[Points, Points]:
        """The same of municipalities."""
        plain, sampled = self.drawn.municipalities, self.drawn.sampled_municipalities
        drawn = (plain[:, there], sampled[:, there])
        others = (self.education, self.estimates, self.held, self.whole)
        return _made(drawn, *(each.municipalities[:, there] for each in others), children=children)


def _made(
    drawn: tuple[Points, Points],
    education: Points,
    estimates: Points,
    held: Points,
    whole: Points,
    *,
    children: NDArray,
) -> tuple[Points, Points]:
    one, other = widened(drawn, education, whole=whole, children=children)
    noise = of_noise(estimates, held[0], at=one.mean(axis=0) / children, children=children)
    return one - noise, other - noise


def bandwidth(width: float, n: int) -> float:
    """Bandwidth of a normal kernel over n points; width: their standard deviation, or the like."""
    return NORMAL * width * float(n) ** -0.2


def widened(
    drawn: Sequence[Points], education: Points, *, whole: Points, children: NDArray
) -> list[Points]:
    """A - B of each place with larger spread, in the order of `drawn`, each (draws, places).

    drawn: such as those of these children and beyond. education: draws of education alone, a
    child one of its own. whole: the m draws of it, (m, places). children: (places,). Children
    with nothing in common in a draw have a variance of (m - 1) / m of the right one, and
    Rubin's 1 + 1/m is wanted. What children of a place have in common adds to its variance with
    the square of their number, by an amount a child that is that of all places together: a
    single place has m draws only.
    """
    m = len(whole)
    if m == 1:
        return list(drawn)
    own = education.var(axis=0, ddof=1)
    apart = own * m / (m - 1)
    common = ((whole.var(axis=0, ddof=1) - apart) / children).sum()
    a_child = max(float(common), 0.0) / max(float(apart.sum()), 1e-300)
    more = (1 + 1 / m) * apart * (1 + a_child * children) - own
    results = []
    for points in drawn:
        mean, total = points.mean(axis=0), points.var(axis=0, ddof=1)
        ratio = np.divide(more, total, out=np.zeros_like(total), where=total > 0)
        results.append(mean + np.sqrt(1 + ratio) * (points - mean))
    return results


def of_noise(estimates: Points, held: Points, *, at: Points, children: NDArray) -> Points:
    """What noise of effects and scale values adds to A - B of each place on average, (places,).

    Draws of estimates alone (draws, places) are as far from what the estimates in use give, `held`
    (places,), as that is from the truth: noise spreads scores of children, so that other children
    are among the lowest. The difference counts twice (bootstrap estimate of bias; Efron &
    Tibshirani, 1993, chapter 10). It is a mean over places with about the same points a child, `at`
    (places,), because the boundary makes that of one place jump.
    """
    low, high = np.quantile(at, [0.25, 0.75])
    width = min(float(at.std()), float(high - low) / QUARTILES)
    if len(at) < 2 or width <= 0:
        return np.zeros(len(at))
    grid = np.quantile(at, np.linspace(0, 1, min(GRID, len(at))))
    weight = np.exp(-0.5 * ((grid[:, None] - at) / bandwidth(width, len(at))) ** 2) * children
    difference = (estimates.mean(axis=0) - held) / children
    smooth = weight @ difference / weight.sum(axis=1)
    return np.asarray(2 * children * np.interp(at, grid, smooth))
