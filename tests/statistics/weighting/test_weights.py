"""Known children stand for all: the weights are R's, add up, and say where they cannot."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from lavaan_reference import data, stored

from oablib import weighting
from oablib.base.errors import ParameterError, WeightingError
from oablib.protocol import codebook, models
from oablib.statistics.weighting import Rule, Weighted
from oablib.statistics.weighting import response as weighting_response

# Both sides stop where the likelihood is flat; statsmodels' last step is what remains.
SAME_OPTIMUM = 1e-8
# JSON holds twelve digits; glm stops at a deviance, which leaves fewer of an estimate near zero.
GLM_RTOL = 1e-9
# The same sums in another order.
ROUNDING = 1e-10

N = 2400
R_NAMES = {
    "(Intercept)": "intercept",
    "wave2": "wave=2010",
    "cito": "cito",
    "nscct": "nscct",
    "origin_group-1.1": "origin=eu15_ontwikkeld",
    "origin_group1.3": "origin=nieuwe_eu_transitie",
    "origin_group2.4": "origin=noord_afrika",
    "residence_0_5_years": "residence_mother=years_0_5",
    "residence_5_10_years": "residence_mother=years_5_10",
    "debt_restructuring": "debt_restructuring=yes",
    "school_cito": "school_mean_cito",
    "school_nscct": "school_mean_nscct",
    "school_origin": "school_mean_origin",
}
FORMULA = (
    "known ~ C(wave) + cito + nscct + C(origin) + C(residence_mother) + debt_restructuring"
    " + household_income + mother_age + school_cito + school_nscct + school_origin"
)


@pytest.fixture(scope="module")
def model() -> models.Model:
    return dataclasses.replace(models.load("base"), auxiliary=("household_income", "mother_age"))


@pytest.fixture(scope="module")
def rule() -> Rule:
    return dataclasses.replace(weighting.rule(), smallest_category=20)


@pytest.fixture(scope="module")
def children() -> pd.DataFrame:
    """Made-up children; the older the mother, the less often is education known."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {
            "child": np.arange(N),
            "school_id": rng.integers(0, 150, N).astype(str),
            "wave": rng.choice([2007, 2010, 2013], N, p=[0.2, 0.35, 0.45]),
            "education_father": rng.integers(1, 9, N).astype(float),
            "education_mother": rng.integers(1, 9, N).astype(float),
            "origin": rng.choice(np.arange(1, 9), N, p=[0.65] + [0.05] * 7),
            "residence_mother": rng.choice([0, 1, 2], N, p=[0.86, 0.05, 0.09]),
            "debt_restructuring": rng.binomial(1, 0.05, N),
            "household_income": rng.normal(40, 12, N),
            "mother_age": rng.normal(42, 5, N),
            "nscct": rng.normal(size=N),
            "cito": rng.normal(533, 10, N),
        }
    )
    odds = (
        -0.08 * (frame["mother_age"] - 42)
        - 0.5 * (frame["origin"] > 1)
        + 0.03 * (frame["cito"] - 533)
    )
    hidden = rng.random(N) > 1 / (1 + np.exp(-odds - 0.2))
    frame.loc[hidden, "education_mother"] = np.nan
    frame.loc[hidden & (rng.random(N) < 0.7), "education_father"] = np.nan
    return frame


@pytest.fixture(scope="module")
def pupils(children: pd.DataFrame) -> pd.Series:
    names = children["school_id"].unique()
    return pd.Series(np.where(np.arange(len(names)) % 4, 200, 60), index=names)


@pytest.fixture(scope="module")
def weighted(children, model, table, rule, pupils) -> Weighted:
    return weighting.weights(children, model=model, table=table, rule=rule, pupils=pupils)


def as_cohort(rows: pd.DataFrame, known: list[int]) -> pd.DataFrame:
    """R's pupils with the codes of the codebook."""
    codes = {0.0: 1, -1.1: 2, 1.3: 3, 2.4: 4}
    residence = rows["residence_0_5_years"] + 2 * rows["residence_5_10_years"]
    frame = rows.assign(
        wave=rows["wave"].map({1: 2007, 2: 2010}),
        origin=rows["origin"].map(codes),
        residence_mother=residence,
    )
    return frame.assign(education_father=rows["education_father"].where(np.array(known) == 1))


