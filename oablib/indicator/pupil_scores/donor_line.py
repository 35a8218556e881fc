"""Donors in order of their predictions, and the nearest of them to each recipient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELL = 1 << 40  # larger than any prediction in grains, so that cells lie apart on one line
WHOLE = 62  # bits of a whole number that stays above zero when it is sorted


@dataclass(frozen=True, slots=True, eq=False)
class NearestDonors:
    """Recipients of one pattern and their candidates, as positions in `donors`.

    recipients: (p,) rows of Candidates.recipients. low, high: (p,), between which all are equal.
    scarce: rows of the part where fewer than k are equal, with their nearest (s, k), of whom the
    first `count` (s,) may be drawn.
    """

    recipients: NDArray[np.int64]
    donors: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    scarce: NDArray[np.int64]
    nearest: NDArray[np.int64]
    count: NDArray[np.int64]
    few: int
    outside: int

    def drawn(self, lot: NDArray[np.float64]) -> NDArray[np.int64]:
        """A donor of each recipient of the part, (p,)."""
        position = self.low + np.floor(lot * (self.high - self.low)).astype(np.int64)
        pick = np.floor(lot[self.scarce] * self.count).astype(np.int64)
        position[self.scarce] = self.nearest[np.arange(len(pick)), pick]
        return self.donors[position]

    def resampled(
        self, lot: NDArray[np.float64], times: NDArray[np.integer], *, k: int
    ) -> NDArray[np.int64]:
        """As `drawn`, from the k nearest where each donor is there `times` times.

        times: (n,) of each row of Children. The nearest of this part are more than k, so that k are
        left when some of them are not there.
        """
        result = self.drawn(lot)
        near = self.donors[np.clip(self.nearest, 0, len(self.donors) - 1)]
        there = np.where(np.arange(near.shape[1]) < self.count[:, None], times[near], 0)
        reach = there.cumsum(axis=1)
        wanted = np.floor(lot[self.scarce] * np.minimum(k, reach[:, -1])).astype(np.int64) + 1
        # The first whose copies reach so far; the nearest where nobody is there.
        chosen = (reach >= wanted[:, None]).argmax(axis=1)
        result[self.scarce] = near[np.arange(len(near)), chosen]
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Donors in order of cell and prediction; at: (d,) their positions on the line."""

    donors: NDArray[np.int64]
    at: NDArray[np.int64]

    @classmethod
    def ordered(cls, predicted: NDArray, cell: NDArray, donors: NDArray) -> "Line":
        """predicted, cell: (d,) of the donors; equal ones come in the order of their rows."""
        if not len(donors):
            return cls(donors, predicted)
        least, first = int(predicted.min()), int(cell.min())
        low = int(donors.max()).bit_length()
        middle = (int(predicted.max()) - least).bit_length()
        if low + middle + (int(cell.max()) - first).bit_length() > WHOLE:
            order = np.lexsort((donors, predicted, cell))
            return cls(donors[order], cell[order] * CELL + predicted[order])
        # All three in one whole number, which sorts several times faster than an index does.
        packed = np.sort((((cell - first) << middle | (predicted - least)) << low) | donors)
        place = packed >> low
        at = ((place >> middle) + first) * CELL + (place & ((1 << middle) - 1)) + least
        return cls(packed & ((1 << low) - 1), at)

    def nearest(
        self, recipients: NDArray, predicted: NDArray, cell: NDArray, *, k: int
    ) -> NearestDonors:
        """The k nearest donors of each of p recipients, whose predictions and cells are (p,)."""
        first = np.searchsorted(self.at, cell * CELL - CELL // 2)
        last = np.searchsorted(self.at, cell * CELL + CELL // 2)
        none = first == last
        first, last = np.where(none, 0, first), np.where(none, len(self.at), last)
        target = np.where(none, predicted, cell * CELL + predicted)
        low = np.clip(np.searchsorted(self.at, target, "left"), first, last)
        high = np.clip(np.searchsorted(self.at, target, "right"), first, last)
        scarce = np.flatnonzero(high - low < k)
        first_of, last_of = first[scarce], last[scarce]
        return NearestDonors(
            recipients,
            self.donors,
            low,
            high,
            scarce,
            self._among(target[scarce], low[scarce], first_of, last_of, k=k),
            np.minimum(k, last_of - first_of),
            few=int((~none & (last - first < k)).sum()),
            outside=int(none.sum()),
        )

    def _among(
        self, target: NDArray, low: NDArray, first: NDArray, last: NDArray, *, k: int
    ) -> NDArray:
        """Positions of the k nearest, (s, k), nearest first; fewer where there are not so many."""
        window = low[:, None] + np.arange(-k, 2 * k)
        inside = (window >= first[:, None]) & (window < last[:, None])
        distance = np.abs(self.at[np.clip(window, 0, len(self.at) - 1)] - target[:, None])
        distance = np.where(inside, distance, np.iinfo(np.int64).max)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(window, nearest, axis=1)
