"""Tests and fit measures of a fit as lines of text, as in lavaan's summary.

Where errors are robust the scaled measures are beside the standard ones, robust ones below them.
"""

import math

from scipy.special import chdtrc

from oablib.statistics.sem.fits.fitting import SemFit
from oablib.statistics.sem.fits.summary_blocks import line
from oablib.statistics.sem.results import fit_indices

# lavaan's limits of close and of poor fit (MacCallum, Browne & Sugawara, 1996, Psychol. Methods 1).
CLOSE_FIT, POOR_FIT = 0.05, 0.08


def is_scaled(fit: SemFit) -> bool:
    """Whether scaled measures are shown."""
    return fit.errors == "robust"


def measure_lines(fit: SemFit) -> list[str]:
    """Tests of the model and of its baseline, CFI, TLI, criteria, RMSEA and SRMR."""
    return [
        *("", "Model Test User Model:"), *_test(fit),
        *("", "Model Test Baseline Model:", ""), *_baseline(fit),
        *("", "User Model versus Baseline Model:", ""), *_indices(fit),
        *("", "Loglikelihood and Information Criteria:", ""), *_criteria(fit),
        *("", "Root Mean Square Error of Approximation:", ""), *_rmsea(fit),
        *("", "Standardized Root Mean Square Residual:", ""),
        _both(fit, "SRMR", fit.srmr, fit.srmr),
    ]  # fmt: skip


def _both(fit: SemFit, label: str, plain: float, scaled: float) -> str:
    return line(label, plain, scaled) if is_scaled(fit) else line(label, plain)


def _test(fit: SemFit) -> list[str]:
    scaled, test = is_scaled(fit), "Test Statistic" if is_scaled(fit) else "Test statistic"
    # A saturated model has no factor, and nothing to scale.
    statistic = fit.chi2_scaled if fit.df > 0 else fit.chi2
    lines = [
        line("", "Standard", "Scaled") if scaled else "",
        _both(fit, test, fit.chi2, statistic),
        _both(fit, "Degrees of freedom", fit.df, fit.df),
    ]
    if fit.df > 0:
        lines.append(_both(fit, "P-value (Chi-square)", fit.chi2_p, fit.chi2_scaled_p))
    if fit.df > 0 and scaled:
        lines.append(line("Scaling correction factor", "", fit.scaling_factor))
        lines.append("    Yuan-Bentler correction (Mplus variant)")
    return lines


def _baseline(fit: SemFit) -> list[str]:
    df = fit.baseline_df
    plain, scaled = (
        float(chdtrc(df, chi2)) if df else math.nan
        for chi2 in (fit.baseline_chi2, fit.baseline_chi2_scaled)
    )
    lines = [
        _both(fit, "Test statistic", fit.baseline_chi2, fit.baseline_chi2_scaled),
        _both(fit, "Degrees of freedom", df, df),
        _both(fit, "P-value", plain, scaled),
    ]
    factor = [line("Scaling correction factor", "", fit.baseline_scaling_factor)]
    return lines + factor * is_scaled(fit)


def _indices(fit: SemFit) -> list[str]:
    cfi, tli = "Comparative Fit Index (CFI)", "Tucker-Lewis Index (TLI)"
    lines = [_both(fit, cfi, fit.cfi, fit.cfi_scaled), _both(fit, tli, fit.tli, fit.tli_scaled)]
    if is_scaled(fit):
        lines += ["", line(f"Robust {cfi}", "", fit.cfi_robust)]
        lines += [line(f"Robust {tli}", "", fit.tli_robust)]
    return lines


def _criteria(fit: SemFit) -> list[str]:
    rows = {
        "Loglikelihood user model (H0)": fit.loglik,
        "Loglikelihood unrestricted model (H1)": fit.loglik + fit.chi2 / 2,
        "Akaike (AIC)": fit.aic,
        "Bayesian (BIC)": fit.bic,
        "Sample-size adjusted Bayesian (SABIC)": fit.sabic,
    }
    lines = [_both(fit, label, value, value) for label, value in rows.items()]
    return [*lines[:2], "", *lines[2:]]


def _rmsea(fit: SemFit) -> list[str]:
    df, size = fit.df * fit.scaling_factor, (fit.n, fit.n_groups)
    plain = [fit.rmsea, fit.rmsea_lower, fit.rmsea_upper]
    scaled = [fit.rmsea_scaled, fit.rmsea_scaled_lower, fit.rmsea_scaled_upper]
    plain += _p_values(fit.chi2, fit.df, *size)
    scaled += _p_values(fit.chi2, df, *size)
    rows = zip(_rmsea_labels("RMSEA"), plain, scaled, strict=True)
    lines = [_both(fit, *row) for row in rows]
    if is_scaled(fit):
        robust = [fit.rmsea_robust, fit.rmsea_robust_lower, fit.rmsea_robust_upper]
        robust += _p_values(fit.chi2_scaled, fit.df, *size, factor=fit.scaling_factor)
        rows_below = zip(_rmsea_labels("Robust RMSEA"), robust, strict=True)
        lines += ["", *(line(label, "", value) for label, value in rows_below)]
    return lines


def _rmsea_labels(name: str) -> tuple[str, ...]:
    interval = "90 Percent confidence interval"
    limits = f"<= {CLOSE_FIT:.3f}", f">= {POOR_FIT:.3f}"
    return (
        name, f"{interval} - lower", f"{interval} - upper",
        *(f"P-value H_0: {name} {limit}" for limit in limits),
    )  # fmt: skip


def _p_values(chi2: float, df: float, n: int, groups: int, *, factor: float = 1) -> list[float]:
    """Of close and of poor fit."""
    close, poor = (
        fit_indices.rmsea_below(limit, chi2, df, n, groups, factor=factor)
        for limit in (CLOSE_FIT, POOR_FIT)
    )
    return [1 - close, poor]