def test_response_model_weights_and_means_are_those_of_r(table: codebook.Table) -> None:
    reference = stored("weighting")
    changed = dataclasses.replace(weighting.rule(), smallest_category=2, **reference["rule"])
    model = dataclasses.replace(models.load("base"), auxiliary=())
    frame = as_cohort(data("base_model"), reference["known"])
    found = weighting.weights(frame, model=model, table=table, rule=changed)
    response = pd.DataFrame(reference["response"]).set_index("term").rename(R_NAMES)
    ours = found.response.set_index("term")
    assert set(ours.index) == set(response.index)
    for name in ("est", "se"):
        theirs = response.loc[ours.index, name].to_numpy()
        np.testing.assert_allclose(ours[name], theirs, rtol=GLM_RTOL)
    np.testing.assert_allclose(found.chances, reference["chances"], rtol=GLM_RTOL)
    np.testing.assert_allclose(found.weights, reference["weights"], rtol=GLM_RTOL)
    means = weighting.school_means(frame, weighted=found, column="education_mother", by="cell")
    named = means["cell"].astype(str).where(~means["small"], "pool")
    theirs = pd.DataFrame(reference["means"]).set_index("cell").loc[named]
    np.testing.assert_allclose(means["mean"], theirs["mean"], rtol=GLM_RTOL, atol=GLM_RTOL)
    np.testing.assert_allclose(means["se"], theirs["se"], rtol=GLM_RTOL, atol=GLM_RTOL)


def test_response_model_is_that_of_statsmodels(
    children: pd.DataFrame, weighted: Weighted, model: models.Model
) -> None:
    schools = children.groupby("school_id")
    rows = children.assign(
        known=children[list(model.imputed)].notna().all(axis=1).astype(int),
        wave=2013 - children["wave"],  # the most common wave first
        school_cito=schools["cito"].transform("mean"),
        school_nscct=schools["nscct"].transform("mean"),
        school_origin=(children["origin"] != 1).groupby(children["school_id"]).transform("mean"),
    )
    fit = smf.glm(FORMULA, rows, family=sm.families.Binomial()).fit(tol=1e-14)
    assert weighted.chances == pytest.approx(fit.fittedvalues.to_numpy(), abs=SAME_OPTIMUM)
    for ours, theirs in (("est", fit.params), ("se", fit.bse)):
        assert np.sort(weighted.response[ours]) == pytest.approx(
            np.sort(theirs), rel=SAME_OPTIMUM, abs=SAME_OPTIMUM
        )
    assert weighted.response["est"].iloc[0] == pytest.approx(fit.params["Intercept"], abs=1e-6)


def test_weights_add_up_to_the_children_of_each_school_and_of_the_pool(
    children: pd.DataFrame, weighted: Weighted, rule: Rule
) -> None:
    schools = weighted.schools
    small = (schools["pupils"] < rule.small_school) | (schools["known"] < rule.minimum_known)
    assert (schools["small"] == small).all()
    assert small.any()
    assert not small.all()
    own = schools[~small]
    assert own["weight"].to_numpy() == pytest.approx(own["children"].to_numpy(), rel=ROUNDING)
    pooled = schools[small]
    assert pooled["weight"].sum() == pytest.approx(pooled["children"].sum(), rel=ROUNDING)
    for school, total in schools[["school", "weight"]].itertuples(index=False):
        chosen = (children["school_id"] == school).to_numpy()[weighted.known]
        assert weighted.weights[chosen].sum() == pytest.approx(total, rel=ROUNDING)


def test_within_a_school_weights_are_inverse_chances(
    children: pd.DataFrame, weighted: Weighted
) -> None:
    ratio = weighted.weights * weighted.chances[weighted.known]
    spread = pd.Series(ratio).groupby(weighted.cell[weighted.known]).agg(np.ptp)
    assert spread.max() < ROUNDING


