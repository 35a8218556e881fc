"""Where the search starts: least squares per equation on moments of observed and latent variables.

For models without latent variables and residual covariances this is the maximum itself. Moments
of latent variables are guessed from their indicators by instrumental variables (FABIN2: Hägglund,
1982, Psychometrika 47:209), scaled by the marker.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from oablib.statistics.sem.data.sample import GroupSample
from oablib.statistics.sem.likelihood.layout import MEAN, PATH, Layout, factor
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.text.spec import FIXED, Cell, ModelSpec

# A residual variance starts at no less than this share of the variance.
LEAST_RESIDUAL = 0.05
# A latent variable's share in the variance of its marker starts between these.
LEAST_COMMON, MOST_COMMON = 0.05, 0.95
# Shrinking of the guessed covariances of latent variables, until some data could have them.
SHRINK = (1.0, 0.9, 0.75, 0.5, 0.25, 0.0)
# Smallest eigenvalue of a correlation matrix to start from.
LEAST_EIGENVALUE = 1e-3

# Variances of latent variables, standardised, for further starts; 0.05 is lavaan's.
LATENT_SHARES = (0.3, 0.05)
HALF = 0.5
SPREAD_STARTS = 12
# Multiples of it fill the unit interval evenly (Weyl).
GOLDEN = (np.sqrt(5) - 1) / 2


def values(problem: Problem) -> NDArray:
    """Starting values of all parameters, shape (k,), standardised units.

    A value that cells share is the mean of theirs; `start()` in the text goes before all.
    """
    total, count = np.zeros(problem.spec.n_free), np.zeros(problem.spec.n_free)
    for number, layout in enumerate(problem.layouts):
        starts = _of_group(problem, layout, number)
        np.add.at(total, layout.parameter, starts / layout.unit)
        np.add.at(count, layout.parameter, 1)
    theta = total / count
    for cell in problem.spec.cells:
        if cell.start is not None and cell.free != FIXED:
            theta[cell.free] = cell.start * factor(cell, problem.scale)
    return theta


def further(problem: Problem, first: NDArray) -> Iterator[NDArray]:
    """Other starts than `first`, (k,), in the order in which they are worth while.

    Weak factors with the loadings of `first` or with equal ones, lavaan's among them; then `first`
    with every number drawn out or in by a factor between 0 and 2, by a rule without chance.
    """
    for share in LATENT_SHARES:
        yield _with_shares(problem, first, share, equal=False)
        yield _with_shares(problem, first, share, equal=True)
    for number in range(1, SPREAD_STARTS + 1):
        yield first * 2 * np.modf(number * GOLDEN * np.arange(1, len(first) + 1))[0]


def _with_shares(problem: Problem, first: NDArray, share: float, *, equal: bool) -> NDArray:
    """Latent variables of this variance, not correlated; half of each indicator is residual."""
    theta, latent = first.copy(), set(problem.spec.latent)
    for cell in reversed([cell for cell in problem.spec.cells if cell.free != FIXED]):
        names = {cell.lhs, cell.rhs}
        if cell.op == "=~" and equal:
            theta[cell.free] = 1.0
        elif cell.op == "~~" and names & latent:
            theta[cell.free] = share if len(names) == 1 else 0.0
        elif cell.op == "~~" and len(names) == 1 and not cell.exogenous:
            cov = problem.sample.groups[cell.group].cov
            theta[cell.free] = HALF * cov[cell.row, cell.row]
    return theta


def _of_group(problem: Problem, layout: Layout, number: int) -> NDArray:
    """Values of the free cells of one group, shape (c,)."""
    group = problem.sample.groups[number]
    cov = group.cov
    if problem.spec.latent:
        cov = _with_latent(problem.spec, layout, group, number)
    A, at = _regressions(layout, cov), layout.places
    residual = np.eye(len(A)) - A
    S = residual @ cov @ residual.T
    floor = LEAST_RESIDUAL * np.diag(cov)
    S = np.where(_starts_free(problem.spec), S, 0.0)
    np.fill_diagonal(S, np.maximum(np.diag(S), floor))
    M = _means(layout, group, A)
    result = np.where(at.kind == PATH, A[at.row, at.column], S[at.row, at.column])
    return np.where(at.kind == MEAN, M[at.row], result)


def _regressions(layout: Layout, cov: NDArray) -> NDArray:
    """Regress each variable on what points to it."""
    A, at = layout.A.copy(), layout.places
    path = at.kind == PATH
    for row in np.unique(at.row[path]):
        free = at.column[path & (at.row == row)]
        left = cov[free, row] - cov[free] @ layout.A[row]
        A[row, free] = np.linalg.solve(cov[np.ix_(free, free)], left)
    return A


def _starts_free(spec: ModelSpec) -> NDArray:
    """Variances, and covariances of variables that nothing points to; the others start at zero."""
    moved = [name in spec.endogenous for name in spec.variables]
    source = ~np.array(moved)
    return np.eye(len(source), dtype=bool) | np.outer(source, source)


def _means(layout: Layout, group: GroupSample, A: NDArray) -> NDArray:
    """Intercepts that reproduce the sample's means, exactly where nothing moves the variable."""
    M, p = layout.M.copy(), layout.observed
    B = np.linalg.inv(np.eye(len(A)) - A)[:p]
    free = layout.places.row[layout.places.kind == MEAN]
    unmoved = free[(free < p) & ~A[free].any(axis=1)]
    M[unmoved] = group.mean[unmoved]
    rest = np.setdiff1d(free, unmoved)
    M[rest] = np.linalg.lstsq(B[:, rest], group.mean - B @ M, rcond=None)[0]
    return M


