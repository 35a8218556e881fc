"""Models side by side: information criteria and likelihood-ratio tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd
from scipy.special import chdtrc

from oablib.base.errors import ComparisonError
from oablib.base.shown import showable
from oablib.statistics.sem import arguments
from oablib.statistics.sem.comparing import comparable, nesting, scaled_difference
from oablib.statistics.sem.comparing.scaled_difference import DEFAULT_METHOD, ScaledMethod
from oablib.statistics.sem.fits.fitting import SemFit


@showable()
@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """Test of a restricted model against a general one.

    chi2, df, p: difference of the two chi2 (lavaan's lavTestLRT for ML). chi2_scaled, which allows
    for other distributions and for clusters: chi2 / scaling_factor + shift, by `method`. The shift
    is 0 but for satorra.2000. NaN, with the reason in flags, where it is not defined.
    """

    chi2: float
    df: int
    p: float
    method: ScaledMethod
    scaling_factor: float
    shift: float
    chi2_scaled: float
    chi2_scaled_p: float
    flags: tuple[str, ...]


def likelihood_ratio(
    restricted: SemFit, general: SemFit, *, method: ScaledMethod = DEFAULT_METHOD
) -> LikelihoodRatio:
    """Test whether the general model fits better than the restricted one, fitted to equal data.

    method: of the scaled difference, as lavTestLRT's: "satorra.bentler.2001" (the default there
    too), "satorra.bentler.2010" or "satorra.2000" (scaled and shifted, restrictions by the delta
    method: the defaults there), see `scaled_difference`. The first two are not always defined,
    and wrong where the restricted model fits badly: a flag says so and names satorra.2000.
    Raises ComparisonError unless both are of the same rows, variables and likelihood and the
    restricted one is a special case of the general one.
    """
    arguments.one_of("method", method, ScaledMethod, error=ComparisonError)
    comparable.to_compare({"restricted": restricted, "general": general})
    df = restricted.df - general.df
    chi2 = float(restricted.chi2 - general.chi2)
    nesting.fail_if_not_nested(restricted, general)
    found = scaled_difference.scaling(restricted, general, method)
    scaled = chi2 / found.factor + found.shift
    return LikelihoodRatio(
        chi2=chi2, df=df, p=float(chdtrc(df, chi2)), method=method, scaling_factor=found.factor,
        shift=found.shift, chi2_scaled=scaled, chi2_scaled_p=float(chdtrc(df, scaled)),
        flags=(*found.flags, *nesting.on_limits(restricted, general)),
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
    texts = {name: found[name].astype(object).fillna("") for name in ("against", "reason")}
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
