"""pooled.summary() against the tables behind it, and the HTML that notebooks show."""

import math
import re

import numpy as np
import pytest
from pooling_reference import fits

from oablib import pooling
from oablib.render import checks
from oablib.statistics.pooling.pooled_fit import PooledFit
from oablib.statistics.pooling.summary import COLUMNS, SHOWN_AS_INFINITE

# Three decimals are printed.
PRINTED_ATOL = 5.001e-4
# The same likelihoods, once as chi2 and once as differences of log-likelihoods of 2e4.
RATIO_RTOL = 1e-6
TEXTS = {
    "clustered": ("cito ~ nscct + origin\nnscct ~ education_mother", {"cluster": "school_id"}),
    "groups": ("cito ~ c(a, b)*nscct + education_mother + 0*origin\nd := a - b", {"group": "wave"}),
    "expected": (
        "cito ~ 0.5*nscct + m*education_mother\nnscct ~ 1\ntwice := 2*m", {"errors": "expected"},
    ),
    "saturated": ("cito ~ nscct + education_mother", {}),
}  # fmt: skip
SATURATED = {
    "clustered": "cito ~ nscct + origin + education_mother\nnscct ~ education_mother + origin",
    "groups": "cito ~ nscct + education_mother + origin",
    "expected": "cito ~ nscct + education_mother",
}
NUMBER = r"-?\d+\.\d{3}|Inf|NA"


def pooled(name: str, **options: object) -> PooledFit:
    text, settings = TEXTS[name]
    return pooling.pool(fits(text, **settings), **options)


def printed(text: str, label: str) -> list[str]:
    """Values behind a label, which is on one line."""
    (line,) = [each for each in text.splitlines() if each.strip().startswith(label)]
    return line.strip().removeprefix(label).split()


@pytest.mark.parametrize("name", TEXTS)
def test_every_parameter_is_printed_once_and_in_order(name):
    found = pooled(name)
    lines = found.summary().split("Parameter Estimates:")[1].split("Note:")[0].splitlines()
    rows = [re.findall(rf"(?<= )(?:{NUMBER})", line) for line in lines]
    rows = [row for row in rows if len(row) in (2, len(COLUMNS))]
    # R-Square has two numbers as well: its rows follow those of its group.
    table = found.parameters
    free = [row for row in rows if len(row) == len(COLUMNS)]
    shown = np.array(free, dtype=float)
    expected = table[table["se"] > 0][list(COLUMNS)]
    assert len(shown) == len(expected)
    order = np.lexsort(shown.T[:3]), np.lexsort(expected.to_numpy().T[:3])
    expected = expected.to_numpy()[order[1]]
    df = list(COLUMNS).index("df")
    expected[expected[:, df] >= SHOWN_AS_INFINITE, df] = math.inf
    np.testing.assert_allclose(shown[order[0]], expected, rtol=0, atol=PRINTED_ATOL)
    fixed = len(table) - len(free)
    r_square = len([key for key in found.fit if key.startswith("r2_") and "adjusted" not in key])
    assert len(rows) - len(free) == fixed + r_square


def test_columns_are_those_of_semtools_and_lavaan_mi():
    heading = "Estimate Std.Err t-value df P(>|t|) Std.all FMI RIV".split()
    lines = [line.split() for line in pooled("clustered").summary().splitlines()]
    assert lines.count(heading) == 4  # regressions, covariances, intercepts, variances


@pytest.mark.parametrize("name", SATURATED)
def test_tests_of_the_model_are_ratios_to_the_saturated_model(name):
    text, settings = TEXTS[name]
    found, general = pooled(name), fits(SATURATED[name], **settings)
    for method, test in found.tests.items():
        other = pooling.likelihood_ratio(fits(text, **settings), general, method=method)
        for field in ("statistic", "df2", "p", "riv"):
            expected = getattr(other, field)
            assert getattr(test, field) == pytest.approx(expected, rel=RATIO_RTOL, abs=1e-9)
        assert test.df1 == other.df1 == found.df
    names = [] if name == "expected" else ["D2", "scaled"]
    assert printed(found.summary(), "Pooling method") == ["D4", "D2", *names]
    p = [float(value) for value in printed(found.summary(), "P-value (F)")]
    np.testing.assert_allclose(p, [t.p for t in found.tests.values()], atol=PRINTED_ATOL)


def test_header_and_rules_are_said():
    found = pooled("clustered", scale_w=True)
    text = found.summary()
    counts = {
        "Number of observations": found.n, "Number of clusters": found.n_clusters,
        "Number of imputations": found.m, "Number of model parameters": found.n_parameters,
    }  # fmt: skip
    for label, count in counts.items():
        assert printed(text, label) == [str(count)]
    assert printed(text, "Standard errors") == ["Robust.cluster"]
    assert printed(text, "Total sampling variance") == "(1 + average RIV) W".split()
    assert printed(text, "RMSEA") == [f"{found.fit_mean['rmsea']:.3f}"]
    assert text.endswith("\n") and max(map(len, text.splitlines())) <= 100


def test_a_saturated_model_has_no_test_and_flags_are_notes():
    text = pooled("saturated").summary()
    assert printed(text, "Degrees of freedom") == ["0"]
    assert "df of 1000 or more are shown as Inf" in text
    one = pooling.pool(fits(TEXTS["clustered"][0])[:1])
    assert "m = 1: one data set passed through" in one.summary()
    assert printed(one.summary(), "P-value (F)") == ["NA", "NA", "NA"]


@pytest.mark.parametrize("name", TEXTS)
def test_html_is_whole_and_loads_nothing(name):
    found = pooled(name)
    html = found._repr_html_()
    checks.fail_if_unsafe(html, stem="summary")
    assert html.count('scope="row"') == len(found.parameters)
    assert html.count('scope="col"') == 2 + len(COLUMNS)
    assert html.count("<tbody>") == html.count("</tbody>") and html.endswith("</div>")
    assert "print(pooled.summary())" in repr(found)
