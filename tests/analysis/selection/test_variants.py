"""Variants side by side are what lavaan, our own fits and the pooled tests say of each."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lavaan_reference import LOGLIK_ATOL, MEASURES_RTOL, P_RTOL, REFERENCE, stored

from oablib import pooling, scale_values, selection, sem
from oablib.analysis.selection import equations
from oablib.analysis.selection.design import UNSEEN, Design
from oablib.analysis.selection.equations import Likelihoods
from oablib.base.errors import ModelError
from oablib.protocol import models
from oablib.protocol.codebook import Table
from oablib.protocol.formed import Factor
from oablib.protocol.models import Model
from oablib.statistics.pooling import pooled_tests

OCW = [f"ocw_{number}" for number in range(1, 8)]
# Sums of products lose what means of 535 cost; certified fits stop within 1e-7 standard errors.
SAME_LOGLIK_RTOL = 1e-10
# Fit measures that R and we compute from the same sums of squares.
R2_ATOL = 1e-9
# Two ways to the same statistic, both on log-likelihoods of 1e4 to 1e5.
SAME_CHI2_ATOL = 1e-5


@pytest.fixture(scope="module")
def pupils() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "variants.csv")


@pytest.fixture(scope="module")
def plans() -> dict[str, Model]:
    return {name: models.load(name) for name in ("base", *OCW)}


@pytest.fixture(scope="module")
def design(pupils: pd.DataFrame, plans: Mapping[str, Model], table: Table) -> Design:
    return selection.build([pupils], reference=plans["base"], variants=plans, table=table)


@pytest.fixture(scope="module")
def frames(pupils: pd.DataFrame) -> list[pd.DataFrame]:
    """Four data sets that differ in a part of the education, as imputations do."""
    rng = np.random.default_rng(5)
    lost = rng.random((2, len(pupils))) < 0.3
    result = []
    for _ in range(4):
        drawn = pupils.copy()
        for name, where in zip(("education_father", "education_mother"), lost, strict=True):
            drawn.loc[where, name] = rng.permutation(pupils.loc[where, name].to_numpy())
        result.append(drawn)
    return result


@pytest.fixture(scope="module")
def of_four(frames: list[pd.DataFrame], plans: Mapping[str, Model], table: Table) -> Design:
    return selection.build(frames, reference=plans["base"], variants=plans, table=table)


def fitted(frames: list[pd.DataFrame], model: Model, text: str, table: Table) -> list[sem.SemFit]:
    """By sem.fit, on the scale values of the base model."""
    base, found = models.load("base"), []
    union = replace(
        model, direct=tuple(dict.fromkeys((*base.direct, *model.direct))),
        dummies={**base.dummies, **model.dummies}, school_means=base.school_means,
        numeric=tuple(dict.fromkeys((*base.numeric, *model.numeric))), scaled=base.scaled,
    )  # fmt: skip
    for frame in frames:
        values = scale_values.estimate(frame, model=base, table=table).table
        data = scale_values.apply(frame, values=values, model=union, table=table)
        found.append(sem.fit(text, data, cluster=model.cluster))
    return found


@pytest.mark.parametrize("name", ["base", *OCW])
def test_criteria_and_r2_are_lavaans(design: Design, name: str) -> None:
    row = selection.compare(design, rank_by="bic").set_index("model").loc[name]
    expected = stored("variants")["variants"][name]
    for part, suffix in (("joint", ""), ("given", "_given")):
        assert row[f"k{suffix}"] == expected[part]["npar"]
        assert row[f"loglik{suffix}"] == pytest.approx(expected[part]["logl"], abs=LOGLIK_ATOL)
        for measure in ("aic", "bic"):
            found = row[f"{measure}{suffix}"]
            assert found == pytest.approx(expected[part][measure], abs=2 * LOGLIK_ATOL)
    for measure in ("r2_adjusted", "r2_adjusted_without_mediator"):
        assert row[measure] == pytest.approx(expected[measure], abs=R2_ATOL)


@pytest.mark.parametrize("name", ["base", *OCW])
def test_the_distance_from_all_paths_is_lavaans(design: Design, name: str) -> None:
    row = selection.compare(design, rank_by="bic").set_index("model").loc[name]
    expected = stored("variants")["variants"][name]["all_paths"]
    assert row["df"] == expected["df"]
    assert row["chi2"] == pytest.approx(expected["chisq"], rel=MEASURES_RTOL, abs=SAME_CHI2_ATOL)
    assert row["p"] == pytest.approx(expected["pvalue"], rel=P_RTOL)


@pytest.mark.parametrize("name", ["base", "ocw_2", "ocw_7"])
def test_equations_by_least_squares_are_our_own_fits(
    of_four: Design, frames: list[pd.DataFrame], name: str, table: Table
) -> None:
    model = of_four.models[name]
    fits = fitted(frames, model, model.syntax, table)
    row = selection.compare(of_four, rank_by="bic").set_index("model").loc[name]
    mean = np.mean([fit.loglik for fit in fits])
    assert row["loglik"] == pytest.approx(mean, rel=SAME_LOGLIK_RTOL)
    r2 = np.mean([fit.r2_adjusted["cito"] for fit in fits])
    assert row["r2_adjusted"] == pytest.approx(r2, abs=R2_ATOL)


def test_differences_are_those_of_pooled_likelihood_ratios(
    of_four: Design, frames: list[pd.DataFrame], table: Table
) -> None:
    """Base and the model without residence: nested, and compared by pooling.compare as well."""
    base = of_four.reference
    smaller = replace(base, name="smaller", direct=base.direct[:4] + base.direct[6:])
    design = selection.build(
        frames, reference=base, variants={"base": base, "smaller": smaller}, table=table
    )
    less = base.syntax.replace("+ residence", "+ 0*residence")
    fits = {"base": fitted(frames, base, base.syntax, table)}
    fits["smaller"] = fitted(frames, base, less, table)
    expected = pooling.compare(fits, base="base", costs=design.costs).set_index("model")
    row = selection.compare(design, rank_by="bic").set_index("model").loc["smaller"]
    pairs = {"delta_aic_mean": "delta_aic_mean", "delta_bic_mean": "delta_bic_mean",
             "delta_aic_d4": "delta_aic_with_scales",
             "delta_bic_d4": "delta_bic_with_scales"}  # fmt: skip
    for own, other in pairs.items():
        found = expected.loc["smaller", other]
        assert row[own] == pytest.approx(found, abs=SAME_CHI2_ATOL)


def test_pooled_ratios_are_d4() -> None:
    rng = np.random.default_rng(2)
    restricted, gain = rng.normal(-1000, 5, 6), rng.chisquare(3, 6)
    stacked = gain.mean() * 0.8
    models_ = [Likelihoods(restricted, np.array(-1001.0))]
    models_.append(Likelihoods(restricted + gain / 2, np.array(-1001.0 + stacked / 2)))
    expected = pooled_tests.d4(gain, stacked, 3).chi2
    assert equations.ratio(*models_, df=3) == pytest.approx(expected, rel=1e-9)


def test_counts_with_scales_take_a_scale_for_its_categories(
    design: Design, pupils: pd.DataFrame, plans: Mapping[str, Model], table: Table
) -> None:
    """Once for both equations, or in each equation that a variant leaves it out of."""
    rows = selection.compare(design, rank_by="bic").set_index("model")
    assert rows.loc["base", "k_with_scales"] == 14 + 5 * 6
    assert rows.loc["ocw_1", "k_with_scales"] == 11 + 4 * 6
    assert rows.loc["ocw_7", "k_with_scales"] == rows.loc["ocw_7", "k_given"] + 2 * 6
    base = plans["base"]
    alone = selection.build([pupils], reference=base, variants={"base": base}, table=table)
    assert selection.compare(alone, rank_by="bic").loc[0, "k_with_scales"] == 14 + 3 * 6


def test_a_variant_without_a_scaled_variable_is_judged_by_its_categories(
    pupils: pd.DataFrame, plans: Mapping[str, Model], table: Table
) -> None:
    """Regressions row by row, with and without indicators of origin."""
    base = plans["base"]
    less = replace(base, name="less", direct=tuple(n for n in base.direct if n != "origin"))
    variants = {"base": base, "less": less}
    design = selection.build([pupils], reference=base, variants=variants, table=table)
    row = selection.compare(design, rank_by="bic").set_index("model").loc["less"]
    values = scale_values.estimate(pupils, model=base, table=table).table
    data = scale_values.apply(pupils, values=values, model=base, table=table)
    rest = sm.add_constant(data[["nscct", *less.direct]])
    dummies = pd.get_dummies(pupils["origin"].astype(int), dtype=float).drop(columns=1)
    fits = [sm.OLS(data["cito"], x).fit() for x in (rest, rest.join(dummies.rename(columns=str)))]
    lost = 2 * (fits[1].llf - fits[0].llf)
    assert row["delta_aic_d4"] == pytest.approx(lost - 2 * 7, abs=SAME_CHI2_ATOL)
    assert row["delta_bic_d4"] == pytest.approx(lost - np.log(len(pupils)) * 7, abs=SAME_CHI2_ATOL)


def test_weights_add_up_and_ranks_follow_the_criterion(of_four: Design) -> None:
    for criterion in ("aic", "bic"):
        rows = selection.compare(of_four, rank_by=criterion)
        assert rows[f"weight_{criterion}"].sum() == pytest.approx(1)
        assert rows[f"delta_{criterion}_d4"].is_monotonic_increasing
        assert list(rows["rank"]) == list(range(1, len(rows) + 1))


def test_what_cannot_be_compared_is_flagged_with_the_reason(
    pupils: pd.DataFrame, plans: Mapping[str, Model], table: Table
) -> None:
    base = plans["base"]
    pupils = pupils.assign(
        household_income=pupils["household_income"].where(pupils.index > 9), divorced_parents=1
    )
    strange = {
        "other_test": replace(base, outcome="nscct", mediator="cito"),
        "scaled": replace(base, scaled={**base.scaled, "origin": 1}),
        "constant": replace(
            base, direct=(*base.direct, "divorced_parents"),
            numeric=(*base.numeric, "divorced_parents"),
        ),
        "absent": replace(base, numeric=(*base.numeric, "no_such")),
    }  # fmt: skip
    design = selection.build(
        [pupils], reference=base, variants={"ocw_1": plans["ocw_1"], **strange}, table=table
    )
    rows = selection.compare(design, rank_by="bic").set_index("model")
    assert np.isnan(rows.loc["ocw_1", "aic"])
    assert dict(rows["flags"].drop("base")) == {
        "ocw_1": "other_children", "other_test": "other_role", "scaled": "other_scale",
        "constant": "constant_columns", "absent": "absent_columns",
    }  # fmt: skip
    assert rows.loc["ocw_1", "children"] == 10
    assert list(rows.loc[["other_test", "scaled", "absent", "constant"], "columns"]) == [
        "nscct", "origin", "no_such", "divorced_parents",
    ]  # fmt: skip
    assert rows.loc["base", "rank"] == 1


def test_one_name_cannot_mean_two_things(
    pupils: pd.DataFrame, plans: Mapping[str, Model], table: Table
) -> None:
    base = plans["base"]
    other = {**base.dummies, "residence_0_5_years": ("residence_mother", "years_5_10")}
    with pytest.raises(ModelError, match="'residence_0_5_years' in dummies"):
        selection.build(
            [pupils], reference=base, variants={"x": replace(base, dummies=other)}, table=table
        )


def test_waves_are_compared_on_their_own_children(
    frames: list[pd.DataFrame], plans: Mapping[str, Model], table: Table
) -> None:
    options = {"reference": plans["base"], "variants": plans, "table": table}
    two = [frame.assign(wave=np.where(frame.index < 800, 2007, 2010)) for frame in frames]
    rows = selection.by_wave(two, rank_by="bic", **options)
    sizes = two[0]["wave"].value_counts()
    assert {wave: int(n) for wave, n in rows.groupby("wave")["n"].first().items()} == {
        str(wave): size for wave, size in sizes.items()
    }
    few = [frame.assign(wave=np.where(frame.index < 90, 2007, 2010)) for frame in frames]
    flagged = selection.by_wave(few, rank_by="bic", **options).set_index("wave").loc["2007"]
    assert flagged["flags"] == "too_few" and np.isnan(flagged["delta_bic_d4"])
    whole = [frame.assign(wave=2007) for frame in frames]
    alone = selection.by_wave(whole, rank_by="bic", **options).set_index("model")
    together = selection.compare(selection.build(frames, **options), rank_by="bic").set_index(
        "model"
    )
    np.testing.assert_allclose(
        alone["delta_bic_d4"], together.loc[alone.index, "delta_bic_d4"], atol=SAME_CHI2_ATOL
    )


def test_a_variant_with_a_product_that_no_imputation_saw_is_refused(
    frames: list[pd.DataFrame], pupils: pd.DataFrame, plans: Mapping[str, Model], table: Table
) -> None:
    base = plans["base"]
    product = {"mother_x_debt": (Factor("education_mother"), Factor("debt_restructuring"))}
    wider = replace(base, name="wider", products=product, direct=(*base.direct, *product))
    given = {"reference": base, "variants": {"wider": wider}, "table": table}
    assert selection.build(frames, **given).refused == {"wider": (UNSEEN, ("mother_x_debt",), 0)}
    of_one = selection.build([pupils], **given)
    assert not of_one.refused
    ours = selection.compare(of_one, rank_by="bic").set_index("model").loc["wider"]
    values = scale_values.estimate(pupils, model=base, table=table).table
    scaled = scale_values.apply(pupils, values=values, model=wider, table=table)
    fit = sem.fit(wider.syntax, scaled, cluster=wider.cluster)
    assert ours["loglik"] == pytest.approx(fit.loglik, rel=SAME_LOGLIK_RTOL)
