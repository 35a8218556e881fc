"""Donors in order of cell, prediction and row, as sorting their tuples puts them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oablib.indicator.pupil_scores import donor_line
from oablib.indicator.pupil_scores.donor_line import CELL, Line

DONORS = st.lists(st.tuples(st.integers(1, 3), st.integers(-(10**8), 10**8)), min_size=1)


def expected(cells: np.ndarray, predicted: np.ndarray, rows: np.ndarray) -> list[tuple[int, int]]:
    listed = zip(cells.tolist(), predicted.tolist(), rows.tolist(), strict=True)
    return [(row, cell * CELL + value) for cell, value, row in sorted(listed)]


@pytest.mark.parametrize("bits", [donor_line.WHOLE, 0])
@given(donors=DONORS, gap=st.integers(1, 1000))
def test_order_is_that_of_tuples(bits: int, donors: list[tuple[int, int]], gap: int) -> None:
    """Packed in one number, and where three do not fit into one."""
    cells, predicted = np.array(donors, dtype=np.int64).T
    rows = np.arange(len(donors), dtype=np.int64) * gap
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(donor_line, "WHOLE", bits)
        line = Line.ordered(predicted, cells, rows)
    found = list(zip(line.donors.tolist(), line.at.tolist(), strict=True))
    assert found == expected(cells, predicted, rows)


def test_no_donors_make_an_empty_line() -> None:
    none = np.empty(0, dtype=np.int64)
    assert len(Line.ordered(none, none, none).donors) == 0
