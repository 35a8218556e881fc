"""Statistics of score tests: efficient scores, their variances, and what is made of them.

Plain: by the expected information (Sorbom, 1989, Psychometrika 54:371). Robust: the generalised
score test with the sandwich of casewise or clustered scores in its place (Boos, 1992, Am. Stat.
46:327). Both use the expected information to take out the free parameters; with missing values the
robust one takes the observed, since the expected one presumes values missing completely at random.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from oablib.base.shown import showable
from oablib.statistics.sem.fits.fitting import SemFit
from oablib.statistics.sem.likelihood import patterns
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.layout import factor
from oablib.statistics.sem.results import inference, solution
from oablib.statistics.sem.scores.candidates import against, extended
from oablib.statistics.sem.text.spec import Cell

# Share of a candidate's information that must be left once the free parameters are taken out:
# of a candidate that is not identified rounding leaves some 1e-14.
LEAST_INFORMATION = 1e-9


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScoreTest:
    """Score test of d parameters that a fit fixes or shares, in the data's units.

    lhs, op, rhs: see where it comes from. group: "" where there is one, or all are meant. score:
    efficient score of all rows, shape (d,). information: its expected variance, meat: its robust
    variance, both (d, d). epc: expected change of each parameter, sepc the same standardised, (d,).
    reverse_path: a path would run against those there are. All but the score is NaN where they
    are not identified, and meat alone where there are too few clusters for them.
    """

    lhs: str
    op: str
    rhs: str
    group: str
    score: NDArray
    information: NDArray
    meat: NDArray
    epc: NDArray
    sepc: NDArray
    reverse_path: bool

    @property
    def df(self) -> int:
        """Number of terms."""
        return len(self.score)

    @property
    def mi(self) -> float:
        """chi2 with `df` degrees of freedom if the model holds and rows are independent."""
        return _quadratic(self.score, self.information)

    @property
    def mi_robust(self) -> float:
        """The same under other distributions and, in a clustered fit, alike rows in a cluster."""
        return _quadratic(self.score, self.meat)

    @property
    def mi_scaled(self) -> float:
        """mi over its mean if the model holds: compare with chi2 of `df`. mi_robust for one term.

        Satorra (2000); lavaan 0.7's score.scaled. It asks less of the data than mi_robust, which
        takes d (d + 1) / 2 variances of scores from the clusters, but is rough where these differ.
        """
        return self.mi * self.df / self._moments()[0]

    @property
    def df_adjusted(self) -> float:
        """Degrees of freedom of mi_adjusted, a fraction below `df`."""
        first, second = self._moments()
        return first**2 / second

    @property
    def mi_adjusted(self) -> float:
        """mi with the mean and variance of a chi2 with `df_adjusted`; lavaan 0.7's score.adjusted.

        Satterthwaite's (1941) approximation, as Satorra (2000) has it.
        """
        first, second = self._moments()
        return self.mi * first / second

    def p(self, *, robust: bool) -> float:
        """p value of mi_robust, or of mi."""
        return float(chdtrc(self.df, self.mi_robust if robust else self.mi))

    def _moments(self) -> tuple[float, float]:
        """Sum of the eigenvalues of information^-1 meat, and of their squares."""
        if not np.isfinite(self.meat).all():
            return np.nan, np.nan
        spread = np.linalg.solve(self.information, self.meat)
        return float(np.trace(spread)), float(np.sum(spread * spread.T))


class Freed(NamedTuple):
    """What one test frees. lhs, op, rhs, group: its name.

    cells: each gets a parameter of its own, in addition to the one it may share. directions:
    moves of the free parameters that an equality forbids, shape (k, d), in standardised units.
    """

    lhs: str
    op: str
    rhs: str
    group: str
    cells: tuple[Cell, ...]
    directions: NDArray | None = None


def together(name: str, freed: Sequence[Freed]) -> Freed:
    """All that several tests free, for one test; name: its lhs."""
    cells = tuple(cell for each in freed for cell in each.cells)
    moves = [each.directions for each in freed if each.directions is not None]
    return Freed(name, "", "", "", cells, np.concatenate(moves, axis=1) if moves else None)


@dataclass(frozen=True, slots=True, eq=False)
class _Efficient:
    """Scores along d directions and of e cells with the free parameters taken out.

    All of shape (d + e,) or square; directions have no unit, cells those of the data. share: what
    is left of their information. units: what standardising multiplies each cell by.
    """

    score: NDArray
    information: NDArray
    meat: NDArray
    share: NDArray
    units: NDArray


def tests_of(fit: SemFit, freed: Sequence[Freed]) -> list[ScoreTest]:
    """One test each; NaN where nothing identifies what it frees."""
    if not freed:
        return []
    whole, nothing = together("", freed), np.zeros((fit.core.problem.spec.n_free, 0))
    forbidden = nothing if whole.directions is None else whole.directions
    efficient = _efficient(fit, list(whole.cells), forbidden)
    reverse, tests = against(fit.core.problem.spec), []
    ends = [0, forbidden.shape[1]]
    for each in freed:
        d = 0 if each.directions is None else each.directions.shape[1]
        starts, ends = ends, [ends[0] + d, ends[1] + len(each.cells)]
        where = np.concatenate([np.arange(*span) for span in zip(starts, ends, strict=True)])
        against_paths = any(c.matrix == "A" and reverse[c.row, c.column] for c in each.cells)
        tests.append(_test(each, efficient, where, reverse_path=bool(against_paths)))
    return tests


def _test(freed: Freed, efficient: _Efficient, where: NDArray, *, reverse_path: bool) -> ScoreTest:
    """where: positions of what is freed among all that is."""
    score, block = efficient.score[where], np.ix_(where, where)
    information, meat = efficient.information[block], efficient.meat[block]
    nothing = np.full_like(information, np.nan)
    if efficient.share[where].min() > LEAST_INFORMATION and _is_definite(information):
        epc = np.linalg.solve(information, score)
    else:
        information = meat = nothing
        epc = nothing[0]
    # Fewer clusters than terms: no joint test is possible.
    meat = meat if _is_definite(meat) else nothing
    return ScoreTest(
        lhs=freed.lhs, op=freed.op, rhs=freed.rhs, group=freed.group, score=score,
        information=information, meat=meat, epc=epc, sepc=epc * efficient.units[where],
        reverse_path=reverse_path,
    )  # fmt: skip


def _quadratic(score: NDArray, variance: NDArray) -> float:
    if not np.isfinite(variance).all():
        return np.nan
    return float(score @ np.linalg.solve(variance, score))


def _is_definite(variance: NDArray) -> bool:
    """Whether the data can distinguish the terms from each other."""
    size = np.sqrt(np.diag(variance))
    if not (np.isfinite(variance).all() and size.all()):
        return False
    smallest = np.linalg.eigvalsh(variance / np.outer(size, size))[0]
    return bool(smallest > LEAST_INFORMATION)


def _efficient(fit: SemFit, cells: list[Cell], directions: NDArray) -> _Efficient:
    problem, optimum, k = fit.core.problem, fit.core.optimum, fit.core.problem.spec.n_free
    wide, d = extended(problem, cells), directions.shape[1]

    def along(by_parameter: NDArray) -> NDArray:
        """From all parameters, (r, k + e), to what is freed, (r, d + e)."""
        moved = by_parameter[:, :k] @ directions
        return np.concatenate([moved, by_parameter[:, k:]], axis=1)

    information = along(fit.n * problems.expected_information(wide, optimum.at))
    taken = inference.bread(problem, optimum, information="expected") @ information[:k]
    robust = taken
    if patterns.groups(problem.sample):
        observed = along(fit.n * problems.observed_information(wide, optimum.at))
        robust = inference.bread(problem, optimum, information="observed") @ observed[:k]
    clear = along(np.eye(wide.spec.n_free))
    clear[:k] -= robust
    whole = along(information.T)
    left = whole - information[:k].T @ taken
    factors = np.concatenate([np.ones(d), [factor(cell, problem.scale) for cell in cells]])
    square = np.outer(factors, factors)
    return _Efficient(
        score=fit.n * along(problems.gradient(wide, optimum.at)[None])[0] * factors,
        information=left * square,
        meat=clear.T @ inference.meat(wide, optimum.at) @ clear * square,
        share=np.diag(left) / np.diag(whole),
        units=np.concatenate(
            [np.full(d, np.nan), solution.standard_units(problem, optimum, cells)]
        ),
    )