def test_weighted_children_are_older_mothers_again(
    children: pd.DataFrame, weighted: Weighted
) -> None:
    """What drove the hiding is like that of all children, which that of the known is not."""
    known = weighting.complete(children, weighted=weighted)
    whole = children["mother_age"].mean()
    again = np.average(known["mother_age"], weights=known["weight"])
    assert abs(again - whole) < 0.2 * abs(known["mother_age"].mean() - whole)


def test_design_effect_is_one_plus_the_squared_coefficient_of_variation(weighted: Weighted) -> None:
    w = weighted.weights
    assert weighted.design_effect == pytest.approx(1 + (w.std() / w.mean()) ** 2)
    assert weighting.design_effect(np.full(7, 3.0)) == pytest.approx(1)


def test_pools_by_wave_add_up_in_each_wave(children, model, table, rule, pupils) -> None:
    changed = dataclasses.replace(rule, pool="wave")
    found = weighting.weights(children, model=model, table=table, rule=changed, pupils=pupils)
    for wave in (2007, 2010, 2013):
        pool = found.cell == f"small schools, {wave}"
        assert set(children["wave"][pool]) == {wave}
        assert found.weights[pool[found.known]].sum() == pytest.approx(pool.sum(), rel=ROUNDING)


def test_without_sizes_the_children_of_the_frame_are_counted(children, model, table, rule) -> None:
    found = weighting.weights(children, model=model, table=table, rule=rule)
    assert found.schools["small"].all()
    assert (found.schools["pupils"] == found.schools["children"]).all()
    changed = dataclasses.replace(rule, small_school=10, minimum_known=3)
    found = weighting.weights(children, model=model, table=table, rule=changed)
    assert not found.schools["small"].all()


def test_extreme_chances_are_cut_and_counted(children, model, table, rule, pupils) -> None:
    changed = dataclasses.replace(rule, trim=1.5, small_school=10_000)
    found = weighting.weights(children, model=model, table=table, rule=changed, pupils=pupils)
    raw = 1 / found.chances[found.known]
    cut = int((raw > 1.5 * np.median(raw)).sum())
    assert f"Inverse chances cut to 1.5 times their median: {cut}." in found.flags
    assert found.weights.max() / np.median(found.weights) == pytest.approx(1.5)
    assert found.weights.sum() == pytest.approx(N)


def test_order_of_rows_does_not_matter(children, weighted, model, table, rule, pupils) -> None:
    mixed = children.sample(frac=1, random_state=4)
    again = weighting.weights(mixed, model=model, table=table, rule=rule, pupils=pupils)
    ours = weighting.complete(children, weighted=weighted).set_index("child")["weight"]
    theirs = weighting.complete(mixed, weighted=again).set_index("child")["weight"]
    assert theirs.loc[ours.index].to_numpy() == pytest.approx(ours.to_numpy(), rel=SAME_OPTIMUM)


def test_origin_and_unit_of_a_predictor_do_not_matter(
    children, weighted, model, table, rule, pupils
) -> None:
    moved = children.assign(mother_age=children["mother_age"] * 12 + 1000)
    again = weighting.weights(moved, model=model, table=table, rule=rule, pupils=pupils)
    assert again.weights == pytest.approx(weighted.weights, rel=SAME_OPTIMUM)
    slopes = [each.response.set_index("term").loc["mother_age"] for each in (again, weighted)]
    assert slopes[0]["est"] * 12 == pytest.approx(slopes[1]["est"], rel=SAME_OPTIMUM)
    assert slopes[0]["z"] == pytest.approx(slopes[1]["z"], rel=SAME_OPTIMUM)


def test_all_known_all_weights_one(children, model, table, rule, pupils) -> None:
    full = children.assign(education_mother=3.0, education_father=4.0)
    found = weighting.weights(full, model=model, table=table, rule=rule, pupils=pupils)
    assert (found.weights == 1).all()
    assert found.design_effect == 1
    assert found.response.empty
    assert "All children are known; their weights are 1." in found.flags
    means = weighting.school_means(full, weighted=found, column="cito")
    assert (means["se"] == 0).all()


