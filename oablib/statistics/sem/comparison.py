"""Models side by side: information criteria, likelihood-ratio tests, and when to refuse them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from oablib.base.errors import ComparisonError, EstimationError
from oablib.base.shown import showable
from oablib.statistics.sem import comparable, constrained, measures
from oablib.statistics.sem import problem as problems
from oablib.statistics.sem.fitting import SemFit
from oablib.statistics.sem.moments import Moments
from oablib.statistics.sem.problem import Problem
from oablib.statistics.sem.sample import GroupSample

NOT_NESTED = (
    "The restricted model is not nested in the general one: {reason}. Give the model with fewer "
    "parameters first, and only one that is a special case of the other."
)


@showable()
@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """Test of a restricted model against a general one.

    chi2, df, p: difference of the two chi2 (lavaan's lavTestLRT for ML). chi2_scaled: Satorra &
    Bentler (2001, Psychometrika 66:507), which allows for other distributions and for clusters;
    NaN, with the reason in flags, where its scaling factor is not positive.
    """

    chi2: float
    df: int
    p: float
    scaling_factor: float
    chi2_scaled: float
    chi2_scaled_p: float
    flags: tuple[str, ...]


def likelihood_ratio(restricted: SemFit, general: SemFit) -> LikelihoodRatio:
    """Test whether the general model fits better than the restricted one, fitted to equal data.

    Raises ComparisonError unless both are of the same rows, variables and likelihood and the
    restricted one is a special case of the general one.
    """
    comparable.to_compare({"restricted": restricted, "general": general})
    df = restricted.df - general.df
    chi2 = restricted.chi2 - general.chi2
    reason = why_not_nested(restricted, general)
    if reason:
        raise ComparisonError(NOT_NESTED.format(reason=reason))
    # A saturated model needs no scaling; its factor counts for nothing.
    parts = [fit.df * fit.scaling_factor if fit.df else 0.0 for fit in (restricted, general)]
    factor = (parts[0] - parts[1]) / df
    flags: tuple[str, ...] = ()
    if factor <= 0:
        factor = np.nan
        flags = ("The scaled difference is not defined: its scaling factor is not positive.",)
    scaled = chi2 / factor
    return LikelihoodRatio(
        chi2=chi2, df=df, p=float(chdtrc(df, chi2)), scaling_factor=factor,
        chi2_scaled=scaled, chi2_scaled_p=float(chdtrc(df, scaled)), flags=flags,
    )  # fmt: skip


MEASURES = (
    "n_parameters", "df", "loglik", "chi2", "aic", "bic", "sabic", "cfi", "tli", "rmsea", "srmr"
)  # fmt: skip
DIFFERENCES = ("against", "df_diff", "chi2_diff", "p_diff", "chi2_diff_scaled", "p_diff_scaled")


def compare(fits: Mapping[str, SemFit]) -> pd.DataFrame:
    """Models side by side, one row each: what lavaan's anova and semTools' compareFit print.

    model: the name. n_parameters, df, loglik, chi2; aic, bic, sabic as in `measures.criteria`
        (Akaike, 1974; Schwarz, 1978); cfi, tli, rmsea, srmr: see Measures.
    delta_aic, delta_bic: to the lowest, which has 0.
    against: the model with the next lower df, as anova orders them. df_diff, chi2_diff, p_diff
        ("Df diff", "Chisq diff", "Pr(>Chisq)"), chi2_diff_scaled, p_diff_scaled: likelihood ratio
        of that pair, see LikelihoodRatio; lavaan shows the scaled one for robust fits.
    reason: why a pair has no test, such as models that are not nested.
    Raises ComparisonError for no fit, and for fits whose criteria say nothing about each other.
    """
    fits = comparable.to_compare(fits)
    rows = [{"model": name, **{c: getattr(fit, c) for c in MEASURES}} for name, fit in fits.items()]
    table = pd.DataFrame(rows, columns=["model", *MEASURES])
    table = table.assign(
        delta_aic=table["aic"] - table["aic"].min(), delta_bic=table["bic"] - table["bic"].min()
    )
    tests = _tests_in_order(fits)
    found = pd.DataFrame([tests.get(name, {}) for name in fits], columns=[*DIFFERENCES, "reason"])
    texts = {"against": found["against"].fillna(""), "reason": found["reason"].fillna("")}
    return pd.concat([table, found.assign(**texts)], axis=1)


def _tests_in_order(fits: Mapping[str, SemFit]) -> dict[str, dict[str, object]]:
    """Each model, but the one with the lowest df, against the one before it."""
    tests: dict[str, dict[str, object]] = {}
    for before, name in pairwise(sorted(fits, key=lambda name: fits[name].df)):
        tests[name] = {"against": before}
        try:
            test = likelihood_ratio(fits[name], fits[before])
        except ComparisonError as error:
            tests[name]["reason"] = str(error)
        else:
            tests[name] |= {
                "df_diff": test.df, "chi2_diff": test.chi2, "p_diff": test.p,
                "chi2_diff_scaled": test.chi2_scaled, "p_diff_scaled": test.chi2_scaled_p,
                "reason": " ".join(test.flags),
            }  # fmt: skip
    return tests


# Log-likelihood per row that a search certified at the optimum may still be short of.
MISFIT_TOLERANCE = 1e-9


def why_not_nested(restricted: SemFit, general: SemFit) -> str:
    """The reason why one model is not a special case of the other, or an empty text.

    Both are fits to equal data. Judged at the restricted model's estimates.
    """
    if restricted.df <= general.df:
        return f"it has {restricted.df} degrees of freedom and the general one {general.df}"
    there = _at_implied_moments(restricted.core.problem, restricted.core.optimum.at, general)
    try:
        reached = problems.loglik(there, constrained.estimate(there).at)
    except EstimationError:
        return "the general model cannot be fitted to what it implies"
    highest = sum(measures.saturated(group) for group in there.sample.groups) / there.sample.n
    if highest - reached <= MISFIT_TOLERANCE:
        return ""
    return (
        f"the general model cannot reproduce what it implies (misfit {highest - reached:.1e} per "
        f"row, expected at most {MISFIT_TOLERANCE:.0e})"
    )


def _at_implied_moments(
    restricted: Problem, implied: tuple[Moments, ...], general: SemFit
) -> Problem:
    """The general problem on data with the moments that the restricted model implies.

    Equal data are standardised by equal scales: only order and origin differ.
    """
    problem, groups = general.core.problem, []
    order = np.array([restricted.spec.observed.index(n) for n in problem.spec.observed])
    scale, centred = restricted.sample.scale[order], problems.centred(problem.spec)
    for group, at in zip(restricted.sample.groups, implied, strict=True):
        mean = group.shift[order] + scale * at.mean[order]
        parts = (group.n, mean, at.cov[np.ix_(order, order)], group.root[order])
        groups.append(GroupSample.from_moments(*parts, scale=scale, centred=centred))
    return replace(problem, sample=replace(problem.sample, groups=tuple(groups)))
