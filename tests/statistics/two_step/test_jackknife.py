"""The jackknife against refits by hand, and the bias that it is there to remove."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from oablib.base.errors import ModelError
from oablib.protocol import codebook, models
from oablib.statistics import two_step
from oablib.statistics.two_step import from_sums, jackknife, scale_values, sums

# Least squares from sums of products against a search on rows; corrections multiply it by groups.
SAME_ESTIMATES = 1e-6
GROUPS = 5
# Points of a category of origin; the values of education rise by one a level.
ORIGIN = np.array([0.0, 1.2, 0.2, 1.0, -1.0, 0.6, 2.4, 2.8])
SHARES = np.array([0.65, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05])
MEDIATED = 5.0  # points of the outcome per unit of the mediator
COHORTS = 150
MOST_ERRORS = 3.0  # Monte Carlo errors; 99.7 % of unbiased estimators stay within


def children(seed: int, *, n: int = 1500, schools: int = 75) -> pd.DataFrame:
    """Origin acts on the outcome alone, one to one; education on both tests."""
    rng = np.random.default_rng(seed)
    school = rng.integers(0, schools, n)
    father, mother = rng.integers(1, 9, n), rng.integers(1, 9, n)
    origin = rng.choice(8, n, p=SHARES)
    nscct = 0.05 * (father + mother) + rng.normal(size=n) + 0.2 * rng.normal(size=schools)[school]
    cito = 530 + 0.75 * (father + mother) - ORIGIN[origin] + MEDIATED * nscct
    return pd.DataFrame(
        {
            "school_id": school.astype(str),
            "wave": 2013,
            "education_father": father,
            "education_mother": mother,
            "origin": origin + 1,
            "residence_mother": rng.integers(0, 3, n),
            "debt_restructuring": rng.binomial(1, 0.1, n),
            "nscct": nscct,
            "cito": cito + rng.normal(0, 7.5, n),
        }
    )


@pytest.fixture
def few_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = jackknife.Rules(source="test", groups=GROUPS)
    monkeypatch.setattr("oablib.statistics.two_step.jackknife.settings.rules", lambda: rules)


def paths(
    frame: pd.DataFrame, model: models.Model, table: codebook.Table, values: pd.DataFrame
) -> np.ndarray:
    """Both equations by least squares on rows, at these scale values."""
    scaled = scale_values.apply(frame, values=values, model=model, table=table)
    parts = []
    for lhs, names in {
        model.outcome: (model.mediator, *model.direct),
        model.mediator: model.indirect,
    }.items():
        design = np.column_stack([np.ones(len(scaled)), scaled[list(names)]])
        parts.append(np.linalg.lstsq(design, scaled[lhs], rcond=None)[0][1:])
    return np.concatenate(parts)


def by_hand(whole: np.ndarray, one: list[np.ndarray], factors: np.ndarray) -> np.ndarray:
    k = len(one)
    return whole + factors * ((k - 1) * whole - (k - 1) * np.mean(one, axis=0))


def noise_by_hand(whole: list[pd.DataFrame], without: list[list[pd.DataFrame]]) -> pd.Series:
    """Total over within variance of scale values, children as weights, by variable.

    whole: values of each data set; without: of each data set, those without each group.
    """
    m, k, table = len(whole), len(without[0]), whole[0]
    within = np.mean(
        [np.var([each["value"] for each in one], axis=0) * (k - 1) for one in without], axis=0
    )
    between = np.var([each["value"] for each in whole], axis=0, ddof=1)
    children = np.mean([each["n"] for each in whole], axis=0)
    sums = pd.DataFrame(
        {"within": children * within, "total": children * (within + (1 + 1 / m) * between)}
    )
    sums = sums.groupby(table["variable"]).sum()
    return sums["total"] / sums["within"]


@pytest.mark.usefixtures("few_groups")
def test_estimates_and_errors_are_those_of_refits_by_hand(
    model: models.Model, table: codebook.Table
) -> None:
    first = children(1)
    rng = np.random.default_rng(2)
    frames = [first, first.assign(education_mother=rng.permutation(first["education_mother"]))]
    found = jackknife.corrected(frames, model=model, table=table)
    assert found is not None
    group = jackknife.groups_of(first["school_id"], count=GROUPS)

    def values_of(frame: pd.DataFrame, chosen: np.ndarray) -> pd.DataFrame:
        return scale_values.estimate(frame[chosen], model=model, table=table).table

    def fitted(frame: pd.DataFrame, chosen: np.ndarray) -> np.ndarray:
        return paths(frame[chosen], model, table, values_of(frame, chosen))

    def fitted_at_averaged(chosen: np.ndarray) -> np.ndarray:
        tables = [values_of(frame, chosen) for frame in frames]
        averaged = tables[0].assign(value=np.mean([each["value"] for each in tables], axis=0))
        return np.mean([paths(frame[chosen], model, table, averaged) for frame in frames], axis=0)

    def without(*groups: int) -> np.ndarray:
        return ~np.isin(group, groups)

    everyone = without()
    noise = noise_by_hand(
        [values_of(frame, everyone) for frame in frames],
        [[values_of(frame, without(g)) for g in range(GROUPS)] for frame in frames],
    )
    assert noise["education_mother"] > 2  # whose values differ between the data sets
    factors = np.array([noise.get(rhs, 1.0) for _lhs, rhs in model.paths])
    one = [fitted_at_averaged(without(g)) for g in range(GROUPS)]
    np.testing.assert_allclose(
        found.est, by_hand(fitted_at_averaged(everyone), one, factors), rtol=0, atol=SAME_ESTIMATES
    )
    for number, frame in enumerate(frames):
        one = [fitted(frame, without(g)) for g in range(GROUPS)]
        own = by_hand(fitted(frame, everyone), one, factors)
        np.testing.assert_allclose(found.own[number], own, rtol=0, atol=SAME_ESTIMATES)
        # The corrected estimate without each group, whose spread is the error.
        each = np.array(
            [
                by_hand(
                    one[g], [fitted(frame, without(g, h)) for h in range(GROUPS) if h != g], factors
                )
                for g in range(GROUPS)
            ]
        )
        spread = (GROUPS - 1) ** 2 / GROUPS * np.cov(each.T)
        np.testing.assert_allclose(found.covariances[number], spread, rtol=1e-5, atol=1e-9)


def test_groups_are_alike_in_schools_and_children_and_do_not_depend_on_the_order_of_rows() -> None:
    frame = children(3, n=3000, schools=90)
    group = jackknife.groups_of(frame["school_id"], count=10)
    schools = frame.groupby(group)["school_id"].nunique()
    assert schools.tolist() == [9] * 10
    assert np.ptp(np.bincount(group)) < len(frame) / 50
    assert frame.assign(group=group).groupby("school_id")["group"].nunique().max() == 1
    mixed = frame.sample(frac=1, random_state=1)
    again = pd.Series(jackknife.groups_of(mixed["school_id"], count=10), mixed.index)
    assert again.loc[frame.index].tolist() == group.tolist()


def test_fewer_schools_than_groups_are_groups_of_their_own() -> None:
    schools = pd.Series(["a", "a", "b", "c", "c", "c"])
    assert len(set(jackknife.groups_of(schools, count=20))) == 3


def test_the_slope_on_rare_categories_is_biased_and_the_jackknife_removes_it(
    model: models.Model, table: codebook.Table
) -> None:
    """By docs/two_step_bias the slope is pulled towards the ratio of residual variances."""
    small = replace(
        model, school_means={}, direct=tuple(n for n in model.direct if "school" not in n)
    )
    place = small.paths.index(("cito", "origin"))
    plain, corrected = [], []
    for seed in range(COHORTS):
        frame = children(100 + seed)
        read = sums.products(frame, model=small, table=table)
        whole = from_sums.moments(read, times=np.ones((1, read.n_schools)))
        plain.append(from_sums.paths(small, whole)[0, place])
        found = jackknife.corrected([frame], model=small, table=table)
        assert found is not None
        corrected.append(found.est[place])

    def errors(estimates: list[float]) -> float:
        return float((np.mean(estimates) + 1) / (np.std(estimates) / np.sqrt(COHORTS)))

    assert errors(plain) > MOST_ERRORS
    assert abs(errors(corrected)) < MOST_ERRORS


def test_the_analysis_shows_corrected_paths_and_keeps_the_published_ones(
    model: models.Model, table: codebook.Table
) -> None:
    frames = [children(5), children(5).assign(education_father=children(6)["education_father"])]
    found = two_step.analyse(frames, model=model, table=table)
    published = two_step.analyse(frames, model=model, table=table, estimator="published")
    assert (found.estimator, published.estimator) == ("jackknife", "published")
    pd.testing.assert_frame_equal(published.parameters, published.pooled.parameters)
    pd.testing.assert_frame_equal(found.pooled.parameters, published.pooled.parameters)
    path = (found.parameters["op"] == "~").to_numpy()
    rest = found.parameters[~path]
    pd.testing.assert_frame_equal(rest, found.pooled.parameters[~path])
    corrected = jackknife.corrected(frames, model=model, table=table)
    assert corrected is not None
    np.testing.assert_allclose(found.parameters.loc[path, "est"], corrected.est, rtol=1e-12)
    scale = found.parameters["std"] / found.parameters["est"]
    before = found.pooled.parameters["std"] / found.pooled.parameters["est"]
    np.testing.assert_allclose(scale, before, rtol=1e-12)


def test_what_cannot_be_corrected_is_said(model: models.Model, table: codebook.Table) -> None:
    """Origin 5 is in one school only: without its group the category is absent."""
    frame = children(7)
    first = frame["school_id"] == frame["school_id"].iloc[0]
    frame["origin"] = np.where(first, 5, np.where(frame["origin"] == 5, 4, frame["origin"]))
    found = two_step.analyse([frame], model=model, table=table)
    assert found.estimator == "published"
    assert "not corrected" in found.flags[0]
    pd.testing.assert_frame_equal(found.parameters, found.pooled.parameters)


def test_another_estimator_is_refused(model: models.Model, table: codebook.Table) -> None:
    with pytest.raises(ModelError, match="expected one of jackknife, published"):
        two_step.analyse([children(8)], model=model, table=table, estimator="bootstrap")  # type: ignore[arg-type]
