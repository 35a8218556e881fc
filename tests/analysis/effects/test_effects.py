"""Comparisons of effects against plain computations, and cohorts that lack what they need."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from oablib import params, synthetic
from oablib.analysis import effects
from oablib.base.errors import ParameterError
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.two_step import scale_values
from tests.measured.true_education import true_education

RULES = effects.rules()
RTOL = 1e-8  # both sides are exact
NOT_CLUSTERED = 0.15  # of p: a score test clustered by school beside the plain F of regression


@pytest.fixture(scope="module")
def children() -> pd.DataFrame:
    return true_education(synthetic.draw(n=3000, seed=11)).reset_index(drop=True)


@pytest.fixture(scope="module")
def columns(children: pd.DataFrame, model: Model, table: Table) -> pd.DataFrame:
    values = scale_values.estimate(children, model=model, table=table).table
    return scale_values.apply(children, values=values, model=model, table=table)


def slopes(frame: pd.DataFrame, outcome: str, by: list[str]) -> np.ndarray:
    X = np.column_stack([np.ones(len(frame)), frame[by]])
    return np.linalg.lstsq(X, frame[outcome], rcond=None)[0][1:]


def test_total_is_direct_plus_what_runs_through_the_mediator(
    children: pd.DataFrame, columns: pd.DataFrame, model: Model, table: Table
) -> None:
    found = effects.with_and_without([children], model=model, table=table)
    direct = slopes(columns, model.outcome, [model.mediator, *model.direct])
    on_mediator = slopes(columns, model.mediator, list(model.direct))
    np.testing.assert_allclose(found["direct"], direct[1:], rtol=RTOL)
    np.testing.assert_allclose(found["through"], direct[0] * on_mediator, rtol=1e-6)
    np.testing.assert_allclose(found["total"] - found["direct"], found["through"], rtol=1e-6)


def test_a_test_measured_with_error_is_the_regression_with_corrected_moments(
    children: pd.DataFrame, columns: pd.DataFrame, model: Model, table: Table
) -> None:
    """Fuller (1987, Measurement Error Models, section 2.2): the error variance is taken out."""
    found = effects.by_reliability([children], model=model, table=table, reliabilities=(0.8, 1.0))
    names = [model.mediator, *model.direct]
    centred = columns[[*names, model.outcome]] - columns[[*names, model.outcome]].mean()
    moments = (centred.T @ centred / len(centred)).to_numpy()
    for reliability, part in found.groupby("reliability"):
        X = moments[:-1, :-1].copy()
        X[0, 0] *= reliability
        expected = np.linalg.solve(X, moments[:-1, -1])
        np.testing.assert_allclose(part["est"], expected, rtol=1e-5, atol=1e-6)


def test_grades_are_regressions_of_the_children_who_have_both(
    children: pd.DataFrame, columns: pd.DataFrame, model: Model, table: Table
) -> None:
    found = effects.two_grades([children], model=model, table=table, rules=RULES)
    assert found is not None
    early = RULES.early_outcome
    both = columns.assign(**{early: children[early]}).dropna()[
        [early, model.outcome, model.mediator, *model.direct]
    ]
    z = (both - both.mean()) / both.std()
    assert found.n == len(both)
    by = [model.mediator, *(name for name in model.direct if both[name].std() > 0)]
    for column, outcome, names in (
        ("early", early, by),
        ("late", model.outcome, by),
        ("given", model.outcome, [early, *by]),
    ):
        expected = pd.Series(slopes(z, outcome, names), index=names)
        shown = found.effects.set_index("name")[column].dropna()
        np.testing.assert_allclose(shown, expected[shown.index], rtol=1e-6, atol=1e-9)


def test_errors_by_two_kinds_of_clusters(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    """Cameron, Gelbach & Miller: with a crossed column, pair by pair of children."""
    rng = np.random.default_rng(3)
    crossed = children.assign(area=rng.integers(0, 60, len(children)).astype(str))
    rules = replace(RULES, clusters=("area", "school_id"))
    found = effects.by_clusters([crossed], model=model, table=table, rules=rules)
    assert found.nested == () and found.unknown == {}
    rows = found.errors.set_index(["clusters", "name"])
    together, alone = rows.loc["together"], rows.loc["area"]
    cells = crossed.assign(cell=crossed["school_id"] + crossed["area"])
    by_cell = effects.by_clusters(
        [cells], model=model, table=table, rules=replace(RULES, clusters=("cell",))
    ).errors
    expected = (
        alone["se"] ** 2
        + alone["other_se"] ** 2
        - by_cell[by_cell["clusters"] == "cell"].set_index("name")["other_se"] ** 2
    )
    np.testing.assert_allclose(together["other_se"] ** 2, expected, rtol=RTOL)
    fewer = min(60, children["school_id"].nunique())
    assert (together["n_clusters"] == fewer).all()


def test_a_column_with_unknown_clusters_is_named_and_not_used(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    area = pd.Series((np.arange(len(children)) % 60).astype(str))
    some = children.assign(area=area.mask(area.index < 7))
    rules = replace(RULES, clusters=("area",))
    found = effects.by_clusters([some], model=model, table=table, rules=rules)
    assert found.unknown == {"area": 7} and found.errors.empty and found.too_few == ()


def test_clusters_that_hold_schools_need_no_second_kind(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    few = effects.by_clusters([children], model=model, table=table, rules=RULES)
    assert few.too_few == ("municipality",) and few.errors.empty
    some = replace(RULES, least_clusters=2)
    found = effects.by_clusters([children], model=model, table=table, rules=some)
    assert found.nested == ("municipality",)
    assert set(found.errors["clusters"]) == {"municipality"}


def test_a_cohort_without_waves_or_an_early_outcome_has_no_comparison(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    given = {"table": table, "rules": RULES}
    assert effects.by_wave([children], model=replace(model, wave=""), **given) is None
    one = children[children["wave"] == 2007].reset_index(drop=True)
    assert effects.by_wave([one], model=model, **given) is None
    late = children.drop(columns=RULES.early_outcome)
    assert effects.two_grades([late], model=model, **given) is None


def test_too_few_schools_allow_no_test(children: pd.DataFrame, model: Model, table: Table) -> None:
    frame = children.assign(school_id=[f"school {i % 8}" for i in range(len(children))])
    rules = {"model": model, "table": table, "rules": RULES}
    assert effects.by_wave([frame], **rules) is None
    assert effects.two_grades([frame], **rules) is None


def test_what_too_few_children_have_is_not_compared(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    frame = children.copy()
    frame.loc[frame["wave"] == 2013, "debt_restructuring"] = 0
    found = effects.by_wave([frame], model=model, table=table, rules=RULES)
    assert found is not None
    assert "debt_restructuring" in found.left_out
    assert set(found.effects["name"]) == set(found.tests["name"])
    assert not set(found.left_out) & set(found.tests["name"])


def test_a_wave_with_few_children_is_named(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    waves = children["wave"].astype(str).value_counts()
    smallest = waves.index[waves == waves.min()]
    rules = replace(RULES, least_part=int(waves.min()) + 1)
    found = effects.by_wave([children], model=model, table=table, rules=rules)
    assert found is not None and set(found.too_small) >= set(smallest)
    assert not set(found.too_small) & set(found.effects["wave"])


def test_explained_shares_are_beside_those_of_the_literature(
    children: pd.DataFrame, model: Model
) -> None:
    listed = params.published(RULES.published)["explained_variance_in_literature"]
    table = effects.explained([children], model=model, rules=RULES, literature=listed)
    rows = table.set_index("part")
    assert rows.loc["origin", ["early_lower", "early_upper"]].tolist() == [0.09, 0.09]
    assert rows.loc["education", ["late_lower", "late_upper"]].tolist() == [0.13, 0.14]
    known = children[children[RULES.early_outcome].notna()]
    groups = known.groupby("origin")["cito"].transform("mean")
    n, k = len(known), known["origin"].nunique()
    left = ((known["cito"] - groups) ** 2).sum() / (n - k)
    assert rows.loc["origin", "late"] == pytest.approx(1 - left / known["cito"].var(), rel=RTOL)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_share_below_another_has_no_lowest_in_either_order(
    children: pd.DataFrame, model: Model, turn: int
) -> None:
    entries = [
        {"predictor": "origin", "grade": "2", "share": 0.09},
        {"predictor": "origin", "grade": "2", "share_below": 0.10},
    ][::turn]
    table = effects.explained([children], model=model, rules=RULES, literature=entries)
    row = table.set_index("part").loc["origin"]
    assert np.isnan(row["early_lower"]) and row["early_upper"] == 0.10


def test_parents_are_the_scaled_variables_with_the_same_levels(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    values = scale_values.estimate(children, model=model, table=table).table
    direct = pd.DataFrame({"name": model.direct, "value": 0.5, "std": 0.1})
    given = {"direct": direct, "values": values, "figures": None, "table": table}
    found = effects.parents([children], model=model, **given)
    assert found is not None
    rows = found.rows.set_index("name")
    assert list(rows.index) == ["education_father", "education_mother", "both"]
    spans = values.groupby("variable")["value"].agg(np.ptp)
    assert rows.loc["both", "points"] == pytest.approx(
        0.5 * (spans["education_father"] + spans["education_mother"])
    )
    origin = replace(model, scaled={"origin": -1}, direct=("origin",))
    assert effects.parents([children], model=origin, **given) is None


def test_example_children_are_sums_of_effects_times_values(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    values = scale_values.estimate(children, model=model, table=table).table
    direct = pd.DataFrame({"name": model.direct, "value": np.arange(1.0, len(model.direct) + 1)})
    given = {"direct": direct, "values": values, "rules": RULES, "table": table}
    found = effects.profiles(model=model, **given)
    assert found is not None
    effect, value = direct.set_index("name")["value"], values.set_index(["variable", "category"])
    for number, child in enumerate(RULES.profiles):
        expected = sum(
            effect[name] * value.loc[(name, key), "value"]
            for name, key in child.values.items()
            if name in model.scaled
        )
        expected += effect["debt_restructuring"] * (child.values.get("debt_restructuring") == "yes")
        short = child.values.get("residence_mother") == "years_0_5"
        expected += effect["residence_0_5_years"] * short
        points = found.loc[found["profile"] == number, "points"]
        assert points.sum() == pytest.approx(expected)
    without = replace(model, direct=tuple(n for n in model.direct if n != "origin"))
    assert effects.profiles(model=without, **given) is None


@pytest.mark.parametrize("values", ["[0.7, 0.95]", "[1.0]", "[0.9, 0.8, 1.0]", "[]"])
def test_reliabilities_rise_to_one(own_rules, values: str) -> None:
    path = own_rules / "effects.yaml"
    text = path.read_text().replace("[0.7, 0.8, 0.9, 1.0]", values)
    path.write_text(text)
    with pytest.raises(ParameterError, match="expected two or more rising numbers above 0"):
        effects.rules()


def test_a_part_through_the_mediator_is_not_made_by_scale_values_of_the_same_children(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    """With categories of origin shuffled nothing runs through; p is that of statsmodels' F test."""
    rng = np.random.default_rng(8)
    shuffled = children.assign(origin=rng.permutation(children["origin"]))
    found = effects.with_and_without([shuffled], model=model, table=table).set_index("name")
    values = scale_values.estimate(shuffled, model=model, table=table).table
    applied = scale_values.apply(shuffled, values=values, model=model, table=table)
    others = applied[[name for name in model.direct if name not in model.scaled]]
    frame = shuffled.assign(**{f"x{i}": others[name] for i, name in enumerate(others)})
    names = [
        "C(education_father)",
        "C(education_mother)",
        *(f"x{i}" for i in range(others.shape[1])),
    ]
    whole = smf.ols("nscct ~ C(origin) + " + " + ".join(names), frame).fit()
    without = smf.ols("nscct ~ " + " + ".join(names), frame).fit()
    p = whole.compare_f_test(without)[1]
    assert found.loc["origin", "p"] == pytest.approx(p, abs=NOT_CLUSTERED)
    assert found.loc["education_mother", "p_holm"] < RULES.level
    assert (found["p_holm"] >= found["p"]).all()