def test_school_means_by_hand() -> None:
    """Two known of three in school a, one of two in b, none in c."""
    found = Weighted(
        known=np.array([True, True, False, True, False, False]),
        weights=np.array([1.0, 2.0, 2.0]),
        chances=np.ones(6),
        response=pd.DataFrame(),
        school=np.array(list("aaabbc"), dtype=object),
        cell=np.array(["a"] * 3 + ["small schools"] * 3, dtype=object),
        schools=pd.DataFrame(),
        design_effect=1.0,
        flags=(),
    )
    frame = pd.DataFrame({"value": [4.0, 1.0, np.nan, 6.0, np.nan, np.nan]})
    means = weighting.school_means(frame, weighted=found, column="value")
    assert list(means["school"]) == ["a", "b", "c"]
    assert list(means["children"]) == [3, 2, 1]
    assert list(means["known"]) == [2, 1, 0]
    assert list(means["small"]) == [False, True, True]
    assert means["mean"].to_numpy() == pytest.approx([(4 + 2) / 3, 6, np.nan], nan_ok=True)
    # Residuals 2 and -1, times weights: 2 and -2; (1 - 2/3) of the children are not seen.
    se = np.sqrt((1 - 2 / 3) * 2 / (2 - 1) * (4 + 4)) / 3
    assert means["se"].to_numpy() == pytest.approx([se, np.nan, np.nan], nan_ok=True)
    pooled = weighting.school_means(frame, weighted=found, column="value", by="cell")
    assert list(pooled["cell"]) == ["a", "small schools"]
    assert list(pooled["children"]) == [3, 3]
    assert pooled["mean"].to_numpy() == pytest.approx([2, 6])


def test_a_school_without_known_child_is_counted_and_represented_by_the_pool(
    children, model, table, rule, pupils
) -> None:
    gone = children.assign(
        education_mother=children["education_mother"].mask(children["school_id"] == "7")
    )
    found = weighting.weights(gone, model=model, table=table, rule=rule, pupils=pupils)
    empty = found.schools[found.schools["known"] == 0]
    assert "7" in set(empty["school"])
    assert (empty["weight"] == 0).all()
    wanted = (
        f"Schools without a known child: {len(empty)}, with {empty['children'].sum()} children;"
    )
    assert any(flag.startswith(wanted) for flag in found.flags)
    assert found.weights.sum() == pytest.approx(N)


def test_a_pool_without_known_child_is_flagged(children, model, table, rule) -> None:
    changed = dataclasses.replace(rule, small_school=0, minimum_known=1)
    gone = children.assign(
        education_mother=children["education_mother"].mask(children["school_id"] == "7")
    )
    found = weighting.weights(gone, model=model, table=table, rule=changed)
    lost = int(found.schools.loc[found.schools["small"], "children"].sum())
    assert found.weights.sum() == pytest.approx(N - lost)
    assert any(f"weights add up to {N - lost} instead of {N}" in flag for flag in found.flags)


def test_no_known_child_is_an_error(children, model, table, rule) -> None:
    with pytest.raises(WeightingError, match=f"None of {N} children is known"):
        weighting.weights(
            children.assign(education_mother=np.nan), model=model, table=table, rule=rule
        )


def test_a_wave_without_known_child_is_named(children, model, table, rule) -> None:
    hidden = children["education_mother"].mask(children["wave"] == 2010)
    with pytest.raises(WeightingError, match=r"Waves without a known child.*'2010': \d+"):
        weighting.weights(
            children.assign(education_mother=hidden), model=model, table=table, rule=rule
        )


