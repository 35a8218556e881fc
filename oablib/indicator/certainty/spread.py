"""Draws as they come made into draws of what is true: wider, and without the noise of estimates."""

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
    noise = of_noise(estimates, held[0], at=one.mean(axis=0), children=children)
    return one - noise, other - noise


def widened(
    drawn: tuple[Points, Points], education: Points, *, whole: Points, children: NDArray
) -> tuple[Points, Points]:
    """A - B of each place, of these children and beyond, each (draws, places), with larger spread.

    education: draws of education alone, a child one of its own. whole: the m draws of it, (m,
    places). The ratio of both variances, each divided by the place's children, is that of the sums
    over all places: a single place has m draws only.
    """
    m = len(whole)
    own = education.var(axis=0, ddof=1)
    wanted = (1 + 1 / m) * (whole.var(axis=0, ddof=1) / children).sum() if m > 1 else 0.0
    ratio = max(wanted / max(float((own / children).sum()), 1e-300), 1.0) if m > 1 else 1.0
    results = []
    for points in drawn:
        mean, total = points.mean(axis=0), points.var(axis=0, ddof=1)
        more = np.divide((ratio - 1) * own, total, out=np.zeros_like(total), where=total > 0)
        results.append(mean + np.sqrt(1 + more) * (points - mean))
    return results[0], results[1]


def of_noise(estimates: Points, held: Points, *, at: Points, children: NDArray) -> Points:
    """What noise of effects and scale values adds to A - B of each place on average, (places,).

    Draws of estimates alone (draws, places) are as far from what the estimates in use give, `held`
    (places,), as that is from the truth: noise spreads scores of children, so that other children
    are among the lowest. The difference counts twice (bootstrap estimate of bias; Efron &
    Tibshirani, 1993, chapter 10). It is a mean over places with about the same points a child, `at`
    (places,) in points, because the boundary makes that of one place jump.
    """
    place = at / children
    low, high = np.quantile(place, [0.25, 0.75])
    width = min(float(place.std()), float(high - low) / QUARTILES)
    if len(place) < 2 or width <= 0:
        return np.zeros(len(place))
    bandwidth = NORMAL * width * len(place) ** -0.2
    grid = np.quantile(place, np.linspace(0, 1, min(GRID, len(place))))
    weight = np.exp(-0.5 * ((grid[:, None] - place) / bandwidth) ** 2) * children
    difference = (estimates.mean(axis=0) - held) / children
    smooth = weight @ difference / weight.sum(axis=1)
    return np.asarray(2 * children * np.interp(place, grid, smooth))
