"""Where each parameter is in the matrices of one group, in standardised units.

Variable i is measured in steps of scale[i] from shift[i]. A latent variable takes the scale of
its marker, so that a loading of 1 stays 1, or of its first indicator where restrictions alone give
it a unit. Shared parameters get one unit, that of their first
cell; the others follow it by a constant.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from oablib.statistics.sem.text.spec import FIXED, Cell, ModelSpec

PATH, COVARIANCE, MEAN = 0, 1, 2
KINDS = {"A": PATH, "S": COVARIANCE, "M": MEAN}


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Cells as arrays, each of shape (c,): kind (PATH, COVARIANCE, MEAN), row and column."""

    kind: NDArray
    row: NDArray
    column: NDArray

    def __getitem__(self, chosen: NDArray) -> "Places":
        return Places(self.kind[chosen], self.row[chosen], self.column[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The free cells of one group.

    places: where they are. parameter: number of each cell's parameter, shape (c,). unit: the
    cell's standardised value per unit of its parameter, shape (c,). A, S, M: the matrices with
    fixed values only. observed: number of observed variables, which come first.
    """

    places: Places
    parameter: NDArray
    unit: NDArray
    A: NDArray
    S: NDArray
    M: NDArray
    observed: int

    def gather(self, by_cell: NDArray, k: int) -> NDArray:
        """Sum what belongs to cells, on the last axis, into what belongs to k parameters."""
        if self._is_plain(k):
            return by_cell
        spread = np.zeros((len(self.parameter), k))
        spread[np.arange(len(self.parameter)), self.parameter] = self.unit
        return by_cell @ spread

    def gather_both(self, by_cells: NDArray, k: int) -> NDArray:
        """The same on both axes of a matrix."""
        return self.gather(self.gather(by_cells, k).T, k).T

    def only(self, numbers: NDArray) -> "Layout":
        """The cells of some parameters, which are numbered anew in the order of `numbers`."""
        chosen = np.isin(self.parameter, numbers)
        return replace(
            self,
            places=self.places[chosen],
            parameter=np.searchsorted(numbers, self.parameter[chosen]),
            unit=self.unit[chosen],
        )

    def _is_plain(self, k: int) -> bool:
        """Whether cells and parameters are the same thing, which saves the products."""
        c = len(self.parameter)
        return c == k and bool((self.parameter == np.arange(c)).all() and (self.unit == 1).all())


def scales(spec: ModelSpec, observed: NDArray) -> NDArray:
    """Unit of each variable, shape (v,): those of the observed ones, then of the latent ones."""
    scale = np.ones(len(spec.variables))
    scale[: len(observed)] = observed
    loadings = [c for c in spec.cells if c.op == "=~" and c.group == 0]
    markers = [c for c in loadings if c.value or c.free in spec.restricted]
    markers.sort(key=lambda cell: cell.value is None)
    # A latent variable may measure another: the marker's own unit has to be known first.
    for _ in spec.latent:
        for cell in reversed(markers):
            scale[cell.column] = scale[cell.row]
    return scale


def factor(cell: Cell, scale: NDArray) -> float:
    """Standardised value of a cell per unit of the data."""
    if cell.matrix == "A":
        return float(scale[cell.column] / scale[cell.row])
    return float(1 / (scale[cell.row] * (scale[cell.column] if cell.matrix == "S" else 1.0)))


def units(spec: ModelSpec, scale: NDArray) -> NDArray:
    """Standardised per original unit of each parameter, shape (k,): that of its first cell."""
    result = np.ones(spec.n_free)
    for cell in reversed([cell for cell in spec.cells if cell.free != FIXED]):
        result[cell.free] = factor(cell, scale)
    return result


def layouts(spec: ModelSpec, scale: NDArray) -> tuple[Layout, ...]:
    """One layout per group."""
    unit = units(spec, scale)
    return tuple(_layout(spec, scale, unit, group) for group in range(spec.n_groups))


def _layout(spec: ModelSpec, scale: NDArray, unit: NDArray, group: int) -> Layout:
    v = len(scale)
    fixed = {"A": np.zeros((v, v)), "S": np.zeros((v, v)), "M": np.zeros(v)}
    free = [cell for cell in spec.cells if cell.group == group and cell.free != FIXED]
    for cell in (c for c in spec.cells if c.group == group and c.free == FIXED and c.value):
        value = float(cell.value or 0) * factor(cell, scale)
        if cell.matrix == "M":
            fixed["M"][cell.row] = value
        else:
            fixed[cell.matrix][cell.row, cell.column] = value
        if cell.matrix == "S":
            fixed["S"][cell.column, cell.row] = value
    parameter = np.array([cell.free for cell in free])
    factors = np.array([factor(cell, scale) for cell in free])
    return Layout(
        places=places(free), parameter=parameter, unit=factors / unit[parameter],
        A=fixed["A"], S=fixed["S"], M=fixed["M"], observed=len(spec.observed),
    )  # fmt: skip


def places(cells: list[Cell]) -> Places:
    """The cells' places as arrays."""
    return Places(
        kind=np.array([KINDS[cell.matrix] for cell in cells], dtype=int),
        row=np.array([cell.row for cell in cells], dtype=int),
        column=np.array([cell.column for cell in cells], dtype=int),
    )