def test_constant_and_dependent_predictors_are_left_out_and_flagged(
    children, weighted, model, table, rule, pupils
) -> None:
    flat = children.assign(mother_age=40.0, debt_restructuring=0, age=children["nscct"] * 2 + 1)
    more = dataclasses.replace(model, auxiliary=(*model.auxiliary, "age"))
    found = weighting.weights(flat, model=more, table=table, rule=rule, pupils=pupils)
    assert not {"mother_age", "debt_restructuring", "age"} & set(found.response["term"])
    left_out = [flag for flag in found.flags if flag.startswith("Left out")]
    assert left_out == [
        "Left out of the response model, because constant: debt_restructuring, mother_age.",
        "Left out of the response model, because given by other columns: age.",
    ]


def test_small_categories_count_with_the_most_common(children, model, table, rule, pupils) -> None:
    few = children.assign(origin=children["origin"].mask(children["origin"] == 5, 1))
    few.loc[few.index[:3], "origin"] = 5
    few.loc[few.index[:3], "education_mother"] = np.nan
    found = weighting.weights(few, model=model, table=table, rule=rule, pupils=pupils)
    assert "origin=oost_azie" not in set(found.response["term"])
    assert any("origin=oost_azie" in flag for flag in found.flags)


@pytest.mark.parametrize("width", [0.0, 1.0], ids=["perfect", "quasi"])
def test_separation_names_the_column(children, model, table, rule, width: float) -> None:
    age = children["mother_age"].round()
    known = children["education_mother"].where(children["education_father"].notna())
    level = known.where(age < 42).mask((age < 42) & known.isna(), 4.0)
    border = level.where(age != 42, known) if width else level
    frame = children.assign(education_father=4.0, education_mother=border, mother_age=age)
    with pytest.raises(WeightingError, match=r"no finite estimate: .*mother_age"):
        weighting.weights(frame, model=model, table=table, rule=rule)


def test_a_large_category_of_which_nobody_is_known_is_named(children, model, table, rule) -> None:
    hidden = children["education_mother"].mask(children["origin"] == 3)
    frame = children.assign(education_mother=hidden)
    with pytest.raises(WeightingError, match="nieuwe_eu_transitie"):
        weighting.weights(frame, model=model, table=table, rule=rule)


def test_unknown_predictors_sizes_and_schools_are_errors(children, model, table, rule) -> None:
    holes = children.assign(household_income=children["household_income"].mask(children.index < 9))
    with pytest.raises(WeightingError, match=r"\{'household_income': 9\}"):
        weighting.weights(holes, model=model, table=table, rule=rule)
    few = pd.Series({"7": 120})
    with pytest.raises(WeightingError, match="149 of 150 schools have no number of pupils"):
        weighting.weights(children, model=model, table=table, rule=rule, pupils=few)
    nowhere = children.assign(school_id=children["school_id"].mask(children.index < 4))
    with pytest.raises(WeightingError, match="4 children have no school_id"):
        weighting.weights(nowhere, model=model, table=table, rule=rule)


def test_frames_that_were_not_weighted_are_refused(children, weighted) -> None:
    with pytest.raises(WeightingError, match=f"2399 rows, but {N} were weighted"):
        weighting.complete(children.iloc[1:], weighted=weighted)
    with pytest.raises(WeightingError, match="column 'weight' already"):
        weighting.complete(children.assign(weight=1.0), weighted=weighted)
    holes = children.assign(cito=np.nan)
    with pytest.raises(WeightingError, match="cito is unknown"):
        weighting.school_means(holes, weighted=weighted, column="cito")


def test_rule_is_read_from_its_file(own_rules: Path) -> None:
    assert weighting.rule().small_school == 100
    with pytest.raises(ParameterError, match="did you mean 'plan_2015'"):
        weighting.rule("plan_2016")
    path = own_rules / "weighting.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("pool: all", "pool: none"), encoding="utf-8")
    with pytest.raises(ParameterError, match=r"line 9: .*pool is 'none'; expected"):
        weighting.rule()


def test_covariance_of_the_response_model_has_its_errors_on_the_diagonal(
    children: pd.DataFrame, weighted: Weighted
) -> None:
    design = children[["cito", "mother_age"]]
    fit = weighting_response.fit(design, known=weighted.known)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(fit.table["se"].to_numpy())
