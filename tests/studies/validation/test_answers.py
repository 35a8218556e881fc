"""Sentences of the validation report say what was found, and the opposite where that was found."""

from typing import Any

import pandas as pd
import pytest

from oablib.base import language
from oablib.protocol import models
from oablib.protocol.codebook import load
from oablib.report import labels as report_labels
from oablib.report import validation as report
from oablib.studies.validation import settings

CONTEXT = "school_mean_education_mother"
BOUNDS = {"large": 10.0, "often": 50.0, "seldom": 10.0}
COVERAGE = (93.0, 97.0)


@pytest.fixture(scope="module")
def names() -> report.Names:
    chosen = settings.load()
    words = report_labels.labels(load().table("cohort"), [models.load(chosen.model)])
    own = (chosen.default, chosen.reference)
    return report.Names(chosen.labels, chosen.world_labels, words, *own)


def effects(**columns: Any) -> pd.DataFrame:
    """Performance of one effect by three methods."""
    plain = {
        "name": "origin", "method": ["complete", "nominal", "pmm"], "truth": 0.5, "n": 19247,
        "bias": [0.0, 0.01, 0.2], "bias_mce": 0.02, "coverage": 0.95, "coverage_mce": 0.01,
        "sd": 1.0, "se": 1.0, "width_ratio": [0.9, 1.0, 1.5], "replications": 800,
    }  # fmt: skip
    return pd.DataFrame({**plain, **columns})


def by_estimator(*, known: float = 1.0, **columns: Any) -> pd.DataFrame:
    """The same by two estimators; known: standard errors that take scale values as known."""
    frame = effects(**columns)
    return pd.concat([frame.assign(detail="jackknife"), frame.assign(detail="known", se=known)])


