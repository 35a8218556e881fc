"""Raked weights are those of survey::rake, meet every margin, and say where they cannot."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lavaan_reference import data, stored

from oablib import weighting
from oablib.base.errors import WeightingError

CLOSE = {"tolerance": 1e-12, "most_rounds": 1000}
SAME_WEIGHTS = 1e-8  # survey stops where a total is 1e-10 off: more of a weight in a small cell
SAME_SHARES = 1e-9  # the tolerance, and sums in another order


def shares(frame: pd.DataFrame, name: str, weights: np.ndarray) -> dict[int, float]:
    sums = pd.Series(weights).groupby(frame[name].to_numpy()).sum()
    return dict(sums / weights.sum())


def test_weights_are_those_of_the_package_survey() -> None:
    reference, frame = stored("raking"), data("base_model")
    codes, margins = pd.DataFrame(index=frame.index), {}
    columns = {"wave": "wave", "origin": "origin", "debt": "debt_restructuring"}
    for margin in reference["margins"]:
        values = frame[columns[margin["name"]]].astype(float)
        codes[margin["name"]] = values.map({float(c): i for i, c in enumerate(margin["category"])})
        margins[margin["name"]] = dict(enumerate(margin["share"]))
    raked = weighting.rake(codes, margins=margins, **CLOSE)
    np.testing.assert_allclose(raked.weights, reference["weights"], rtol=SAME_WEIGHTS)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), sizes=st.lists(st.integers(2, 5), min_size=1, max_size=3))
def test_every_margin_is_met_and_no_product_is_changed(seed: int, sizes: list[int]) -> None:
    """Weights are a product of one factor a category: what raking is, and nothing else."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"v{i}": rng.integers(0, k, 400) for i, k in enumerate(sizes)})
    margins = {
        name: dict(enumerate(rng.dirichlet(np.full(k, 20.0))))
        for name, k in zip(frame, sizes, strict=True)
    }
    raked = weighting.rake(frame, margins=margins, **CLOSE)
    for name, target in margins.items():
        found = shares(frame, name, raked.weights)
        assert all(abs(found[code] - share) < SAME_SHARES for code, share in target.items())
    assert raked.weights.mean() == pytest.approx(1)
    assert raked.design_effect >= 1
    dummies = [pd.get_dummies(frame[name], dtype=float) for name in frame]
    logs = np.log(raked.weights)
    fitted = np.linalg.lstsq(np.column_stack(dummies), logs, rcond=None)[0]
    np.testing.assert_allclose(np.column_stack(dummies) @ fitted, logs, atol=1e-8)


def test_margins_that_are_met_already_change_nothing() -> None:
    frame = pd.DataFrame({"a": [1, 1, 2, 2], "b": [1, 2, 1, 2]})
    margins = {name: {1: 0.5, 2: 0.5} for name in frame}
    raked = weighting.rake(frame, margins=margins, **CLOSE)
    assert raked.weights.tolist() == [1, 1, 1, 1] and raked.rounds == 1


def test_an_absent_category_is_named_and_the_others_stand_for_it() -> None:
    frame = pd.DataFrame({"a": [1, 1, 2]})
    raked = weighting.rake(frame, margins={"a": {1: 0.3, 2: 0.3, 3: 0.4}}, **CLOSE)
    assert raked.absent == (("a", 3),)
    np.testing.assert_allclose(raked.weights, [0.75, 0.75, 1.5])


@pytest.mark.parametrize(
    ("values", "margins", "expected"),
    [
        ([1.0, np.nan, 2.0], {1: 0.5, 2: 0.5}, "a is unknown in 1 of 3 rows"),
        ([1.0, 2.0, 3.0], {1: 0.5, 2: 0.5}, "In 1 of 3 rows a has a category"),
    ],
)
def test_what_cannot_be_raked_is_refused_with_a_count(
    values: list[float], margins: dict[int, float], expected: str
) -> None:
    with pytest.raises(WeightingError, match=expected):
        weighting.rake(pd.DataFrame({"a": values}), margins={"a": margins}, **CLOSE)


@pytest.mark.parametrize(
    ("rows", "margins", "expected"),
    [
        (2, {}, "2 rows and 0 margins"),
        (0, {"a": {1: 1.0}}, "0 rows and 1 margins"),
        (2, {"a": {1: 1.0}, "b": {1: 1.0}}, "no column b;"),
    ],
)
def test_nothing_to_rake_is_refused(
    rows: int, margins: dict[str, dict[int, float]], expected: str
) -> None:
    with pytest.raises(WeightingError, match=expected):
        weighting.rake(pd.DataFrame({"a": [1.0] * rows}), margins=margins, **CLOSE)


def test_margins_that_contradict_each_other_are_refused() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [1, 2]})
    margins = {"a": {1: 0.9, 2: 0.1}, "b": {1: 0.1, 2: 0.9}}
    with pytest.raises(WeightingError, match=r"did not meet the margins of a, b in 50 rounds"):
        weighting.rake(frame, margins=margins, tolerance=1e-6, most_rounds=50)
