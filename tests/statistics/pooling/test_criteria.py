"""Information criteria over imputations against semTools, and models compared by them."""

import math

import numpy as np
import pandas as pd
import pytest
from pooling_reference import MODELS, TESTS, fits, frames

from oablib import pooling, sem
from oablib.base.errors import ComparisonError, PoolingError

# Two programs at the same optimum.
OPTIMUM_RTOL = 1e-10
# A ratio of 20 out of likelihoods of 27,000.
DIFFERENCE_ATOL = 1e-6

OUTCOME = MODELS["small"].splitlines()[0]
WITHOUT_ORIGIN = MODELS["middle"].replace("+ origin", "+ 0*origin")


@pytest.fixture(scope="module")
def three() -> dict[str, tuple[sem.SemFit, ...]]:
    return {name: fits(name) for name in ("small", "middle", "large")}


def ratio(pair: dict, method: str) -> float:
    return pair[method]["F"] * pair[method]["df1"]


@pytest.mark.parametrize("name", TESTS["sem"]["criteria"])
def test_pooled_estimates_agree_with_semtools(name):
    expected = TESTS["sem"]["criteria"][name]
    table = pooling.information_criteria(fits(name)).set_index("convention")
    found = table.loc["at pooled estimates"]
    names = {"loglik": "logl", "aic": "aic", "bic": "bic", "sabic": "bic2", "k": "npar"}
    for ours, theirs in names.items():
        assert found[ours] == pytest.approx(expected[theirs], rel=OPTIMUM_RTOL), ours


def test_mean_averages_the_imputations_and_stacking_agrees_with_lavaan():
    table = pooling.information_criteria(fits("small")).set_index("convention")
    assert list(table.index) == ["mean", "at pooled estimates", "stacked"]
    for name in ("loglik", "aic", "bic", "sabic"):
        own = np.mean([getattr(fit, name) for fit in fits("small")])
        assert table.loc["mean", name] == pytest.approx(own, rel=OPTIMUM_RTOL)
    stacked = TESTS["sem"]["stacked_loglik"]["small"]
    assert table.loc["stacked", "loglik"] == pytest.approx(stacked, rel=OPTIMUM_RTOL)
    assert (table.loc["mean", "loglik"] > table["loglik"][1:]).all()


def test_one_imputation_has_one_likelihood():
    table = pooling.information_criteria(fits("small")[:1])
    np.testing.assert_allclose(table["loglik"], fits("small")[0].loglik, rtol=OPTIMUM_RTOL)


def test_a_scale_value_costs_its_categories_once():
    costs = {"origin": 7, "education_mother": 7}
    row = pooling.information_criteria(fits("large"), costs=costs).iloc[0]
    # Both stand in both equations.
    assert row["k_with_scales"] == row["k"] + (7 - 1) + (7 - 1)
    assert row["aic_with_scales"] - row["aic"] == pytest.approx(2 * 12)
    assert row["bic_with_scales"] - row["bic"] == pytest.approx(12 * math.log(2047))


def test_a_scale_value_that_explains_nothing_costs_nothing():
    row = pooling.information_criteria(fits(WITHOUT_ORIGIN), costs={"origin": 7}).iloc[0]
    assert row["k_with_scales"] == row["k"]
    plain = pooling.information_criteria(fits("large")).iloc[0]
    assert (plain["k_with_scales"], plain["aic_with_scales"]) == (plain["k"], plain["aic"])


def test_differences_are_ratios_less_penalties(three):
    table = pooling.compare(three).set_index("model")
    assert list(table.index) == ["small", "middle", "large"]
    penalties = {"aic": 2, "bic": math.log(2047)}
    for pair, extra in zip(TESTS["sem"]["pairs"][::2], (1, 3), strict=True):
        row = table.loc[pair["general"]]
        for name, penalty in penalties.items():
            for method in ("d3", "d4"):
                expected = penalty * extra - ratio(pair, method)
                found = row[f"delta_{name}_{method}"]
                assert found == pytest.approx(expected, abs=DIFFERENCE_ATOL)
            own, base = (
                np.mean([getattr(fit, name) for fit in three[model]])
                for model in (pair["general"], "small")
            )
            assert row[f"delta_{name}_mean"] == pytest.approx(own - base, abs=DIFFERENCE_ATOL)
            assert row[f"{name}_mean"] == pytest.approx(own)
    base = table.loc["small"]
    assert not base[[name for name in table if name.startswith("delta")]].any()
    assert base["agree"] and base["reason"] == ""
    assert table.loc["middle", "aic_pooled"] == pytest.approx(
        TESTS["sem"]["criteria"]["middle"]["aic"], rel=OPTIMUM_RTOL
    )