def in_worlds(*, corrected: float, published: float, coverage: float = 0.95) -> pd.DataFrame:
    """One effect of the default method in two kinds of cohorts, percent bias by estimator."""
    here = {"name": "origin", "method": "nominal", "percent_mce": 0.5, "bias_mce": 0.005, "n": 6000}
    rows = [
        {"world": world, "detail": detail, "percent_bias": percent, "bias": percent / 100,
         "coverage": coverage, **here}
        for world, factor in (("published", 0), ("far_truth", 1))
        for detail, percent in (("jackknife", factor * corrected), ("two-step", factor * published))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def in_dutch(function: Any, *args: Any, **options: Any) -> str:
    with language.use("nl"):
        return str(function(*args, **options))


def judged(*verdicts: str, reference: float = 0.0) -> pd.DataFrame:
    columns = {"name": "origin", "lower": -5.0, "upper": 5.0, "found": 7.25, "mce": 0.5}
    columns |= {"world": "published", "n": 19247}
    rows = pd.DataFrame({"verdict": list(verdicts), "criterion": "percent_bias", **columns})
    return rows.assign(reference=reference)


def indices(worst: float) -> pd.DataFrame:
    columns = {"method": ["complete", "nominal", "mice_pmm"], "large": [0.01, 0.02, worst]}
    return pd.DataFrame({"name": "origin", "detail": "mean", "values": "estimated", **columns})


def beside(*bias: float, robust: tuple[float, ...] = (0.05, 0.05, 0.05)) -> pd.DataFrame:
    methods = ["complete", "nominal", "nominal_no_school"]
    columns = {"bias": bias, "truth": 0.08, "robust index": robust, "robust_mce": 0.01}
    return pd.DataFrame({"method": methods, **columns})


def test_an_answer_counts_the_criteria_and_names_those_that_are_missed(names) -> None:
    options = {
        "judged": effects(), "indices": indices(0.06), "school_level": beside(0.0, 0.0, 0.21),
        "context": CONTEXT, "bounds": BOUNDS, "names": names,
    }  # fmt: skip
    met = report.answer(judged("met", "met"), **options)
    assert "**Yes.** In 1 kinds of cohorts" in met and "up to 800 of each" in met
    assert "all 2 criteria" in met
    assert "does not explain large" in met and "origin 6%" in met and "+0.21" in met
    assert "missing at random" in met
    missed = report.answer(judged("met", "missed"), **options | {"indices": indices(0.3)})
    assert "**Not everywhere.**" in missed and "**1 of 2 criteria**" in missed
    assert "Bias of direct effects (%): 1 of 2" in missed
    assert "can explain large" in missed
    chance = report.answer(judged("met", "missed_by_chance"), **options)
    assert "**Yes, within Monte Carlo error.**" in chance and "1 of 2 criteria" in chance
    dutch = in_dutch(report.answer, judged("met", "missed"), **options)
    assert "1 soorten cohorten" in dutch and "+0,21" in dutch
    assert "1 van de 2 criteria" in dutch and "directe effecten (%): 1 van 2" in dutch


def test_what_is_missed_is_named_with_its_cause(names) -> None:
    assert report.finding_missed(judged("met", "met"), names=names) == "All 2 criteria are met."
    by_imputation = report.finding_missed(judged("missed"), names=names)
    assert "7.25 (Monte Carlo error 0.50), outside −5 to 5" in by_imputation
    assert "imputation is the cause" in by_imputation
    anyway = report.finding_missed(judged("missed", reference=9.0), names=names)
    assert "imputation is not the cause" in anyway
    by_chance = report.finding_missed(judged("missed_by_chance"), names=names)
    assert "1 of 1 results" in by_chance and "may be chance" in by_chance
    drawn = judged("missed", reference=float("nan"))
    drawn["name"] = "education_mother given origin=turkije"
    text = report.finding_missed(drawn, names=names)
    assert "mother, origin: Turkey" in text and "imputation" not in text
    assert "7,25" in in_dutch(report.finding_missed, judged("missed"), names=names)


@pytest.mark.parametrize(
    ("worst", "expected"),
    [(0.9, "in most cohorts"), (0.3, "some cohorts"), (0.05, "does not explain")],
)
def test_large_indices_are_put_down_to_the_imputation_as_often_as_they_occur(
    names, worst: float, expected: str
) -> None:
    text = report.finding_large_indices(indices(worst), names=names, bounds=BOUNDS)
    assert expected in text and "mice's pmm" in text and f"{worst:.0%}" in text


@pytest.mark.parametrize(("share", "expected"), [(0.5, "too often"), (0.06, "within Monte Carlo")])
def test_estimated_values_are_blamed_beyond_monte_carlo_error_only(
    names, share: float, expected: str
) -> None:
    table = pd.DataFrame({"values": ["estimated", "true"], "significant": [share, 0.05]})
    columns = {"name": "origin", "method": "complete", "detail": "robust", "significant_mce": 0.02}
    text = report.finding_estimated_values(table.assign(**columns), names=names, path="origin")
    assert expected in text and f"**{share:.0%}**" in text


def test_the_path_that_exists_is_reported_with_its_share(names) -> None:
    row = pd.Series({"name": "origin", "large": 0.89, "median": 20.84})
    options = {"names": names, "outcome": "nscct", "bounds": BOUNDS}
    assert "**89%** of cohorts" in report.finding_true_path(row, **options)
    assert "mediaan 20,8" in in_dutch(report.finding_true_path, row, **options)


def test_bias_coverage_and_errors_of_the_default_are_judged(names) -> None:
    options = {"names": names, "bounds": COVERAGE}
    good = report.finding_direct(by_estimator(), **options)
    assert "2.0% of the effect" in good and "as wide as they should" in good
    assert "are also right" in good
    wide = report.finding_direct(by_estimator(coverage=0.99, known=1.8), **options)
    assert "Not all intervals" in wide and "too large: up to 1.80" in wide
    assert "too small: down to 0.50" in report.finding_direct(by_estimator(known=0.5), **options)
    assert "2,0% van het effect" in in_dutch(report.finding_direct, by_estimator(), **options)


def test_estimators_stand_side_by_side_in_every_world(names) -> None:
    frame = in_worlds(corrected=0.4, published=9.0)
    text = report.finding_worlds(frame, names=names, scaled=["origin"])
    assert "largest bias +9.0%" in text and "largest bias +0.4%" in text
    assert "Other paths, education unknown by tests, 6,000 children" in text
    assert "After correction 0 of 2 effects" in text
    left = in_worlds(corrected=2.0, published=9.0)
    assert "1 of 2 effects" in report.finding_worlds(left, names=names, scaled=["origin"])


@pytest.mark.parametrize(("rate", "says"), [(0.05, "keeps its level"), (0.2, "more often")])
def test_the_test_that_decides_is_judged_where_there_is_no_path(names, rate, says) -> None:
    rows = [
        {"world": world, "n": 6000, "method": "nominal", "test": test, "rate": share, "mce": 0.01}
        for world, share in (("far_truth", rate), ("published", 0.6))
        for test in ("combined D2", "same children D2")
    ]
    options = {"names": names, "worlds": settings.load().worlds, "path": "origin"}
    text = report.finding_path_tests(pd.DataFrame(rows), outcome="nscct", **options)
    assert says in text and f"{rate:.1%} to {rate:.1%}" in text
    assert "60% (Published effects, 6,000 children) of cohorts" in text


def test_drawn_education_within_error_of_the_truth_is_told_from_what_is_not(names) -> None:
    columns = {"world": "far_truth", "n": 6000, "method": "nominal", "name": "education_mother"}
    table = pd.DataFrame(
        {"origin": ["turkije", "marokko", "nederland"], "mean": [0.2, 0.1, 0.01],
         "mce": [0.02, 0.1, 0.001], **columns}
    )  # fmt: skip
    text = report.finding_drawn(table, names=names, most=0.05)
    assert text.startswith("2 of 3 means") and "+0.20 points" in text and "Turkey" in text


def test_the_largest_bias_and_the_lowest_coverage_are_named(names) -> None:
    text = report.finding_bias(effects(), names=names)
    assert "+0.20, of the effect of origin with *Predictive mean matching*" in text
    worst = effects(bias=[0.0, 0.3, 0.2])
    assert "No method has a larger bias" in report.finding_bias(worst, names=names)
    low = effects(coverage=[0.95, 0.95, 0.76])
    text = report.finding_coverage(low, names=names, bounds=COVERAGE)
    assert "For 2 of 3 methods" in text and "76%" in text and "Predictive mean matching" in text
    assert "Bij 2 van de 3" in in_dutch(report.finding_coverage, low, names=names, bounds=COVERAGE)


def test_scale_values_of_the_default_stand_beside_the_lowest_coverage(names) -> None:
    values = effects(name="origin=turkije", coverage=[0.95, 0.91, 0.44])
    text = report.finding_values(values, names=names)
    assert "91% or more" in text and "44%, of origin: Turkey" in text
    own = effects(name="origin=turkije", coverage=[0.95, 0.44, 0.91])
    assert "No other method has a lower coverage" in report.finding_values(own, names=names)


def test_the_school_level_is_judged_by_bias_and_by_the_index(names) -> None:
    options = {"name": CONTEXT, "pairs": [("nominal", "nominal_no_school")], "names": names}
    better = report.finding_school_level(beside(0.0, 0.01, 0.2), **options)
    assert "**1 of 1 engines have a smaller bias" in better and "(+0.20 without)" in better
    assert "does not show the difference" in better
    worse = beside(0.0, 0.3, 0.2, robust=(0.05, 0.05, 0.5))
    text = report.finding_school_level(worse, **options)
    assert "**0 of 1 engines" in text and "differs for 1 of 1 engines" in text
    assert "zonder: +0,20" in in_dutch(report.finding_school_level, worse, **options)


def test_rules_that_add_a_path_too_often_are_told_from_those_that_do_not(names) -> None:
    rules = {"rule": ["mean AIC", "robust index"], "nominal": [0.157, 0.05], "mce": 0.01}
    both = [
        pd.DataFrame({"name": name, "method": "nominal", "rate": rate, **rules})
        for name, rate in ((CONTEXT, [0.4, 0.05]), ("origin", [0.15, 0.05]))
    ]
    text = report.finding_rules(pd.concat(both), names=names, path=CONTEXT)
    assert "AIC (mean) 40.0%. Not by: robust index (D2)" in text
    assert "No rule adds it more often" in text
    every = pd.concat(both).assign(rate=0.9)
    assert "Every rule adds it more often" in report.finding_rules(every, names=names, path=CONTEXT)


def test_failures_are_counted_by_method(names) -> None:
    made = pd.DataFrame({"method": ["nominal", "weighting"], "n": 6000, "replications": 200})
    none = report.failures(made.assign(failed=0), names=names)
    assert none == "All 400 replications succeeded."
    text = report.failures(made.assign(failed=[0, 27]), names=names)
    assert "**27 of 400 replications failed**: 27 of 200 with *Weighting* at 6,000" in text
    assert "6.000 kinderen" in in_dutch(report.failures, made.assign(failed=[0, 27]), names=names)


def test_rivals_are_compared_in_width_and_bias(names) -> None:
    text = report.finding_rivals(effects(method=["weighting", "nominal", "pmm"]), names=names)
    assert "*Weighting*: intervals 0.9 to 0.9 times as wide" in text
    assert (
        "*Predictive mean matching*: intervals 1.5 to 1.5 times" in text
        and "in 1 of 1 effects" in text
    )
    assert "*Nominal* itself: bias beyond Monte Carlo error in 0 of 1 effects" in text


@pytest.mark.parametrize(("rmse", "nearer"), [([0.6, 1.5], "Nominal"), ([1.6, 1.5], "Weighting")])
def test_means_of_small_schools_name_the_nearer_method(
    names, rmse: list[float], nearer: str
) -> None:
    frame = pd.DataFrame(
        {"name": "small", "method": ["nominal", "weighting"], "rmse": rmse,
         "coverage": [0.95, 0.86], "without": [0.0, 0.17]}
    )  # fmt: skip
    text = report.finding_schools(frame, names=names, rival="weighting", limit=100)
    assert f"**the mean of *{nearer}* is nearer to the truth**" in text
    assert "17% of these schools no mean" in text
