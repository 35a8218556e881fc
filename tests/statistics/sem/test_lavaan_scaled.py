"""Scaled and robust fit indices, and scaled differences by three methods, against lavaan."""

from typing import Any

import numpy as np
import pytest
from lavaan_cases import CLUSTER, CONDITIONAL, HOLZINGER
from lavaan_reference import MEASURES_ATOL, P_RTOL, close, data, stored

from oablib import sem
from oablib.base.errors import ComparisonError

STORED = stored("scaled")
MODELS = STORED["models"]
# lavaan searches its baseline model without the Newton steps that sharpen the others.
INDICES_RTOL = 2e-6
# lavaan's search for the ends of the interval stops 1e-4 from the non-centrality (uniroot).
INTERVAL_RTOL = 5e-5
# Both sides subtract traces that are near each other; lavaan's Hessian is a numerical derivative.
DIFFERENCE_RTOL = 2e-6
# The shift is df minus a number near df.
SHIFT_ATOL = 1e-6
NAMES = {
    "baseline_chi2_scaled": "baseline.chisq.scaled",
    "baseline_scaling_factor": "baseline.chisq.scaling.factor",
    "cfi_scaled": "cfi.scaled", "tli_scaled": "tli.scaled", "rmsea_scaled": "rmsea.scaled",
    "cfi_robust": "cfi.robust", "tli_robust": "tli.robust", "rmsea_robust": "rmsea.robust",
}  # fmt: skip
INTERVALS = {
    "rmsea_scaled_lower": "rmsea.ci.lower.scaled", "rmsea_scaled_upper": "rmsea.ci.upper.scaled",
    "rmsea_robust_lower": "rmsea.ci.lower.robust", "rmsea_robust_upper": "rmsea.ci.upper.robust",
}  # fmt: skip
SCHOOL: dict[str, Any] = {"group": "school"}
WAVE: dict[str, Any] = {"group": "wave"} | CLUSTER
INTERCEPTS = {"equal": ("loadings", "intercepts")}


def fitted(text: str, table: str = "base_model", rows: slice = slice(None), **options: Any):
    return sem.fit(text, data(table).iloc[rows], **options)


FITS = {
    "base_cluster": lambda: fitted(MODELS["base"], **CLUSTER),
    "base_rows": lambda: fitted(MODELS["base"]),
    "base_conditional": lambda: fitted(MODELS["base"], **CLUSTER, **CONDITIONAL),
    "one_path": lambda: fitted(MODELS["one_path"]["restricted"], **CLUSTER),
    "factors": lambda: fitted(MODELS["factors"]["restricted"], HOLZINGER),
    "three_factors": lambda: fitted(MODELS["three_factors"], HOLZINGER),
    "schools": lambda: fitted(MODELS["three_factors"], HOLZINGER, **SCHOOL, **INTERCEPTS),
    "waves": lambda: fitted(MODELS["equal_paths"]["general"], **WAVE, equal=("regressions",)),
    "saturated": lambda: fitted(MODELS["saturated"]),
}


@pytest.mark.parametrize("name", FITS)
def test_scaled_and_robust_indices_agree_with_lavaan(name: str):
    fit, lavaan = FITS[name](), STORED["measures"][name]
    for ours, theirs in NAMES.items():
        expected = np.nan if lavaan[theirs] is None else lavaan[theirs]
        close(getattr(fit, ours), expected, ours, rtol=INDICES_RTOL, atol=MEASURES_ATOL)
    for ours, theirs in INTERVALS.items():
        expected = np.nan if lavaan[theirs] is None else lavaan[theirs]
        close(getattr(fit, ours), expected, ours, rtol=INTERVAL_RTOL)


def test_model_whose_factor_is_not_positive_is_flagged():
    """lavaan has NA for chisq.scaled and all that follows from it."""
    found = fitted(MODELS["one_path"]["restricted"], rows=slice(1000, 1080), **CLUSTER)
    names = ("scaling_factor", "chi2_scaled", "chi2_scaled_p", *list(NAMES)[2:], *INTERVALS)
    assert np.isnan([getattr(found, name) for name in names]).all()
    assert any("The scaling factor of chi2 is not positive" in flag for flag in found.flags)


