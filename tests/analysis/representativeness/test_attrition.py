"""Children who were dropped beside those who stay: shares by hand, chi-squares by statsmodels."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import Table as CrossTable

from oablib.analysis import representativeness
from oablib.analysis.representativeness.attrition import BELOW, UNKNOWN
from oablib.protocol.codebook import Table

TESTS = ["nscct", "cito"]
SAME_SUMS = 1e-9  # both sum the same terms


@pytest.fixture(scope="module")
def children() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    education = rng.integers(1, 9, 900).astype(float)
    return pd.DataFrame(
        {
            "sex": rng.integers(1, 3, 900),
            "education_father": np.where(rng.random(900) < 0.3, np.nan, education),
            "household_income": rng.normal(50, 10, 900).round(),
            "nscct": rng.normal(100, 15, 900),
            "step": rng.choice(["", "nscct", "cito"], 900, p=[0.8, 0.1, 0.1]),
        }
    )


def split(children: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    stays = children["step"] == ""
    return children[stays].drop(columns="step"), children[~stays]


def test_shares_are_counted_and_standardised(children: pd.DataFrame, table: Table) -> None:
    kept, left_out = split(children)
    found = representativeness.attrition(kept, left_out, tests=TESTS, table=table)
    cito = left_out[left_out["step"] == "cito"]
    median = sorted(kept["household_income"])[len(kept) // 2 - 1 : len(kept) // 2 + 1]
    middle = sum(median[-2:]) / 2 if len(kept) % 2 == 0 else median[-1]
    expected = {
        ("sex", 2): lambda frame: (frame["sex"] == 2).mean(),
        ("education_father", UNKNOWN): lambda frame: frame["education_father"].isna().mean(),
        ("household_income", BELOW): lambda frame: (frame["household_income"] < middle).mean(),
    }
    rows = found[found["step"] == "cito"].set_index(["variable", "code"])
    for key, share in expected.items():
        row, p = rows.loc[key], share(kept)
        assert (row["kept"], row["dropped"]) == (pytest.approx(p), pytest.approx(share(cito)))
        q = share(cito)
        standardised = (q - p) / ((p * (1 - p) + q * (1 - q)) / 2) ** 0.5
        assert row["standardised"] == pytest.approx(standardised)
    assert (rows["n_dropped"] == len(cito)).all() and (rows["n_kept"] == len(kept)).all()


def test_a_category_that_one_side_lacks_differs_by_the_spread_of_the_other(table: Table) -> None:
    # All who stay have sex 1; half of those who were dropped have sex 2.
    kept, dropped = pd.DataFrame({"sex": [1] * 40}), pd.DataFrame({"sex": [1, 2] * 20})
    found = representativeness.attrition(
        kept, dropped.assign(step="cito"), tests=TESTS, table=table
    ).set_index("code")
    assert found["standardised"].tolist() == pytest.approx([-(2**0.5), 2**0.5])
    assert found["p"].max() < 0.001
    same = representativeness.attrition(kept, kept.assign(step="cito"), tests=TESTS, table=table)
    assert same["standardised"].isna().all()


def test_sides_without_a_category_in_common_differ_without_bound(table: Table) -> None:
    kept, dropped = pd.DataFrame({"sex": [1] * 40}), pd.DataFrame({"sex": [2] * 40, "step": "cito"})
    found = representativeness.attrition(kept, dropped, tests=TESTS, table=table)
    assert found["standardised"].tolist() == [-np.inf, np.inf]
    assert len(representativeness.largest(found)) == 1


def test_a_test_is_compared_only_where_all_have_it(children: pd.DataFrame, table: Table) -> None:
    kept, left_out = split(children)
    found = representativeness.attrition(kept, left_out, tests=TESTS, table=table)
    by_step = found.groupby("step")["variable"].unique()
    assert "nscct" in by_step["cito"] and "nscct" not in by_step["nscct"]


def test_p_is_the_chi_square_of_the_variable_by_holm(children: pd.DataFrame, table: Table) -> None:
    kept, left_out = split(children)
    found = representativeness.attrition(kept, left_out, tests=TESTS, table=table)
    ps = {}
    for (step, name), part in found.groupby(["step", "variable"]):
        counts = np.array([part["kept"] * part["n_kept"], part["dropped"] * part["n_dropped"]])
        chi2 = CrossTable(counts, shift_zeros=False).test_nominal_association()
        ps[step, name] = chi2.pvalue
    ranked = sorted(ps, key=ps.__getitem__)
    holm, before = {}, 0.0
    for rank, key in enumerate(ranked):
        before = max(before, min(1.0, ps[key] * (len(ranked) - rank)))
        holm[key] = before
    for (step, name), part in found.groupby(["step", "variable"]):
        np.testing.assert_allclose(part["p"], holm[step, name], rtol=SAME_SUMS)


def test_one_row_of_each_variable_is_left_the_largest_first(
    children: pd.DataFrame, table: Table
) -> None:
    kept, left_out = split(children)
    found = representativeness.attrition(kept, left_out, tests=TESTS, table=table)
    largest = representativeness.largest(found)
    assert not largest.duplicated(["step", "variable"]).any()
    for _, part in largest.groupby("step"):
        assert part["standardised"].abs().is_monotonic_decreasing
    hidden = found.assign(standardised=np.nan)
    assert representativeness.largest(hidden).empty


def test_nobody_dropped_gives_no_rows(children: pd.DataFrame, table: Table) -> None:
    kept, left_out = split(children)
    none = representativeness.attrition(kept, left_out.iloc[:0], tests=TESTS, table=table)
    assert none.empty and representativeness.largest(none).empty