def test_the_other_base_turns_the_signs(three):
    pair = {name: three[name] for name in ("small", "middle")}
    one = pooling.compare(pair).set_index("model").loc["middle"]
    other = pooling.compare(pair, base="middle").set_index("model").loc["small"]
    deltas = [name for name in one.index if name.startswith("delta")]
    np.testing.assert_allclose(
        other[deltas].astype(float), -one[deltas].astype(float), atol=DIFFERENCE_ATOL
    )


def test_costs_enter_the_difference(three):
    table = pooling.compare(three, base="middle", costs={"origin": 7}).set_index("model")
    # Middle has origin in its first equation already: it has paid.
    assert (table["k_with_scales"] - table["k"] == 6).all()
    without = {"without": fits(WITHOUT_ORIGIN), "with": fits("middle")}
    row = pooling.compare(without, costs={"origin": 7}).set_index("model").loc["with"]
    assert row["delta_aic_with_scales"] - row["delta_aic_d4"] == pytest.approx(2 * 6)
    assert row["delta_bic_with_scales"] - row["delta_bic_d4"] == pytest.approx(6 * math.log(2047))


def imputed_noise(seed: int, *, n: int = 300, m: int = 5) -> list[pd.DataFrame]:
    """y and z depend on w; x, half of it imputed properly, on nothing."""
    rng = np.random.default_rng(seed)
    w, x = rng.normal(size=(2, n))
    y = w + rng.normal(size=n)
    known = rng.random(n) < 0.5
    completed = []
    for _ in range(m):
        design = np.column_stack([np.ones(n), w, y])[known]
        root = np.linalg.cholesky(np.linalg.inv(design.T @ design))
        beta = np.linalg.lstsq(design, x[known])[0] + root @ rng.normal(size=3)
        drawn = np.column_stack([np.ones(n), w, y]) @ beta + rng.normal(size=n)
        frame = pd.DataFrame({"y": y, "w": w, "x": np.where(known, x, drawn)})
        completed.append(frame)
    return completed


def test_means_favour_paths_of_imputed_predictors_and_the_table_says_so():
    """The fault of mean AIC: a null path, half of whose predictor is imputed."""
    gains, disputed = [], []
    for seed in range(40):
        both = imputed_noise(seed)
        models = {
            "without": [sem.fit("y ~ w + 0*x", frame) for frame in both],
            "with": [sem.fit("y ~ w + x", frame) for frame in both],
        }
        row = pooling.compare(models).iloc[1]
        gains.append((row["delta_aic_mean"] < 0, row["delta_aic_d4"] < 0))
        if not row["agree"]:
            disputed.append(row["reason"])
    by_mean, by_d4 = np.mean(gains, axis=0)
    assert by_mean > by_d4
    assert len(disputed) >= 3
    assert all("the means and D4 choose differently" in reason for reason in disputed)


def test_models_not_nested_have_means_only():
    father = fits(f"{OUTCOME}\nnscct ~ education_father")
    origin = fits(f"{OUTCOME}\nnscct ~ origin")
    row = pooling.compare({"father": father, "origin": origin}).iloc[1]
    assert math.isnan(row["delta_aic_d3"]) and math.isnan(row["delta_bic_d4"])
    assert math.isnan(row["delta_aic_with_scales"])
    assert np.isfinite(row["delta_aic_mean"])
    assert row["agree"] is pd.NA
    assert row["reason"].startswith("not nested in the base")


def test_one_imputation_has_no_pooled_ratio(three):
    table = pooling.compare({name: own[:1] for name, own in three.items()})
    assert table["delta_aic_d4"][1:].isna().all()
    assert "m = 1" in table["reason"][1]


def test_what_cannot_be_compared_is_refused(three):
    fewer = fits("cito ~ nscct + education_mother\nnscct ~ education_mother")
    short = [sem.fit(MODELS["small"], frame.iloc[:2000]) for frame in frames()]
    for message, other in {"sets of variables": fewer, "numbers of rows": short}.items():
        with pytest.raises(ComparisonError, match=message):
            pooling.compare({"small": three["small"], "other": other})
    with pytest.raises(ComparisonError, match="base='none' is none of the models: small"):
        pooling.compare(three, base="none")
    with pytest.raises(ComparisonError, match="No models to compare"):
        pooling.compare({})
    with pytest.raises(PoolingError, match="No fits to pool"):
        pooling.compare({"small": []})


def test_costs_of_nothing_are_refused():
    with pytest.raises(ComparisonError, match=r"costs name \['orgin'\]"):
        pooling.information_criteria(fits("small"), costs={"orgin": 7})
    with pytest.raises(ComparisonError, match=r"costs of \['origin'\] are below 1"):
        pooling.compare({"small": fits("small")}, costs={"origin": 0})
