"""The lowest scores are those that sorting all of them gives, whatever a sample of them says."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from oablib.indicator.allocation import populations
from oablib.indicator.allocation.populations import EVERY


@settings(max_examples=200)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 40 * EVERY),
    share=st.floats(0.01, 1),
    values=st.sampled_from([3, 1000, 10**9]),
    order=st.sampled_from(["random", "rising", "falling", "misleading"]),
)
def test_lowest_are_those_of_a_sorted_list(
    seed: int, n: int, share: float, values: int, order: str
) -> None:
    """Also where the sampled ones are all the lowest, or the highest."""
    units = np.random.default_rng(seed).integers(-values, values, n)
    units = np.sort(units) if order != "random" else units
    if order == "falling":
        units = units[::-1]
    if order == "misleading":
        units[::EVERY] = -values
    k = max(1, int(share * n))
    found = populations.lowest_of(units, k)
    assert sorted(found.tolist()) == sorted(units.tolist())[:k]
    assert found[-1] == found.max()
