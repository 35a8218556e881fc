"""What the comparisons with lavaan share: stored results, the same fits by oablib, tolerances."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from oablib import sem
from tests.places import REFERENCE

# Newton steps bring lavaan's estimates to within 1e-10 standard errors of the optimum (see
# reference/r/common.R), and our own certificate promises 1e-7.
ESTIMATE_TOLERANCE_SE = 1e-6
# Both sides compute the same sandwich; lavaan differentiates its gradient numerically.
SE_RTOL = 1e-6
# lavaan differentiates the standardisation numerically as well.
STANDARDISED_SE_RTOL = 1e-5
# standardizedSolution() makes 0 of what is below .Machine$double.eps^(1/4).
LAVAAN_ZERO = 2.0**-13
# What JSON's twelve digits and lavaan's means of 535, which it does not centre, leave of 5e4.
LOGLIK_ATOL = 1e-6
# Fit measures are functions of chi2, which is a difference of two log-likelihoods.
MEASURES_RTOL = 1e-6
MEASURES_ATOL = 1e-6
# lavaan's search for the ends of the interval stops 1e-4 from the non-centrality (uniroot).
RMSEA_INTERVAL_RTOL = 5e-5
# The relative error of p is that of chi2 times chi2 / 2; lavaan subtracts p from 1 first.
P_RTOL = 1e-4
P_ATOL = 1e-15
# Four digits: lavaan takes the parameters out of the information in the data's units, where means
# of 535 cost half of the digits. Of candidates that are equivalent, its indices differ by 2e-5.
MI_RTOL = 5e-5
MI_ATOL = 1e-8
# JSON holds twelve digits.
ROUNDING_RTOL = 1e-9

MEASURES = {
    "aic": "aic", "bic": "bic", "sabic": "bic2", "chi2": "chisq", "baseline_chi2": "baseline.chisq",
    "cfi": "cfi", "tli": "tli", "rmsea": "rmsea", "srmr": "srmr",
}  # fmt: skip
INTERVAL = {"rmsea_lower": "rmsea.ci.lower", "rmsea_upper": "rmsea.ci.upper"}
SCALED = {"chi2_scaled": "chisq.scaled", "scaling_factor": "chisq.scaling.factor"}
P_VALUES = {"chi2_p": "pvalue", "chi2_scaled_p": "pvalue.scaled"}
INDICES = {"mi": "mi", "epc": "epc", "sepc": "sepc.all"}
COUNTS = {"n": "ntotal", "n_parameters": "npar", "df": "df", "baseline_df": "baseline.df"}


@cache
def stored(name: str) -> dict[str, Any]:
    """Results that R wrote."""
    return json.loads((REFERENCE / "stored" / f"{name}.json").read_text(encoding="utf-8"))


@cache
def data(name: str) -> pd.DataFrame:
    """Rows that R read."""
    return pd.read_csv(REFERENCE / "data" / f"{name}.csv")


@dataclass(frozen=True)
class Case:
    """One model on one data set: what R says (file, path within it) and how to ask oablib."""

    file: str
    path: str
    text: str
    data: str = "base_model"
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.file}-{self.path}"

    @property
    def lavaan(self) -> dict[str, Any]:
        found = stored(self.file)
        for step in self.path.split("/"):
            found = found[step]
        return found

    @property
    def model(self) -> str:
        content = stored(self.file)
        return content["models"][self.text] if "models" in content else content[self.text]

    def fit(self) -> sem.SemFit:
        return _fit(self.model, self.data, tuple(sorted(self.options.items())))


@cache
def _fit(model: str, name: str, options: tuple[tuple[str, Any], ...]) -> sem.SemFit:
    return sem.fit(model, data(name), **dict(options))


def by_address(table: pd.DataFrame) -> pd.DataFrame:
    """Index by (lhs, op, rhs, group), whichever side of `~~` a variable stands on."""
    groups = table["group"].astype(str) if "group" in table else [""] * len(table)
    columns = (table["lhs"], table["op"], table["rhs"], groups)
    keys = [_address(*row) for row in zip(*columns, strict=True)]
    return table.set_axis(pd.Index(keys, tupleize_cols=False))


def _address(lhs: str, op: str, rhs: str, group: str) -> tuple[str, str, str, str]:
    if op == ":=":
        return lhs, op, "", ""
    if op == "~~":
        lhs, rhs = sorted((lhs, rhs))
    return lhs, op, rhs or "", group


def lavaan_table(columns: dict[str, list], found: pd.DataFrame) -> pd.DataFrame:
    """lavaan's table in the order of ours; both must hold the same rows."""
    lavaan = by_address(pd.DataFrame(columns))
    ours, theirs = set(found.index), set(lavaan.index)
    assert ours == theirs, f"only ours: {sorted(ours - theirs)}, only R: {sorted(theirs - ours)}"
    return lavaan.loc[list(found.index)]


