"""Errors of two steps against the jackknife of both, and against stacked estimating equations."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from oablib import pooling, scale_values, sem, synthetic
from oablib.base.errors import ModelError
from oablib.protocol import codebook, models
from oablib.statistics import two_step
from oablib.statistics.sem import effects
from oablib.statistics.two_step import TwoStep, joint
from tests.measured.true_education import true_education

SCALED = ["education_father", "education_mother", "origin"]
# The same sums in another order.
ROUNDING = 1e-10
# Differences of the fourth order with this step (points) leave 1e-9 of a derivative.
STEP, DERIVATIVE_RTOL = 1e-2, 1e-6
# Complex steps leave nothing of the numerical derivative but rounding.
COMPLEX_STEP, STACKED_TOLERANCE = 1e-30, 1e-6
# The jackknife of 85 schools counts what the sandwich leaves to higher order.
JACKKNIFE_RTOL = 0.05


@pytest.fixture(scope="module")
def children() -> pd.DataFrame:
    return true_education(synthetic.draw(n=1200, seed=1))


@pytest.fixture(scope="module")
def weights(children: pd.DataFrame) -> np.ndarray:
    return np.random.default_rng(4).uniform(0.5, 3.0, len(children))


@pytest.fixture(scope="module", params=["plain", "weighted"])
def given(request: pytest.FixtureRequest, weights: np.ndarray) -> np.ndarray | None:
    return weights if request.param == "weighted" else None


@pytest.fixture(scope="module")
def found(
    children: pd.DataFrame, model: models.Model, table: codebook.Table, given: np.ndarray | None
) -> TwoStep:
    return two_step.fit(children, model=model, table=table, weights=given)


def second_step(
    children: pd.DataFrame,
    values: pd.DataFrame,
    model: models.Model,
    table: codebook.Table,
    given: np.ndarray | None,
) -> np.ndarray:
    """Estimates of the structural model at these scale values."""
    scaled = scale_values.apply(children, values=values, model=model, table=table, weights=given)
    column = None if given is None else "weight"
    data = scaled if given is None else scaled.assign(weight=given)
    fit = sem.fit(model.syntax, data, cluster=model.cluster, weights=column)
    return fit.parameters["est"].to_numpy()


def test_response_is_the_derivative_of_the_refit(
    children: pd.DataFrame,
    model: models.Model,
    table: codebook.Table,
    given: np.ndarray | None,
    found: TwoStep,
) -> None:
    values = found.values.table
    options = {"values": values, "model": model, "table": table, "weights": given}
    scaled = scale_values.apply(children, **options)
    column = None if given is None else "weight"
    data = scaled if given is None else scaled.assign(weight=given)
    moved = scale_values.derivatives(children, **options)
    response = sem.response(found.fit, data, moved, weights=column)
    free = np.flatnonzero(values["se"] > 0)
    assert response.shape == (len(found.fit.parameters), len(free))
    for number in (0, 8, 15):  # one of each scaled variable; the second has a school mean
        at = {}
        for steps in (-2, -1, 1, 2):
            changed = values.copy()
            changed.loc[free[number], "value"] += steps * STEP
            at[steps] = second_step(children, changed, model, table, given)
        numerical = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * STEP)
        largest = np.abs(numerical).max()
        assert response[:, number] == pytest.approx(
            numerical, rel=DERIVATIVE_RTOL, abs=DERIVATIVE_RTOL * largest
        )


def test_errors_are_those_of_the_jackknife_over_schools(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    whole = two_step.fit(children, model=model, table=table)
    without = np.array(
        [
            two_step.fit(rest, model=model, table=table).fit.parameters["est"]
            for rest in (
                children[children["school_id"] != school]
                for school in children["school_id"].unique()
            )
        ]
    )
    g = len(without)
    jackknife = np.sqrt((g - 1) / g * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    rows = whole.fit.parameters
    scaled = ((rows["op"] == "~") & rows["rhs"].isin(SCALED)).to_numpy()
    counted = whole.counted.parameters["se"].to_numpy()
    assert counted[scaled] == pytest.approx(jackknife[scaled], rel=JACKKNIFE_RTOL)
    education = scaled & (rows["lhs"] == "cito") & rows["rhs"].str.startswith("education")
    naive = rows["se"].to_numpy() / jackknife
    assert (naive[education] > 1 + 5 * JACKKNIFE_RTOL).all()


def regressions(
    gamma: np.ndarray | None, children: pd.DataFrame, table: codebook.Table, weights: np.ndarray
) -> list[tuple[np.ndarray, str]]:
    """Design and outcome of the dummy regression and, at its coefficients, of both equations."""
    ones, blocks = np.ones((len(children), 1)), []
    for name in SCALED:
        codes = [c for c in table.column(name).codes if c != table.column(name).reference_code]
        blocks.append(np.array([(children[name] == code) * 1.0 for code in codes]).T)
    residence, debt = children["residence_mother"], children["debt_restructuring"]
    others = np.column_stack([residence == 1, residence == 2, debt == 1]) * 1.0
    dummies = np.hstack(blocks)
    first = (np.hstack([ones, dummies, others]), "cito")
    if gamma is None:
        return [first]
    starts = np.cumsum([1, *(block.shape[1] for block in blocks)])
    scaled = np.array([b @ gamma[s : s + b.shape[1]] for b, s in zip(blocks, starts, strict=False)])
    father, mother, origin = scaled[0], scaled[1], -scaled[2]
    school = pd.get_dummies(children["school_id"], dtype=float).to_numpy()
    mean = school @ ((school.T @ (mother * weights)) / (school.T @ weights))
    nscct = children["nscct"].to_numpy()
    second = np.column_stack([ones, nscct, father, mother, origin, mean, others])
    return [first, (second, "cito"), (np.column_stack([ones, father, mother]), "nscct")]


def equations(
    theta: list[np.ndarray], children: pd.DataFrame, table: codebook.Table, weights: np.ndarray
) -> np.ndarray:
    """Each child's part in the normal equations of the three regressions, side by side."""
    parts = [
        design * ((children[outcome].to_numpy() - design @ own) * weights)[:, None]
        for (design, outcome), own in zip(
            regressions(theta[0], children, table, weights), theta, strict=True
        )
    ]
    return np.hstack(parts)