def _with_latent(spec: ModelSpec, layout: Layout, group: GroupSample, number: int) -> NDArray:
    """Covariance matrix of all variables, the latent ones guessed from their indicators."""
    p, v = len(spec.observed), len(spec.variables)
    cov = np.zeros((v, v))
    cov[:p, :p] = group.cov
    loadings = {
        i: [c for c in spec.cells if c.op == "=~" and c.group == number and c.column == i]
        for i in range(p, v)
    }
    known = set(range(p))
    while len(known) < v:
        rest = [i for i in loadings if i not in known]
        ready = [i for i in rest if {cell.row for cell in loadings[i]} <= known]
        if not ready:
            # Latent variables that measure each other: nothing to start from but independence.
            cov[rest, rest] = 1.0
            return cov
        for i in ready:
            _guess(cov, loadings[i], layout, known)
            known.add(i)
    return _possible(cov, p)


def _guess(cov: NDArray, loadings: list[Cell], layout: Layout, known: set[int]) -> None:
    """Fill in row and column of one latent variable."""
    i = loadings[0].column
    fixed = [n for n, c in enumerate(loadings) if layout.A[c.row, i]]
    marker = fixed[0] if fixed else 0
    rows = np.array([cell.row for cell in loadings])
    slope = layout.A[rows[marker], i] or 1.0
    weight = slope * _fabin(cov[np.ix_(rows, rows)], marker)
    size = weight @ weight
    common = weight @ cov[rows, rows[marker]] / size / slope
    total = cov[rows[marker], rows[marker]] / slope**2
    variance = float(np.clip(common, LEAST_COMMON * total, MOST_COMMON * total))
    others = np.array(sorted(known))
    cov[i, others] = weight @ cov[np.ix_(rows, others)] / size
    cov[i, rows] = weight * variance
    cov[i, i] = variance
    if layout.S[i, i] > 0:
        cov[i] *= np.sqrt(layout.S[i, i] / variance)
        cov[i, i] = layout.S[i, i]
    cov[:, i] = cov[i]


def _fabin(cov: NDArray, marker: int) -> NDArray:
    """Loadings of the indicators relative to the marker's, by two-stage least squares."""
    loading = np.ones(len(cov))
    for j in range(len(cov)):
        tools = [t for t in range(len(cov)) if t not in (j, marker)]
        if j != marker and tools:
            tied = cov[marker, tools]
            loading[j] = tied @ cov[j, tools] / (tied @ tied)
        elif j != marker:
            loading[j] = np.sign(cov[marker, j]) * np.sqrt(cov[j, j] / cov[marker, marker])
    return loading


def _possible(cov: NDArray, observed: int) -> NDArray:
    """Shrink what was guessed until the matrix is safely positive definite."""
    off = np.zeros(cov.shape, dtype=bool)
    off[observed:] = off[:, observed:] = True
    np.fill_diagonal(off, val=False)
    sd = np.sqrt(np.diag(cov))
    for keep in SHRINK:
        shrunk = np.where(off, keep * cov, cov)
        if np.linalg.eigvalsh(shrunk / np.outer(sd, sd))[0] > LEAST_EIGENVALUE:
            break
    return shrunk