def close(found: Any, expected: Any, what: str, *, rtol: float, atol: float = 0.0) -> None:
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol, err_msg=what)


def assert_estimates_agree(
    fit: sem.SemFit, reference: dict[str, Any], *, se_rtol: float = SE_RTOL
) -> None:
    ours = by_address(fit.parameters)
    lavaan = lavaan_table(reference["parameters"], ours)
    se = lavaan["se"].astype(float)
    free = se > 0
    off = (ours["est"] - lavaan["est"]).abs()[free] / se[free]
    assert off.max() < ESTIMATE_TOLERANCE_SE, f"{off.idxmax()} is {off.max():.1e} se off"
    close(ours["est"][~free], lavaan["est"][~free], "fixed", rtol=ROUNDING_RTOL)
    close(ours["se"], se, "se", rtol=se_rtol)
    assert (ours["label"] == lavaan["label"]).all()
    atol = ESTIMATE_TOLERANCE_SE
    for name, theirs in {"z": "z", "ci_lower": "ci.lower", "ci_upper": "ci.upper"}.items():
        close(ours[name], lavaan[theirs], name, rtol=se_rtol, atol=atol)
    close(ours["p"], lavaan["pvalue"], "p", rtol=P_RTOL, atol=atol)
    diagonal = np.sqrt(np.diag(fit.covariance))
    close(diagonal, ours["se"], "covariance", rtol=ROUNDING_RTOL)


def assert_standardised_agree(fit: sem.SemFit, reference: dict[str, Any]) -> None:
    ours = by_address(sem.standardized(fit))
    lavaan = lavaan_table(reference["parameters"], ours)
    close(ours["est"], lavaan["std"], "std", rtol=SE_RTOL, atol=ESTIMATE_TOLERANCE_SE)
    atol = ESTIMATE_TOLERANCE_SE
    cut = (lavaan["std.se"] == 0) & (ours["se"] < LAVAAN_ZERO)
    close(ours["se"][~cut], lavaan["std.se"][~cut], "std se", rtol=STANDARDISED_SE_RTOL, atol=atol)
    close(fit.parameters["std"], ours["est"], "two tables", rtol=ROUNDING_RTOL)


def assert_measures_agree(fit: sem.SemFit, reference: dict[str, Any]) -> None:
    measures = reference["measures"]
    found = {name: getattr(fit, name) for name in COUNTS}
    expected = {name: measures[theirs] for name, theirs in COUNTS.items()}
    assert found == expected, f"counts: {found}, R: {expected}"
    close(fit.loglik, measures["logl"], "loglik", rtol=0, atol=LOGLIK_ATOL)
    for name, theirs in _present(MEASURES | SCALED, measures):
        close(getattr(fit, name), measures[theirs], name, rtol=MEASURES_RTOL, atol=MEASURES_ATOL)
    for name, theirs in INTERVAL.items():
        close(getattr(fit, name), measures[theirs], name, rtol=RMSEA_INTERVAL_RTOL)
    for name, theirs in _present(P_VALUES, measures):
        close(getattr(fit, name), measures[theirs], name, rtol=P_RTOL, atol=P_ATOL)
    r2 = reference["r2"]
    assert set(fit.r2) == set(r2), f"r2 of {sorted(fit.r2)}, R: {sorted(r2)}"
    for name, value in fit.r2.items():
        close(value, r2[name], f"r2 of {name}", rtol=MEASURES_RTOL)


def _present(names: dict[str, str], measures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """lavaan has scaled measures for robust fits only; without df a scaled 0 means nothing."""
    known = measures if measures["df"] else measures.keys() - {*SCALED.values(), *P_VALUES.values()}
    return ((ours, theirs) for ours, theirs in names.items() if theirs in known)


def lavaan_indices(columns: dict[str, list]) -> pd.DataFrame:
    return by_address(pd.DataFrame(columns))


def assert_indices_agree(ours: pd.DataFrame, lavaan: pd.DataFrame) -> None:
    for name, theirs in INDICES.items():
        expected = lavaan[theirs].astype(float)
        shown = expected.notna().to_numpy()
        close(ours[name][shown], expected[shown], name, rtol=MI_RTOL, atol=MI_ATOL)