def least_squares(design: np.ndarray, outcome: pd.Series, weights: np.ndarray) -> np.ndarray:
    root = np.sqrt(weights)
    return np.linalg.lstsq(design * root[:, None], outcome * root, rcond=None)[0]


def test_covariance_is_the_sandwich_of_stacked_equations(
    children: pd.DataFrame,
    model: models.Model,
    table: codebook.Table,
    given: np.ndarray | None,
    found: TwoStep,
) -> None:
    weights = np.ones(len(children)) if given is None else given
    arguments = (children, table, weights)
    [(design, outcome)] = regressions(None, *arguments)
    gamma = least_squares(design, children[outcome], weights)
    both = [least_squares(x, children[y], weights) for x, y in regressions(gamma, *arguments)[1:]]
    theta = [gamma, *both]
    ends = np.cumsum([len(own) for own in theta])[:-1]
    slopes = []
    for unit in np.eye(sum(map(len, theta))):
        moved = np.split(np.concatenate(theta) + 1j * COMPLEX_STEP * unit, ends)
        slopes.append(equations(moved, *arguments).sum(axis=0).imag / COMPLEX_STEP)
    schools = children["school_id"].to_numpy()
    sums = pd.DataFrame(equations(theta, *arguments)).groupby(schools).sum().to_numpy()
    stacked = np.linalg.solve(np.array(slopes).T, sums.T).T
    influence = stacked[:, ends[0] :]
    expected = len(sums) / (len(sums) - 1) * influence.T @ influence
    place = places(found, model)
    assert found.fit.parameters["est"].to_numpy()[place] == pytest.approx(np.concatenate(both))
    size = np.sqrt(np.diag(expected))
    ours = found.covariance[np.ix_(place, place)]
    assert ours / np.outer(size, size) == pytest.approx(
        expected / np.outer(size, size), abs=STACKED_TOLERANCE
    )
    # Correlations of scale values with effects: dummies follow the constant, origin is reversed.
    free = found.values.table.query("se > 0")
    sign = free["variable"].map(model.scaled).to_numpy()
    dummies = stacked[:, 1 : 1 + len(free)] * sign
    together = correlations(np.cov(np.hstack([dummies, influence]).T))
    chosen = np.append(np.arange(len(free)), len(free) + np.array(place))
    of_both = joint.of_both(found)
    assert correlations(of_both[np.ix_(chosen, chosen)]) == pytest.approx(
        together, abs=STACKED_TOLERANCE
    )
    k = len(free)
    assert of_both[:k, :k] == pytest.approx(found.values.covariance, rel=ROUNDING)
    assert of_both[k:, k:] == pytest.approx(found.covariance, rel=ROUNDING, abs=ROUNDING)