METHODS = ("satorra.bentler.2001", "satorra.bentler.2010", "satorra.2000")
PAIRS: dict[str, tuple[str, str, slice, dict[str, Any]]] = {
    "one_path": ("one_path", "base_model", slice(None), CLUSTER),
    "one_path_rows": ("one_path", "base_model", slice(None), {}),
    "two_paths": ("two_paths", "base_model", slice(None), CLUSTER),
    "two_paths_conditional": ("two_paths", "base_model", slice(None), CLUSTER | CONDITIONAL),
    "equal_paths": ("equal_paths", "base_model", slice(None), CLUSTER),
    "equal_paths_conditional": ("equal_paths", "base_model", slice(None), CONDITIONAL),
    "factors": ("factors", HOLZINGER, slice(None), {}),
    "undefined": ("one_path", "base_model", slice(1400, 1720), CLUSTER),
    "undefined_2001": ("one_path", "base_model", slice(1400, 1640), CLUSTER),
    "far": ("two_paths", "base_model", slice(1400, 1620), CLUSTER),
    "far_2010": ("one_path", "base_model", slice(1200, 1760), CLUSTER),
}


def pair(name: str) -> list[sem.SemFit]:
    text, table, rows, options = PAIRS[name]
    sides = (MODELS[text][side] for side in ("restricted", "general"))
    return [fitted(side, table, rows, **options) for side in sides]


def is_undefined(chi2: float | None) -> bool:
    """lavaan has NA by the method of 2001, and by that of 2010 a difference below 0."""
    return chi2 is None or chi2 < 0


def assert_difference_agrees(restricted: sem.SemFit, general: sem.SemFit, lavaan: dict) -> None:
    for method in METHODS:
        found, expected = sem.likelihood_ratio(restricted, general, method=method), lavaan[method]
        assert (found.df, found.method) == (lavaan["df"], method)
        close(found.chi2, lavaan["chisq"], "chi2", rtol=DIFFERENCE_RTOL)
        if is_undefined(expected["chisq.scaled"]):
            assert np.isnan(found.chi2_scaled) and np.isnan(found.chi2_scaled_p)
            assert "is not defined" in found.flags[0] and "use satorra.2000" in found.flags[0]
            continue
        close(found.chi2_scaled, expected["chisq.scaled"], method, rtol=DIFFERENCE_RTOL)
        close(found.chi2_scaled_p, expected["pvalue.scaled"], method, rtol=P_RTOL)
        if method == "satorra.2000":
            close(1 / found.scaling_factor, expected["scale"], "scale", rtol=DIFFERENCE_RTOL)
            close(found.shift, expected["shift"], "shift", rtol=0, atol=SHIFT_ATOL)


@pytest.mark.parametrize("name", PAIRS)
def test_scaled_difference_agrees_with_lavaan_by_each_method(name: str):
    assert_difference_agrees(*pair(name), STORED["differences"][name])


def schools(text: str = "three_factors", **options: Any) -> sem.SemFit:
    return fitted(MODELS[text], HOLZINGER, **SCHOOL, **options)


def waves(*equal: str) -> sem.SemFit:
    return fitted(MODELS["equal_paths"]["general"], **WAVE, equal=equal)


STEPS = {
    ("schools", "loadings"): (lambda: schools(equal=("loadings",)), lambda: schools()),
    ("schools", "intercepts"): (lambda: schools(**INTERCEPTS), lambda: schools("latent_means")),
    ("waves", "regressions"): (lambda: waves("regressions"), lambda: waves()),
    ("waves", "intercepts"): (
        lambda: waves("regressions", "intercepts"), lambda: waves("regressions")
    ),
}  # fmt: skip


@pytest.mark.parametrize(("ladder", "step"), STEPS)
def test_scaled_difference_of_groups_agrees_with_lavaan(ladder: str, step: str):
    """Clusters lie within waves, as lavaan takes for granted."""
    restricted, general = STEPS[ladder, step]
    assert_difference_agrees(restricted(), general(), STORED["ladders"][ladder][step])


def flags(name: str) -> dict[str, tuple[str, ...]]:
    return {method: sem.likelihood_ratio(*pair(name), method=method).flags for method in METHODS}


def test_factor_far_from_that_of_another_method_is_flagged():
    """28 by chi2 becomes 246 by the factor of 2001, 14 by that of 2010 and 45 by that of 2000."""
    for name in ("far", "far_2010"):
        found = flags(name)
        for method in METHODS[:2]:
            assert "is far from the" in found[method][0] and "satorra.2000" in found[method][0]
        assert found["satorra.2000"] == ()
    for name in ("one_path_rows", "two_paths", "equal_paths", "equal_paths_conditional"):
        assert flags(name)["satorra.bentler.2001"] == ()


def test_method_that_does_not_exist_is_refused():
    with pytest.raises(ComparisonError, match="method='satorra' is unknown; expected one of"):
        sem.likelihood_ratio(*pair("two_paths"), method="satorra")
