"""Draws as they come made into draws of what is true: wider, and without what noise adds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oablib.indicator.certainty.draws import DrawnPlaces

Points = NDArray[np.float64]
GRID = 200  # points at which a smooth curve over thousands of places is computed
NORMAL = 1.06  # of Silverman's bandwidth (1986, Density Estimation, equation 3.28)
QUARTILES = 1.34  # between the quartiles of a normal distribution, in standard deviations
# Powers of the number of places: of the best bandwidth for a curve, and for a density's slope.
OF_CURVE, OF_SLOPE = -1 / 5, -1 / 7


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
    at = one.mean(axis=0) / children
    excess = of_noise(estimates, held[0], at=at, children=children)
    excess += of_selection(estimates, at=at, children=children)
    return one - excess, other - excess


def widened(
    drawn: tuple[Points, Points], education: Points, *, whole: Points, children: NDArray
) -> tuple[Points, Points]:
    """A - B of each place, of these children and beyond, each (draws, places), with larger spread.

    education: draws of education alone, a child one of its own. whole: the m draws of it, (m,
    places). children: (places,). Children with nothing in common in a draw have a variance of
    (m - 1) / m of the right one, and Rubin's 1 + 1/m is wanted. What children of a place have in
    common adds to its variance with the square of their number, by an amount a child that is that
    of all places together: a single place has m draws only.
    """
    m = len(whole)
    if m == 1:
        return drawn
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
    return results[0], results[1]


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """Which places have about the same points a child: a normal kernel at points of a grid.

    place: (places,) points a child. grid: (g,). distance: (g, places) in bandwidths.
    """

    place: NDArray[np.float64]
    grid: NDArray[np.float64]
    distance: NDArray[np.float64]
    bandwidth: float

    @classmethod
    def of(cls, place: NDArray[np.float64], *, power: float) -> "Near | None":
        """The bandwidth shrinks with this power of the number of places.

        None for a single place, and where all are the same.
        """
        low, high = np.quantile(place, [0.25, 0.75])
        width = min(float(place.std()), float(high - low) / QUARTILES)
        if len(place) < 2 or width <= 0:
            return None
        bandwidth = NORMAL * width * len(place) ** power
        grid = np.quantile(place, np.linspace(0, 1, min(GRID, len(place))))
        return cls(place, grid, (grid[:, None] - place) / bandwidth, bandwidth)

    @property
    def weight(self) -> NDArray[np.float64]:
        """Of each place at each point of the grid, (g, places)."""
        return np.asarray(np.exp(-0.5 * self.distance**2))

    def at_places(self, curve: NDArray[np.float64]) -> NDArray[np.float64]:
        """A curve on the grid, (g,), read at each place, (places,)."""
        return np.interp(self.place, self.grid, curve)


def of_noise(estimates: Points, held: Points, *, at: Points, children: NDArray) -> Points:
    """What noise of effects and scale values adds to A - B of each place on average, (places,).

    Draws of estimates alone (draws, places) are as far from what the estimates in use give, `held`
    (places,), as that is from the truth: noise spreads scores of children, so that other children
    are among the lowest. The difference counts twice (bootstrap estimate of bias; Efron &
    Tibshirani, 1993, chapter 10). It is a mean over places with about the same points a child, `at`
    (places,), because the boundary makes that of one place jump.
    """
    near = Near.of(at, power=OF_CURVE)
    if near is None:
        return np.zeros(len(at))
    weight = near.weight * children
    difference = (estimates.mean(axis=0) - held) / children
    return np.asarray(2 * children * near.at_places(weight @ difference / weight.sum(axis=1)))


def of_selection(estimates: Points, *, at: Points, children: NDArray) -> Points:
    """How far A - B of each place is on average too high because it was found so, (places,).

    Places are more often below 0 than above, so that one found just above 0 came more often from
    below. By Tweedie's formula (Efron, 2011, J Am Stat Assoc 106:1602) that is the variance of the
    estimate times the slope of the logarithm of its density over all places, both in points a
    child, `at` (places,); minus, because it is to be taken off.
    """
    near = Near.of(at, power=OF_SLOPE)
    if near is None:
        return np.zeros(len(at))
    weight = near.weight
    slope = -(near.distance * weight).sum(axis=1) / weight.sum(axis=1) / near.bandwidth
    variance = estimates.var(axis=0, ddof=1) / children**2
    return np.asarray(-children * variance * near.at_places(slope))