def correlations(covariance: np.ndarray) -> np.ndarray:
    size = np.sqrt(np.diag(covariance))
    return covariance / np.outer(size, size)


def places(found: TwoStep, model: models.Model) -> list[int]:
    """Rows of the coefficients in the order of `regressions`: cito's, then nscct's."""
    address = found.fit.parameters[["lhs", "op", "rhs"]].itertuples(index=False, name=None)
    number = {key: row for row, key in enumerate(address)}
    keys = [("cito", "~1", ""), *(("cito", "~", name) for name in ("nscct", *model.direct))]
    keys += [("nscct", "~1", ""), *(("nscct", "~", name) for name in model.indirect)]
    return [number[key] for key in keys]


def test_without_scaled_variables_nothing_is_added(
    children: pd.DataFrame, model: models.Model, table: codebook.Table, given: np.ndarray | None
) -> None:
    plain = ("residence_0_5_years", "residence_5_10_years", "debt_restructuring")
    small = replace(model, scaled={}, school_means={}, direct=plain, indirect=plain[:2])
    found = two_step.fit(children, model=small, table=table, weights=given)
    assert found.values.table.empty
    largest = np.abs(found.fit.covariance).max()
    assert found.covariance == pytest.approx(found.fit.covariance, abs=ROUNDING * largest)


def test_corrected_fit_is_the_fit_with_other_errors(found: TwoStep) -> None:
    counted, plain = found.counted, found.fit
    se = np.sqrt(np.diag(found.covariance))
    assert (counted.parameters["est"] == plain.parameters["est"]).all()
    assert counted.parameters["se"].to_numpy() == pytest.approx(se)
    assert counted.parameter("cito", "~", "origin")["z"] == pytest.approx(
        plain.parameter("cito", "~", "origin")["est"] / se[3]
    )
    pooled = pooling.pool([counted, counted])
    assert pooled.parameters["se"].to_numpy() == pytest.approx(se)
    same = sem.with_covariance(plain, plain.covariance)
    for ask in (effects, sem.standardized):
        naive, again = ask(plain), ask(same)
        assert again["se"].to_numpy() == pytest.approx(naive["se"].to_numpy(), rel=1e-8)
        assert not np.allclose(ask(counted)["se"], naive["se"], rtol=1e-3)


def test_a_numeric_school_mean_adds_nothing_of_its_own(table: codebook.Table) -> None:
    """Denomination is scaled; the school mean of ses does not move with its values."""
    model = models.load("snijders_bosker")
    book = codebook.load("codebook_snijders_bosker").table("cohort")
    rng = np.random.default_rng(8)
    school = np.repeat(np.arange(60), 12)
    frame = pd.DataFrame({"school_id": school.astype(str)})
    for name in (*model.numeric, model.mediator):
        frame[name] = rng.normal(size=60)[school] + rng.normal(size=len(school))
    frame["denomination"] = rng.choice(book.column("denomination").codes, 60)[school]
    frame[model.outcome] = frame["ses"] + 2 * frame[model.mediator] + 0.5 * frame["denomination"]
    frame[model.outcome] += rng.normal(size=60)[school] + rng.normal(size=len(school))
    found = two_step.fit(frame, model=model, table=book)
    moved = scale_values.derivatives(frame, values=found.values.table, model=model, table=table)
    assert {name for columns in moved for name in columns} == {"denomination"}
    rows = found.counted.parameters
    mean_ses = (rows["op"] == "~1") & (rows["lhs"] == "school_mean_ses")
    naive = found.fit.parameters
    assert rows.loc[mean_ses, "se"].to_numpy() == pytest.approx(naive.loc[mean_ses, "se"])
    assert not np.allclose(rows["se"], naive["se"], rtol=0.01)


def test_influence_refuses_other_rows_than_the_fit_saw(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    found = two_step.fit(children, model=model, table=table)
    options = {"values": found.values.table, "model": model, "table": table}
    scaled = scale_values.apply(children, **options)
    with pytest.raises(ModelError, match="1199 rows"):
        sem.influence(found.fit, scaled.iloc[1:], cluster=model.cluster)
    with pytest.raises(ModelError, match="rows and weights that were fitted"):
        other = scaled.assign(weight=np.arange(1.0, 1 + len(scaled)))
        sem.influence(found.fit, other, cluster=model.cluster, weights="weight")
    groups = scaled.assign(half=np.arange(len(scaled)) % 2)
    two = sem.fit("cito ~ nscct", groups, group="half", cluster=model.cluster)
    with pytest.raises(ModelError, match="2 groups"):
        sem.influence(two, groups, cluster=model.cluster)
