"""Fits to rows with missing values: algebra, differences, invariants, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from oablib import pooling, sem
from oablib.base.errors import ComparisonError, EstimationError, ModelError, PoolingError
from oablib.statistics.sem.likelihood import patterns
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.patterns import Pattern, PatternSample
from oablib.statistics.sem.search import start
from tests.places import REFERENCE

DATA = pd.read_csv(REFERENCE / "data" / "base_model.csv")
TESTS = pd.read_csv(REFERENCE / "data" / "holzinger_swineford.csv")
PATHS = "cito ~ nscct + origin\nnscct ~ origin"
FACTORS = "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9\nspeed ~ visual"
# The same algebra in another order.
SUM_RTOL = 1e-9
# Two searches that end below the same certificate, in standard errors.
SEARCH_SE = 1e-6
# Central differences of a likelihood per row: truncation and rounding are below these.
STEP, DIFFERENCE_RTOL, DIFFERENCE_ATOL = 1e-5, 1e-7, 1e-8
# What a search without derivatives reaches, log-likelihood of a dozen rows.
BRUTE_FORCE_ATOL = 1e-6
# Rounding of certified log-likelihoods, over which a maximum may be exceeded.
LOGLIK_ROUNDING = 1e-9


def holes(frame: pd.DataFrame, **every: int) -> pd.DataFrame:
    """The rows without every k-th value of some columns."""
    row, frame = np.arange(len(frame)), frame.copy()
    for number, (column, k) in enumerate(every.items()):
        frame[column] = frame[column].where(row % k != number).astype(float)
    return frame


PUPILS = holes(DATA, cito=3, nscct=4, origin=5)
TASKS = holes(TESTS, x1=4, x8=3, x9=5)


def assert_same(found: sem.SemFit, expected: sem.SemFit) -> None:
    off = found.parameters["est"].to_numpy() - expected.parameters["est"].to_numpy()
    assert (np.abs(off) <= SEARCH_SE * expected.parameters["se"]).all()
    np.testing.assert_allclose(found.parameters["se"], expected.parameters["se"], rtol=1e-6)
    for name in ("loglik", "chi2", "chi2_scaled", "baseline_chi2", "srmr", "aic"):
        assert getattr(found, name) == pytest.approx(
            getattr(expected, name), rel=1e-7, abs=1e-9, nan_ok=True
        )


@pytest.mark.parametrize("options", [{}, {"cluster": "school_id"}, {"errors": "observed"}])
def test_without_missing_values_it_is_the_ordinary_fit(options):
    found, expected = (sem.fit(PATHS, DATA, missing=m, **options) for m in ("fiml", "error"))
    pd.testing.assert_frame_equal(found.parameters, expected.parameters)
    assert found.chi2 == expected.chi2


def one_pattern(at: sem.SemFit) -> tuple[problems.Problem, problems.Problem]:
    """A problem on complete rows, and the same rows as the one pattern of data with holes."""
    problem = at.core.problem
    group, names = problem.sample.groups[0], list(problem.spec.observed)
    z = (TESTS[names].to_numpy(float) - group.shift) / problem.sample.scale
    everything = Pattern(np.arange(len(names)), group.n, group.mean, group.cov, z, None, None)
    same = PatternSample(
        group.n, group.shift, group.mean, group.cov, group.root, (everything,), np.nan, 1.0
    )
    sample = replace(problem.sample, groups=(same,))
    return problem, problems.set_up(problem.spec, sample)


def test_one_pattern_that_knows_everything_has_the_derivatives_of_complete_rows():
    complete, same = one_pattern(sem.fit(FACTORS, TESTS))
    theta = 1.1 * sem.fit(FACTORS, TESTS).core.optimum.theta
    at = problems.implied(complete, theta)
    for function in (
        problems.loglik, problems.gradient, problems.expected_information,
        problems.observed_information,
    ):  # fmt: skip
        np.testing.assert_allclose(function(same, at), function(complete, at), rtol=SUM_RTOL)
    assert len(same.searched) > len(complete.searched)


@pytest.mark.parametrize(
    "problem",
    [
        sem.fit(PATHS, PUPILS, missing="fiml").core.problem,
        sem.fit(f"{FACTORS}\nx1 ~ 0*1\nvisual ~ 1", TASKS, missing="fiml").core.problem,
    ],
    ids=["paths", "restricted_intercepts"],
)
def test_derivatives_are_those_of_the_likelihood(problem):
    noise = np.random.default_rng(1).normal(scale=0.03, size=problem.spec.n_free)
    theta = start.values(problem) + noise

    def central(function):
        ahead, behind = (
            [function(problem, problems.implied(problem, theta + sign * step)) for step in steps]
            for sign in (1, -1)
        )
        return (np.array(ahead) - np.array(behind)) / (2 * STEP)

    steps = STEP * np.eye(len(theta))
    at = problems.implied(problem, theta)
    tolerance = {"rtol": DIFFERENCE_RTOL, "atol": DIFFERENCE_ATOL}
    slope, bend = problems.gradient(problem, at), problems.observed_information(problem, at)
    np.testing.assert_allclose(slope, central(problems.loglik), **tolerance)
    np.testing.assert_allclose(bend, -central(problems.gradient), **tolerance)
    scores = patterns.meat(problem.layouts, at, problem.sample, problem.spec.n_free)
    assert np.linalg.eigvalsh(scores)[0] > 0


def test_monotone_holes_have_the_closed_form_of_two_regressions():
    """Anderson (1957): y given x from rows that know y, x from all rows."""
    frame = DATA.assign(cito=DATA["cito"].where(DATA["nscct"] > 95))
    fit = sem.fit("cito ~ nscct", frame, missing="fiml")
    known = frame.dropna()
    slope, intercept = np.polyfit(known["nscct"], known["cito"], 1)
    x = frame["nscct"]
    residual = known["cito"] - intercept - slope * known["nscct"]
    expected = {
        ("cito", "~", "nscct"): slope, ("cito", "~1", ""): intercept,
        ("cito", "~~", "cito"): (residual**2).mean(), ("nscct", "~1", ""): x.mean(),
        ("nscct", "~~", "nscct"): x.var(ddof=0),
    }  # fmt: skip
    for address, value in expected.items():
        assert fit.parameter(*address)["est"] == pytest.approx(value, rel=1e-7)
    assert fit.r2["cito"] == pytest.approx(1 - (residual**2).mean() / _implied(fit), rel=1e-6)


def _implied(fit: sem.SemFit) -> float:
    scale = fit.core.problem.sample.scale[0]
    return float(fit.core.optimum.at[0].cov[0, 0] * scale**2)


def test_unrestricted_moments_have_the_highest_likelihood():
    """Against a search without derivatives over all Cholesky factors, row by row."""
    frame = holes(TESTS[["x1", "x2", "x9"]].head(14), x1=4, x2=5, x9=3)
    fit = sem.fit("x1 ~ x2 + x9", frame, missing="fiml")
    rows, (i, j) = frame.to_numpy(), np.tril_indices(3)

    def minus(values: np.ndarray) -> float:
        root = np.zeros((3, 3))
        root[i, j] = values[3:]
        cov, total = root @ root.T, 0.0
        for row in rows:
            known = np.isfinite(row)
            part, d = cov[np.ix_(known, known)], (row - values[:3])[known]
            total += np.linalg.slogdet(2 * np.pi * part)[1] + d @ np.linalg.solve(part, d)
        return total / 2

    first = np.concatenate([np.nanmean(rows, axis=0), np.diag(np.nanstd(rows, axis=0))[i, j]])
    found = minimize(minus, first, method="BFGS", options={"gtol": 1e-6})
    assert fit.df == 0
    assert fit.loglik == pytest.approx(-found.fun, abs=BRUTE_FORCE_ATOL)
    assert fit.loglik >= -found.fun - LOGLIK_ROUNDING


def test_order_of_rows_and_origins_do_not_matter():
    expected = sem.fit(FACTORS, TASKS, missing="fiml")
    moved = TASKS.sample(frac=1, random_state=1).assign(x1=lambda f: 100 + f["x1"])
    found = sem.fit(FACTORS, moved, missing="fiml")
    assert found.chi2 == pytest.approx(expected.chi2, rel=1e-7)
    assert found.chi2_scaled == pytest.approx(expected.chi2_scaled, rel=1e-6)
    rows = expected.parameters["op"] != "~1"
    names = ["est", "se"]
    np.testing.assert_allclose(
        found.parameters[rows][names], expected.parameters[rows][names], rtol=1e-6, atol=1e-9
    )


def test_rows_that_know_nothing_change_nothing_but_a_flag():
    empty = pd.DataFrame(np.nan, index=range(7), columns=TASKS.columns)
    expected = sem.fit(FACTORS, TASKS, missing="fiml")
    found = sem.fit(FACTORS, pd.concat([empty, TASKS]), missing="fiml")
    assert_same(found, expected)
    assert found.flags[0].startswith("7 of 308 rows are left out, since they know none of")
    assert "Used" in found.summary()
    assert not any("left out" in flag for flag in expected.flags)


def test_groups_that_share_nothing_are_two_fits():
    groups = sem.fit(PATHS, PUPILS, group="wave", cluster="school_id", missing="fiml")
    apart = [
        sem.fit(PATHS, part, cluster="school_id", missing="fiml")
        for _, part in PUPILS.groupby("wave")
    ]
    assert groups.loglik == pytest.approx(sum(fit.loglik for fit in apart), rel=1e-8)
    assert groups.chi2 == pytest.approx(sum(fit.chi2 for fit in apart), rel=1e-6, abs=1e-8)
    for label, fit in zip(("1", "2"), apart, strict=True):
        own = groups.parameters[groups.parameters["group"] == label]
        np.testing.assert_allclose(own["se"], fit.parameters["se"], rtol=1e-6)


def test_weights_count_rows():
    counts = np.random.default_rng(2).integers(1, 4, size=len(PUPILS))
    weighted = sem.fit(
        PATHS, PUPILS.assign(w=counts), weights="w", cluster="school_id", missing="fiml"
    )
    repeated = sem.fit(
        PATHS, PUPILS.loc[PUPILS.index.repeat(counts)], cluster="school_id", missing="fiml"
    )
    np.testing.assert_allclose(weighted.parameters["se"], repeated.parameters["se"], rtol=1e-6)
    off = weighted.parameters["est"] - repeated.parameters["est"]
    assert (off.abs() <= SEARCH_SE * repeated.parameters["se"]).all()


def test_listwise_is_the_fit_to_complete_rows():
    found = sem.fit(PATHS, PUPILS, missing="listwise")
    complete = PUPILS.dropna(subset=["cito", "nscct", "origin"])
    pd.testing.assert_frame_equal(found.parameters, sem.fit(PATHS, complete).parameters)
    count = len(PUPILS) - len(complete)
    assert found.flags[0].startswith(f"{count:,} of 2,047 rows are left out, since they lack")


def test_conditional_likelihood_leaves_out_rows_without_what_it_takes_as_given():
    found = sem.fit(PATHS, PUPILS, missing="fiml", likelihood="conditional")
    part = PUPILS.dropna(subset="origin")
    assert_same(found, sem.fit(PATHS, part, missing="fiml", likelihood="conditional"))
    assert "lack an exogenous variable" in found.flags[0]


def test_what_follows_from_a_fit_takes_its_likelihood():
    fit = sem.fit(PATHS, PUPILS, missing="fiml", cluster="school_id")
    assert sem.loglik_at(fit, fit.parameters["est"]) == pytest.approx(fit.loglik, rel=SUM_RTOL)
    lower = fit.parameters["est"] + 0.5 * fit.parameters["se"]
    assert sem.loglik_at(fit, lower) < fit.loglik
    total = sem.effects(fit, draws=0).query("rhs == 'origin' and effect == 'total'")
    assert np.isfinite(total["se"]).all()
    restricted = sem.fit(
        "cito ~ nscct + 0*origin\nnscct ~ origin", PUPILS, missing="fiml", cluster="school_id"
    )
    ratio = sem.likelihood_ratio(restricted, fit)
    test = sem.modification_indices(restricted, ["cito ~ origin"]).iloc[0]
    assert test["mi"] == pytest.approx(ratio.chi2, rel=0.2)
    assert test["mi_robust"] == pytest.approx(ratio.chi2_scaled, rel=0.2)
    compared = sem.compare({"restricted": restricted, "general": fit})
    assert compared["delta_aic"].min() == 0


@pytest.mark.parametrize("options", [{}, {"weights": "weight"}, {"likelihood": "conditional"}])
def test_influence_of_clusters_is_their_covariance(options):
    fit = sem.fit(PATHS, PUPILS, missing="fiml", cluster="school_id", **options)
    weights = options.get("weights")
    found = sem.influence(fit, PUPILS, cluster="school_id", weights=weights)
    n_clusters = PUPILS["school_id"].nunique()
    covariance = n_clusters / (n_clusters - 1) * found.T @ found
    np.testing.assert_allclose(covariance, fit.covariance, rtol=1e-7, atol=1e-10)


def test_response_is_the_slope_of_refits():
    """A number that scales nscct and moves origin of some rows."""
    direction = {
        "nscct": PUPILS["nscct"].fillna(0).to_numpy(), "origin": (PUPILS.index % 2).to_numpy() * 1.0
    }  # fmt: skip
    fit = sem.fit(PATHS, PUPILS, missing="fiml", weights="weight")
    found = sem.response(fit, PUPILS, [direction, {"wave": np.ones(len(PUPILS))}], weights="weight")
    ends = []
    for step in (STEP, -STEP):
        there = PUPILS.assign(**{name: PUPILS[name] + step * d for name, d in direction.items()})
        ends.append(sem.fit(PATHS, there, missing="fiml", weights="weight").parameters["est"])
    slope = (ends[0] - ends[1]) / (2 * STEP)
    size = fit.parameters["se"].to_numpy()
    np.testing.assert_allclose(found[:, 0] / size, slope / size, rtol=1e-5, atol=1e-5)
    assert not found[:, 1].any()


def test_expected_information_is_flagged_for_what_it_presumes():
    fit = sem.fit(PATHS, PUPILS, missing="fiml", errors="expected")
    assert any("missing completely at random" in flag for flag in fit.flags)


def test_thin_pairs_are_flagged():
    thin = DATA.assign(cito=DATA["cito"].where(DATA.index % 13 == 1))
    flag = sem.fit(PATHS, thin, missing="fiml").flags[0]
    assert flag.startswith("Under 10% of the rows know both of cito and nscct; cito and origin:")


def refused(text: str, frame: pd.DataFrame, missing: object = "fiml", **options) -> str:
    with pytest.raises((ModelError, EstimationError)) as caught:
        sem.fit(text, frame, missing=missing, **options)
    return str(caught.value)


def test_pairs_that_no_row_knows_are_named():
    row = DATA.index % 2
    apart = DATA.assign(cito=DATA["cito"].where(row == 0), origin=DATA["origin"].where(row == 1))
    assert "No row knows both of cito and origin, so that their covariance" in refused(PATHS, apart)
    never = DATA.assign(cito=np.nan)
    assert "Columns without a known value: cito" in refused(PATHS, never)


@pytest.mark.parametrize("known", [2, 3])
def test_columns_that_too_few_rows_know_are_named(known):
    few = DATA.assign(z=DATA["debt_restructuring"].where(DATA.index < known) + DATA["weight"])
    message = refused("cito ~ nscct + education_mother + z", few)
    assert f"the fewest, {known}, know" in message
    assert " and z" in message


def test_columns_that_determine_each_other_are_named():
    total = DATA["nscct"] + 2 * DATA["education_mother"]
    frame = holes(DATA.assign(total=total), total=3, nscct=4)
    message = refused("cito ~ nscct + education_mother + total", frame)
    assert "total" in message
    assert "education_mother" in message


def test_names_of_what_is_done_with_missing_values():
    assert "missing='pairwise' is unknown; expected one of error" in refused(
        PATHS, PUPILS, "pairwise"
    )
    assert "likelihood='joint'" in refused(PATHS, PUPILS, "ml.x")
    assert "missing=<list> is unknown" in refused(PATHS, PUPILS, ["fiml"])
    assert "has to estimate them" in refused(PATHS, PUPILS, mean_structure=False)
    assert "give missing='fiml'" in refused(PATHS, PUPILS, "error")
    infinite = PUPILS.assign(cito=PUPILS["cito"].replace(534.0, np.inf))
    assert "Infinite values (cito:" in refused(PATHS, infinite)


def test_what_needs_complete_rows_is_refused():
    fit = sem.fit(PATHS, PUPILS, missing="fiml", cluster="school_id")
    with pytest.raises(ModelError, match="2012 rows whose means of known values"):
        sem.influence(fit, PUPILS.iloc[1:], cluster="school_id")
    with pytest.raises(PoolingError, match="2 of 2 fits are of data with missing values"):
        pooling.pool([fit, fit])
    ready = sem.prepare(DATA, ["cito", "nscct", "origin"])
    with pytest.raises(ModelError, match="needs the rows, but prepared data"):
        sem.fit(PATHS, ready, missing="fiml")
    part = PUPILS.dropna(how="all", subset=["cito", "nscct", "origin"])
    other = sem.fit(PATHS, part.assign(cito=DATA["cito"]), missing="fiml", cluster="school_id")
    with pytest.raises(ComparisonError, match="different numbers of known values"):
        sem.compare({"one": fit, "other": other})
    same = sem.fit(PATHS, PUPILS.assign(cito=PUPILS["cito"] ** 1.01), missing="fiml",
                   cluster="school_id")  # fmt: skip
    with pytest.raises(ComparisonError, match="their data differ"):
        sem.compare({"one": fit, "other": same})
    moved = PUPILS.assign(school_id=PUPILS["school_id"].sample(frac=1, random_state=1).to_numpy())
    with pytest.raises(ComparisonError, match="lie in other clusters"):
        sem.compare({"one": fit, "other": sem.fit(PATHS, moved, missing="fiml",
                                                  cluster="school_id")})  # fmt: skip
