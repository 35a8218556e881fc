"""Limits of variances, loadings and covariances by lavaan's names (0.6-14, argument `bounds`).

Bounded estimation keeps a search in small samples from solutions that no population has (De
Jonckere & Rosseel, 2022, Struct. Equ. Modeling 29:412). Limits follow from the sample's variances:
a residual variance lies between 0 and the variance, a loading cannot make a factor explain more
than there is. "wide" leaves room around these, so that hardly any good solution touches a limit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oablib.statistics.sem.data.sample import Sample
from oablib.statistics.sem.text.restrictions import Restriction, limited
from oablib.statistics.sem.text.spec import FIXED, Cell, ModelSpec

Bounds = Literal["none", "pos.var", "pos.ov.var", "pos.lv.var", "standard", "wide"]
Kind = Literal["ov.var", "lv.var", "loadings", "covariances"]
Limits = tuple[float, float]
NO_LIMITS = (-np.inf, np.inf)


@dataclass(frozen=True, slots=True)
class _Rule:
    """lavaan's optim.bounds of one name.

    lower, upper: the kinds that are limited, with the factor by which the range of each grows.
    reliability: least share of a marker's variance that is the latent variable's. least: smallest
    variance of an endogenous latent variable.
    """

    lower: dict[Kind, float]
    upper: dict[Kind, float] = field(default_factory=dict)
    reliability: float = 0.0
    least: float = 0.0


_ALL: tuple[Kind, ...] = ("ov.var", "lv.var", "loadings", "covariances")
_RULES: dict[Bounds, _Rule] = {
    "pos.var": _Rule({"ov.var": 1.0, "lv.var": 1.0}),
    "pos.ov.var": _Rule({"ov.var": 1.0}),
    "pos.lv.var": _Rule({"lv.var": 1.0}),
    "standard": _Rule(
        dict(zip(_ALL, (1.0, 1.0, 1.0, 0.999), strict=True)),
        dict(zip(_ALL, (1.0, 1.0, 1.0, 0.999), strict=True)),
        reliability=0.1,
        least=0.005,
    ),
    "wide": _Rule(
        dict(zip(_ALL, (1.05, 1.0, 1.1, 1.0), strict=True)),
        dict(zip(_ALL, (1.2, 1.3, 1.1, 1.0), strict=True)),
        reliability=0.1,
        least=0.005,
    ),
}


def restrictions(
    spec: ModelSpec, sample: Sample, searched: NDArray, bounds: Bounds
) -> Iterator[Restriction]:
    """Limits of the parameters that are searched for, in the data's units.

    A limit in the text goes before these, as in lavaan. searched: numbers of parameters; the
    others are moments of the sample, which no limit can move.
    """
    if bounds == "none":
        return
    rule = _RULES[bounds]
    for group in range(spec.n_groups):
        cells = [cell for cell in spec.cells if cell.group == group]
        variances = np.diag(sample.groups[group].cov) * sample.scale**2
        limits = _of_group(spec, cells, variances, rule)
        for cell, (lower, upper) in zip(cells, limits, strict=True):
            if cell.free == FIXED or cell.free not in searched:
                continue
            for sign, own, limit in ((1.0, cell.lower, lower), (-1.0, cell.upper, upper)):
                if own is None and np.isfinite(limit):
                    yield limited(cell, sign, limit, bound=True)


def _of_group(spec: ModelSpec, cells: list[Cell], variances: NDArray, rule: _Rule) -> list[Limits]:
    """Lower and upper limit of each cell of one group. variances: of the observed variables."""
    p, latent = len(spec.observed), _latent(spec, cells, variances, rule)
    total: dict[int, float] = {}
    result = [NO_LIMITS] * len(cells)
    for n, cell in enumerate(cells):
        if cell.op == "~~" and cell.row == cell.column:
            kind, limits = _variance(spec, cell, cells, variances, latent, rule)
            low, total[cell.row] = _widened(limits, kind, rule)
            result[n] = _limited((low, total[cell.row]), kind, rule)
        elif cell.op == "=~" and cell.row < p:
            least = latent[cell.column][0]
            most = np.sqrt(variances[cell.row] / least) if least > 0 else np.inf
            result[n] = _limited(_widened((-most, most), "loadings", rule), "loadings", rule)
    for n, cell in enumerate(cells):
        if cell.op == "~~" and cell.row != cell.column and {cell.row, cell.column} <= set(total):
            most = np.sqrt(total[cell.row] * total[cell.column])
            result[n] = _limited(_widened((-most, most), "covariances", rule), "covariances", rule)
    return result


def _latent(
    spec: ModelSpec, cells: list[Cell], variances: NDArray, rule: _Rule
) -> dict[int, Limits]:
    """Least and largest variance of each latent variable, as its marker has it."""
    p = len(spec.observed)
    result = {}
    for column in range(p, len(spec.variables)):
        markers = _markers(cells, column)
        if len(markers) == 1 and markers[0] < p:
            variance = variances[markers[0]]
            result[column] = (rule.reliability * variance, variance)
        else:
            result[column] = (0.0, variances.max())
    return result


def _markers(cells: list[Cell], column: int) -> list[int]:
    return [c.row for c in cells if c.op == "=~" and c.column == column and c.value == 1]


def _variance(
    spec: ModelSpec,
    cell: Cell,
    cells: list[Cell],
    variances: NDArray,
    latent: dict[int, Limits],
    rule: _Rule,
) -> tuple[Kind, Limits]:
    if cell.row >= len(spec.observed):
        lower, upper = latent[cell.row]
        return "lv.var", (rule.least if cell.lhs in spec.endogenous else lower, upper)
    columns = range(len(spec.observed), len(spec.variables))
    is_marker = any(_markers(cells, column) == [cell.row] for column in columns)
    return "ov.var", (0.0, (1 - rule.reliability * is_marker) * variances[cell.row])


def _widened(limits: Limits, kind: Kind, rule: _Rule) -> Limits:
    """Both limits moved by what the factors add to their range; unlimited where that is infinite.

    Factors apply where the kind is limited on that side.
    """
    lower, upper = limits
    if not np.isfinite(upper):
        return limits
    # lavaan counts the range of a variance from 0.
    width = upper - (max(lower, 0.0) if kind in ("ov.var", "lv.var") else lower)
    grown = [side.get(kind, 1.0) - 1.0 for side in (rule.lower, rule.upper)]
    return lower - grown[0] * width, upper + grown[1] * width


def _limited(limits: Limits, kind: Kind, rule: _Rule) -> Limits:
    return (
        limits[0] if kind in rule.lower else -np.inf,
        limits[1] if kind in rule.upper else np.inf,
    )
