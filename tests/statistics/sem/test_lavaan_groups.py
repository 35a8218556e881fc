"""Fits of several groups, and the tests that compare models, against lavaan."""

from typing import Any

import pytest
from lavaan_cases import CLUSTER, EXPECTED, HOLZINGER, NO_MEANS, OBSERVED, Case
from lavaan_reference import (
    MEASURES_RTOL,
    P_RTOL,
    assert_estimates_agree,
    assert_measures_agree,
    assert_standardised_agree,
    close,
    stored,
)

from oablib import sem

SCHOOL: dict[str, Any] = {"group": "school"}
WAVE: dict[str, Any] = {"group": "wave"}
CLUSTERED_WAVE = WAVE | CLUSTER

# What lavaan's group.equal names, from loose to strict.
INVARIANCE: dict[str, tuple[str, ...]] = {
    "configural": (),
    "loadings": ("loadings",),
    "intercepts": ("loadings", "intercepts"),
    "residuals": ("loadings", "intercepts", "residuals"),
    "latent_moments": (
        "loadings", "intercepts", "residuals", "lv_variances", "lv_covariances", "means"
    ),
}  # fmt: skip
WAVES: dict[str, tuple[str, ...]] = {
    "free": (),
    "regressions": ("regressions",),
    "intercepts": ("regressions", "intercepts"),
    "residuals": ("regressions", "intercepts", "residuals"),
}
EVERYTHING = ("loadings", "intercepts", "regressions", "residuals", "residual_covariances")


def schools(path: str, level: str, **options: Any) -> Case:
    chosen = SCHOOL | {"equal": INVARIANCE[level]} | options
    return Case("groups", path, "three_factors", HOLZINGER, chosen)


def waves(path: str, level: str, options: dict[str, Any]) -> Case:
    return Case("groups", path, "paths", options=options | {"equal": WAVES[level]})


SCHOOLS = {level: schools(f"schools/{level}", level) for level in INVARIANCE}
CLUSTERED = {level: waves(f"waves_cluster/{level}", level, CLUSTERED_WAVE) for level in WAVES}
CASES = [
    *SCHOOLS.values(),
    schools("schools_expected/loadings", "loadings", **EXPECTED),
    schools("schools_expected/intercepts", "intercepts", **EXPECTED),
    schools("schools_no_means", "loadings", **EXPECTED, **NO_MEANS),
    *CLUSTERED.values(),
    waves("waves_huber_white", "regressions", WAVE),
    waves("waves_observed", "regressions", WAVE | OBSERVED),
    waves("waves_conditional", "regressions", CLUSTERED_WAVE | {"likelihood": "conditional"}),
    Case("groups", "per_group", "per_group", options=CLUSTERED_WAVE),
    Case("groups", "latent_and_observed", "latent_and_observed", HOLZINGER,
         SCHOOL | {"equal": EVERYTHING}),
]  # fmt: skip
several_groups = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@several_groups
def test_estimates_of_groups_agree_with_lavaan(case: Case):
    assert_estimates_agree(case.fit(), case.lavaan)


@several_groups
def test_standardised_solution_of_groups_agrees_with_lavaan(case: Case):
    assert_standardised_agree(case.fit(), case.lavaan)


@several_groups
def test_fit_measures_of_groups_agree_with_lavaan(case: Case):
    assert_measures_agree(case.fit(), case.lavaan)


def assert_ratio_agrees(restricted: sem.SemFit, general: sem.SemFit, lavaan: dict) -> None:
    found = sem.likelihood_ratio(restricted, general)
    assert found.df == lavaan["df"]
    close(found.chi2, lavaan["chisq"], "chi2", rtol=MEASURES_RTOL)
    close(found.p, lavaan["pvalue"], "p", rtol=P_RTOL)
    close(found.scaling_factor, lavaan["chisq.scaling.factor"], "factor", rtol=MEASURES_RTOL)
    close(found.chi2_scaled, lavaan["chisq.scaled"], "scaled", rtol=MEASURES_RTOL)
    close(found.chi2_scaled_p, lavaan["pvalue.scaled"], "scaled p", rtol=P_RTOL)


LADDERS = {"schools": SCHOOLS, "waves_cluster": CLUSTERED}
STEPS = [(name, level) for name, ladder in LADDERS.items() for level in list(ladder)[1:]]


@pytest.mark.parametrize(("name", "level"), STEPS)
def test_likelihood_ratio_agrees_with_lavaan(name: str, level: str):
    """Each level of invariance against the one before it, plain and scaled."""
    levels = list(LADDERS[name])
    before = levels[levels.index(level) - 1]
    restricted, general = (LADDERS[name][each].fit() for each in (level, before))
    assert_ratio_agrees(restricted, general, stored("groups")["likelihood_ratios"][name][level])


PAIRS = {
    "base_model": (
        Case("base_model", "uncorrelated", "uncorrelated_model", options=CLUSTER),
        Case("base_model", "instruments", "instruments_model", options=CLUSTER),
    ),
    "latent": (
        Case("latent", "bollen_equal", "bollen_equal", "political_democracy"),
        Case("latent", "bollen", "bollen", "political_democracy"),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_likelihood_ratio_within_one_group_agrees_with_lavaan(name: str):
    restricted, general = (case.fit() for case in PAIRS[name])
    assert_ratio_agrees(restricted, general, stored(name)["likelihood_ratio"])
